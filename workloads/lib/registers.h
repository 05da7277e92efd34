/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A system call with all registers known before and seen after: what C cannot do. For tests; C and assembly.
 */
#ifndef WORKLOADS_LIB_REGISTERS_H
#define WORKLOADS_LIB_REGISTERS_H

#define REGISTERS_RAX 0
#define REGISTERS_RBX 8
#define REGISTERS_RCX 16
#define REGISTERS_RDX 24
#define REGISTERS_RSI 32
#define REGISTERS_RDI 40
#define REGISTERS_RBP 48
#define REGISTERS_RSP 56
#define REGISTERS_R8 64
#define REGISTERS_R9 72
#define REGISTERS_R10 80
#define REGISTERS_R11 88
#define REGISTERS_R12 96
#define REGISTERS_R13 104
#define REGISTERS_R14 112
#define REGISTERS_R15 120

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
};
_Static_assert(offsetof(struct registers, rsp) == REGISTERS_RSP, "offsets are those of the struct");
_Static_assert(offsetof(struct registers, r8) == REGISTERS_R8, "offsets are those of the struct");
_Static_assert(offsetof(struct registers, r15) == REGISTERS_R15, "offsets are those of the struct");

/* Loads all registers but rsp from `in`, makes the system call, stores all in `out`; out->rsp is relative: 0 when rsp came back
 * as it was. */
void syscall_record(const struct registers *in, struct registers *out);
/* Address behind that `syscall` instruction. */
extern const char syscall_record_return[];
/* The same with `ud2` (two bytes) in the place of the system call: whoever handles the exception resumes behind it. */
void trap_record(const struct registers *in, struct registers *out);
/* The same with a loop that lasts until spin_released is not 0: whoever sets that has preempted it. */
void spin_record(const struct registers *in, struct registers *out);
extern volatile uint64_t spin_released;
/* Where a fresh thread may start: stores its registers in registers_dumped, then #UD. */
void registers_dump(void);
extern struct registers registers_dumped;
#endif

#endif
