/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of a session on a machine that goes on: a program that the boot loader brought as a module named HANDOVER_MODULE takes the
 * machine over (handover/ starts Linux). The log of the console waits for it, and for who comes after, in memory that nobody else uses:
 * this head, and from HANDOVER_TEXT_OFFSET on the text. Addresses are physical and below 4 GiB.
 */
#ifndef KERNEL_ABI_HANDOVER_H
#define KERNEL_ABI_HANDOVER_H

#include <stdint.h>

#define HANDOVER_MODULE "handover"
#define HANDOVER_MAGIC UINT64_C(0x72657661646e6168)
#define HANDOVER_TEXT_OFFSET 4096
#define HANDOVER_REFUSAL_BYTES 120

struct handover {
    uint64_t magic;
    uint64_t bytes;            /* of all of it, head and room for text */
    uint64_t text_bytes;       /* of console text */
    uint64_t lost_bytes;       /* that found no room */
    uint64_t status;           /* EXIT_* */
    uint64_t information;      /* the boot loader's, as Multiboot2 has it */
    uint64_t image_start, image_end; /* the kernel, with the page tables that are in force */
    uint32_t text_crc32;       /* } set by the program that takes over */
    uint32_t head_crc32;       /* } of all of the head before it */
    char refusal[HANDOVER_REFUSAL_BYTES]; /* why it did not, when it returns */
};

/* The module is entered at its first byte, in 64-bit mode as a function of C, with interrupts off, the first 4 GiB mapped where they
 * are, all other CPUs waiting for a start-up interrupt and all interrupts masked. When it returns the session ends as without it. */

#endif
