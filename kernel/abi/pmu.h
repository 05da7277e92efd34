/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel found of performance counters, in root_info: events by the names of PAPI's presets, which RDPMC index holds each, and
 * which modes it counts. User code may execute RDPMC while there are any (kernel option pmu=on); without them it faults.
 */
#ifndef KERNEL_ABI_PMU_H
#define KERNEL_ABI_PMU_H

#include <stdint.h>

#define PMU_TOT_CYC 0  /* core cycles */
#define PMU_TOT_INS 1  /* instructions retired */
#define PMU_REF_CYC 2  /* cycles of the reference clock while not halted */
#define PMU_BR_MSP 3   /* branches retired that were mispredicted */
#define PMU_L1_DCM 4   /* first-level data cache misses */
#define PMU_L1_ICM 5   /* first-level instruction cache misses */
#define PMU_TLB_DM 6   /* data TLB misses that walk the tables */
#define PMU_EVENTS 7
#define PMU_EVENT_NAMES { "TOT_CYC", "TOT_INS", "REF_CYC", "BR_MSP", "L1_DCM", "L1_ICM", "TLB_DM" }
/* Why an event is not counted, in struct pmu_info. */
#define PMU_LACKS_NOTHING 0
#define PMU_NOT_ASKED 1        /* pmu= names others */
#define PMU_NO_EVENT 2         /* this CPU has none such */
#define PMU_UNKNOWN_MODEL 3    /* it differs from model to model, and of this one nobody has written it down */
#define PMU_NO_COUNTER 4       /* none was left: pmu=EVENT asks for it first */
#define PMU_FAILED 5           /* it faulted, or did not count what it should */
#define PMU_LACK_NAMES { "counted", "not_asked", "no_event", "unknown_model", "no_counter", "failed" }
#define PMU_USER 1     /* modes that are counted */
#define PMU_KERNEL 2
#define PMU_COUNTERS_MAX 12
#define PMU_POLICY_MAX 12

/* A register that says what frequency and idle states firmware left in force, as it was at boot. */
struct pmu_policy {
    uint32_t msr, reserved;
    uint64_t value;
};

struct pmu_counter {
    uint8_t event;             /* PMU_* above */
    uint8_t modes;             /* PMU_USER, PMU_KERNEL */
    uint16_t reserved;
    uint32_t index;            /* for RDPMC; an event with two counters is their sum */
};

struct pmu_info {
    char reason[96];           /* why there are none, or what they are */
    uint32_t count, width;     /* counters; bits that count, where they wrap */
    uint8_t core_type;         /* of a hybrid processor, CPUID 1AH: 20h efficient, 40h performance; 0: not hybrid */
    uint8_t lacks[PMU_EVENTS];
    char model[16];            /* whose events those of caches and TLBs are, empty: unknown */
    struct pmu_counter counters[PMU_COUNTERS_MAX];
    uint64_t policies;         /* of them that could be read */
    struct pmu_policy policy[PMU_POLICY_MAX];
};

#endif
