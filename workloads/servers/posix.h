/* SPDX-License-Identifier: BSD-2-Clause
 *
 * As much of POSIX as pipes need, for programs that run on the pipe server and on Linux alike: there each function is the system call of that
 * name, here (posix.c) it goes to the server. Errors are negative, with Linux's numbers. The first argument is the process that calls.
 */
#ifndef WORKLOADS_SERVERS_POSIX_H
#define WORKLOADS_SERVERS_POSIX_H

#include <stddef.h>

#include "workloads/servers/pipe.h"

struct process;
typedef int posix_main(struct process *self, void *arg);

/* The first process, without any descriptor of a pipe; NULL: it cannot be had. The only one that may spawn. */
struct process *posix_start(void);

int posix_pipe(struct process *self, int descriptors[2]);
long posix_read(struct process *self, int descriptor, void *to, size_t bytes);
long posix_write(struct process *self, int descriptor, const void *from, size_t bytes);
int posix_close(struct process *self, int descriptor);
int posix_dup(struct process *self, int descriptor);
int posix_nonblock(struct process *self, int descriptor, bool nonblock);

/* A child with the caller's descriptors runs fn; what it returns, 0..127, is its status. Whether it sees what the parent writes to memory
 * later is not said. Returns a number from 1 on. At most PIPE_CONNECTIONS - 1 in the life of a first process. */
int posix_spawn(struct process *self, posix_main *fn, void *arg);
int posix_wait(struct process *self, int child);
/* Ends a child whatever it does, without its help. */
int posix_kill(struct process *self, int child);
/* Returns when others had time to do what they can. */
void posix_settle(struct process *self);

#endif
