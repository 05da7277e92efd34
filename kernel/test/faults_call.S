/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Faults that C cannot express (faults.c).
 */
    .set RFLAGS_ALIGNMENT_CHECK, 0x40000
    .text

/* faults_call: void (uint64_t address): calls it.  clobbers: whatever is there  irq: as before  stack: one word */
    .globl faults_call
faults_call:
    call *%rdi
    ret

/* faults_invalid: an invalid opcode. */
    .globl faults_invalid
faults_invalid:
    ud2

/* faults_no_stack: an invalid opcode while rsp is what the fast path has there: no stack.  never returns */
    .globl faults_no_stack
faults_no_stack:
    xorl %esp, %esp
    ud2

/* faults_alignment_check_set: sets AC, as user code may: SMAP is off then.  clobbers: flags  stack: one word */
    .globl faults_alignment_check_set
faults_alignment_check_set:
    pushfq
    orl $RFLAGS_ALIGNMENT_CHECK, (%rsp)
    popfq
    ret

/* faults_nmi: enters the NMI gate, which has a stack of its own. */
    .globl faults_nmi
faults_nmi:
    int $2
    ret

/* faults_float: touches the FPU, which nobody may. */
    .globl faults_float
faults_float:
    xorps %xmm0, %xmm0
    ret
