/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page is there and read-only. via=exception: the thread has an exception gate alone, and the message holds all registers; via=pager: three
 * words. The handler lets the thread go on behind the store, outside of the clock reads. Stamps lie in memory that both share.
 * workload: vm.trap | write to a protected page until the handler of the fault runs, in the same task or in another | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 5, Trap
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/instructions.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/memory_measure.h"

#define STORE_BYTES 3          /* instruction_write */
#define PROTECTED_ADDRESS (PROGRAM_FREE_ADDRESS + PAGE_BYTES)

static volatile uint64_t stamp, trap_ticks;

static void handler(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            trap_ticks = tsc_end() - stamp;
            m = ipc_reply_and_wait(0, tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = m.w.w2 + STORE_BYTES });
        }
    }
}

static bool setup(void)
{
    return ipc_partner_create(true) && service_memory(PROTECTED_ADDRESS, 1, MEMORY_READ) == 0;
}

static bool exception_intra(const struct variant *v)
{
    (void)v;
    return ipc_server_start(false, handler, 0) && thread_set_exception_gate(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

static bool exception_inter(const struct variant *v)
{
    (void)v;
    return ipc_server_start(true, handler, 0) && thread_set_exception_gate(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

static bool pager_inter(const struct variant *v)
{
    (void)v;
    return ipc_server_start(true, handler, 0) && thread_set_pager(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

static void finish(const struct variant *v)
{
    (void)v;
    thread_set_exception_gate(SELECTOR_THREAD, SELECTOR_SERVICE);
    thread_set_pager(SELECTOR_THREAD, 0);
    ipc_server_stop();
}

static bool trap_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        trap_ticks = 0;
        stamp = tsc_begin();
        instruction_write(PROTECTED_ADDRESS);
        ring[i] = trap_ticks;
        if (ring[i] == 0)
            return false;
    }
    return true;
}

static bool trap_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        stamp = tsc_begin();
        ring[i] = tsc_end() - stamp;
    }
    return true;
}

#define ROW(how, where, begin) \
    { .name = "via=" how, .direction = "op", .relation = where, .path = "none", .batch = 1, .window = WINDOW_NONE, .prepare = begin, \
      .fill = trap_fill, .fill_empty = trap_fill_empty, .finish = finish }

static const struct variant variants[] = {
    ROW("exception,handler=intra", "intra", exception_intra), ROW("exception,handler=inter", "inter", exception_inter),
    ROW("pager,handler=inter", "inter", pager_inter),
};

const struct workload workload = {
    .id = "vm.trap", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
