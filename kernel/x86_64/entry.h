/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ways into the kernel, ordinary and instrumented (kernel option trace=on): which of the two is in force is chosen once, at boot.
 */
#ifndef KERNEL_X86_64_ENTRY_H
#define KERNEL_X86_64_ENTRY_H

#include <stdbool.h>

struct entry_points {
    const char *syscall_fast, *syscall_slow, *syscall_alien;
    const char *interrupt_stubs; /* by vector, of INTERRUPT_STUB_BYTES each (trap.h) */
};

/* In force: the ordinary ones until entry_choose says otherwise. */
const struct entry_points *entry_points(void);
void entry_choose(bool traced);

#endif
