/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What crt0.S and program.ld define for C.
 */
#ifndef WORKLOADS_LIB_PROGRAM_H
#define WORKLOADS_LIB_PROGRAM_H

#include <stdint.h>

/* Bounds of the image, whole pages each: text is R+X, rodata R, data (with bss) R+W. */
extern char program_text_start[], program_text_end[];
extern char program_rodata_start[], program_rodata_end[];
extern char program_data_start[], program_data_end[];

/* Called by crt0.S on the first thread; does not return. In service.c for programs, in root.c for root. */
void program_start(uint64_t facts);

/* Entry of every further thread: pops a function and its argument from the stack and calls it; then thread_end. */
void thread_entry(void);
/* Waits for ever: a thread that has nothing more to do. */
_Noreturn void thread_end(void);
/* #UD, on purpose. */
_Noreturn void program_trap(void);

#endif
