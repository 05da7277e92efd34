/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A counter exists only after three steps: the kernel opens it, its page lets user mode read it, and it advances plausibly over a
 * known loop (emulators advertise counters that read 0). The page's protocol: perf_page.h. Not exercised on hardware.
 */
#include "baselines/linux/counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "baselines/linux/channel.h"
#include "baselines/linux/clock_loop.h"
#include "baselines/linux/perf_page.h"

#define LOOP_ITERATIONS 1000000u
/* Cycles that any x86 takes for one iteration of a volatile increment. */
#define LOOP_CYCLES_MAX 100u

static volatile struct perf_event_mmap_page *page;

static inline uint64_t counter_rdpmc(uint32_t counter) { return rdpmc(counter); }

static inline uint64_t cycles_read(void)
{
    lfence();
    return perf_page_read(page, counter_rdpmc);
}

static bool samples_take_cycles(channel_fn *operation, struct channel *c, uint64_t *ring, size_t n, uint64_t batch)
{
    struct perf_page_state before = perf_page_state_read(page);

    if (!samples_loop(cycles_read, cycles_read, operation, c, ring, n, batch))
        return false;
    struct perf_page_state after = perf_page_state_read(page);
    errno = ENODATA; /* run.c says what it means */
    return perf_page_counted(&before, &after);
}

static const struct clock clock_cycles = { "rdpmc", "cycles", samples_take_cycles, cycles_read };

static int event_open(int cpu)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_HW_CPU_CYCLES,
        .pinned = 1, /* never shared with another event in turns */
        .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, 0);
}

static uint64_t loop_cycles(void)
{
    volatile unsigned count = 0;
    uint64_t start = cycles_read();

    while (count < LOOP_ITERATIONS)
        count++;
    return cycles_read() - start;
}

const struct clock *counters_open(int cpu, char text[COUNTERS_TEXT_BYTES])
{
    int fd = event_open(cpu);

    if (fd < 0) {
        snprintf(text, COUNTERS_TEXT_BYTES, "none (perf_event_open: %s%s)", strerror(errno),
                 errno == EACCES || errno == EPERM ? "; sysctl kernel.perf_event_paranoid=0 permits it" :
                 errno == ENOENT ? ": no PMU" : "");
        return NULL;
    }
    void *memory = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED || !cpu_pin(cpu)) {
        snprintf(text, COUNTERS_TEXT_BYTES, "none (mmap of the counter's page, or pinning: %s)", strerror(errno));
        close(fd);
        return NULL;
    }
    page = memory;
    if (!perf_page_state_read(page).counts) {
        snprintf(text, COUNTERS_TEXT_BYTES, "none (the kernel does not let user mode read the counter)");
        return NULL;
    }
    uint64_t cycles = loop_cycles();
    bool plausible = cycles > LOOP_ITERATIONS / 4 && cycles < (uint64_t)LOOP_ITERATIONS * LOOP_CYCLES_MAX;
    snprintf(text, COUNTERS_TEXT_BYTES, "%s: %llu cycles for a loop of %u iterations",
             plausible ? "core cycles of the measuring CPU by rdpmc" : "none (the counter does not count plausibly)", (unsigned long long)cycles,
             LOOP_ITERATIONS);
    return plausible ? &clock_cycles : NULL;
}
