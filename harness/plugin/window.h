/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Windows: what one measured sample executed and touched, and rows of them. Pure C, no emulator: the glue (footprint.c) feeds it, the
 * unit tests too. A window begins behind LFENCE, RDTSC and ends with RDTSCP (a lone RDTSC is the scheduler's), so that its instructions are the difference of the two clock reads
 * where the clock counts instructions. Windows of one sequence of addresses are one profile; the first of them gives lines and counts.
 */
#ifndef HARNESS_PLUGIN_WINDOW_H
#define HARNESS_PLUGIN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/plugin/cache_model.h"

#define PAGE_SHIFT 12

enum instruction_kind { KIND_PLAIN, KIND_SYSCALL, KIND_LFENCE, KIND_RDTSC, KIND_RDTSCP, KIND_LOAD_CR3, KIND_LOAD_CR4, KIND_WBINVD, KIND_INVLPG, KIND_MARK };

/* One instruction at one address. */
struct instruction {
    uint64_t address;      /* as the guest sees it */
    uint64_t place;        /* identity of its byte in memory: equal for two mappings of one page */
    uint32_t bytes;
    uint8_t kind;          /* enum instruction_kind */
    uint8_t mark;          /* MARK_*, of a KIND_MARK */
    bool repeats;          /* may follow itself: a string instruction with a REP prefix, a jump to itself */
    uint64_t window;       /* serial of the window that it ran in last */
    uint64_t count;        /* how often in that window */
};

struct data_line {
    uint64_t line;         /* physical address >> LINE_SHIFT */
    uint64_t address;      /* of the first access */
    uint64_t pc;           /* of the instruction that touched it first */
    uint64_t window;       /* serial; 0: the slot is free */
    uint64_t loads, stores;
};

struct counts {
    uint64_t instructions, user_instructions, transfers, loads, stores, device_accesses;
};

enum cache_history { HISTORY_KEPT, HISTORY_FLUSHED, HISTORIES }; /* flushed: when a window begins */

#define PROFILES_MAX 32
#define WINDOW_VALUES_MAX 512

struct profile {
    uint64_t digest, windows;
    struct counts counts;
    uint64_t misses[HISTORIES][CACHE_KINDS]; /* sums over its windows */
    struct instruction *code; /* copies, in order of the first execution */
    size_t code_count;
    struct data_line *data;
    size_t data_count;
};

struct recorder {
    FILE *out;
    struct cache_model caches[HISTORIES][CACHE_KINDS];
    bool sampling;             /* between the marks */
    unsigned mark;             /* which windows count */
    uint64_t pairs;            /* windows seen since the mark */
    bool in_window, is_wanted;
    uint64_t serial;           /* of the window, from 1 */
    uint64_t digest;
    struct counts counts;
    uint64_t misses[HISTORIES][CACHE_KINDS];
    const struct instruction *previous; /* the last one that ran since the marks */
    const struct instruction *faulted;  /* after which the kernel was entered without a system call */
    struct instruction **code;
    size_t code_count, code_capacity;
    struct data_line *lines;   /* hash table */
    size_t line_capacity, line_count;
    uint64_t rows, windows;    /* of the row */
    struct { uint64_t value, count; } values[WINDOW_VALUES_MAX]; /* instructions of the row's windows */
    size_t value_count;
    struct profile profiles[PROFILES_MAX];
    size_t profile_count;
    bool failed;               /* memory, a table, the file */
    const char *reason;
};

/* Says which bytes are an instruction that the recorder must know of. */
void instruction_classify(struct instruction *i, const uint8_t *bytes, size_t n);

bool recorder_init(struct recorder *r, FILE *out, const struct cache_geometry geometry[CACHE_KINDS]);
void recorder_free(struct recorder *r);
/* About to run. */
void recorder_instruction(struct recorder *r, struct instruction *i);
/* One access of the instruction that ran last. `physical` is ignored for a device. */
void recorder_access(struct recorder *r, uint64_t address, uint64_t physical, unsigned bytes, bool store, bool device);
/* Writes the last line; false when anything has gone wrong, which the line says. */
bool recorder_finish(struct recorder *r);

#endif
