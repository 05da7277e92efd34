/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The static Linux program as it is in its file, page-aligned among what is executable: its text is mapped from here. LINUX_IMAGE is its path.
 */
    .section .text.linux_image, "ax", @progbits
    .balign 4096
    .globl  linux_image, linux_image_end
linux_image:
    .incbin LINUX_IMAGE
linux_image_end:
    .balign 4096

    .section .note.GNU-stack, "", @progbits
