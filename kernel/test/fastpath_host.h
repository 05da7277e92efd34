/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kernel/x86_64/fastpath.S in C, instruction for instruction: the same checks in the same order, the same writes. It exists so that
 * the core can be tested against what the assembly leaves behind; the assembly itself is tested in the guest.
 */
#ifndef KERNEL_TEST_FASTPATH_HOST_H
#define KERNEL_TEST_FASTPATH_HOST_H

#include "kernel/core/object.h"

/* Registers at a system call; the message words are already in current->regs, where they stay as in the CPU. */
struct user_registers {
    uint64_t rip, rsp, rbp, rflags, rdi, rsi;
};

/* True: done, and cpu->current is who runs now. False: nothing was written, the slow path is to be taken. */
bool fastpath_enter(struct cpu *cpu, const struct user_registers *user);

#endif
