/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System V objects outlive their processes, as does what --prepare sets, and a process that is killed removes nothing. The keeper is
 * a process in a session of its own that makes these objects for the run, and removes what is left of them when the run's last process has gone,
 * in whichever way: none ever exists without its knowing. Then it puts back what --prepare set (prepare.h). It sleeps in a read all the while.
 */
#ifndef BASELINES_LINUX_KEEPER_H
#define BASELINES_LINUX_KEEPER_H

#include <stdbool.h>

enum kept_kind { KEPT_QUEUE, KEPT_SEMAPHORES, KEPT_SEGMENT };

/* Once, before anything is made or set. Without one (init of a guest, which nothing outlives) the others do their work themselves. False with errno. */
bool keeper_start(void);
/* A queue, a set of `size` semaphores, or a segment of `size` bytes, of nobody's key and for this user alone. Its identifier, or -1 with errno. */
int keeper_make(enum kept_kind kind, int size);
/* True also when id is negative; false with errno. */
bool keeper_remove(enum kept_kind kind, int id);

#endif
