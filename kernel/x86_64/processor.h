/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel keeps of each CPU beside the core's struct cpu: its tables, its interrupt controller's number, its timer. One page
 * each, and one for cpu.parked, the boot CPU's in the image. Written by its own CPU; `apic_id` and `area` are constant from when
 * others may see it.
 */
#ifndef KERNEL_X86_64_PROCESSOR_H
#define KERNEL_X86_64_PROCESSOR_H

#include "kernel/core/object.h"
#include "kernel/x86_64/segment.h"

#define PROCESSORS_MAX 256

enum processor_state { PROCESSOR_SILENT, PROCESSOR_RUNS, PROCESSOR_REFUSED, PROCESSOR_STOPPED };

struct processor {
    alignas(PAGE_BYTES) struct cpu cpu; /* first: what GS base points at. A page of its own: under page-table isolation tasks map it */
    struct segment_tables tables;
    uint32_t apic_id;
    uint32_t area;             /* of stacks (stack.h) */
    uint32_t state;            /* enum processor_state, atomic */
    const char *refusal;       /* why it is PROCESSOR_REFUSED */
    bool timer_armed;
    uint16_t verw_selector;    /* operand of VERW: any writable data segment */
    uint64_t kernel_table;     /* CR3 value of the kernel's own table */
    uint64_t barrier_table;    /* whose branch predictions are in force */
    uint64_t trap_stack_top;   /* a stack that tasks map, too, under page-table isolation */
    uint64_t deadline_ticks;
};

extern struct processor processor_boot;

static inline struct processor *processor_of(struct cpu *cpu) { return (struct processor *)(void *)cpu; }

/* Adds one to those that will run; its cpu.number is set. Others see it with processors_release. */
void processor_add(struct processor *p);
/* How many were added, the boot CPU included. */
unsigned processors_added(void);
/* From now on arch_cpu_count() counts them all. */
void processors_release(void);

#endif
