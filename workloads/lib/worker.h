/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Further threads of a program, in its own task or in a second one that shares its image (`peer`). A worker is named by a small
 * number, which fixes its selector, its UTCB address and its stack. All functions return 0 or an ERR_*.
 */
#ifndef WORKLOADS_LIB_WORKER_H
#define WORKLOADS_LIB_WORKER_H

#include <stdint.h>

#include "kernel/abi/abi.h"
#include "workloads/lib/layout.h"

#define WORKERS_MAX 16
#define WORKER_STACK_BYTES 8192

#define SELECTOR_WORKER(i) (SELECTOR_FREE + (uint64_t)(i))
#define SELECTOR_PEER_TASK (SELECTOR_FREE + WORKERS_MAX)
#define SELECTOR_PROGRAM_FREE (SELECTOR_PEER_TASK + 1) /* first one that the library does not use */

typedef void worker_fn(void *arg);

static inline struct utcb *worker_utcb(unsigned worker)
{
    return (struct utcb *)(WORKER_UTCB_ADDRESS + worker * 2 * PAGE_BYTES);
}

/* Creates the thread in `task` (SELECTOR_TASK or SELECTOR_PEER_TASK); it does not run yet. Its exceptions go to root. */
int32_t worker_create(unsigned worker, uint64_t task);
/* Lets it run fn(arg) from the top of its stack: with the priority and on the CPU that it has. */
int32_t worker_begin(unsigned worker, worker_fn *fn, void *arg);
/* The same with that priority from its first instruction on: another CPU may be quick to run it. */
int32_t worker_run(unsigned worker, worker_fn *fn, void *arg, uint64_t priority);
/* Both. */
int32_t worker_start(unsigned worker, uint64_t task, worker_fn *fn, void *arg, uint64_t priority);
int32_t worker_destroy(unsigned worker);

/* A task with this program's image, at the same addresses, data shared, and no capability but SELECTOR_SERVICE for exceptions. */
int32_t task_clone(uint64_t selector);
/* The same; that factory pays. */
int32_t task_clone_paid(uint64_t factory, uint64_t selector);
/* One of them, as SELECTOR_PEER_TASK. */
int32_t peer_create(void);
int32_t peer_destroy(void);

#endif
