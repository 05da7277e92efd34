/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Contract of all: in rdi, rsi: any values; out nothing; clobbers as a C function, the flags as well; exits: ret, an exception, or
 * whatever the instruction leads to. r8 keeps the stack pointer where the instruction may change it.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/lib/registers.h"

.macro ODD name, text
    .section .text.odd_\name, "ax", @progbits
    .type   odd_\name, @function
odd_\name:
    \text
    ret
    .size   odd_\name, . - odd_\name
    .section .rodata.odd_table, "a", @progbits
    .quad   odd_\name
.endm

    .section .rodata.odd_table, "a", @progbits
    .balign 8
    .globl  odd_table
odd_table:

/* Privileged. */
    ODD hlt, "hlt"
    ODD cli, "cli"
    ODD sti, "sti"
    ODD in8, "movl %edi, %edx; inb %dx, %al"
    ODD in16, "movl %edi, %edx; inw %dx, %ax"
    ODD in32, "movl %edi, %edx; inl %dx, %eax"
    ODD out8, "movl %edi, %edx; outb %al, %dx"
    ODD out32, "movl %edi, %edx; outl %eax, %dx"
    ODD insb, "movl %esi, %edx; insb"
    ODD outsb, "movl %edi, %edx; movl $4, %ecx; rep outsb"
    ODD rdmsr, "movl %edi, %ecx; rdmsr"
    ODD rdmsr_syscall, "movl $0xc0000082, %ecx; rdmsr"
    ODD wrmsr, "movl %edi, %ecx; movl %esi, %eax; wrmsr"
    ODD wrmsr_syscall, "movl $0xc0000082, %ecx; movl %esi, %eax; wrmsr"
    ODD wrmsr_gs, "movl $0xc0000101, %ecx; xorl %eax, %eax; xorl %edx, %edx; wrmsr"
    ODD rdpmc, "movl %edi, %ecx; rdpmc"
    ODD read_cr0, "movq %cr0, %rax"
    ODD read_cr2, "movq %cr2, %rax"
    ODD read_cr3, "movq %cr3, %rax"
    ODD read_cr4, "movq %cr4, %rax"
    ODD read_cr8, "movq %cr8, %rax"
    ODD write_cr0, "movq %rdi, %cr0"
    ODD write_cr3, "movq %rdi, %cr3"
    ODD write_cr4, "movq %rdi, %cr4"
    ODD write_cr8, "movq %rdi, %cr8"
    ODD read_dr7, "movq %dr7, %rax"
    ODD write_dr0, "movq %rdi, %dr0"
    ODD write_dr7, "movq %rdi, %dr7"
    ODD lgdt, "lgdt -16(%rsp)"
    ODD lidt, "lidt -16(%rsp)"
    ODD lldt, "lldt %di"
    ODD ltr, "ltr %di"
    ODD lmsw, "lmsw %di"
    ODD clts, "clts"
    ODD invlpg, "invlpg (%rdi)"
    ODD invpcid, "movl $2, %eax; .byte 0x66, 0x0f, 0x38, 0x82, 0x07"
    ODD invd, "invd"
    ODD wbinvd, "wbinvd"
    ODD swapgs, "swapgs"
    ODD clac, "clac"
    ODD stac, "stac"
    ODD xsetbv, "xorl %ecx, %ecx; movl %edi, %eax; movl %esi, %edx; xsetbv"
    ODD monitor, "movq %rdi, %rax; xorl %ecx, %ecx; xorl %edx, %edx; monitor"
    ODD mwait, "xorl %eax, %eax; xorl %ecx, %ecx; mwait"
    ODD rsm, "rsm"
    ODD getsec, ".byte 0x0f, 0x37"

/* Refused with UMIP, harmless without. */
    ODD sgdt, "sgdt -16(%rsp)"
    ODD sidt, "sidt -16(%rsp)"
    ODD sldt, "sldt %eax"
    ODD str, "str %eax"
    ODD smsw, "smsw %eax"

