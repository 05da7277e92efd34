/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every other way into the kernel and back to user mode: the slow system call, exceptions, interrupts.
 * The kernel has one stack per CPU and keeps nothing on it between entries: what a thread was doing is in struct thread.
 */
#include "kernel/abi/abi.h"
#include "kernel/x86_64/segment.h"
#include "offsets.h"

.intel_syntax noprefix
#include "crossing.h"
#include "trace_point.h"
.set RFLAGS_KERNEL, 0x2            /* bit 1 is always set; all else is off */
.section .text.entry, "ax"

/* syscall_entry_slow: LSTAR when booted with nofast.
 * in: as syscall_entry (fastpath.S).  irq: off.  stack: loads the CPU's.  exits: thread_resume. */
.globl syscall_entry_slow
.p2align 4
syscall_entry_slow:
    CROSS_IN_SYSCALL

/* invoke_slow: the slow path.
 * in: rsp = current thread, r15 = its user rsp; all else as at the system call, but rbx, r12, r13 (dead).  irq: off.
 * exits: thread_resume, with r12 = FS base in force. */
.globl invoke_slow
invoke_slow:
    TRACE_POINT slow_enter, rdi, rsi
    mov     [rsp + THREAD_RIP], rcx
    mov     [rsp + THREAD_RFLAGS], r11d
    mov     [rsp + THREAD_RSP], r15
    mov     [rsp + THREAD_RBP], rbp
    mov     [rsp + THREAD_RDI], rdi
    mov     [rsp + THREAD_RSI], rsi
    mov     [rsp + THREAD_RDX], rdx
    mov     [rsp + THREAD_R8], r8
    mov     [rsp + THREAD_R9], r9
    mov     [rsp + THREAD_R10], r10
    mov     [rsp + THREAD_RAX], rax
    mov     [rsp + THREAD_R14], r14
    mov     r12, [rsp + THREAD_FS_BASE]
    mov     rdi, rsp
    mov     rsp, gs:[CPU_KERNEL_STACK_TOP]
    call    invoke

/* thread_resume: to user mode as cpu->current.
 * in: r12 = FS base of the thread that ran before, non-zero when unknown.  irq: off.  stack: the CPU's, empty. */
.globl thread_resume
thread_resume:
    mov     rbx, gs:[CPU_CURRENT]
    TRACE_POINT resume, rbx, r12
    CROSS_TO_THREAD
    or      r12, [rbx + THREAD_FS_BASE]
    jz      resume_no_fs_base
    js      resume_extras
    mov     eax, [rbx + THREAD_FS_BASE]
    mov     edx, [rbx + THREAD_FS_BASE_HIGH]
    mov     ecx, MSR_FS_BASE_NUMBER
    wrmsr
resume_no_fs_base:
    TRACE_POINT resume_exit, rbx, r12
    mov     rdi, [rbx + THREAD_RDI]
    mov     rsi, [rbx + THREAD_RSI]
    mov     rdx, [rbx + THREAD_RDX]
    mov     r8, [rbx + THREAD_R8]
    mov     r9, [rbx + THREAD_R9]
    mov     r10, [rbx + THREAD_R10]
    mov     rax, [rbx + THREAD_RAX]
    mov     r14, [rbx + THREAD_R14]
    mov     rbp, [rbx + THREAD_RBP]
    cmp     byte ptr [rbx + THREAD_FULL_CONTEXT], 0
    jne     resume_full
    /* Out of a system call: RIP is canonical, as user space ends a page below the boundary and ex_regs lets nothing else in. */
    mov     rcx, [rbx + THREAD_RIP]
    mov     r11d, [rbx + THREAD_RFLAGS]
    CROSS_OUT_SYSRET rbx

resume_extras:
    TRACE_POINT resume_extras, rbx, r12
    mov     rdi, rbx
    call    extras_switch
    jmp     resume_no_fs_base

