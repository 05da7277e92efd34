/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a guest tells the footprint plugin: long NOPs (0F 1F 80 disp32: nopl disp32(%rax)) whose displacement no compiler emits. They
 * stand outside of every measured region, so no count of a row holds one. The region itself is marked by the clock reads that are there
 * anyway (harness/measure/tsc.h): it begins with RDTSC and ends with RDTSCP.
 */
#ifndef HARNESS_PLUGIN_MARKS_H
#define HARNESS_PLUGIN_MARKS_H

#define MARK_BASE 0x74670000
#define MARK_SAMPLES_ALL 1     /* from here on each pair of clock reads is one sample that counts */
#define MARK_SAMPLES_FIRST 2   /* two pairs for each sample, of which the first counts */
#define MARK_SAMPLES_SECOND 3  /* two pairs, the second counts */
#define MARK_SAMPLES_END 4     /* no pair counts from here on */
#define MARK_ROW 5             /* the row is complete: the next record of kind `row` was its */
#define MARK_COUNT 6

/* RAX is not dereferenced. */
static inline void mark_samples_all(void) { __asm__ volatile("nopl %c0(%%rax)" :: "i"(MARK_BASE + MARK_SAMPLES_ALL) : "memory"); }
static inline void mark_samples_first(void) { __asm__ volatile("nopl %c0(%%rax)" :: "i"(MARK_BASE + MARK_SAMPLES_FIRST) : "memory"); }
static inline void mark_samples_second(void) { __asm__ volatile("nopl %c0(%%rax)" :: "i"(MARK_BASE + MARK_SAMPLES_SECOND) : "memory"); }
static inline void mark_samples_end(void) { __asm__ volatile("nopl %c0(%%rax)" :: "i"(MARK_BASE + MARK_SAMPLES_END) : "memory"); }
static inline void mark_row(void) { __asm__ volatile("nopl %c0(%%rax)" :: "i"(MARK_BASE + MARK_ROW) : "memory"); }

#endif
