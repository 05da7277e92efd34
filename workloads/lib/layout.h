/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where things lie in the address space of a program, for root, which puts them there, and for the program, which finds them.
 * The image is at PROGRAM_ADDRESS (program.ld); everything else keeps a distance, so that a stray access faults.
 */
#ifndef WORKLOADS_LIB_LAYOUT_H
#define WORKLOADS_LIB_LAYOUT_H

#include "kernel/abi/abi.h"

#define PROGRAM_ADDRESS ABI_CONST(uint64_t, 0x400000)
#define PROGRAM_UTCB_ADDRESS ABI_CONST(uint64_t, 0x10000000)   /* of its first thread */
#define PROGRAM_INFO_ADDRESS ABI_CONST(uint64_t, 0x11000000)   /* struct program_info, one page, read-only */
#define PROGRAM_STACK_TOP ABI_CONST(uint64_t, 0x20000000)
#define PROGRAM_STACK_BYTES ABI_CONST(uint64_t, 0x10000)
#define WORKER_UTCB_ADDRESS ABI_CONST(uint64_t, 0x12000000)    /* one page for each worker, with a hole after each */
/* With trace=on: the rings of the first CPUs (kernel/abi/trace.h), read-only, and that of user mode. */
#define PROGRAM_TRACE_ADDRESS ABI_CONST(uint64_t, 0x30000000)
#define PROGRAM_TRACE_CPUS 16
#define PROGRAM_TRACE_USER_ADDRESS ABI_CONST(uint64_t, 0x38000000)
#define PROGRAM_FREE_ADDRESS ABI_CONST(uint64_t, 0x40000000)   /* nothing from here on */

/* Priorities: root waits most of the time and must be able to take a request at once; no program can be above it. */
#define ROOT_PRIORITY PRIORITY_MAX
#define PROGRAM_PRIORITY 100
#define PROGRAM_PRIORITY_MAX (ROOT_PRIORITY - 1)               /* ceiling of the scheduler that programs get */
/* No slice ends within a row: a timer interrupt belongs to sched.*, not to ipc.*. */
#define PROGRAM_QUANTUM_US 10000000

#endif
