/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What root does for the program that it started: the protocol over the gate SELECTOR_SERVICE, and the page of facts at
 * PROGRAM_INFO_ADDRESS. A request is a call whose label is SERVICE_*; a reply has label 0 or an ERR_*. Exceptions come through
 * the same gate with label PROTO_EXCEPTION. Only the program's first thread uses these functions (they use its UTCB).
 */
#ifndef WORKLOADS_LIB_SERVICE_H
#define WORKLOADS_LIB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/record.h"
#include "workloads/lib/layout.h"

/* A piece of a record's body: word 0 bytes in this piece, word 1 is 1 in the last piece; the bytes are words 6 and up. */
#define SERVICE_RECORD 1
#define SERVICE_RECORD_BYTES_MAX ((WORDS_MAX - REGISTER_WORDS) * 8)
/* The program is done: word 0 is 0 when all went well. Not replied to: root destroys the program. */
#define SERVICE_DONE 2
/* Zeroed memory: word 0 address, word 1 pages, word 2 MEMORY_*. Large pages where the address is aligned and there are enough. */
#define SERVICE_MEMORY 3
#define SERVICE_MEMORY_PAGES_MAX 0x100000
/* 2^n I/O ports: word 0 first, word 1 n. */
#define SERVICE_PORTS 4

#define METHOD_SINGLE 1
#define METHOD_BATCHED 2
#define METHOD_FLOOR 8 /* of whatever method: rows of BATCH_OPERATIONS, which distances to the floor are made of */
#define METHOD_STATES 4 /* rows of cold caches, where instructions are counted, too */
#define PROGRAM_INFO_MAGIC ABI_CONST(uint64_t, 0x6f666e696d617267)
struct program_info {
    uint64_t magic;            /* PROGRAM_INFO_MAGIC */
    uint64_t fast_path;        /* as in root_info */
    uint64_t fidelity;         /* enum fidelity */
    uint64_t tsc_hz;
    uint64_t cpu_features;
    uint64_t trace_cpus;       /* whose rings of tracepoints are mapped; 0 unless booted with trace=on */
    uint64_t seed, rounds;     /* as the command line says, 0 where it does not: for tests that can be repeated, and be long */
    uint64_t methods;          /* METHOD_*: rows of which methods are wanted */
    struct pmu_info pmu;       /* as in root_info */
    char unit[16];             /* "instructions", "cycles", "" with fidelity none */
};

static inline const struct program_info *program_info(void) { return (const struct program_info *)PROGRAM_INFO_ADDRESS; }

/* record_sink_fn */
bool service_record(void *arg, const char *body, size_t body_bytes);
/* The writer of the program; its records go to root. */
extern struct record_writer program_records;
int32_t service_ports(uint64_t first, uint64_t size);
int32_t service_memory(uint64_t address, uint64_t pages, uint64_t memory_rights);
_Noreturn void service_done(bool ok);

/* What a program has instead of main; true when all went well. `facts` is rdi at entry: the address of root_info in root, else 0. */
bool program_main(uint64_t facts);

#endif
