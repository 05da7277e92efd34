/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kernel/x86_64/local/cpu_local.h for the host: arch_host.c plays the CPU.
 */
#ifndef CPU_LOCAL_H
#define CPU_LOCAL_H

#include "kernel/core/object.h"

struct cpu *arch_cpu(void);
unsigned arch_cpu_count(void);
void arch_words_copy(uint64_t *to, const uint64_t *from, uint64_t words);

#endif
