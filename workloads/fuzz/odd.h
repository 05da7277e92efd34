/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Odd instructions as functions: what user code may not do, what it may but no compiler would, and ways out of the address space. Each
 * takes two words that may be anything. Most end in an exception: whoever handles it gives the thread a new start.
 */
#ifndef WORKLOADS_FUZZ_ODD_H
#define WORKLOADS_FUZZ_ODD_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/lib/registers.h"

typedef void odd_fn(uint64_t a, uint64_t b);
extern odd_fn *const odd_table[], *const odd_table_end[];
static inline size_t odd_count(void) { return (size_t)(odd_table_end - odd_table); }

/* Flags that C counts on. */
void odd_settle(void);
/* System call with registers of `in`, with these flags (single step, direction, alignment check, nested task, ...), or with that stack. */
void odd_call_flags(const struct registers *in, uint64_t flags);
void odd_call_stack(const struct registers *in, uint64_t rsp);
/* Entry of a fuzzing thread: finds its slot by its stack pointer, then fuzzer_run. */
void fuzzer_entry(void);

#endif
