/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The index of the baselines, extracted from the heads of their files by the build, as text inside the program.
 */
    .section .rodata, "a", @progbits
    .globl  index_text
    .globl  index_text_end
index_text:
    .incbin INDEX_FILE
index_text_end:
    .byte   0

    .section .note.GNU-stack, "", @progbits