/* Every register as it was when an exception, an interrupt or its creator left the thread. */
resume_full:
    TRACE_POINT resume_iretq, rbx, r12
    mov     byte ptr [rbx + THREAD_FULL_CONTEXT], 0
    CROSS_OUT_STACK
    push    SEGMENT_USER_DATA
    push    [rbx + THREAD_RSP]
    mov     ecx, [rbx + THREAD_RFLAGS]
    push    rcx
    push    SEGMENT_USER_CODE
    push    [rbx + THREAD_RIP]
    mov     rcx, [rbx + THREAD_RCX]
    mov     r11, [rbx + THREAD_R11]
    mov     r12, [rbx + THREAD_R12]
    mov     r13, [rbx + THREAD_R13]
    mov     r15, [rbx + THREAD_R15]
    CROSS_OUT_IRETQ

/* syscall_entry_alien: LSTAR while an alien thread runs. All of its registers count; it stands before its system call until the core
 * has taken that over.
 * in: as syscall_entry (fastpath.S).  irq: off.  stack: loads the CPU's.  exits: thread_resume. */
.globl syscall_entry_alien
.p2align 4
syscall_entry_alien:
    CROSS_IN_ALIEN
    TRACE_POINT alien_enter, rdi, rsi
    mov     [rsp + THREAD_RAX], rax
    mov     [rsp + THREAD_RBX], rbx
    mov     [rsp + THREAD_RCX], rcx
    mov     [rsp + THREAD_RDX], rdx
    mov     [rsp + THREAD_RSI], rsi
    mov     [rsp + THREAD_RDI], rdi
    mov     [rsp + THREAD_RBP], rbp
    mov     [rsp + THREAD_R8], r8
    mov     [rsp + THREAD_R9], r9
    mov     [rsp + THREAD_R10], r10
    mov     [rsp + THREAD_R11], r11
    mov     [rsp + THREAD_R12], r12
    mov     [rsp + THREAD_R13], r13
    mov     [rsp + THREAD_R14], r14
    mov     [rsp + THREAD_R15], r15
    sub     rcx, SYSCALL_LENGTH
    mov     [rsp + THREAD_RIP], rcx
    mov     [rsp + THREAD_RFLAGS], r11d
    mov     rcx, gs:[CPU_USER_SCRATCH]
    mov     [rsp + THREAD_RSP], rcx
    mov     byte ptr [rsp + THREAD_FULL_CONTEXT], 1
    mov     r12, [rsp + THREAD_FS_BASE]
    mov     rdi, rsp
    mov     rsp, gs:[CPU_KERNEL_STACK_TOP]
    call    alien_invoke
    jmp     thread_resume

/* first_resume: the first time, for arch_resume (entry.c).  in: nothing.  exits: thread_resume. */
.globl first_resume
first_resume:
    mov     rsp, gs:[CPU_KERNEL_STACK_TOP]
    mov     r12, -1
    jmp     thread_resume

/* trap_entry: every exception and interrupt but those with a stack of their own.
 * in: stack as struct trap_frame from `vector` on.  irq: off.
 * exits: out of user mode to thread_resume; out of the kernel back to where it was, if trap_from_kernel comes back. */
.p2align 4
trap_entry:
    /* No interrupt gate clears DF and AC, which user code sets at will; AC turns SMAP off. */
    push    RFLAGS_KERNEL
    popfq
    test    byte ptr [rsp + TRAP_CS], 3
    jz      trap_in_kernel
    swapgs
    TRACE_TRAP
    push    rax
    CROSS_IN_TRAP
    mov     rax, gs:[CPU_CURRENT]
    mov     [rax + THREAD_RBX], rbx
    mov     [rax + THREAD_RCX], rcx
    mov     [rax + THREAD_RDX], rdx
    mov     [rax + THREAD_RSI], rsi
    mov     [rax + THREAD_RDI], rdi
    mov     [rax + THREAD_RBP], rbp
    mov     [rax + THREAD_R8], r8
    mov     [rax + THREAD_R9], r9
    mov     [rax + THREAD_R10], r10
    mov     [rax + THREAD_R11], r11
    mov     [rax + THREAD_R12], r12
    mov     [rax + THREAD_R13], r13
    mov     [rax + THREAD_R14], r14
    mov     [rax + THREAD_R15], r15
    pop     rcx
    mov     [rax + THREAD_RAX], rcx
    mov     rcx, [rsp + TRAP_RIP]
    mov     [rax + THREAD_RIP], rcx
    mov     rcx, [rsp + TRAP_RFLAGS]
    mov     [rax + THREAD_RFLAGS], ecx
    mov     rcx, [rsp + TRAP_RSP]
    mov     [rax + THREAD_RSP], rcx
    mov     byte ptr [rax + THREAD_FULL_CONTEXT], 1
    mov     r12, [rax + THREAD_FS_BASE]
    movzx   edi, byte ptr [rsp + TRAP_VECTOR]
    mov     rsi, [rsp + TRAP_ERROR]
    mov     rsp, gs:[CPU_KERNEL_STACK_TOP]
    call    trap_from_user
    jmp     thread_resume