/* Ways into a kernel that are not this one's. */
    ODD int_0x80, "int $0x80"
    ODD int_timer, "int $0x20"
    ODD int_device, "int $0x40"
    ODD int_attention, "int $0x21"
    ODD int_spurious, "int $0xff"
    ODD int_nmi, "int $2"
    ODD int_double_fault, "int $8"
    ODD int_page_fault, "int $14"
    ODD int_machine_check, "int $18"
    ODD int3, "int3"
    ODD int3_long, "int $3"
    ODD int4, "int $4"
    ODD int1, ".byte 0xf1"
    ODD sysenter, "movq %rdi, %rcx; movq %rsi, %rdx; sysenter"
    ODD sysexit, "movq %rdi, %rcx; movq %rsi, %rdx; .byte 0x48, 0x0f, 0x35"
    ODD sysret, "movq %rdi, %rcx; movq %rsi, %r11; sysretq"
    ODD sysret_32, "movq %rdi, %rcx; movq %rsi, %r11; sysretl"
    ODD vmcall, "vmcall"
    ODD vmmcall, "vmmcall"
    ODD vmxon, "movq %rdi, -8(%rsp); vmxon -8(%rsp)"
    ODD vmrun, "movq %rdi, %rax; vmrun"
    ODD clgi, "clgi"
    ODD stgi, "stgi"
    ODD syscall_prefixed, "pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15; xorl %esi, %esi; \
        .byte 0x66, 0xf2, 0x48, 0x0f, 0x05; popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx"
    ODD syscall_locked, ".byte 0xf0, 0x0f, 0x05"

/* Far transfers: a selector of any kind. */
    ODD far_call, "subq $16, %rsp; movl $odd_settle, (%rsp); movw %si, 4(%rsp); lcall *(%rsp)"
    ODD far_jump, "subq $16, %rsp; movl $odd_settle, (%rsp); movw %si, 4(%rsp); ljmp *(%rsp)"
    ODD far_jump_data, "subq $16, %rsp; movl $odd_settle, (%rsp); movw $0x1b, 4(%rsp); ljmp *(%rsp)"
    ODD far_jump_kernel, "subq $16, %rsp; movl $odd_settle, (%rsp); movw $8, 4(%rsp); ljmp *(%rsp)"
    ODD far_jump_task, "subq $16, %rsp; movl $odd_settle, (%rsp); movw $0x28, 4(%rsp); ljmp *(%rsp)"
    ODD far_return, "pushq %rsi; pushq $odd_settle; lretq"
    ODD far_return_kernel, "pushq $8; pushq $odd_settle; lretq"
    ODD far_return_noncanonical, "pushq $0x23; pushq %rdi; lretq"
    ODD far_return_32, "pushq $0x23; pushq %rdi; .byte 0xcb"
    ODD iret_any, "movq %rsp, %r8; pushq %rsi; pushq %r8; pushfq; pushq %rdi; pushq $1f; iretq; 1:"
    ODD iret_kernel, "movq %rsp, %r8; pushq $0x10; pushq %r8; pushfq; pushq $8; pushq $1f; iretq; 1:"
    ODD iret_null_stack, "movq %rsp, %r8; pushq $0; pushq %r8; pushfq; pushq $0x23; pushq $1f; iretq; 1:"
    ODD iret_flags, "movq %rsp, %r8; pushq $0x1b; pushq %r8; pushq %rsi; pushq $0x23; pushq $1f; iretq; 1:"
    ODD iret_noncanonical, "movq %rsp, %r8; pushq $0x1b; pushq %r8; pushfq; pushq $0x23; pushq %rdi; iretq"
    ODD iret_stack, "pushq $0x1b; pushq %rsi; pushfq; pushq $0x23; pushq $1f; iretq; 1:"
    ODD iret_nested, "movq %rsp, %r8; pushfq; orl $0x4000, (%rsp); popfq; pushq $0x1b; pushq %r8; pushfq; pushq $0x23; pushq $1f; iretq; 1:"

