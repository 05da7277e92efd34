/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ud2 and a handler in the same task, of higher priority, that has the thread go on behind it. state=rip: it says where; state=all: it gives
 * all registers back. leg=fault: up to the clock read behind the handler's stub.
 * workload: vm.exception | round trip of an exception to its handler at user level and back | sel4bench fault and fault round trip
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define GATE SELECTOR_PROGRAM_FREE
#define UD2_BYTES 2

static void rip_handler(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;)
        m = ipc_reply_and_wait(0, tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = m.w.w2 + UD2_BYTES });
}

static volatile uint64_t arrived_ticks;

static void stamp_handler(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        arrived_ticks = tsc_end();
        m = ipc_reply_and_wait(0, tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = m.w.w2 + UD2_BYTES });
    }
}

static void state_handler(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        m.w.w2 += UD2_BYTES;
        m = ipc_reply_and_wait(0, tag_make(0, EXCEPTION_SET_STATE, EXCEPTION_WORDS), m.w);
    }
}

static bool prepare(worker_fn *fn)
{
    return worker_start(0, SELECTOR_TASK, fn, NULL, PROGRAM_PRIORITY + 10) == 0 &&
           factory_create_gate(SELECTOR_FACTORY, GATE, SELECTOR_WORKER(0), 0) == 0 && thread_set_exception_gate(SELECTOR_THREAD, GATE) == 0;
}

static bool rip_prepare(const struct variant *v) { (void)v; return prepare(rip_handler); }
static bool state_prepare(const struct variant *v) { (void)v; return prepare(state_handler); }
static bool fault_prepare(const struct variant *v) { (void)v; return prepare(stamp_handler); }

static void finish(const struct variant *v)
{
    (void)v;
    thread_set_exception_gate(SELECTOR_THREAD, SELECTOR_SERVICE);
    worker_destroy(0);
    task_unmap_capability(SELECTOR_TASK, GATE);
}

/* The library's lone ud2, called: call and ret are part of it. */
ALWAYS_INLINE bool trap_fails(void)
{
    instruction_ud2(0);
    return false;
}

MEASURE_LOOPS(trap, trap_fails())
MEASURE_LOOPS(empty, twin_succeeds())

static bool fault_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        instruction_ud2(0);
        ring[i] = arrived_ticks - begin;
    }
    return true;
}

static const struct variant variants[] = {
    MEASURE_ROWS("state=rip", "round_trip", trap, empty, rip_prepare, finish),
    MEASURE_ROWS("state=all", "round_trip", trap, empty, state_prepare, finish),
    { .name = "leg=fault", .direction = "one_way", .relation = "intra", .path = "none", .batch = 1, .prepare = fault_prepare,
      .fill = fault_fill, .fill_empty = empty_single, .finish = finish },
};

const struct workload workload = {
    .id = "vm.exception", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
