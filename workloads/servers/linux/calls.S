/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A static Linux program, which knows nothing of this kernel: makes a system call by `syscall` again and again and tells by the clock what that took. It reads 48
 * bytes from descriptor 0: samples (at most 1024), calls in a sample, 1 where the calls are to be left out, and the call: its number, a descriptor,
 * bytes (at most 4096) of a buffer that it brings. It writes a 64-bit difference of two clock readings for each sample to descriptor 1, and so on until
 * the end of the file. Its status is 0 unless a system call fails, or the call in question gives no positive number when tried.
 */
    .set SYS_read, 0
    .set SYS_write, 1
    .set SYS_exit, 60
    .set SAMPLES_MAX, 1024
    .set BUFFER_BYTES, 4096
    .set REQUEST_BYTES, 48

    .bss
    .balign 64
request:
    .zero   REQUEST_BYTES
    .balign 64
samples:
    .zero   8 * SAMPLES_MAX
buffer:
    .zero   BUFFER_BYTES

    .text
/* _start: in: rsp (Linux's start of a process)   exits: exit
 * r12 samples left, r13 where the next one goes, r14 calls left, rbx calls, r15 first clock, ebp number of the call, edi its descriptor, esi its buffer */
    .globl  _start
    .type   _start, @function
_start:
    movl    $SYS_read, %eax
    xorl    %edi, %edi
    movl    $request, %esi
    movl    $REQUEST_BYTES, %edx
    syscall
    testq   %rax, %rax
    jz      done
    cmpq    $REQUEST_BYTES, %rax
    jne     failed
    movq    request(%rip), %r12
    cmpq    $SAMPLES_MAX, %r12
    ja      failed
    cmpq    $BUFFER_BYTES, request + 40(%rip)
    ja      failed
    movq    request + 8(%rip), %rbx
    movl    $samples, %r13d
    movl    request + 24(%rip), %ebp
    movl    request + 32(%rip), %edi
    movl    $buffer, %esi
    movl    request + 40(%rip), %edx
    movl    %ebp, %eax
    syscall
    testq   %rax, %rax
    jle     failed
next_sample:
    testq   %r12, %r12
    jz      tell
    movq    %rbx, %r14
    lfence
    rdtsc
    lfence
    shlq    $32, %rdx
    orq     %rax, %rdx
    movq    %rdx, %r15
    movl    request + 40(%rip), %edx
    cmpq    $0, request + 16(%rip)
    jne     left_out
call:
    movl    %ebp, %eax
    syscall
    decq    %r14
    jnz     call
    jmp     sample_end
left_out:
    movl    %ebp, %eax
    decq    %r14
    jnz     left_out
    jmp     sample_end
sample_end:
    rdtscp
    lfence
    shlq    $32, %rdx
    orq     %rdx, %rax
    subq    %r15, %rax
    movq    %rax, (%r13)
    addq    $8, %r13
    decq    %r12
    jmp     next_sample
tell:
    movl    $SYS_write, %eax
    movl    $1, %edi
    movl    $samples, %esi
    movq    %r13, %rdx
    subq    %rsi, %rdx
    syscall
    testq   %rax, %rax
    jns     _start
failed:
    movl    $1, %edi
    jmp     leave
done:
    xorl    %edi, %edi
leave:
    movl    $SYS_exit, %eax
    syscall
    ud2
    .size   _start, . - _start

    .section .note.GNU-stack, "", @progbits
