/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System V queues and semaphores outlive their processes, as does what --prepare sets, and a process that is killed removes nothing. The keeper is
 * a process in a session of its own that is told of each, and removes or puts back what is left when the last process of the run has gone. It
 * sleeps in a read all the while. Not closed: the instant between making an object and telling it.
 */
#ifndef BASELINES_LINUX_KEEPER_H
#define BASELINES_LINUX_KEEPER_H

#include <stdbool.h>

enum kept_kind { KEPT_QUEUE, KEPT_SEMAPHORES, KEPT_CONDITIONS };

/* Once, before anything is made, after prepare_set. Without one (init of a guest, which nothing outlives) the others do nothing. False with errno. */
bool keeper_start(void);
void keeper_hold(enum kept_kind kind, int id);
/* Removes the object, or puts the conditions back, and it is kept no more; true when id is negative. */
bool keeper_remove(enum kept_kind kind, int id);

#endif