/* Near transfers to anywhere. */
    ODD jump, "jmp *%rdi"
    ODD jump_noncanonical, "movabsq $0x800000000000, %rax; jmp *%rax"
    ODD jump_boundary, "movabsq $0x7fffffffffff, %rax; jmp *%rax"
    ODD jump_kernel, "movq $-0x7fe00000, %rax; jmp *%rax"
    ODD return_any, "pushq %rdi"
    ODD return_noncanonical, "movabsq $0x8000000000000000, %rax; pushq %rax"
    ODD call_any, "call *%rdi"
    ODD stack_any, "movq %rdi, %rsp; pushq %rax"
    ODD stack_noncanonical, "movabsq $0x800000000000, %rsp; pushq %rax"
    ODD stack_kernel, "movq $-4096, %rsp; call odd_settle"
    ODD stack_null, "xorl %esp, %esp; int3"
    ODD enter_deep, "movq %rsp, %r8; movq %rbp, %r9; enter $64, $31; movq %r9, %rbp; movq %r8, %rsp"

/* Segments. */
    ODD load_ds, "movl %edi, %ds"
    ODD load_es, "movl %edi, %es"
    ODD load_fs, "movl %edi, %fs"
    ODD load_gs, "movl %edi, %gs"
    ODD load_ss, "movl %edi, %ss"
    ODD load_ds_kernel, "movl $0x10, %eax; movl %eax, %ds"
    ODD load_gs_user, "movl $0x1b, %eax; movl %eax, %gs"
    ODD load_fs_user, "movl $0x1b, %eax; movl %eax, %fs"
    ODD load_ss_user_syscall, "pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15; movl $0x1b, %eax; xorl %esi, %esi; \
        movl %eax, %ss; syscall; popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx"
    ODD load_ss_int3, "movl $0x1b, %eax; movl %eax, %ss; int3"
    ODD lar, "lar %di, %eax"
    ODD lsl, "lsl %di, %eax"
    ODD verr, "verr %di"
    ODD verw, "verw %di"
    ODD rdfsbase, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xc0"
    ODD wrfsbase, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xd7"
    ODD wrgsbase, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xdf"
    ODD read_fs, "movq %fs:(%rdi), %rax"
    ODD read_gs, "movq %gs:(%rdi), %rax"
    ODD write_gs, "movq %rsi, %gs:8"

/* Flags. */
    ODD flags_any, "pushq %rdi; popfq"
    ODD flags_step, "pushfq; orl $0x100, (%rsp); popfq; nop"
    ODD flags_alignment, "pushfq; orl $0x40000, (%rsp); popfq; movq 1(%rsp), %rax"
    ODD flags_direction, "std; movl $16, %ecx; leaq -256(%rsp), %rdi; rep stosb"
    ODD flags_nested, "pushfq; orl $0x4000, (%rsp); popfq"
    ODD flags_privilege, "pushfq; orl $0x3200, (%rsp); popfq; inb $0x80, %al"
    ODD step_syscall, "pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15; xorl %esi, %esi; pushfq; orl $0x100, (%rsp); popfq; \
        syscall; nop; popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx"
    ODD step_int3, "pushfq; orl $0x100, (%rsp); popfq; int3"
    ODD step_load_ss, "movl $0x1b, %eax; pushfq; orl $0x100, (%rsp); popfq; movl %eax, %ss; nop"

/* Unknown or badly made. */
    ODD ud0, ".byte 0x0f, 0xff, 0xc0"
    ODD ud1, ".byte 0x0f, 0xb9, 0xc0"
    ODD ud2, "ud2"
    ODD lock_nop, ".byte 0xf0, 0x90"
    ODD lock_register, ".byte 0xf0, 0x48, 0x01, 0xc0"
    ODD too_long, ".byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90"
    ODD into, ".byte 0xce"
    ODD bound, ".byte 0x62, 0x07"
    ODD aam, ".byte 0xd4, 0x00"
    ODD salc, ".byte 0xd6"
    ODD xbegin, ".byte 0xc7, 0xf8, 0, 0, 0, 0"
    ODD xend, ".byte 0x0f, 0x01, 0xd5"

