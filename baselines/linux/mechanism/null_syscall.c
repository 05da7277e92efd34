/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.null_syscall.getpid | getpid through syscall(2), from before the call to after its return | Härtig 1997 Table 2
 * workload: linux.null_syscall.getppid | getppid through syscall(2), from before the call to after its return | lmbench lat_syscall null
 * workload: linux.null_syscall.clock | clock_gettime(CLOCK_MONOTONIC) through syscall(2), from before the call to after its return | none
 * workload: linux.vdso.clock | clock_gettime(CLOCK_MONOTONIC) through the C library, which reads the clock without the kernel where the vDSO can | none
 *
 * The C library's wrapper is not used for the first two: some libraries cache the answer. getppid follows a pointer under RCU, which
 * getpid need not.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool getpid_call(struct channel *c)
{
    (void)c;
    return syscall(SYS_getpid) > 0;
}

/* 0 is a legal answer: the parent lives in an outer pid namespace, or this is init. */
static bool getppid_call(struct channel *c)
{
    (void)c;
    return syscall(SYS_getppid) >= 0;
}

static bool clock_call(struct channel *c)
{
    struct timespec t;

    (void)c;
    return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) == 0;
}

static bool clock_vdso(struct channel *c)
{
    struct timespec t;

    (void)c;
    return clock_gettime(CLOCK_MONOTONIC, &t) == 0;
}

static const struct baseline getpid_baseline = { .id = "linux.null_syscall.getpid", .client_calls = 1, .operation = getpid_call };
BASELINE_REGISTER(getpid_baseline);

static const struct baseline getppid_baseline = { .id = "linux.null_syscall.getppid", .client_calls = 1, .operation = getppid_call };
BASELINE_REGISTER(getppid_baseline);

static const struct baseline clock_baseline = { .id = "linux.null_syscall.clock", .client_calls = 1, .operation = clock_call };
BASELINE_REGISTER(clock_baseline);

/* With a clock source that user space cannot read, the C library falls back on the call: one more than declared. */
static const struct baseline vdso_baseline = { .id = "linux.vdso.clock", .calls_vary = 1, .operation = clock_vdso };
BASELINE_REGISTER(vdso_baseline);
