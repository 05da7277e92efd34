/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fuzzing program. Its first thread, the supervisor, gives small tasks without privileges to threads that do whatever a seed tells
 * them, keeps them going, and looks from outside that nobody else notices. What such a thread is and does lies in its task: the
 * program's text, shared and executable, a stack, a page of control in which it keeps its random state, and scratch memory.
 * Modules: fuzz.c the rounds, fuzz_space.c tasks and what is in them, fuzz_care.c faults and threads that are stuck, fuzz_canary.c those
 * who must not notice; fuzzer.c and fuzzer_call.c what fuzzing threads run: no data but their own page; odd.S odd instructions.
 */
#ifndef WORKLOADS_FUZZ_FUZZ_H
#define WORKLOADS_FUZZ_FUZZ_H

#include "kernel/abi/abi.h"

#define FUZZ_TASKS 3
#define FUZZ_SLOTS 8           /* stacks for threads in a task */
#define FUZZ_SUPERVISED 2      /* of these, in use by threads that the supervisor made */

/* Of a fuzzing task; slot s has the sth piece of each. */
#define FUZZ_CONTROL ABI_CONST(uint64_t, 0x50000000)
#define FUZZ_STACK ABI_CONST(uint64_t, 0x51000000)
#define FUZZ_SLOT_SHIFT 16
#define FUZZ_STACK_BYTES 0x2000
#define FUZZ_DATA ABI_CONST(uint64_t, 0x52000000)   /* scratch */
#define FUZZ_DATA_PAGES 16
#define FUZZ_UTCB ABI_CONST(uint64_t, 0x53000000)
#define FUZZ_READ_ONLY ABI_CONST(uint64_t, 0x54000000) /* a page of the supervisor's that must never change */
#define FUZZ_LARGE ABI_CONST(uint64_t, 0x58000000)  /* a large page */
#define FUZZ_FREE ABI_CONST(uint64_t, 0x60000000)   /* nothing from here on */

/* Selectors of a fuzzing task, beside those of convention. */
#define FUZZ_SELECTOR_PAGER 8      /* the supervisor's */
#define FUZZ_SELECTOR_CANARY 9     /* a server that others depend on */
#define FUZZ_SELECTOR_FIRST 16     /* tasks, threads, gates, semaphores, Irqs of all fuzzing tasks */
#define FUZZ_SELECTORS 56          /* those that play are below */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_ODD_MAX 256
#define FUZZ_RESULTS 16        /* ERR_* of an invocation that came back; 0: it succeeded */
/* What a fuzzing thread has done. A jump to anywhere may damage its figures: the supervisor believes what can have happened since it
 * looked last, and nothing else. */
enum fuzz_progress { FUZZ_STEPS, FUZZ_INVOCATIONS, FUZZ_ACCESSES, FUZZ_ODD, FUZZ_PROGRESS };
struct fuzz_control {
    uint64_t random;
    uint64_t slot;
    uint64_t progress[FUZZ_PROGRESS];
    uint64_t results[FUZZ_RESULTS];
    uint64_t odd[FUZZ_ODD_MAX];
};
_Static_assert(sizeof(struct fuzz_control) <= PAGE_BYTES, "one page for each slot");

/* --- random numbers: xorshift64*, the same for the same seed. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}
static inline uint64_t random_below(uint64_t *state, uint64_t n) { return (random_next(state) >> 16) % n; }
static inline bool one_in(uint64_t *state, uint64_t n) { return random_below(state, n) == 0; }

/* --- fuzzer.c, fuzzer_call.c: in the fuzzing tasks */
_Noreturn void fuzzer_run(struct fuzz_control *c);
uint64_t fuzzer_address(uint64_t *r);      /* any address, mostly one where something is */
uint64_t fuzzer_value(uint64_t *r);        /* any word, mostly one that means something somewhere */
void fuzzer_invoke(struct fuzz_control *c);

/* --- fuzz_space.c */
/* The supervisor's selectors. A task has four gates to the supervisor, told apart by their labels: for the exceptions of each of its
 * supervised threads, for page faults, and one that all know. */
#define FUZZ_FACTORY SELECTOR_TEST(0)
#define FUZZ_TASK(t) SELECTOR_TEST(1 + (t))
#define FUZZ_THREAD(t, s) SELECTOR_TEST(4 + (t) * FUZZ_SUPERVISED + (s))
#define FUZZ_CANARY_GATE SELECTOR_TEST(10)
#define FUZZ_OBJECT(i) SELECTOR_TEST(12 + (i)) /* what all fuzzing tasks get */
#define FUZZ_OBJECTS 16
#define FUZZ_GATES 4
#define FUZZ_GATE_PAGER 2
#define FUZZ_GATE_KNOWN 3
#define FUZZ_GATE(t, g) SELECTOR_TEST(28 + (t) * FUZZ_GATES + (g))
#define FUZZ_GATE_LABEL(t, g) (ABI_CONST(uint64_t, 0x1000) + (uint64_t)(t) * 0x100 + (uint64_t)(g) * 4)
struct fuzz_control *fuzz_control(unsigned task, unsigned slot);
uint64_t fuzz_home(unsigned task);         /* scratch memory of a task, as the supervisor sees it */
int32_t fuzz_memory_take(void);            /* once: memory for all fuzzing tasks, from root */
bool fuzz_memory_check(void);              /* what is shared read-only is as it was */
int32_t fuzz_space_make(uint64_t seed, uint64_t *random, uint64_t cpus);
void fuzz_space_destroy(uint64_t *random);
void fuzz_equip(unsigned task, uint64_t *random); /* capabilities that it may have lost */
/* What a task was given at that address, if anything: maps it again. */
bool fuzz_repair(unsigned task, uint64_t address);
void fuzz_thread_restart(unsigned task, unsigned slot);
void fuzz_thread_renew(unsigned task, unsigned slot, uint64_t *random, uint64_t cpus); /* the thread dies, another takes its place */
uint64_t fuzz_stack_top(unsigned slot);
int32_t fuzz_thread_move(unsigned task, unsigned slot, uint64_t *random, uint64_t cpus);

/* --- fuzz_care.c */
struct fuzz_counts {
    uint64_t progress[FUZZ_PROGRESS];
    uint64_t damaged;          /* figures that were not believed */
    uint64_t exceptions, page_faults, messages, restarts, stalled;
    uint64_t results[FUZZ_RESULTS];
    uint64_t odd[FUZZ_ODD_MAX];
    uint64_t vectors;          /* bit for each vector seen */
};
/* Serves and keeps going whoever fuzzes until they have made that many invocations, or make none any more. */
void fuzz_care(uint64_t *random, uint64_t invocations, uint64_t cpus, struct fuzz_counts *counts);

/* --- fuzz_canary.c: NULL, or what was noticed. */
const char *canary_start(uint64_t cpus);
const char *canary_check(void);
#endif

#endif
