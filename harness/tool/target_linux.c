/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Targets that ask Linux the same questions: `linux` (this host); `linux-qemu` and `linux-qemu-mitigations` (a stock distribution kernel
 * whose init is the baselines' binary, in the very machine of target `qemu`); `linux-kvm` (the same under KVM).
 */
#include <stdlib.h>
#include <string.h>

#include "harness/tool/emulator.h"

#define BASELINES "baselines/linux-baselines"
#define GUEST_KERNEL "linux-guest/vmlinuz"
#define GUEST_ARCHIVE "linux-guest/initramfs.cpio"
/* No randomised addresses: the guest repeats to the digit. A guest that panics resets, which ends QEMU. */
#define GUEST_OPTIONS "console=ttyS0 quiet panic=-1 nokaslr"
/* One CPU at first, see GUEST_CPUS; the TSC as clock, which Linux does not trust on this CPU model. */
#define GUEST_OPTIONS_EXACT GUEST_OPTIONS " maxcpus=1 tsc=reliable"
/* Without mitigations Linux is shown at its fastest; with them as the distribution ships it. */
#define MITIGATIONS_OFF " mitigations=off"
#define MITIGATIONS_AUTO " mitigations=auto"
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

/* The words of --cmdline that a guest would read as tollgate.KEY=VALUE are this program's options --KEY=VALUE. */
static bool options_add(const char *cmdline, struct arguments *a, struct error *e)
{
    static const char prefix[] = "tollgate.";
    for (const char *word = cmdline + strspn(cmdline, " "); *word; word += strspn(word, " ")) {
        size_t length = strcspn(word, " "), prefix_length = sizeof prefix - 1;
        if (length <= prefix_length || strncmp(word, prefix, prefix_length) != 0)
            return error_set(e, "this target boots nothing: of --cmdline only tollgate.KEY=VALUE has a meaning, not %.*s", (int)length, word);
        arguments_add(a, "--%.*s", (int)(length - prefix_length), word + prefix_length);
        word += length;
    }
    return true;
}

static bool linux_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    char *program = target_image(launch, BASELINES);
    arguments_add(&launch->arguments, "%s", plan->emulator ? plan->emulator : program);
    arguments_add(&launch->arguments, "--select=%s", plan->select);
    if (plan->prepare)
        arguments_add(&launch->arguments, "--prepare");
    if (plan->perf)
        arguments_add(&launch->arguments, "--perf=%s", plan->folder);
    bool ok = options_add(plan->cmdline, &launch->arguments, e);
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
    .system = "linux",
    .summary = "Linux's own IPC on this host",
    .host_options = true,
    .on_host_cpu = true,
    .time_limit_s = 600,
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

static void guest_arguments(const struct run_plan *plan, const char *options, struct launch *launch)
{
    struct arguments *a = &launch->arguments;
    char *kernel = target_image(launch, GUEST_KERNEL), *archive = target_image(launch, GUEST_ARCHIVE);
    arguments_add(a, "-kernel");
    arguments_add(a, "%s", kernel);
    arguments_add(a, "-initrd");
    arguments_add(a, "%s", archive);
    arguments_add(a, "-append");
    arguments_add(a, "%s tollgate.select=%s%s%s", options, plan->select, plan->cmdline[0] ? " " : "", plan->cmdline);
    free(kernel);
    free(archive);
}

static bool exact_prepare(const struct run_plan *plan, const char *options, struct launch *launch)
{
    emulator_qemu_exact(plan, GUEST_CPUS, launch);
    emulator_lockstep(plan, GUEST_CPUS, launch);
    guest_arguments(plan, options, launch);
    return true;
}

static bool guest_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    return exact_prepare(plan, GUEST_OPTIONS_EXACT MITIGATIONS_OFF, launch);
}

static bool mitigations_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    return exact_prepare(plan, GUEST_OPTIONS_EXACT MITIGATIONS_AUTO, launch);
}

static bool kvm_guest_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    emulator_qemu_kvm(plan, GUEST_CPUS, &launch->arguments);
    guest_arguments(plan, GUEST_OPTIONS MITIGATIONS_OFF, launch);
    return true;
}

/* Not exercised on hardware: no machine here had a usable KVM. The probe guest is our own kernel: it is there in a second, and what it finds out about KVM holds for Linux as well. */
static void kvm_guest_check(const struct target *target, const char *emulator, struct finding *finding)
{
    guest_check(target, emulator, finding);
    if (finding->works)
        kvm_probe(emulator, finding);
}

static bool guest_judge(const struct run_plan *plan, int status, struct error *e)
{
    if (status == LINUX_GUEST_FAILED)
        return error_set(e, "a baseline failed in the guest (exit status %d)", status);
    return emulator_qemu_judge(plan, status, e);
}

const struct target target_linux_qemu = {
    .name = "linux-qemu",
    .system = "linux",
    .summary = "Linux's own IPC on a stock kernel in the machine and clock of target qemu",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 600,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = guest_check,
    .prepare = guest_prepare,
    .judge = guest_judge,
};

const struct target target_linux_qemu_mitigations = {
    .name = "linux-qemu-mitigations",
    .system = "linux",
    .summary = "Linux's own IPC as in linux-qemu, but with the mitigations of speculation that the kernel chooses itself",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 600,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = guest_check,
    .prepare = mitigations_prepare,
    .judge = guest_judge,
};

const struct target target_linux_kvm = {
    .name = "linux-kvm",
    .system = "linux",
    .summary = "Linux's own IPC on a stock kernel on this CPU under KVM; only where target kvm works",
    .fidelity = "virtual",
    .on_host_cpu = true,
    .time_limit_s = 300,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = kvm_guest_check,
    .prepare = kvm_guest_prepare,
    .judge = guest_judge,
};
