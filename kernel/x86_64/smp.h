/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The other CPUs: starting them, and stopping them at the end.
 */
#ifndef KERNEL_X86_64_SMP_H
#define KERNEL_X86_64_SMP_H

#include <stdbool.h>
#include <stdint.h>

/* Starts CPUs until `cpus_max` run, the boot CPU included; they wait for smp_release. start_page: physical address of a free page
 * of RAM below 1 MiB, 0: none. Says on the console who did not come up. */
void smp_start(unsigned cpus_max, uint64_t start_page, bool fast_path);
/* Lets them into the core. */
void smp_release(void);
/* Largest difference seen between the boot CPU's TSC and another's; 0: none that can be seen. */
uint64_t smp_tsc_difference_ticks(void);

/* First C of another CPU, called by secondary_start.S; in secondary.c. */
struct processor;
_Noreturn void secondary_main(struct processor *p);

/* What the boot CPU and the one that it starts tell each other. */
struct smp_handshake {
    bool fast_path;
    uint32_t released;
    uint32_t round, answered;  /* of comparing clocks */
    uint64_t ticks;            /* the other one's clock in the round that was answered */
};
extern struct smp_handshake smp_handshake;
#define SMP_CLOCK_ROUNDS 16

/* Spends that time; CPUs take SMP_INIT_DELAY_US to follow INIT. */
void smp_delay(uint64_t us);
#define SMP_INIT_DELAY_US 10000

/* In smp_stop.c. All others halt for good, whatever they do; returns when they have, or after some time. */
void smp_stop_others(void);
/* When they have: what they hold still in is no longer theirs; each waits for a start-up interrupt. */
void smp_park_others(void);
/* Whether this NMI means that. */
bool smp_is_stopping(void);
/* Halts this CPU for good; the boot CPU until the end is left to it. */
_Noreturn void smp_stop(void);

#endif