/* Arithmetic. */
    ODD divide_zero, "xorl %ecx, %ecx; divl %ecx"
    ODD divide_overflow, "movl $0x80000000, %eax; cltd; movl $-1, %ecx; idivl %ecx"
    ODD divide_any, "movq %rdi, %rax; movq %rsi, %rdx; divq %rdi"

/* Memory. */
    ODD cmpxchg16b, "pushq %rbx; movq %rsp, %r8; subq $32, %rsp; andq $-16, %rsp; lock cmpxchg16b (%rsp); movq %r8, %rsp; popq %rbx"
    ODD cmpxchg16b_unaligned, "lock cmpxchg16b -17(%rsp)"
    ODD cmpxchg8b, "lock cmpxchg8b (%rdi)"
    ODD xadd_any, "lock xaddq %rsi, (%rdi)"
    ODD split_lock, "lock incq -65(%rsp)"
    ODD string_copy, "movl $512, %ecx; leaq -4096(%rsp), %rdi; rep movsb"
    ODD string_store_any, "movl $64, %ecx; rep stosq"
    ODD string_scan, "movl $-1, %ecx; xorl %eax, %eax; repne scasb"
    ODD clflush, "clflush (%rdi)"
    ODD prefetch, "prefetcht0 (%rdi)"
    ODD movnti, "movnti %rsi, (%rdi)"

/* FPU and vector state. */
    ODD fninit, "fninit"
    ODD fld, "fldz"
    ODD fld_overflow, "fldpi; fldpi; fldpi; fldpi; fldpi; fldpi; fldpi; fldpi; fldpi"
    ODD fp_exception, "movw $0, -8(%rsp); fldcw -8(%rsp); fldz; fld1; fdivp; fwait"
    ODD emms, "emms"
    ODD fnstenv, "fnstenv -64(%rsp)"
    ODD fldenv, "fldenv (%rdi)"
    ODD fxsave, "fxsave (%rdi)"
    ODD fxrstor, "fxrstor (%rdi)"
    ODD fxrstor_own, "leaq -1024(%rsp), %rax; andq $-64, %rax; movq %rdi, 24(%rax); fxrstor (%rax)"
    ODD xsave, "movl $-1, %eax; movl $-1, %edx; xsave (%rdi)"
    ODD xrstor, "movl $-1, %eax; movl $-1, %edx; xrstor (%rdi)"
    ODD xrstor_own, "leaq -4096(%rsp), %rcx; andq $-64, %rcx; movl $-1, %eax; movl $-1, %edx; xsave (%rcx); movq %rdi, 512(%rcx); \
        movq %rsi, 520(%rcx); movl $-1, %eax; movl $-1, %edx; xrstor (%rcx)"
    ODD xsaveopt, "movl $-1, %eax; movl $-1, %edx; xsaveopt (%rdi)"
    ODD xsaves, "leaq -4096(%rsp), %rcx; andq $-64, %rcx; movl $-1, %eax; movl $-1, %edx; xsaves (%rcx)"
    ODD xrstors, "leaq -4096(%rsp), %rcx; andq $-64, %rcx; movl $-1, %eax; movl $-1, %edx; xrstors (%rcx)"
    ODD xgetbv, "xorl %ecx, %ecx; xgetbv"
    ODD xgetbv_any, "movl %edi, %ecx; xgetbv"
    ODD ldmxcsr, "movl %edi, -4(%rsp); ldmxcsr -4(%rsp)"
    ODD simd_exception, "movl $0, -4(%rsp); ldmxcsr -4(%rsp); xorps %xmm0, %xmm0; divss %xmm0, %xmm0"
    ODD movaps_any, "movaps (%rdi), %xmm0"
    ODD movq_xmm, "movq %rdi, %xmm3; movq %xmm3, %rax"
    ODD vxorps, "vxorps %ymm1, %ymm1, %ymm1"
    ODD vzeroall, "vzeroall"
    ODD maskmovdqu, "maskmovdqu %xmm1, %xmm0"

