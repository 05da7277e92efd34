/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What boot loaders look for: the Multiboot2 header (specification 2.0, section 3.1; within the first 32 KiB of the file) and the
 * PVH note (Xen's public/elfnote.h; what `qemu -kernel` wants of an ELF64).
 */
#include "kernel/boot/multiboot2.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18

    .section .boot.header, "a"
    .balign 8
multiboot2_header:
    .long MULTIBOOT2_HEADER_MAGIC
    .long MULTIBOOT2_ARCHITECTURE_I386
    .long multiboot2_header_end - multiboot2_header
    .long -(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_ARCHITECTURE_I386 + (multiboot2_header_end - multiboot2_header))
multiboot2_request:             /* must have: memory map, command line, modules */
    .short MULTIBOOT2_HEADER_INFORMATION_REQUEST, 0
    .long multiboot2_request_end - multiboot2_request
    .long MULTIBOOT2_TAG_COMMAND_LINE, MULTIBOOT2_TAG_MODULE, MULTIBOOT2_TAG_MEMORY_MAP
multiboot2_request_end:
    .balign 8
multiboot2_option:              /* nice to have: the root of the ACPI tables */
    .short MULTIBOOT2_HEADER_INFORMATION_REQUEST, MULTIBOOT2_HEADER_OPTIONAL
    .long multiboot2_option_end - multiboot2_option
    .long MULTIBOOT2_TAG_ACPI_OLD, MULTIBOOT2_TAG_ACPI_NEW, MULTIBOOT2_TAG_FRAMEBUFFER
multiboot2_option_end:
    .balign 8
    .short MULTIBOOT2_HEADER_FRAMEBUFFER, MULTIBOOT2_HEADER_OPTIONAL
    .long 20
    .long 1024, 768, 32         /* rather this than another size */
    .balign 8
    .short MULTIBOOT2_HEADER_MODULE_ALIGNMENT, 0
    .long 8
    .short MULTIBOOT2_HEADER_END, 0
    .long 8
multiboot2_header_end:

    .section .note.pvh, "a", @note
    .balign 4
    .long 4                     /* name size */
    .long 8                     /* descriptor size */
    .long XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad start_pvh
