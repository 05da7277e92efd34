/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System V objects outlive their processes, as do names of files and what --prepare sets, and a process that is killed removes nothing. The
 * keeper is a process in a session of its own that makes these objects for the run and gives it its names, and removes what is left when the
 * run's last process has gone, in whichever way: nothing ever exists without its knowing. Then it puts back what --prepare set (prepare.h). It
 * sleeps in a read all the while.
 */
#ifndef BASELINES_LINUX_KEEPER_H
#define BASELINES_LINUX_KEEPER_H

#include <stdbool.h>
#include <stddef.h>

enum kept_kind { KEPT_QUEUE, KEPT_SEMAPHORES, KEPT_SEGMENT, KEPT_NAMES };

#define KEPT_NAME_BYTES 64

/* Once, before anything is made or set. Without one (init of a guest, which nothing outlives) the others do their work themselves. False with errno. */
bool keeper_start(void);
/* A queue, a set of `size` semaphores, or a segment of `size` bytes, of nobody's key and for this user alone; or names. Its identifier, or -1 with errno. */
int keeper_make(enum kept_kind kind, int size);
/* True also when id is negative; false with errno. */
bool keeper_remove(enum kept_kind kind, int id);
/* What comes under these names goes with them. `path`: a folder below /tmp, for FIFOs a and b; `object`: of shared memory and, with -0 and -1
 * behind it, of POSIX queues. */
void kept_path(char path[KEPT_NAME_BYTES], int names);
void kept_object(char object[KEPT_NAME_BYTES], int names);

#endif
