/* SPDX-License-Identifier: BSD-2-Clause
 *
 * papi-counters: PAPI's presets beside perf's events, over one loop in user mode whose length is known. A program of its own, since
 * the baselines are linked statically and PAPI loads libraries at run time. Prints one line; exit status 0: both counted and agree
 * within 1 %; 1: they do not; 77: no counter here, and the line says which component is disabled and why. Not
 * exercised on hardware; against a model of PAPI: test/test_papi.c.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <papi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOP_ITERATIONS 10000000u
#define AGREE_PART 0.01
#define STATUS_UNAVAILABLE 77

enum { CYCLES, INSTRUCTIONS, EVENTS };

static const uint64_t perf_events[EVENTS] = { PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS };
static int papi_events[EVENTS] = { PAPI_TOT_CYC, PAPI_TOT_INS };
static const char *const names[EVENTS] = { "PAPI_TOT_CYC", "PAPI_TOT_INS" };

static void loop_run(void)
{
    volatile unsigned count = 0;

    while (count < LOOP_ITERATIONS)
        count++;
}

static int perf_open(uint64_t event)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE, .size = sizeof attributes, .config = event, .exclude_kernel = 1, .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

/* False, with the reason printed, when perf has no such counter. */
static bool perf_count(long long counts[EVENTS])
{
    for (int i = 0; i < EVENTS; i++) {
        int fd = perf_open(perf_events[i]);
        uint64_t before, after;
        if (fd < 0) {
            printf("perf_event_open: %s; ", strerror(errno));
            return false;
        }
        bool good = read(fd, &before, sizeof before) == sizeof before;
        loop_run();
        good = good && read(fd, &after, sizeof after) == sizeof after;
        close(fd);
        if (!good) {
            printf("perf counter of %s cannot be read; ", names[i]);
            return false;
        }
        counts[i] = (long long)(after - before);
    }
    return true;
}

static void components_print(void)
{
    for (int i = 0; i < PAPI_num_components(); i++) {
        const PAPI_component_info_t *c = PAPI_get_component_info(i);
        if (c != NULL && c->disabled)
            printf("%s disabled: %s; ", c->name, c->disabled_reason[0] != '\0' ? c->disabled_reason : "no reason given");
    }
}

static bool papi_count(long long counts[EVENTS])
{
    int set = PAPI_NULL, status = PAPI_library_init(PAPI_VER_CURRENT);

    if (status != PAPI_VER_CURRENT) {
        printf("PAPI_library_init: %s; ", status < 0 ? PAPI_strerror(status) : "another version");
        return false;
    }
    status = PAPI_create_eventset(&set);
    if (status == PAPI_OK)
        status = PAPI_add_events(set, papi_events, EVENTS);
    if (status == PAPI_OK)
        status = PAPI_start(set);
    if (status == PAPI_OK) {
        loop_run();
        status = PAPI_stop(set, counts);
    }
    if (status == PAPI_OK)
        return true;
    components_print();
    printf("PAPI: %s; ", status < 0 ? PAPI_strerror(status) : "not all presets could be added");
    return false;
}

int main(void)
{
    long long perf[EVENTS], papi[EVENTS];
    bool perf_counts = perf_count(perf), papi_counts = papi_count(papi), agree = true;

    for (int i = 0; i < EVENTS && perf_counts && papi_counts; i++) {
        double part = (double)papi[i] / (double)perf[i] - 1;
        agree = agree && perf[i] > 0 && part < AGREE_PART && part > -AGREE_PART;
        printf("%s %lld, perf %lld (%+.2f %%); ", names[i], papi[i], perf[i], 100 * part);
    }
    printf("loop of %u iterations\n", LOOP_ITERATIONS);
    return !perf_counts || !papi_counts ? STATUS_UNAVAILABLE : agree ? 0 : 1;
}
