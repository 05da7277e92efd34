/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Guards against speculation over the boundary between user mode and the kernel, or from task to task (kernel option mitigations=).
 * The kernel has no indirect branch that user space can reach (ci/check-branches), so that there is none to train: it needs no retpolines.
 * What the guards do to a CPU with the flaws that they are against was not exercised on hardware. For C and assembly.
 */
#ifndef KERNEL_X86_64_MITIGATIONS_H
#define KERNEL_X86_64_MITIGATIONS_H

#define MITIGATION_PTI 1  /* page-table isolation: against Meltdown (RDCL) */
#define MITIGATION_VERW 2 /* buffers emptied on the way out: MDS, TAA, MMIO stale data, RFDS */
#define MITIGATION_IBPB 4 /* barrier between address spaces: Spectre v2 of one task against another */
#define MITIGATION_IBRS 8 /* enhanced IBRS, or AMD's automatic one: Spectre v2 against the kernel; on for good */
#define MITIGATION_SSBD 16 /* no speculative store bypass: Spectre v4; on for good */
#define MITIGATIONS_ALL 31
#define MITIGATIONS_GUARDED (MITIGATION_PTI | MITIGATION_VERW | MITIGATION_IBPB) /* those with sites in the guarded build */

#define MSR_PREDICTION_NUMBER 0x49
#define PREDICTION_BARRIER 1

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

/* What a CPU says of itself. Pure: for kernel and host tests. */
struct speculation {
    bool intel;                /* else AMD, Hygon or unknown; the last is trusted in nothing that AMD lacks the flaw of */
    bool amd;
    bool clears_buffers;       /* VERW does: CPUID 7 EDX 10 */
    bool has_ibpb, has_ibrs, has_ssbd;
    bool ibrs_enhanced;        /* once set it stays in force in the kernel */
    uint64_t capabilities;     /* IA32_ARCH_CAPABILITIES, 0 where there is none */
};

/* Those of MITIGATION_* that the CPU has the means for and, it says, the need. */
unsigned mitigations_needed(const struct speculation *s);
/* Those that it has the means for. */
unsigned mitigations_possible(const struct speculation *s);
/* off, auto, full, or names (pti verw ibpb ibrs ssbd) separated by commas; named ones are in force whatever the CPU says.
 * False when the text, `bytes` long, is none of these. */
bool mitigations_parse(const char *text, unsigned long bytes, const struct speculation *s, unsigned *in_force);
/* "off", or names with commas. text: MITIGATIONS_TEXT_BYTES. */
#define MITIGATIONS_TEXT_BYTES 32
void mitigations_name(unsigned in_force, char *text);

/* What this CPU says. */
void speculation_read(struct speculation *s);
/* Those in force from now on: turns every site of the guarded build into that. Once, while the kernel's text can be written. */
void guards_set(unsigned in_force);
/* Starts those that are on for good, on this CPU. */
void guards_start(void);
#endif

#endif
