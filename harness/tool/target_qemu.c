/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Targets that run the kernel in QEMU: `qemu` (started directly, PVH), `qemu-uefi` (disk image, GRUB, OVMF) and `kvm`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/tool/emulator.h"

#define KERNEL "kernel/tollgate.elf"
#define ARCHIVE "boot/archive.cpio"
#define DISK_IMAGE "boot/disk.img"
#define OVMF_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define OVMF_VARIABLES "/usr/share/OVMF/OVMF_VARS_4M.fd"

static void kernel_arguments(const struct run_plan *plan, struct launch *launch)
{
    struct arguments *a = &launch->arguments;
    char *kernel = target_image(launch, KERNEL), *archive = target_image(launch, ARCHIVE), *options = emulator_guest_options(plan);
    arguments_add(a, "-kernel");
    arguments_add(a, "%s", kernel);
    arguments_add(a, "-initrd");
    arguments_add(a, "%s", archive);
    arguments_add(a, "-append");
    arguments_add(a, "%s", options);
    free(kernel);
    free(archive);
    free(options);
}

static bool kernel_check(const char *emulator, struct finding *finding)
{
    return emulator_qemu_check(emulator, finding) && target_needs_built(KERNEL, "all", finding) &&
           target_needs_built(ARCHIVE, "all", finding);
}

static void qemu_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (kernel_check(emulator, finding))
        finding_works(finding);
}

static bool qemu_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    emulator_qemu_exact(plan, plan->cpus, launch);
    emulator_lockstep(plan, plan->cpus, launch);
    kernel_arguments(plan, launch);
    return true;
}

const struct target target_qemu = {
    .name = "qemu",
    .system = "tollgate",
    .takes_cpus = true,
    .summary = "the kernel in QEMU, one clock tick per guest instruction; the same digits in every run",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 300,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = qemu_check,
    .prepare = qemu_prepare,
    .judge = emulator_qemu_judge,
};

static void uefi_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (emulator_qemu_check(emulator, finding) && target_needs_file(OVMF_CODE, "apt-get install ovmf", finding) &&
        target_needs_file(OVMF_VARIABLES, "apt-get install ovmf", finding) && emulator_disk_check(finding))
        finding_works(finding);
}

static bool uefi_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    struct arguments *a = &launch->arguments;
    char *options_disk, *image = target_image(launch, DISK_IMAGE);
    bool ok = emulator_options_disk(plan, launch, &options_disk, e);
    if (ok) {
        emulator_qemu_exact(plan, plan->cpus, launch);
        /* snapshot=on: the firmware writes its variables and nothing of it stays. */
        arguments_add(a, "-drive");
        arguments_add(a, "if=pflash,unit=0,format=raw,readonly=on,file=%s", OVMF_CODE);
        arguments_add(a, "-drive");
        arguments_add(a, "if=pflash,unit=1,format=raw,snapshot=on,file=%s", OVMF_VARIABLES);
        arguments_add(a, "-drive");
        arguments_add(a, "if=ide,index=0,media=disk,format=raw,snapshot=on,file=%s", image);
        arguments_add(a, "-drive");
        arguments_add(a, "if=ide,index=1,media=disk,format=raw,snapshot=on,file=%s", options_disk);
        free(options_disk);
    }
    free(image);
    return ok;
}

const struct target target_qemu_uefi = {
    .name = "qemu-uefi",
    .system = "tollgate",
    .takes_cpus = true,
    /* The firmware waits a second of its time for a TPM, polling: half a minute of ours, with every instruction counted. */
    .summary = "the disk image in the same QEMU machine, through OVMF (UEFI) and GRUB; takes half a minute to boot",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 300,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = uefi_check,
    .prepare = uefi_prepare,
    .judge = emulator_qemu_judge,
};

static void kvm_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (kernel_check(emulator, finding))
        kvm_probe(emulator, finding);
}

static bool kvm_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    (void)e;
    emulator_qemu_kvm(plan, plan->cpus, &launch->arguments);
    kernel_arguments(plan, launch);
    return true;
}

const struct target target_kvm = {
    .name = "kvm",
    .system = "tollgate",
    .takes_cpus = true,
    .summary = "the kernel on this CPU under KVM, in cycles; only where a probe guest passes the fidelity self-test",
    .fidelity = "virtual",
    .on_host_cpu = true,
    .time_limit_s = 120,
    .version_key = "qemu",
    .version = emulator_qemu_version,
    .check = kvm_check,
    .prepare = kvm_prepare,
    .judge = emulator_qemu_judge,
};
