/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Targets: the machines that workloads run on. A target knows whether it works here, how to start one run, and what the way in
 * which its process ended means. Everything else (time limit, log, records, result) is the same for all: command_run.c.
 * A target is one `const struct target` in a target_<family>.c and one line in target.c.
 */
#ifndef HARNESS_TOOL_TARGET_H
#define HARNESS_TOOL_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"
#include "harness/tool/process.h"

/* Whether something works; if not, why, and what to do about it. */
struct finding {
    bool works;
    char reason[600];
    char remedy[300];
};

/* What one run is to do. Paths are as they shall appear on command lines. */
struct run_plan {
    const char *select;   /* glob of workloads */
    const char *cmdline;  /* further options for the guest, or "" */
    bool prepare;         /* set conditions of this machine, and restore them; only with host_options */
    bool perf;            /* leave what perf says in the folder; only with host_options */
    unsigned cpus;        /* of the kernel's machine, from 1 */
    const char *emulator; /* program to start instead of the target's own, or NULL */
    const char *footprint; /* file that the footprint plugin writes; NULL: without it. Target qemu alone */
    const char *device, *power_cycle; /* of target metal: its serial line, and a command that starts it anew, or NULL */
    const char *caches;   /* its further options: "l1i=32K:8,l1d=32K:8", or "" */
    const char *folder;   /* the run's own, for files that the emulator needs */
    const char *serial;   /* file that takes the guest's console */
    const char *log;      /* file that takes what the emulator itself says; with `terminal` only what it writes there itself */
};

struct launch {
    struct arguments arguments;
    struct arguments environment; /* NAME=VALUE */
    char *lockstep;            /* file in which the emulator's main loop says that it was in lockstep; NULL: not asked for */
    bool terminal;             /* the emulator wants a terminal */
    bool output_is_serial;     /* the guest's console is the process's standard output */
    struct arguments temporary; /* files to remove after the run */
    struct arguments images;   /* "name=crc32:bytes" of each built file that is started: see target_image */
};

struct target {
    const char *name;
    const char *summary;
    const char *system;        /* "tollgate" or "linux": which workloads are its own, and what its guest must say that it is */
    const char *fidelity;      /* what the guest's self-test must say; NULL: anything but none */
    bool exact;                /* two runs agree to the last digit */
    bool host_options;         /* takes the options prepare and perf of a plan */
    bool on_host_cpu;          /* state of the host's clock and frequency matters to the figures */
    bool takes_cpus;           /* the kernel's own machine: it can have more than one CPU */
    double time_limit_s;
    const char *version_key;   /* context key of the emulator's version line, or NULL */
    bool (*version)(const char *emulator, char *line, size_t bytes);
    void (*check)(const struct target *target, const char *emulator, struct finding *finding);
    bool (*prepare)(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e);
    /* True when this end of the process means that the guest ended well. Called for PROCESS_EXITED alone. */
    bool (*judge)(const struct run_plan *plan, int status, struct error *e);
};

extern const struct target *const target_table[]; /* ends with NULL; the first one is the default */

const struct target *target_find(const char *name);
/* "qemu, qemu-uefi, ..." */
const char *target_names(void);

void finding_works(struct finding *f);
__attribute__((format(printf, 3, 4))) void finding_fails(struct finding *f, const char *remedy, const char *reason, ...);

/* `name` below the build folder, relative to the current folder where it lies below that. The caller frees it. */
char *target_file(const char *name);
/* The same for what a run starts: which bytes these are is noted in launch->images, so that a result says what it measured. */
char *target_image(struct launch *launch, const char *name);
void launch_free(struct launch *launch);
/* results/local of the tree, in the same manner. */
char *target_results(void);
/* Whether the program is found; if not, *finding tells the package. */
bool target_needs_program(const char *program, const char *package, struct finding *finding);
/* The same for a file; `remedy` is "make ..." or "apt-get install ...". */
bool target_needs_file(const char *path, const char *remedy, struct finding *finding);
/* The same for a file of the build folder. */
bool target_needs_built(const char *name, const char *make_target, struct finding *finding);
/* The same for a file of the build folder that is made from another one there: it must not be the older of the two, or a run would
 * measure what the tree no longer says. The other one may be missing. */
bool target_needs_fresh(const char *name, const char *made_from, const char *make_target, struct finding *finding);

/* True when this process may use KVM for measuring: the kernel, started under KVM with a time limit, proves it. Result is kept. */
void kvm_probe(const char *emulator, struct finding *finding);

#endif
