/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Registers that a CPU may not have: reading or writing one says whether it faulted (guarded.S). At boot, on the boot CPU.
 */
#ifndef KERNEL_X86_64_GUARDED_H
#define KERNEL_X86_64_GUARDED_H

#include <stdbool.h>
#include <stdint.h>

bool guarded_read(uint32_t msr, uint64_t *value);
bool guarded_write(uint32_t msr, uint64_t value);
bool guarded_counter(uint32_t index, uint64_t *value); /* RDPMC */
void guarded_loop(void);
/* Where they may fault, and where they go on then. */
extern const char guarded_read_at[], guarded_write_at[], guarded_counter_at[], guarded_fault[];

#endif
