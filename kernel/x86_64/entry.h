/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ways into the kernel and out of it: ordinary, instrumented (kernel option trace=on), guarded (mitigations.h). Which of them is in
 * force is chosen once, at boot.
 */
#ifndef KERNEL_X86_64_ENTRY_H
#define KERNEL_X86_64_ENTRY_H

#include <stdbool.h>

struct entry_points {
    const char *syscall_fast, *syscall_slow, *syscall_alien;
    const char *interrupt_stubs; /* by vector, of INTERRUPT_STUB_BYTES each (trap.h) */
    void (*first_resume)(void);  /* into user mode as cpu->current; does not come back */
};

/* In force: the ordinary ones until entry_choose says otherwise. */
const struct entry_points *entry_points(void);
enum entry_build { ENTRY_ORDINARY, ENTRY_TRACED, ENTRY_GUARDED };
void entry_choose(enum entry_build build);

#endif
