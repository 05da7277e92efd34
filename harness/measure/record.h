/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writer of the checked records of results/FORMAT.md section 1. Freestanding: kernel workloads and Linux baselines share it.
 * Two layers: the record_* writers format a *body* ("kind field field ...") and hand it to a sink; record_frame puts sequence
 * number and CRC around a body. A workload's sink is an IPC to the root task, which frames; a Linux baseline frames itself.
 */
#ifndef HARNESS_MEASURE_RECORD_H
#define HARNESS_MEASURE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/histogram.h"
#include "kernel/abi/trace.h"

#define RECORD_LINE_BYTES_MAX 4000 /* whole line without its line end */
#define RECORD_BODY_BYTES_MAX 3900

/* Takes one body, not terminated by NUL. Returns false when it could not be delivered. */
typedef bool record_sink_fn(void *arg, const char *body, size_t body_bytes);

struct record_writer {
    record_sink_fn *sink;
    void *arg;
    bool failed; /* sticky: a sink refused, a body was too long, or a row had lost samples */
};

struct measure_row {
    const char *workload;  /* stable id, "ipc.call.inter" */
    const char *variant;   /* "words=4,path=fast,method=batched" */
    const char *direction; /* one_way, round_trip, op */
    const char *relation;  /* intra, inter, cross_cpu, none */
    uint64_t words;
    const char *path;      /* fast, slow, traced, none */
    const char *cache;     /* warm, cold */
    const char *method;    /* single, batched */
    uint64_t batch;        /* operations per sample */
    const char *unit;      /* instructions, cycles, ns */
    uint64_t warmup;       /* operations before the first sample */
    uint64_t overhead;     /* median of the empty twin, per sample */
    const char *placement; /* same_cpu, two_cpus, unpinned, none; NULL: field left out */
    uint64_t bytes;        /* payload; has_bytes false: field left out */
    bool has_bytes;
    uint64_t first;        /* raw sample of the first operation of all, before the warm-up; has_first false: field left out */
    bool has_first;
    const char *syscalls;  /* decimal, system calls per operation; NULL: left out */
    const char *taints;    /* comma-separated; NULL: none */
    uint64_t disturbed;    /* samples near which a taint happened; has_disturbed false: left out */
    bool has_disturbed;
    const char *counters;  /* performance counters, or why there are none; NULL: left out */
};

void record_writer_init(struct record_writer *w, record_sink_fn *sink, void *arg);
void record_begin(struct record_writer *w, const char *system);
void record_context(struct record_writer *w, const char *key, const char *value);
void record_context_number(struct record_writer *w, const char *key, uint64_t value);
/* row, hist..., endrow. Sets `failed` when the histogram has lost samples or holds none. */
void record_row(struct record_writer *w, const struct measure_row *row, const struct histogram *h);
void record_skip(struct record_writer *w, const char *workload, const char *reason);
void record_test(struct record_writer *w, const char *name, const char *result, const char *detail);
/* Tracepoints of one CPU in the order of its ring, as many lines as it takes. lost: points that found no room. */
void record_trace_open(struct record_writer *w, const char *workload, const char *variant, uint64_t cpu, uint64_t lost);
void record_trace_add(struct record_writer *w, const struct trace_record *r);
void record_trace_close(struct record_writer *w);
/* `records`: number of records of the log, this one included. */
void record_end(struct record_writer *w, uint64_t records, bool ok);

/* Frames a body as one line "@tg seq body *crc", without line end; `line` holds RECORD_LINE_BYTES_MAX + 1. Returns its
 * length, 0 when the body is too long. */
size_t record_frame(char *line, uint64_t seq, const char *body, size_t body_bytes);

uint32_t record_crc32(const void *bytes, size_t n);

#endif
