/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What disturbed samples while they were taken, by counts read before and after: interrupts, system management interrupts, another CPU,
 * another frequency. Pure arithmetic over what the kernel tells (kernel/abi/abi.h, PROBE_NOISE). SMIs and frequencies were not exercised on
 * hardware; the tests play them.
 */
#ifndef HARNESS_MEASURE_NOISE_H
#define HARNESS_MEASURE_NOISE_H

#include <stdint.h>

#define NOISE_TAINT_INTERRUPTS 1u
#define NOISE_TAINT_SMI 2u
#define NOISE_TAINT_MIGRATIONS 4u
#define NOISE_TAINT_FREQUENCY 8u
#define NOISE_TAINTS 4
/* By bit, as results spell them. */
extern const char *const noise_taint_names[NOISE_TAINTS];

/* As the kernel gives it. */
struct noise {
    uint64_t has;              /* NOISE_*: the kernel can tell */
    uint64_t cpu, interrupts;
    uint64_t smis;             /* 32 bits, wraps */
    uint64_t aperf, mperf;     /* core cycles, and cycles of the clock's rate, while not halted; wrap */
};

/* Causes of what lies between two readings. *usual: frequency in thousandths of the clock's, 0 at first; a change by more than a hundredth
 * is a cause. Counts of two CPUs have nothing to do with one another: after a migration nothing else is told. */
unsigned noise_between(const struct noise *before, const struct noise *after, uint64_t *usual);

#endif
