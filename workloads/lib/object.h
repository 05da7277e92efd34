/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operations of kernel objects (kernel/abi/abi.h section 7) as functions. Each returns 0 or an ERR_*; what comes out goes
 * through pointers, which are written only on success. Never inside a measured region.
 */
#ifndef WORKLOADS_LIB_OBJECT_H
#define WORKLOADS_LIB_OBJECT_H

#include <stdint.h>

#include "workloads/lib/invoke.h"

/* Any operation: words in w, replaced by those that come out. */
int32_t object_call(uint64_t object, int32_t operation, uint64_t words, struct message_words *w);

int32_t factory_create_task(uint64_t factory, uint64_t selector);
int32_t factory_create_thread(uint64_t factory, uint64_t selector, uint64_t task, uint64_t utcb_address);
int32_t factory_create_gate(uint64_t factory, uint64_t selector, uint64_t thread, uint64_t label);
int32_t factory_create_seated(uint64_t factory, uint64_t selector, uint64_t quota_bytes, uint64_t seats);
/* With a seat for each page, at most half of those that are left: others can still have some. */
int32_t factory_create_factory(uint64_t factory, uint64_t selector, uint64_t quota_bytes);
int32_t factory_create_semaphore(uint64_t factory, uint64_t selector, uint64_t count);
int32_t factory_info(uint64_t factory, uint64_t *quota_bytes, uint64_t *used_bytes);
int32_t factory_info_seats(uint64_t factory, uint64_t *seats, uint64_t *seats_used);

int32_t task_map_capability(uint64_t task, uint64_t here, uint64_t there, uint64_t rights);
/* Any number of bytes: splits at MAP_BYTES_MAX and insists that every page got mapped (else ERR_OCCUPIED or what was said). */
int32_t task_map_memory(uint64_t task, uint64_t here, uint64_t there, uint64_t bytes, uint64_t memory_rights);
int32_t task_unmap_capability(uint64_t task, uint64_t there);
int32_t task_unmap_memory(uint64_t task, uint64_t there, uint64_t bytes, uint64_t *unmapped_bytes);
int32_t task_capability_info(uint64_t task, uint64_t there, uint64_t *kind, uint64_t *rights, uint64_t *number);

/* Takes MEMORY_* away (0: all of them) from pages of a task and what was mapped from them; UNMAP_*. */
int32_t task_take_memory(uint64_t task, uint64_t there, uint64_t bytes, uint64_t take, uint64_t flags);
int32_t task_map_flexpage(uint64_t task, uint64_t flexpage, uint64_t there);
int32_t task_unmap_flexpage(uint64_t task, uint64_t flexpage, uint64_t flags);

/* A range of 2^size bytes; one capability. */
static inline uint64_t flexpage_memory(uint64_t address, unsigned size, unsigned memory_rights)
{
    return address | (uint64_t)size << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_MEMORY << FLEXPAGE_TYPE_SHIFT | memory_rights;
}

static inline uint64_t flexpage_capability(uint64_t selector, unsigned rights)
{
    return selector << FLEXPAGE_BASE_SHIFT | FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT | rights;
}

/* 2^size I/O ports. */
static inline uint64_t flexpage_ports(uint64_t first, unsigned size)
{
    return first << FLEXPAGE_BASE_SHIFT | (uint64_t)size << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_PORTS << FLEXPAGE_TYPE_SHIFT;
}

/* Another gate to the same thread with another label; its capability is derived from the first one's. */
int32_t gate_mint(uint64_t gate, uint64_t factory, uint64_t selector, uint64_t label, uint64_t rights);

int32_t thread_ex_regs(uint64_t thread, uint64_t *rip, uint64_t *rsp, uint64_t ex_regs_flags);
int32_t thread_set_exception_gate(uint64_t thread, uint64_t gate);
int32_t thread_set_pager(uint64_t thread, uint64_t gate);
int32_t thread_set_fs_base(uint64_t thread, uint64_t fs_base);
int32_t thread_slow_sends(uint64_t thread, uint64_t *sends);
int32_t thread_bind_gate(uint64_t thread, uint64_t gate, uint64_t label);

/* Another scheduler, which lets no thread above `ceiling`; its capability is derived from the first one's. */
int32_t scheduler_limit(uint64_t scheduler, uint64_t factory, uint64_t selector, uint64_t ceiling);
int32_t scheduler_run_thread(uint64_t scheduler, uint64_t thread, uint64_t priority, uint64_t quantum_us);

/* Releases the oldest records of a CPU's ring of tracepoints. */
int32_t scheduler_trace_release(uint64_t scheduler, uint64_t cpu, uint64_t records);

int32_t factory_create_irq(uint64_t factory, uint64_t selector);
int32_t irq_bind(uint64_t irq, uint64_t thread, uint64_t label);
int32_t irq_trigger(uint64_t irq);
int32_t irq_eoi(uint64_t irq);
/* OP_ICU_*: a line, and an Irq selector or a mode where the operation has one. */
int32_t icu_operation(uint64_t icu, int32_t operation, uint64_t line, uint64_t argument);

int32_t semaphore_up(uint64_t semaphore);
/* receive_timeout: TIMEOUT_*; the time itself is in the UTCB of the caller. */
int32_t semaphore_down(uint64_t semaphore, uint64_t receive_timeout);

const char *error_name(int32_t error); /* "ok" for 0, "unknown" for what abi.h does not have */

#endif
