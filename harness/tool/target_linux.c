/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Targets that ask Linux the same questions: `linux` (this host) and `linux-qemu` (a stock distribution kernel whose init is the
 * baselines' binary, in the very machine of target `qemu`).
 */
#include <stdlib.h>

#include "harness/tool/emulator.h"

#define BASELINES "baselines/linux-baselines"
#define GUEST_KERNEL "linux-guest/vmlinuz"
#define GUEST_ARCHIVE "linux-guest/initramfs.cpio"
/* No randomised addresses and no mitigations: the guest repeats to the digit, and Linux is shown at its fastest. A guest that panics
 * resets, which ends QEMU. */
#define GUEST_OPTIONS "console=ttyS0 quiet panic=-1 nokaslr mitigations=off maxcpus=1 tsc=reliable"
/* Two, for the rows with client and server on different CPUs. The kernel boots on one (maxcpus=1), init starts the second: a kernel
 * that starts it itself waits without PAUSE and starves it under icount. */
#define GUEST_CPUS 2
/* The baselines' init leaves with 0x11 when one of them failed. */
#define LINUX_GUEST_FAILED 35

static void linux_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (emulator ? target_needs_program(emulator, "(the program given)", finding) : target_needs_built(BASELINES, "all", finding))
        finding_works(finding);
}

static bool linux_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    char *program = target_file(BASELINES);
    bool ok = plan->cmdline[0] == '\0';
    if (!ok)
        error_set(e, "this target boots nothing: --cmdline has no meaning");
    arguments_add(&launch->arguments, "%s", plan->emulator ? plan->emulator : program);
    arguments_add(&launch->arguments, "--select=%s", plan->select);
    launch->output_is_serial = true;
    free(program);
    return ok;
}

static bool linux_judge(const struct run_plan *plan, int status, struct error *e)
{
    (void)plan;
    return status == 0 || error_set(e, "the baselines failed (exit status %d)", status);
}

const struct target target_linux = {
    .name = "linux",
    .summary = "Linux's own IPC on this host",
    .on_host_cpu = true,
    .time_limit_s = 300,
    .check = linux_check,
    .prepare = linux_prepare,
    .judge = linux_judge,
};

static void guest_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (emulator_qemu_check(emulator, finding) && target_needs_built(GUEST_KERNEL, "linux-guest", finding) &&
        target_needs_fresh(GUEST_ARCHIVE, BASELINES, "linux-guest", finding))
        finding_works(finding);
}

static bool guest_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    struct arguments *a = &launch->arguments;
    char *kernel = target_file(GUEST_KERNEL), *archive = target_file(GUEST_ARCHIVE);
    emulator_qemu_exact(plan, GUEST_CPUS, a);
    arguments_add(a, "-kernel");
    arguments_add(a, "%s", kernel);
    arguments_add(a, "-initrd");
    arguments_add(a, "%s", archive);
    arguments_add(a, "-append");
    arguments_add(a, "%s tollgate.select=%s%s%s", GUEST_OPTIONS, plan->select, plan->cmdline[0] ? " " : "", plan->cmdline);
    free(kernel);
    free(archive);
    return true;
}

static bool guest_judge(const struct run_plan *plan, int status, struct error *e)
{
    if (status == LINUX_GUEST_FAILED)
        return error_set(e, "a baseline failed in the guest (exit status %d)", status);
    return emulator_qemu_judge(plan, status, e);
}

const struct target target_linux_qemu = {
    .name = "linux-qemu",
    .summary = "Linux's own IPC on a stock kernel in the machine and clock of target qemu",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 300,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = guest_check,
    .prepare = guest_prepare,
    .judge = guest_judge,
};
