/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every wait has a limit. The guard turns what can go wrong while an operation blocks (the time is up, the peer died, the
 * user interrupts) into a signal that repeats every 20 ms, so that a system call entered just after it is interrupted too.
 */
#ifndef BASELINES_LINUX_GUARD_H
#define BASELINES_LINUX_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

/* Once per process, before the first fork. No wait lasts longer than `limit_seconds`. False with errno. */
bool guard_init(unsigned limit_seconds);
/* From here the calling process has until the limit; `peer` (0: none) is the child whose death ends the waiting. */
void guard_arm(pid_t peer);
void guard_disarm(void);
/* In a forked child: default signals; it dies with its parent, or some time after the limit of whoever waits for it. */
void guard_child(pid_t parent);
bool guard_interrupted(void);
/* Of the last guard_arm: for operations that go on without their peer. */
bool guard_peer_died(void);
/* Whether this program was started to outlive its terminal (nohup). */
bool guard_hangup_ignored(void);
/* What ended the wait in words; NULL when the guard did not. */
const char *guard_cause(void);

#endif
