/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events that differ from model to model (pmu_events.c). Pure: CPUID's words in, a row of a const table out.
 */
#ifndef KERNEL_X86_64_PMU_EVENTS_H
#define KERNEL_X86_64_PMU_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#define CORE_TYPE_EFFICIENT 0x20
#define SELECTS_MAX 2          /* events that make one: loads and stores */

/* Values for the event select: number, unit mask << 8, AMD's upper four bits of the number << 32; 0: there is none. */
struct model_events {
    const char *name;          /* of the microarchitecture, lower case */
    uint64_t l1_dcm, l1_icm, tlb_dm[SELECTS_MAX], ref_cyc;
};

/* Of the CPU with that EAX of CPUID leaf 1; core_type: of leaf 1AH, 0 where no hybrid. NULL: nobody has written down what it has. */
const struct model_events *model_events_find(bool is_amd, uint32_t signature, uint8_t core_type);

#endif
