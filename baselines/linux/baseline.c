/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The registry (a linker section, bounded by symbols that the linker makes) and what mechanisms share.
 */
#include "baselines/linux/baseline.h"

#include <errno.h>
#include <unistd.h>

const size_t payload_all[] = { 1, 64, 4096, 65536, 1048576, BYTES_END };
const size_t payload_word[] = { 8, BYTES_END };
const size_t payload_none[] = { 0, BYTES_END };

const char *setup_hint;

extern const struct baseline *const __start_baselines[];
extern const struct baseline *const __stop_baselines[];

const struct baseline *const *baseline_first(void) { return __start_baselines; }
const struct baseline *const *baseline_end(void) { return __stop_baselines; }

bool message_write(int fd, const unsigned char *bytes, size_t n)
{
    while (n != 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

bool message_read(int fd, unsigned char *bytes, size_t n)
{
    while (n != 0) {
        ssize_t done = read(fd, bytes, n);
        if (done <= 0) {
            if (done == 0)
                errno = 0;
            return false;
        }
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static void end_close(struct channel *c, int end)
{
    close(c->fd[end]);
    c->fd[end] = -1;
}

bool socket_attach(struct channel *c)
{
    end_close(c, c->server ? 0 : 1);
    return true;
}

bool socket_send(struct channel *c)
{
    return message_write(c->fd[c->server], c->out, c->bytes);
}

bool socket_receive(struct channel *c)
{
    return message_read(c->fd[c->server], c->in, c->bytes);
}

bool pipes_attach(struct channel *c)
{
    end_close(c, c->server ? 1 : 3);
    end_close(c, c->server ? 2 : 0);
    return true;
}

bool pipes_send(struct channel *c)
{
    return message_write(c->fd[c->server ? 3 : 1], c->out, c->bytes);
}

bool pipes_receive(struct channel *c)
{
    return message_read(c->fd[c->server ? 0 : 2], c->in, c->bytes);
}
