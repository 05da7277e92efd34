/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.dev_null.write | write(2) of one byte to /dev/null, from before the call to after its return | lmbench lat_syscall write, Härtig 1997 Table 3
 * workload: linux.dev_zero.read | read(2) of one byte from /dev/zero, from before the call to after its return | lmbench lat_syscall read
 *
 * fd[0]: the device, which connection_close closes.
 */
#include <fcntl.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool device_open(struct channel *c, const char *path, int flags)
{
    c->fd[0] = open(path, flags | O_CLOEXEC);
    return c->fd[0] >= 0;
}

static bool null_open(struct channel *c) { return device_open(c, "/dev/null", O_WRONLY); }
static bool zero_open(struct channel *c) { return device_open(c, "/dev/zero", O_RDONLY); }

static bool null_write(struct channel *c)
{
    static const char byte = 1;

    return write(c->fd[0], &byte, 1) == 1;
}

static bool zero_read(struct channel *c)
{
    char byte = 1;

    return read(c->fd[0], &byte, 1) == 1 && byte == 0;
}

static const struct baseline null_baseline = { .id = "linux.dev_null.write", .client_calls = 1, .setup = null_open, .operation = null_write };
BASELINE_REGISTER(null_baseline);

static const struct baseline zero_baseline = { .id = "linux.dev_zero.read", .client_calls = 1, .setup = zero_open, .operation = zero_read };
BASELINE_REGISTER(zero_baseline);
