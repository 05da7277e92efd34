/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Evicting and flushing; see cache_state.h. Context: outside of clock reads, the calling thread has the Scheduler with RIGHT_MANAGE.
 */
#include "workloads/lib/cache_state.h"

#include "workloads/lib/object.h"
#include "workloads/lib/text.h"

#define LINE_BYTES 64
#define EVICT_BYTES 0x20000 /* first-level caches hold up to 64 KiB */

void cache_code_walk(void); /* cache_lines.S: as many bytes of code */

static volatile unsigned char evictor[EVICT_BYTES];

static void level_one_evict(void)
{
    for (unsigned i = 0; i < EVICT_BYTES; i += LINE_BYTES)
        (void)evictor[i];
    cache_code_walk();
}

static bool kernel_flush(uint64_t kind)
{
    struct message_words w = { .w0 = kind, .w1 = 2 };
    return object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w) == 0;
}

bool cache_state_set(const char *cache)
{
    if (text_equal(cache, "l1_evicted")) {
        level_one_evict();
        return true;
    }
    if (text_equal(cache, "cold") && !kernel_flush(PROBE_CACHE_FLUSH))
        return false;
    return kernel_flush(PROBE_TLB_FLUSH);
}
