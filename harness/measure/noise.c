/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/measure/noise.h"

#include <stdbool.h>

#include "kernel/abi/abi.h"

#define USUAL_SCALE 1000
#define CHANGE_PARTS 100       /* one in so many is a change */
#define MPERF_LEAST 10000      /* less says nothing: the quotient is of single ticks */

const char *const noise_taint_names[NOISE_TAINTS] = { "interrupts", "smi", "migrations", "frequency" };

static bool frequency_changed(const struct noise *before, const struct noise *after, uint64_t *usual)
{
    uint64_t core = after->aperf - before->aperf, clock = after->mperf - before->mperf;

    if ((after->has & NOISE_FREQUENCY) == 0 || clock < MPERF_LEAST || clock > UINT64_MAX / USUAL_SCALE || core > UINT64_MAX / USUAL_SCALE)
        return false;
    uint64_t now = core * USUAL_SCALE / clock;
    if (*usual == 0)
        *usual = now;
    uint64_t change = now > *usual ? now - *usual : *usual - now;
    return change > *usual / CHANGE_PARTS;
}

unsigned noise_between(const struct noise *before, const struct noise *after, uint64_t *usual)
{
    unsigned taints = 0;

    if (before->cpu != after->cpu)
        return NOISE_TAINT_MIGRATIONS;
    if (before->interrupts != after->interrupts)
        taints |= NOISE_TAINT_INTERRUPTS;
    if ((after->has & NOISE_SMIS) != 0 && (uint32_t)(after->smis - before->smis) != 0)
        taints |= NOISE_TAINT_SMI;
    if (frequency_changed(before, after, usual))
        taints |= NOISE_TAINT_FREQUENCY;
    return taints;
}
