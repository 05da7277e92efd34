/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The measuring loop: a workload is a const table of variants, each condition named, and this module measures and reports
 * them one after the other. Invariant: between the first and the last clock read of a ring nothing is written but the ring.
 * The file of a workload defines `workload` and nothing else that others see; the library brings its program_main.
 */
#ifndef WORKLOADS_LIB_MEASURE_LOOP_H
#define WORKLOADS_LIB_MEASURE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_OPERATIONS 100   /* operations of a batched sample */

#define WINDOW_NONE 3          /* a sample is no pair of clock reads: the footprint plugin cannot tell it */

struct variant;

/* Fills ring[0..n) with raw samples: differences of two clock reads. False when an operation failed. */
typedef bool fill_fn(const struct variant *v, uint64_t *ring, size_t n);

/* What the kernel has counted so far. */
struct path_counts {
    uint64_t client_slow, server_slow; /* messages that each has sent by the slow path */
};

struct variant {
    const char *name;          /* what tells it apart beside words, path and method: "leg=call"; NULL: nothing */
    const char *direction;     /* this and the next three as in results/FORMAT.md */
    const char *relation;
    const char *path;          /* a variant "fast" is left out when the kernel was booted with nofast */
    /* Reads the counts. Of the operations of a variant "fast" none may have taken the slow path, of a variant "slow" each, once in
     * each direction: otherwise there is no row, and the workload fails. Needed by these two. */
    bool (*path_counts)(struct path_counts *out);
    uint64_t batch;            /* operations per sample: 1 (single) or BATCH_OPERATIONS (batched) */
    uint64_t words;
    size_t ring_samples;       /* samples taken back to back, where preparing one is long; 0: as usual */
    uint8_t window;            /* which pair of clock reads is the sample, where there are two for each: 1, 2; 0: there is one; WINDOW_NONE */
    bool interrupts;           /* an interrupt is part of the operation: no taint */
    bool states;               /* of a single operation: also from caches that are not warm, where time is counted or the boot asks for it */
    bool words_named;          /* words are a parameter of this workload, so that they are part of the variant's name */
    bool (*prepare)(const struct variant *v); /* before the warm-up; NULL: nothing to do */
    fill_fn *fill;
    fill_fn *fill_empty;       /* the same code with the operation replaced: overhead */
    bool trace_silent;         /* with trace=on: its points are those of another variant */
    void (*finish)(const struct variant *v);  /* after the last sample; NULL: nothing to do */
};

struct workload {
    const char *id;
    bool (*setup)(void);       /* once; false ends the program as failed; NULL: nothing to do */
    const char *(*unable)(void); /* why this machine cannot do it, NULL: it can; the workload is skipped with that reason */
    uint64_t cpus_min;         /* it is skipped where fewer run */
    const char *skip_reason;   /* not NULL: this workload cannot run in this build, and why */
    const struct variant *variants;
    size_t variant_count;
};

extern const struct workload workload;

#endif
