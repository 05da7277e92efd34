/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The threads of the pipe server. For each connection one that serves it, since a thread holds one caller's reply at a time and so can block
 * for one client, and one that does nothing but wait for a message from the client's thread, which never sends one: what ends that wait is
 * the client's death, at whatever stage. One more handles exceptions: a copy whose page was missing goes on as failed.
 */
#include "workloads/lib/invoke.h"
#include "workloads/lib/program.h"
#include "workloads/servers/pipe.h"

/* The window's part, or NULL where that is not all within it. */
static char *window_part(unsigned connection, uint64_t offset, uint64_t bytes)
{
    if (offset > PIPE_WINDOW_BYTES || bytes > PIPE_WINDOW_BYTES - offset)
        return NULL;
    return (char *)(PIPE_WINDOW_ADDRESS(connection) + offset);
}

static int64_t read_window(unsigned connection, const struct message *m)
{
    char *to = window_part(connection, m->w.w2, m->w.w1);

    return to != NULL ? store_read(connection, m->w.w0, to, m->w.w1) : -PIPE_EFAULT;
}

static int64_t write_window(unsigned connection, const struct message *m)
{
    const char *from = window_part(connection, m->w.w2, m->w.w1);

    return from != NULL ? store_write(connection, m->w.w0, from, m->w.w1) : -PIPE_EFAULT;
}

static int64_t read_inline(unsigned connection, const struct message *m, struct message_words *out)
{
    uint64_t words[PIPE_INLINE_BYTES / 8] = { 0 };

    if (m->w.w1 > PIPE_INLINE_BYTES)
        return -PIPE_EINVAL;
    int64_t result = store_read(connection, m->w.w0, (char *)words, m->w.w1);
    *out = (struct message_words){ 0, 0, words[0], words[1], words[2], words[3] };
    return result;
}

static int64_t write_inline(unsigned connection, const struct message *m)
{
    const uint64_t words[PIPE_INLINE_BYTES / 8] = { m->w.w2, m->w.w3, m->w.w4, m->w.w5 };

    return m->w.w1 <= PIPE_INLINE_BYTES ? store_write(connection, m->w.w0, (const char *)words, m->w.w1) : -PIPE_EINVAL;
}

static int64_t open_pair(unsigned connection, struct message_words *out)
{
    int64_t write_descriptor = 0, result = store_open(connection, &write_descriptor);

    out->w1 = (uint64_t)write_descriptor;
    return result;
}

static int64_t exit_all(unsigned connection)
{
    store_end(connection, false);
    return 0;
}

static int64_t request_serve(unsigned connection, const struct message *m, struct message_words *out)
{
    switch (tag_label(m->tag)) {
    case PIPE_READ_INLINE: return read_inline(connection, m, out);
    case PIPE_WRITE_INLINE: return write_inline(connection, m);
    case PIPE_READ: return read_window(connection, m);
    case PIPE_WRITE: return write_window(connection, m);
    case PIPE_OPEN: return open_pair(connection, out);
    case PIPE_CLOSE: return store_close(connection, m->w.w0);
    case PIPE_DUPLICATE: return store_duplicate(connection, m->w.w0);
    case PIPE_NONBLOCK: return store_nonblock(connection, m->w.w0, m->w.w1 != 0);
    case PIPE_INHERIT: return store_inherit(connection, m->w.w0);
    case PIPE_EXIT: return exit_all(connection);
    default: return -PIPE_EINVAL;
    }
}

void pipe_serve(void *arg)
{
    const unsigned connection = (unsigned)(uintptr_t)arg;
    struct message m = ipc_wait(0);

    store_adopt(connection);
    for (;;) {
        struct message_words out = MESSAGE_EMPTY;
        if (!tag_failed(m.tag))
            out.w0 = (uint64_t)request_serve(connection, &m, &out);
        /* Who is gone gets no reply: the reply fails, and nothing was waited for yet. */
        m = ipc_reply_and_wait(0, tag_make(0, 0, REGISTER_WORDS), out);
        while (tag_failed(m.tag))
            m = ipc_wait(0);
    }
}

void pipe_watch(void *arg)
{
    const unsigned connection = (unsigned)(uintptr_t)arg;

    while (!tag_failed(ipc_receive(PIPE_SELECTOR_CLIENT(connection), 0).tag))
        ;
    store_end(connection, true);
}

void pipe_faults(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        bool ours = !tag_failed(m.tag) && tag_label(m.tag) == PROTO_EXCEPTION && m.w.w0 == 14 && m.w.w2 == (uint64_t)pipe_copy_moves;
        /* Anything else is a fault of the server's own: this one gives up in the sight of root. */
        if (!ours && !tag_failed(m.tag))
            program_trap();
        m = ipc_reply_and_wait(0, tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = (uint64_t)pipe_copy_failed });
    }
}
