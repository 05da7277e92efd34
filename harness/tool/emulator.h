/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What targets that run an emulator share: the one QEMU machine, exit statuses of a guest, the disk that tells GRUB what to run.
 */
#ifndef HARNESS_TOOL_EMULATOR_H
#define HARNESS_TOOL_EMULATOR_H

#include "harness/tool/target.h"
#include "kernel/abi/abi.h"

#define EMULATOR_MEMORY_MB 256

/* Exit statuses that a guest leaves QEMU with through isa-debug-exit: (value written << 1) | 1. */
enum guest_status {
    GUEST_DONE = EXIT_OK << 1 | 1,
    GUEST_PANIC = EXIT_PANIC << 1 | 1,
    GUEST_FAILED = EXIT_FAILED << 1 | 1,
    GUEST_BAD_BOOT = EXIT_BAD_BOOT << 1 | 1,
};

/* Programs and files of the build that a Tollgate guest, and a disk image, need. */
bool emulator_qemu_check(const char *emulator, struct finding *finding);
/* Program, machine, clock (icount) and CPU of every exact QEMU target, and the serial line into plan->serial. */
void emulator_qemu_exact(const struct run_plan *plan, unsigned cpus, struct launch *launch);
/* QEMU's main loop in lockstep with its CPUs (harness/lockstep), where there are several. Not for machines with disks, whose transfers end in
 * turns of the main loop that the guest waits for without a halt: each would last as long as lockstep waits at most. */
void emulator_lockstep(const struct run_plan *plan, unsigned cpus, struct launch *launch);
/* The same machine under KVM, with the host's CPU and clock. */
void emulator_qemu_kvm(const struct run_plan *plan, unsigned cpus, struct arguments *a);
bool emulator_qemu_version(const char *emulator, char *line, size_t bytes);
bool emulator_qemu_judge(const struct run_plan *plan, int status, struct error *e);
/* Options for the guest as one line: "select=GLOB EXTRA". The caller frees it. */
char *emulator_guest_options(const struct run_plan *plan);
/* Makes plan->folder/run.img: a small FAT disk with /tollgate-run.cfg, which the image's GRUB sources (ci/image/grub.cfg). *path:
 * the caller frees it. */
bool emulator_options_disk(const struct run_plan *plan, struct launch *launch, char **path, struct error *e);
bool emulator_disk_check(struct finding *finding);

#endif