.macro PUSH_REGISTERS
    push    rax
    push    rcx
    push    rdx
    push    rbx
    push    rbp
    push    rsi
    push    rdi
    push    r8
    push    r9
    push    r10
    push    r11
    push    r12
    push    r13
    push    r14
    push    r15
.endm

trap_in_kernel:
    PUSH_REGISTERS
    mov     rdi, rsp
    call    trap_from_kernel
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     r11
    pop     r10
    pop     r9
    pop     r8
    pop     rdi
    pop     rsi
    pop     rbp
    pop     rbx
    pop     rdx
    pop     rcx
    pop     rax
    add     rsp, TRAP_STUB_BYTES
    iretq

/* trap_entry_debug: the debug exception. A thread that single-steps over `syscall` brings it to the kernel's first instruction on
 * machines that look at TF before FMASK clears it (Bochs does). The step is the thread's, not the kernel's: it goes on without.
 * in: as trap_entry.  exits: as trap_entry out of user mode; back to the kernel with TF clear. */
trap_entry_debug:
    test    byte ptr [rsp + TRAP_CS], 3
    jnz     trap_entry
    and     dword ptr [rsp + TRAP_RFLAGS], ~RFLAGS_TRAP_BIT
    add     rsp, TRAP_STUB_BYTES
    iretq

/* trap_entry_any_state: NMI, double fault, machine check, on stacks of their own. They may hit between a system call and its
 * swapgs, so GS itself is asked which side it is on: the kernel's is a negative address. They end the session.
 * in: as trap_entry.  exits: none. */
trap_entry_any_state:
    cld
    PUSH_REGISTERS
    mov     ecx, MSR_GS_BASE_NUMBER
    rdmsr
    test    edx, edx
    js      any_state_kernel_gs
    swapgs
any_state_kernel_gs:
    CROSS_IN_ANY
    mov     rdi, rsp
    call    trap_from_kernel
    ud2

/* interrupt_stubs: INTERRUPT_STUBS of them, of INTERRUPT_STUB_BYTES each; pushes an error code where the CPU does not, and the vector as a
 * signed byte.
 * Vectors with an error code: Intel SDM vol. 3A, table 6-1. */
.p2align 4
.globl interrupt_stubs
interrupt_stubs:
.set number, 0
.macro STUBS last, target, has_error
.rept \last + 1 - number
    .org    interrupt_stubs + number * INTERRUPT_STUB_BYTES, 0x90
    .ifeq \has_error
    push    0
    .endif
    .if number < 128
    push    number
    .else
    push    number - 256
    .endif
    .byte   0xe9                       /* jmp, never the short one */
    .long   \target - (. + 4)
    .set number, number + 1
.endr
.endm

    STUBS 0, trap_entry, 0
    STUBS 1, trap_entry_debug, 0
    STUBS 2, trap_entry_any_state, 0
    STUBS 7, trap_entry, 0
    STUBS 8, trap_entry_any_state, 1
    STUBS 9, trap_entry, 0
    STUBS 14, trap_entry, 1
    STUBS 16, trap_entry, 0
    STUBS 17, trap_entry, 1
    STUBS 18, trap_entry_any_state, 0
    STUBS 20, trap_entry, 0
    STUBS 21, trap_entry, 1
    STUBS 28, trap_entry, 0
    STUBS 30, trap_entry, 1
    STUBS VECTOR_SPURIOUS, trap_entry, 0
