/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Processor features: which there are, and the control registers that put them in force.
 */
#ifndef KERNEL_X86_64_FEATURES_H
#define KERNEL_X86_64_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/* Sets CR0, CR4, EFER and the like. address_space_tags: PCID, where the CPU has it (and INVPCID). global_pages: of the kernel. Returns NULL, or the name of a feature
 * that the kernel cannot do without. */
const char *features_init(bool address_space_tags, bool global_pages);
/* The same on another CPU, which must have all that the boot CPU has. `number` is what RDTSCP gives there. */
const char *features_init_secondary(uint32_t number);
/* CPU_FEATURE_* in force. */
uint64_t features_in_force(void);
void features_add(uint64_t features);
/* Points SYSCALL of this CPU at the entry with or without the fast path, of those that entry.h has chosen. */
void syscall_init(int fast_path);

#endif