/* What tells about the machine. */
    ODD cpuid, "pushq %rbx; movl %edi, %eax; movl %esi, %ecx; cpuid; popq %rbx"
    ODD rdtsc, "rdtsc"
    ODD rdtscp, "rdtscp"
    ODD rdpid, ".byte 0xf3, 0x0f, 0xc7, 0xf8"
    ODD rdrand, "rdrand %rax"
    ODD rdpkru, "xorl %ecx, %ecx; .byte 0x0f, 0x01, 0xee"
    ODD wrpkru, "xorl %ecx, %ecx; xorl %edx, %edx; movl %edi, %eax; .byte 0x0f, 0x01, 0xef"
    ODD pause, "pause"
    ODD endbr, ".byte 0xf3, 0x0f, 0x1e, 0xfa"
    ODD rdsspq, ".byte 0xf3, 0x48, 0x0f, 0x1e, 0xc8"

    .section .rodata.odd_table, "a", @progbits
    .globl  odd_table_end
odd_table_end:

/* void odd_settle(void): direction up, no alignment check, no single step.
 * in: nothing   clobbers: flags   exits: ret */
    .section .text.odd_settle, "ax", @progbits
    .globl  odd_settle
    .type   odd_settle, @function
odd_settle:
    pushfq
    andl    $~0x44500, (%rsp)           /* AC, NT, DF, TF */
    popfq
    ret
    .size   odd_settle, . - odd_settle

.macro CALL_ENTER
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsi, %r12
    movq    REGISTERS_RAX(%rdi), %rax
    movq    REGISTERS_RDX(%rdi), %rdx
    movq    REGISTERS_RSI(%rdi), %rsi
    movq    REGISTERS_R8(%rdi), %r8
    movq    REGISTERS_R9(%rdi), %r9
    movq    REGISTERS_R10(%rdi), %r10
    movq    REGISTERS_R14(%rdi), %r14
    movq    REGISTERS_RDI(%rdi), %rdi
.endm

.macro CALL_LEAVE
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    jmp     odd_settle
.endm

/* void odd_call_flags(const struct registers *in, uint64_t flags)
 * in: rdi, rsi   clobbers: as a C function   exits: ret by odd_settle, unless the flags bring an exception first */
    .section .text.odd_call_flags, "ax", @progbits
    .globl  odd_call_flags
    .type   odd_call_flags, @function
odd_call_flags:
    CALL_ENTER
    pushq   %r12
    popfq
    syscall
    CALL_LEAVE
    .size   odd_call_flags, . - odd_call_flags

/* void odd_call_stack(const struct registers *in, uint64_t rsp): rbp keeps the stack, as the kernel does.
 * in: rdi, rsi   clobbers: as a C function   exits: ret by odd_settle */
    .section .text.odd_call_stack, "ax", @progbits
    .globl  odd_call_stack
    .type   odd_call_stack, @function
odd_call_stack:
    CALL_ENTER
    movq    %rsp, %rbp
    movq    %r12, %rsp
    syscall
    movq    %rbp, %rsp
    CALL_LEAVE
    .size   odd_call_stack, . - odd_call_stack

/* fuzzer_entry: where a fuzzing thread begins, again and again.
 * in: rsp within the slot's stack   others anything   exits: into fuzzer_run, which does not return */
    .section .text.fuzzer_entry, "ax", @progbits
    .globl  fuzzer_entry
    .type   fuzzer_entry, @function
fuzzer_entry:
    cld
    movq    %rsp, %rdi
    shrq    $FUZZ_SLOT_SHIFT, %rdi
    andl    $FUZZ_SLOTS - 1, %edi
    movl    %edi, %esi
    shll    $FUZZ_SLOT_SHIFT, %esi
    leaq    FUZZ_STACK + FUZZ_STACK_BYTES - 64(%rsi), %rsp
    call    odd_settle
    shll    $12, %edi
    addq    $FUZZ_CONTROL, %rdi
    xorl    %ebp, %ebp
    call    fuzzer_run
    ud2
    .size   fuzzer_entry, . - fuzzer_entry

    .section .note.GNU-stack, "", @progbits
