/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock is read by the Linux program itself (workloads/servers/linux/getpid.S), around its `syscall`. Its system call goes to the server in one
 * exception message with all registers; the paper's bounces it to a library in the program's own address space, which then calls.
 * workload: posix.getpid.trampoline | getpid by the `syscall` of an unmodified static Linux program, served by the personality server in another task as an exception | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 2, trampoline
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/servers/personality.h"

static bool setup(void)
{
    return ipc_partner_create(true) && ipc_server_start(true, personality_serve, 0) && linux_start();
}

static bool ask(const struct variant *v, uint64_t *ring, size_t n, uint64_t left_out)
{
    const uint64_t request[] = { n, v->batch, left_out };

    return linux_exchange(request, ring, n * sizeof *ring);
}

static bool getpid_fill(const struct variant *v, uint64_t *ring, size_t n) { return ask(v, ring, n, 0); }
static bool getpid_fill_empty(const struct variant *v, uint64_t *ring, size_t n) { return ask(v, ring, n, 1); }

#define ROW(operations) \
    { .direction = "op", .relation = "inter", .path = "none", .batch = operations, .fill = getpid_fill, .fill_empty = getpid_fill_empty }

static const struct variant variants[] = { ROW(1), ROW(BATCH_OPERATIONS) };

const struct workload workload = {
    .id = "posix.getpid.trampoline", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
