/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The root task: runs the programs of the boot archive one after the other and writes what they report as checked records to the
 * console. Modules: root.c the session, root_options.c the command line, root_output.c records, root_heap.c memory,
 * root_context.c facts of the machine, root_screen.c what people see, root_program.c one program from birth to death, root_serve.c its requests.
 */
#ifndef WORKLOADS_SERVERS_ROOT_H
#define WORKLOADS_SERVERS_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/fidelity.h"
#include "harness/measure/record.h"
#include "kernel/abi/abi.h"
#include "workloads/lib/layout.h"

/* Selectors of root's table. */
#define ROOT_SELECTOR_FACTORY (SELECTOR_FREE + 0) /* of the running program */
#define ROOT_SELECTOR_TASK (SELECTOR_FREE + 1)
#define ROOT_SELECTOR_THREAD (SELECTOR_FREE + 2)
#define ROOT_SELECTOR_GATE (SELECTOR_FREE + 3)
#define ROOT_SELECTOR_SCHEDULER (SELECTOR_FREE + 4) /* whose ceiling is below root's priority */

#define PROGRAM_SEATS (SEATS / 2) /* tasks and threads of a program */
#define PROGRAM_QUOTA_BYTES ABI_CONST(uint64_t, 0x1000000) /* kernel memory that a program may use */
#define PROGRAM_GATE_LABEL ABI_CONST(uint64_t, 0x70726f00) /* of the gate SELECTOR_SERVICE; low two bits 0 */

static inline const struct root_info *root_info(void) { return (const struct root_info *)ROOT_INFO_ADDRESS; }

/* --- root_options.c */
struct root_options {
    char select[256];          /* glob of names: workload ids, test names */
    bool run_workloads, run_tests;
    uint64_t seed, rounds;     /* for programs; 0: not given */
    uint64_t methods;          /* METHOD_* (service.h) */
    uint64_t limit_s;          /* seconds without a request that end a program; 0: none */
    bool no_floor;             /* nothing is measured that was not selected */
    bool qr, qr_once;          /* the log as pages of QR codes at the end, again and again or once */
    bool shell;                /* somebody says what runs */
    bool screen_log;           /* the screen shows the log, as the serial line does */
};
/* NULL, or what is wrong with the command line. Words that root does not own are the kernel's, which has checked them. */
const char *root_options_parse(const char *command_line, struct root_options *out);

/* --- root.c, for the shell: programs by a pattern of their ids, tests or workloads */
uint64_t session_list(const char *pattern, bool tests, void (*each)(const char *name));
/* Runs those that have not run in this session; how many that were. */
uint64_t session_run(const char *pattern, bool tests);
bool session_is_good(void);

/* --- root_output.c */
extern struct record_writer root_records; /* frames and writes to the console */
void output_init(void);
uint64_t output_count(void);              /* records written so far */
/* record_sink_fn: one framed record */
bool output_record(void *arg, const char *body, size_t body_bytes);
/* The log goes to the serial port alone from now on; text for the screen alone. */
void output_log_serial(void);
void output_screen(const char *bytes, size_t n);
/* Text for people, wherever they are; no part of the log. */
void output_people(const char *bytes, size_t n);
/* One line of plain text, not a record. */
void output_line(const char *text, const char *more);
_Noreturn void output_exit(unsigned status);

/* --- root_heap.c: pages from the start of the heap, all given back at once */
void heap_reset(void);
/* Zeroed pages in a row; NULL when there are not as many. */
void *heap_pages(uint64_t pages);
/* The same from the end of the heap, of any contents, for good. */
void *heap_keep(uint64_t pages);

/* --- root_context.c */
/* Runs the fidelity self-test and writes the context records. */
enum fidelity context_report(void);

/* --- root_program.c */
struct program {
    char name[64];             /* in the archive: "workload/ipc.call.inter" */
    const char *id;            /* without the folder */
    bool is_test;
    uint64_t seed, rounds;     /* root_options */
    uint64_t methods;          /* METHOD_*, for its facts */
    uint64_t limit_s;          /* without a request; 0: none */
};
/* Runs it from loading to destruction; false when anything about it failed, which has been reported as a record then. */
bool program_run(const struct program *p, const void *elf, uint64_t elf_bytes, enum fidelity fidelity);
/* A failed test record in the name of the program: detail, number. */
void program_report(const struct program *p, const char *detail, const char *more);

/* --- root_serve.c */
/* Serves the program until it is done or has failed; true when it says that all went well and nothing contradicts. */
bool program_serve(const struct program *p);

#endif
