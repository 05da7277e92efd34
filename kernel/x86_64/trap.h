/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the entry code pushes on a trap out of the kernel, and who takes it.
 */
#ifndef KERNEL_X86_64_TRAP_H
#define KERNEL_X86_64_TRAP_H

#include <stdint.h>

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 22 * 8, "as entry.S pushes it");

#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14
#define VECTOR_NMI 2
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_BREAKPOINT 3
#define VECTOR_OVERFLOW 4
#define VECTOR_INTERRUPTS 32   /* first vector that is an interrupt, not an exception */
#define VECTOR_LEGACY_PIC 32   /* 16 of them, all masked */
#define VECTOR_TIMER 0xb0      /* above those of devices (irq.c) */
#define VECTOR_ATTENTION 0xb1  /* from another CPU: come into the kernel, or wake up */
#define VECTOR_PROBE 0xb2      /* by INT in the kernel alone (probe.c) */
#define VECTOR_APIC_ERROR 0xb3
#define VECTOR_UNUSED 0xb4     /* it, and all above VECTOR_SPURIOUS: nobody is told to raise them */
#define VECTOR_SPURIOUS 0xbf   /* its low four bits are set (SDM vol. 3A, 10.9) */
#define VECTORS 256
#define INTERRUPT_STUBS (VECTOR_SPURIOUS + 1)
#define INTERRUPT_STUB_BYTES 9

/* All are called by entry.S with interrupts off. */
void trap_from_kernel(struct trap_frame *frame); /* comes back from an interrupt alone */
_Noreturn void trap_panic(const struct trap_frame *frame); /* says all about it and ends the session (panic.c) */
void trap_from_user(uint64_t vector, uint64_t error); /* cpu->current was in user mode, its registers are saved */
void interrupt_handle(unsigned vector);          /* an interrupt, wherever it hit; 32..255 */

/* Makes and loads the interrupt descriptor table; its gates lead to the stubs of entry.S that entry.h has chosen. */
void interrupt_init(void);
/* Loads it on another CPU. */
void interrupt_load(void);
/* Interrupts of vectors that nobody asked for, since boot. */
uint64_t interrupt_unknown_count(void);
/* Address of the interrupt descriptor table, one page. */
uint64_t interrupt_table(void);

#endif
