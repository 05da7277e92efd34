/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The library of the pipe server's clients: each function is a call through the connection's gate. One that the kernel ends with an error
 * found no server any more.
 */
#include "workloads/servers/pipe_client.h"

#include "workloads/lib/invoke.h"
#include "workloads/lib/text.h"

/* The result; *out, where it is wanted: all words. */
static inline int64_t request(unsigned connection, int32_t operation, struct message_words w, struct message_words *out)
{
    struct message m = ipc_call(SELECTOR_PIPE_GATE(connection), tag_make(0, operation, REGISTER_WORDS), w);

    if (tag_failed(m.tag))
        return -PIPE_EIO;
    if (out != NULL)
        *out = m.w;
    return (int64_t)m.w.w0;
}

static uint64_t number(int descriptor) { return (uint64_t)(int64_t)descriptor; }

/* Whether bytes lie in the connection's window, and where. */
static bool in_window(unsigned connection, const void *bytes, size_t n, uint64_t *offset)
{
    *offset = (uint64_t)bytes - PIPE_WINDOW_ADDRESS(connection);
    return *offset < PIPE_WINDOW_BYTES && n <= PIPE_WINDOW_BYTES - *offset;
}

static int64_t read_inline(unsigned connection, int descriptor, void *to, size_t bytes)
{
    struct message_words out;
    int64_t n = request(connection, PIPE_READ_INLINE, (struct message_words){ .w0 = number(descriptor), .w1 = bytes }, &out);

    if (n > 0 && n <= (int64_t)bytes)
        pipe_copy(to, &out.w2, (size_t)n);
    return n;
}

int64_t pipe_read(unsigned connection, int descriptor, void *to, size_t bytes)
{
    uint64_t offset;

    if (bytes <= PIPE_INLINE_BYTES)
        return read_inline(connection, descriptor, to, bytes);
    if (in_window(connection, to, bytes, &offset))
        return request(connection, PIPE_READ, (struct message_words){ number(descriptor), bytes, offset, 0, 0, 0 }, NULL);
    uint64_t part = bytes < PIPE_WINDOW_BYTES ? bytes : PIPE_WINDOW_BYTES;
    int64_t n = request(connection, PIPE_READ, (struct message_words){ number(descriptor), part, 0, 0, 0, 0 }, NULL);
    if (n > 0 && n <= (int64_t)part)
        memcpy(to, (const void *)PIPE_WINDOW_ADDRESS(connection), (size_t)n);
    return n;
}

static int64_t write_inline(unsigned connection, int descriptor, const void *from, size_t bytes)
{
    struct message_words w = { .w0 = number(descriptor), .w1 = bytes };

    pipe_copy(&w.w2, from, bytes);
    return request(connection, PIPE_WRITE_INLINE, w, NULL);
}

/* Through the window, part by part. A part that is not written whole ends it. */
static int64_t write_parts(unsigned connection, int descriptor, const char *from, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        uint64_t part = bytes - done < PIPE_WINDOW_BYTES ? bytes - done : PIPE_WINDOW_BYTES;
        memcpy((void *)PIPE_WINDOW_ADDRESS(connection), from + done, part);
        int64_t n = request(connection, PIPE_WRITE, (struct message_words){ number(descriptor), part, 0, 0, 0, 0 }, NULL);
        if (n < 0)
            return done != 0 ? (int64_t)done : n;
        done += (size_t)n;
        if ((uint64_t)n != part)
            break;
    }
    return (int64_t)done;
}

int64_t pipe_write(unsigned connection, int descriptor, const void *from, size_t bytes)
{
    uint64_t offset;

    if (bytes <= PIPE_INLINE_BYTES)
        return write_inline(connection, descriptor, from, bytes);
    if (in_window(connection, from, bytes, &offset))
        return request(connection, PIPE_WRITE, (struct message_words){ number(descriptor), bytes, offset, 0, 0, 0 }, NULL);
    return write_parts(connection, descriptor, from, bytes);
}

int64_t pipe_open(unsigned connection, int descriptors[2])
{
    struct message_words out;
    int64_t result = request(connection, PIPE_OPEN, MESSAGE_EMPTY, &out);

    if (result < 0)
        return result;
    descriptors[0] = (int)result;
    descriptors[1] = (int)out.w1;
    return 0;
}

int64_t pipe_close(unsigned connection, int descriptor)
{
    return request(connection, PIPE_CLOSE, (struct message_words){ .w0 = number(descriptor) }, NULL);
}

int64_t pipe_duplicate(unsigned connection, int descriptor)
{
    return request(connection, PIPE_DUPLICATE, (struct message_words){ .w0 = number(descriptor) }, NULL);
}

int64_t pipe_nonblock(unsigned connection, int descriptor, bool nonblock)
{
    return request(connection, PIPE_NONBLOCK, (struct message_words){ .w0 = number(descriptor), .w1 = nonblock }, NULL);
}

int64_t pipe_inherit(unsigned connection, unsigned heir)
{
    return request(connection, PIPE_INHERIT, (struct message_words){ .w0 = heir }, NULL);
}

int64_t pipe_exit(unsigned connection)
{
    return request(connection, PIPE_EXIT, MESSAGE_EMPTY, NULL);
}
