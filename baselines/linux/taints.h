/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happened to the measured processes besides being measured, from the kernel's own counts, before and after.
 */
#ifndef BASELINES_LINUX_TAINTS_H
#define BASELINES_LINUX_TAINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAINTS_BYTES 128

struct usage {
    uint64_t involuntary; /* context switches that neither process asked for */
    uint64_t migrations;  /* 0 where the kernel does not tell */
    uint64_t faults;      /* minor and major */
    uint64_t steal_ticks; /* of the whole machine */
    uint64_t deferrals;   /* context switches of the threads to which softirqs are handed; 0 where they are not to be seen */
    uint64_t cpu_ns[2];   /* CPU time of client and server */
    uint64_t wall_ns;     /* when these were read */
};

/* Of this process and of `server` (0: none). */
void usage_read(struct usage *u, pid_t server);
/* Comma-separated words into `text`: involuntary_switches, or preempted_each_time when at least every second operation has one (the
 * woken process pre-empts its waker: that is part of the operation); migrations; faults (unless expected); steal; ksoftirqd, when softirqs were handed to a thread in at least one of
 * twenty operations (where they are expected); cpu_shared, when client and server have one CPU that one of them always wants, and more than a tenth
 * of the time was another's. */
struct taints_expected { bool faults, softirqs, one_cpu; };
void taints_write(char text[TAINTS_BYTES], const struct usage *before, const struct usage *after, uint64_t operations,
                  const struct taints_expected *expected);
void taint_add(char text[TAINTS_BYTES], const char *word);

#endif
