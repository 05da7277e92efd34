/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Single instructions as functions, for tests: most of them are not allowed in user mode. Each begins with the instruction in
 * question, so that the rip of its exception is the address of the function.
 */
#ifndef WORKLOADS_LIB_INSTRUCTIONS_H
#define WORKLOADS_LIB_INSTRUCTIONS_H

/* Offsets in struct flagged_call. */
#define FLAGGED_CALL_WORD0 0
#define FLAGGED_CALL_WORD1 8
#define FLAGGED_CALL_WORD2 16
#define FLAGGED_CALL_FLAGS 24

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

typedef void instruction_fn(uint64_t argument);

/* No right to do so. */
instruction_fn instruction_hlt, instruction_cli, instruction_sti, instruction_in, instruction_out, instruction_rdmsr, instruction_wrmsr,
    instruction_read_cr3, instruction_write_cr3, instruction_invlpg, instruction_lgdt, instruction_swapgs, instruction_sysret,
    instruction_iret_to_kernel, instruction_rdpmc, instruction_int_0x80, instruction_clts, instruction_wbinvd;
/* Refused where the CPU has UMIP. */
instruction_fn instruction_sgdt, instruction_sidt, instruction_sldt, instruction_str, instruction_smsw;
/* Unknown or turned off. */
instruction_fn instruction_ud2, instruction_wrfsbase, instruction_rdgsbase, instruction_wrgsbase;
/* Use of FPU and SSE registers. */
instruction_fn instruction_fninit, instruction_fld, instruction_mmx, instruction_xorps, instruction_movdqu, instruction_fxsave;
/* Arithmetic; the first divides by its argument. */
instruction_fn instruction_divide;
/* Memory at `argument`. */
instruction_fn instruction_read, instruction_write, instruction_jump, instruction_push;

uint8_t port_read(uint64_t port);
void port_write(uint64_t port, uint8_t value);
uint16_t port_read16(uint64_t port);
void port_write16(uint64_t port, uint16_t value);
uint32_t port_read32(uint64_t port);
void port_write32(uint64_t port, uint32_t value);
uint64_t fs_read(uint64_t offset);     /* word at FS base + offset */
uint64_t gs_read(uint64_t offset);
void fs_select(uint64_t selector);     /* mov fs, selector */
uint64_t ss_selector(void);
/* Sets rflags, invokes with three words, keeps the rflags that came back, sets the old ones; returns the tag. */
struct flagged_call {
    uint64_t word0, word1, word2; /* in */
    uint64_t flags;               /* out */
};
_Static_assert(offsetof(struct flagged_call, flags) == FLAGGED_CALL_FLAGS, "offsets are those of the struct");
uint64_t flags_syscall(uint64_t selector, uint64_t tag, uint64_t flags, struct flagged_call *call);
/* void step_over_syscall(void): sets the trap flag, then does the null system call; the debug exception comes at step_landing. */
void step_over_syscall(void);
extern const char step_landing[];
/* A page of code, entered eight bytes before its end, that makes a system call with tag rdi by its last instruction. */
extern const char page_end_code[], page_end_code_end[];
#endif

#endif
