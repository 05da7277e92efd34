/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests may see and steer of the machine that arch_host.c plays: memory that runs out when asked to, a clock that
 * moves when told to, a console that is a buffer.
 */
#ifndef KERNEL_TEST_ARCH_HOST_H
#define KERNEL_TEST_ARCH_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/core/object.h"

#define HOST_FRAMES 32768
#define HOST_LINES 24
#define HOST_LINE_LEVEL 9
#define HOST_TICKS_HZ 1000000000ull
#define HOST_TICKS_PER_US (HOST_TICKS_HZ / 1000000)

struct host {
    struct cpu cpu;
    uint64_t page_table;         /* what CR3 would hold; 0: the kernel's own */
    uint64_t ticks;
    uint64_t timer_ticks;        /* when the timer fires */
    bool timer_armed;
    uint64_t frames_used;
    unsigned tlb_owed;           /* entries that were changed, and no TLB was told */
    uint64_t allocations_left;   /* frames that may still be taken before memory is out */
    char console[4096];
    size_t console_bytes;
    unsigned console_where;      /* of the last write */
    unsigned console_busy;       /* times that it takes nothing */
    const char *console_input;
    bool idle;                   /* arch_idle was called: nobody can run */
    struct { unsigned vector, mode; bool masked; } lines[HOST_LINES];
    unsigned irq_ends;           /* calls of arch_irq_end */
    unsigned exit_status;        /* of arch_exit */
    jmp_buf leave;               /* where arch_idle, arch_exit and arch_resume go */
};
extern struct host host;

enum host_left { HOST_IDLE = 1, HOST_EXIT, HOST_RESUME };

/* A fresh machine. Fails the test when frames of the last one are still in use. */
void host_reset(void);

#endif
