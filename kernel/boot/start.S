/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a boot loader to C: 32-bit protected mode, paging off, interrupts off -> 64-bit, linked address, kernel stack.
 * The early tables map the first 4 GiB three times: where they are, at LINEAR_BASE, and (1 GiB of it) at IMAGE_BASE.
 * kernel_map.c replaces them.
 */
#include "kernel/boot/multiboot2.h"
#include "kernel/boot/start.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/segment.h"

    .set CR0_PROTECTED, 0x1
    .set CR0_WRITE_PROTECT, 0x10000
    .set CR0_PAGING, 0x80000000
    .set CR4_PHYSICAL_ADDRESS_EXTENSION, 0x20
    .set MSR_EFER, 0xc0000080
    .set EFER_LONG_MODE, 0x100
    .set CPUID_EXTENDED, 0x80000000
    .set CPUID_EXTENDED_FEATURES, 0x80000001
    .set CPUID_LONG_MODE_BIT, 29
    .set UART_DATA_PORT, 0x3f8
    .set QEMU_EXIT_PORT, 0xf4
    .set TABLE, 0x3                    /* present, writable */
    .set LARGE_PAGE, 0x83              /* and 2 MiB */
    .set ENTRY_BYTES, 8
    .set TABLE_ENTRIES, 512
    .set DIRECTORIES, EARLY_LINEAR_BYTES / (TABLE_ENTRIES * LARGE_PAGE_BYTES)
    .set LINEAR_SLOT, (LINEAR_BASE >> 39) & (TABLE_ENTRIES - 1)
    .set IMAGE_SLOT, (IMAGE_BASE >> 39) & (TABLE_ENTRIES - 1)
    .set IMAGE_SUBSLOT, (IMAGE_BASE >> 30) & (TABLE_ENTRIES - 1)

    .section .bss.early_tables, "aw", @nobits
    .balign PAGE_BYTES
    .globl early_root
early_root:
    .skip PAGE_BYTES
early_pointers:                        /* of the first 512 GiB */
    .skip PAGE_BYTES
early_image_pointers:
    .skip PAGE_BYTES
early_directories:
    .skip PAGE_BYTES * DIRECTORIES

    .section .boot.data, "aw"
    .balign 8
early_descriptors:
    .quad 0
    .quad 0x00af9b000000ffff           /* SEGMENT_KERNEL_CODE: 64-bit */
    .quad 0x00cf93000000ffff           /* SEGMENT_KERNEL_DATA */
early_descriptors_end:
early_descriptors_pointer:
    .short early_descriptors_end - early_descriptors - 1
    .long early_descriptors

start_refused_text:
    .asciz "tollgate: boot refused: needs a 64-bit processor, and Multiboot2 or PVH\n"

    .section .boot.text, "ax"
    .code32

/* start_multiboot2: in: eax = MULTIBOOT2_LOADER_MAGIC  ebx = information  irq: off  stack: none  never returns */
    .globl start_multiboot2
start_multiboot2:
    cmpl $MULTIBOOT2_LOADER_MAGIC, %eax
    jne start_refused
    movl $BOOT_PROTOCOL_MULTIBOOT2, %edi
    jmp start_common

/* start_pvh: in: ebx = struct pvh_start_info  irq: off  stack: none  never returns */
    .globl start_pvh
start_pvh:
    movl $BOOT_PROTOCOL_PVH, %edi

/* start_common: in: edi = BOOT_PROTOCOL_*  ebx = information.  esi keeps the information from here on. */
start_common:
    cli
    cld
    movl %ebx, %esi
    movl $CPUID_EXTENDED, %eax
    cpuid
    cmpl $CPUID_EXTENDED_FEATURES, %eax
    jb start_refused
    movl $CPUID_EXTENDED_FEATURES, %eax
    cpuid
    btl $CPUID_LONG_MODE_BIT, %edx
    jnc start_refused

start_fill_tables:
    movl $(early_root - IMAGE_BASE), %eax
    movl $(early_pointers - IMAGE_BASE + TABLE), %ecx
    movl %ecx, (%eax)
    movl %ecx, LINEAR_SLOT * ENTRY_BYTES(%eax)
    movl $(early_image_pointers - IMAGE_BASE + TABLE), %ecx
    movl %ecx, IMAGE_SLOT * ENTRY_BYTES(%eax)
    movl $(early_directories - IMAGE_BASE + TABLE), %ecx
    movl %ecx, (early_image_pointers - IMAGE_BASE) + IMAGE_SUBSLOT * ENTRY_BYTES
    movl $(early_pointers - IMAGE_BASE), %edx
    movl $DIRECTORIES, %ebx
start_fill_pointers:
    movl %ecx, (%edx)
    addl $ENTRY_BYTES, %edx
    addl $PAGE_BYTES, %ecx
    decl %ebx
    jnz start_fill_pointers
    movl $(early_directories - IMAGE_BASE), %edx
    movl $LARGE_PAGE, %ecx
    movl $(DIRECTORIES * TABLE_ENTRIES), %ebx
start_fill_directories:
    movl %ecx, (%edx)
    addl $ENTRY_BYTES, %edx
    addl $LARGE_PAGE_BYTES, %ecx
    decl %ebx
    jnz start_fill_directories

start_long_mode:
    movl %eax, %cr3
    movl %cr4, %eax
    orl $CR4_PHYSICAL_ADDRESS_EXTENSION, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LONG_MODE, %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PAGING | CR0_WRITE_PROTECT | CR0_PROTECTED), %eax
    movl %eax, %cr0
    lgdt early_descriptors_pointer
    ljmp $SEGMENT_KERNEL_CODE, $start_64

/* start_refused: no Multiboot2, or no 64-bit processor: says so on COM1 as the firmware left it, leaves an emulator, halts. */
start_refused:
    movl $start_refused_text, %esi
start_refused_next:
    movw $UART_DATA_PORT, %dx
    lodsb
    testb %al, %al
    jz start_refused_exit
    outb %al, %dx
    jmp start_refused_next
start_refused_exit:
    movl $EXIT_BAD_BOOT, %eax
    movw $QEMU_EXIT_PORT, %dx
    outl %eax, %dx
start_refused_halt:
    cli
    hlt
    jmp start_refused_halt

    .code64
start_64:
    movabsq $start_linked, %rax
    jmp *%rax

    .text
/* start_linked: 64-bit, at the linked address.  in: edi, esi as kernel_main takes them (upper halves undefined) */
start_linked:
    movl $SEGMENT_KERNEL_DATA, %eax
    movl %eax, %ss
    movq $kernel_stack_top, %rsp
    movl %edi, %edi
    movl %esi, %esi
    call kernel_main
start_over:
    hlt
    jmp start_over
