/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fidelity self-test: what kind of clock is this? (method.md, "Emulators as exact instruments".) Printed before any row; it
 * decides the unit: `cycles` only on metal and under hardware virtualisation, `instructions` where the TSC counts guest
 * instructions (QEMU -icount shift=0, Bochs), and with `none` no figure is printed at all.
 */
#ifndef HARNESS_MEASURE_FIDELITY_H
#define HARNESS_MEASURE_FIDELITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fidelity { FIDELITY_NONE, FIDELITY_INSTRUCTIONS, FIDELITY_VIRTUAL, FIDELITY_METAL };

#define FIDELITY_SAMPLES 64

struct fidelity_probe {
    uint64_t nops1000[FIDELITY_SAMPLES];   /* clock around 1000 NOPs */
    uint64_t empty_pair[FIDELITY_SAMPLES]; /* clock around nothing */
    bool hypervisor;                       /* CPUID 1 ECX bit 31; Bochs and metal leave it clear */
    bool emulator;                         /* CPUID vendor leaf or brand names TCG or Bochs */
};

/* Fills nops1000 and empty_pair; the caller fills in the two flags (fidelity_cpuid does). */
void fidelity_measure(struct fidelity_probe *probe);
void fidelity_cpuid(struct fidelity_probe *probe);
/* Pure function of the probe, tested on the host with recorded and invented probes. */
enum fidelity fidelity_classify(const struct fidelity_probe *probe);
const char *fidelity_name(enum fidelity f); /* "metal", "virtual", "instructions", "none" */
const char *fidelity_unit(enum fidelity f); /* "cycles", "instructions", NULL for none */

#endif
