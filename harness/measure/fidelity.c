/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fidelity self-test. Invariant: a probe that fits no class for certain is `none`; nothing is guessed upwards. Context:
 * user mode of a guest or of Linux, before the first row, interrupts as they are.
 */
#include "harness/measure/fidelity.h"

#include "harness/measure/cpuid.h"
#include "harness/measure/tsc.h"

void fidelity_nops1000(void); /* nops.S */

/* An exact emulator counts 1000 NOPs, call, ret and at most a few moves between the clock reads: QEMU -icount and Bochs read
 * 1002 to 1005 above the empty pair. */
#define EXACT_NOPS_MIN 1000
#define EXACT_NOPS_MAX 1010
/* rdtsc to rdtscp are a handful of instructions. No real CPU reads its TSC twice, fences included, in 16 ticks or less, so
 * hardware that happens to spend one tick per NOP (an old in-order core) is not taken for an instruction counter. */
#define EXACT_PAIR_MAX 16
/* A timer interrupt or page fault of a guest may lengthen a sample; it never shortens one. 64 samples last about 65,000
 * instructions, a tick of 250 Hz comes every 4,000,000: two are more than ever fall into it. */
#define EXACT_OUTLIERS_MAX 2

/* TSC ticks that hardware takes for 1000 NOPs. Low end: five a cycle where the core runs at 4.2 times the TSC (Intel N100:
 * 200 cycles, 47 ticks). High end: one a cycle at the TSC's own rate, plus a tenth. Single-stepped or emulated ring 0 costs
 * hundreds of ticks per instruction, plain TCG's reading runs up to 43,000. */
#define HARDWARE_NOPS_MIN 40
#define HARDWARE_NOPS_MAX 1100
/* Two clock reads: 20 to 120 ticks on any x86-64 made; a hypervisor that intercepts RDTSC takes 1000 and more. */
#define HARDWARE_PAIR_MAX 500
/* Three quarters of the samples lie within a quarter, plus the granularity of AMD's TSC, of the least one. */
#define STABLE_SLACK_TICKS 64

void fidelity_measure(struct fidelity_probe *probe)
{
    /* The first round faults the pages in and warms the caches; the second overwrites it. */
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < FIDELITY_SAMPLES; i++) {
            uint64_t begin = tsc_begin();
            uint64_t end = tsc_end();
            probe->empty_pair[i] = end - begin;
        }
        for (size_t i = 0; i < FIDELITY_SAMPLES; i++) {
            uint64_t begin = tsc_begin();
            fidelity_nops1000();
            uint64_t end = tsc_end();
            probe->nops1000[i] = end - begin;
        }
    }
}

static bool text_contains(const char *text, size_t bytes, const char *part)
{
    for (size_t at = 0; at < bytes; at++) {
        size_t i = 0;
        while (part[i] != '\0' && at + i < bytes && text[at + i] == part[i])
            i++;
        if (part[i] == '\0')
            return true;
    }
    return false;
}

static void register_text(char *text, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        text[i] = (char)(value >> 8 * i & 0xff);
}

/* Vendor of the hypervisor, twelve characters (leaf 0x40000000: EBX, ECX, EDX). */
static bool vendor_is_tcg(void)
{
    struct cpuid_registers r = cpuid_read(0x40000000, 0);
    char vendor[12];

    register_text(vendor, r.ebx);
    register_text(vendor + 4, r.ecx);
    register_text(vendor + 8, r.edx);
    return text_contains(vendor, sizeof vendor, "TCGTCGTCGTCG");
}

static bool brand_is_emulator(void)
{
    char brand[48];

    if (cpuid_read(0x80000000, 0).eax < 0x80000004)
        return false;
    for (uint32_t leaf = 0; leaf < 3; leaf++) {
        struct cpuid_registers r = cpuid_read(0x80000002 + leaf, 0);
        register_text(brand + 16 * leaf, r.eax);
        register_text(brand + 16 * leaf + 4, r.ebx);
        register_text(brand + 16 * leaf + 8, r.ecx);
        register_text(brand + 16 * leaf + 12, r.edx);
    }
    return text_contains(brand, sizeof brand, "TCG") || text_contains(brand, sizeof brand, "QEMU") ||
           text_contains(brand, sizeof brand, "Bochs") || text_contains(brand, sizeof brand, "BOCHS");
}

void fidelity_cpuid(struct fidelity_probe *probe)
{
    probe->hypervisor = (cpuid_read(1, 0).ecx >> 31 & 1) != 0;
    probe->emulator = (probe->hypervisor && vendor_is_tcg()) || brand_is_emulator();
}

static uint64_t sample_least(const uint64_t *samples)
{
    uint64_t least = samples[0];

    for (size_t i = 1; i < FIDELITY_SAMPLES; i++)
        if (samples[i] < least)
            least = samples[i];
    return least;
}

static size_t samples_above(const uint64_t *samples, uint64_t bound)
{
    size_t n = 0;

    for (size_t i = 0; i < FIDELITY_SAMPLES; i++)
        n += samples[i] > bound;
    return n;
}

static bool samples_exact(const uint64_t *samples)
{
    return samples_above(samples, sample_least(samples)) <= EXACT_OUTLIERS_MAX;
}

static bool samples_stable(const uint64_t *samples)
{
    uint64_t least = sample_least(samples);

    return samples_above(samples, least + least / 4 + STABLE_SLACK_TICKS) <= FIDELITY_SAMPLES / 4;
}

enum fidelity fidelity_classify(const struct fidelity_probe *probe)
{
    uint64_t pair = sample_least(probe->empty_pair);
    uint64_t whole = sample_least(probe->nops1000);

    if (pair == 0 || whole <= pair)
        return FIDELITY_NONE;
    uint64_t nops = whole - pair;
    if (nops >= EXACT_NOPS_MIN && nops <= EXACT_NOPS_MAX && pair <= EXACT_PAIR_MAX &&
        samples_exact(probe->empty_pair) && samples_exact(probe->nops1000))
        return FIDELITY_INSTRUCTIONS;
    if (probe->emulator || nops < HARDWARE_NOPS_MIN || nops > HARDWARE_NOPS_MAX || pair > HARDWARE_PAIR_MAX ||
        !samples_stable(probe->empty_pair) || !samples_stable(probe->nops1000))
        return FIDELITY_NONE;
    return probe->hypervisor ? FIDELITY_VIRTUAL : FIDELITY_METAL;
}

const char *fidelity_name(enum fidelity f)
{
    switch (f) {
    case FIDELITY_NONE: return "none";
    case FIDELITY_INSTRUCTIONS: return "instructions";
    case FIDELITY_VIRTUAL: return "virtual";
    case FIDELITY_METAL: return "metal";
    }
    return "none";
}

const char *fidelity_unit(enum fidelity f)
{
    switch (f) {
    case FIDELITY_NONE: return NULL;
    case FIDELITY_INSTRUCTIONS: return "instructions";
    case FIDELITY_VIRTUAL:
    case FIDELITY_METAL: return "cycles";
    }
    return NULL;
}
