/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.process_vm.round_trip | an eventfd tells that a message lies ready, the other process copies it out of the sender's memory with process_vm_readv, echoed in the same way: from before the client's write to the eventfd to after its process_vm_readv | Härtig 1997 Table 4 (3)
 *
 * One copy instead of two. No burst: the sender's buffer is free again only when the receiver has said so, which makes it a round trip.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool copy_from(const struct channel *c, pid_t process, const unsigned char *address)
{
    struct iovec here = { c->in, c->bytes }, there = { (void *)address, c->bytes };
    ssize_t got = process_vm_readv(process, &here, 1, &there, 1, 0);

    if (got >= 0 && (size_t)got != c->bytes)
        errno = EFAULT;
    return got == (ssize_t)c->bytes;
}

/* Level of the Yama module, 0 without it. */
static int yama_scope(void)
{
    int scope = 0;
    FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "r");

    if (f != NULL && fscanf(f, "%d", &scope) != 1)
        scope = 0;
    if (f != NULL)
        fclose(f);
    return scope;
}

/* The child reads its parent, which Yama's level 1 forbids unless the parent allows it, and its higher levels in any case. */
static bool process_vm_setup(struct channel *c)
{
    setup_hint = "process_vm_readv on the parent: kernel.yama.ptrace_scope must be 0 or 1";
    if (yama_scope() > 1 && geteuid() != 0) {
        errno = EPERM;
        return false;
    }
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* an error means that there is no Yama */
    c->fd[0] = eventfd(0, 0);
    c->fd[1] = eventfd(0, 0);
    return c->fd[0] >= 0 && c->fd[1] >= 0 && copy_from(c, getpid(), c->out);
}

static bool process_vm_send(struct channel *c)
{
    uint64_t one = 1;

    return message_write(c->fd[c->server], (const unsigned char *)&one, sizeof one);
}

static bool process_vm_receive(struct channel *c)
{
    uint64_t number;

    return message_read(c->fd[!c->server], (unsigned char *)&number, sizeof number) && copy_from(c, c->peer, c->peer_out);
}

static const struct baseline process_vm_round_trip = {
    .id = "linux.process_vm.round_trip", .bytes = payload_all, .client_calls = 3, .server_calls = 3,
    .setup = process_vm_setup, .send = process_vm_send, .receive = process_vm_receive,
};
BASELINE_REGISTER(process_vm_round_trip);
