/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes that C cannot express (probe_entry.S), and instructions that nothing else executes.
 */
#ifndef KERNEL_X86_64_PROBE_ENTRY_H
#define KERNEL_X86_64_PROBE_ENTRY_H

#include <stdint.h>

/* A frame of five words pushed, and IRETQ through it to the instruction behind. */
void probe_iretq(void);
/* n times SYSRET to a system call instruction in user space, which comes back to probe_landing: LSTAR must point there. */
void probe_sysret(unsigned n, uint64_t instruction);
void probe_sysret_twin(unsigned n);
extern const char probe_landing[];
/* Handler of VECTOR_PROBE: IRETQ and nothing else. */
extern const char probe_interrupt_handler[];

/* No instruction: keeps the compiler from removing or reordering around an empty loop body. */
static inline void compiler_barrier(void) { __asm__ volatile("" ::: "memory"); }

/* With MD_CLEAR it also overwrites the buffers that leak; `selector`: a writable data segment. */
static inline void verw(uint64_t selector) { __asm__ volatile("verw %w0" :: "r"(selector) : "memory", "cc"); }
/* VECTOR is a constant. */
#define interrupt_raise(vector) __asm__ volatile("int %0" :: "i"(vector) : "memory")
static inline void wbinvd(void) { __asm__ volatile("wbinvd" ::: "memory"); }

#endif
