/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Performance counters: which there are, programmed and proved. A counter exists after three steps: CPUID says so, it can be written and read
 * without a fault, and what is known of its event holds over a loop whose length is known. Pure logic over struct pmu_machine, so that the
 * tests can play machines. Not exercised on hardware: no machine with counters has run this.
 * Sources: Intel SDM vol. 3B, chapter 20; AMD APM vol. 2, 13.2, and PerfMonV2 in CPUID 8000_0022; events of models: pmu_events.c.
 */
#ifndef KERNEL_X86_64_PMU_H
#define KERNEL_X86_64_PMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/cpuid.h"
#include "kernel/abi/pmu.h"

struct pmu_machine {
    struct cpuid_registers (*cpuid)(uint32_t leaf, uint32_t subleaf);
    /* False: it faulted. */
    bool (*read)(uint32_t msr, uint64_t *value);
    bool (*write)(uint32_t msr, uint64_t value);
    bool (*counter_read)(uint32_t index, uint64_t *value); /* RDPMC */
    /* Runs PMU_LOOP_INSTRUCTIONS instructions and few more. */
    void (*loop)(void);
};

#define PMU_LOOP_INSTRUCTIONS 100000
#define MSR_SMI_COUNT 0x34
#define MSR_MPERF 0xe7
#define MSR_APERF 0xe8

/* Which events are counted beside TOT_INS and TOT_CYC, the most wanted first: from the lowest, four bits each, PMU_* + 1, PMU_SPLIT + 1 for the first two
 * in user mode alone; 0 behind the last. */
#define PMU_SPLIT PMU_EVENTS
/* The value of pmu=: off, on, or names of events with commas. False: it is none of these. */
bool pmu_wanted_parse(const char *value, size_t n, uint32_t *wanted);
/* Programs what there is to count for ever and fills *pmu; nothing counts afterwards where pmu->count is 0, and pmu->reason says why. */
void pmu_probe(const struct pmu_machine *m, uint32_t wanted, struct pmu_info *pmu);
/* NOISE_*: what disturbs a measurement and can be read, by the same three steps, but for the count of SMIs, which has no known loop. */
uint64_t pmu_noise_probe(const struct pmu_machine *m);
/* Reads what there is of the policy registers of this vendor; nothing is written. */
void pmu_policy_probe(const struct pmu_machine *m, struct pmu_info *pmu);
/* Both with the registers of this CPU, counters where any are wanted, and RDPMC for user code where there is anything to read then. On the CPU
 * that boots, before tracing is made. */
void pmu_init(uint32_t wanted);
/* What there is; until pmu_init: that nobody asked. */
const struct pmu_info *pmu_found(void);
/* The counters' difference, whatever wrapped once. */
static inline uint64_t pmu_difference(const struct pmu_info *pmu, uint64_t before, uint64_t after)
{
    return (after - before) & (pmu->width >= 64 ? ~0ull : (1ull << pmu->width) - 1);
}

#endif
