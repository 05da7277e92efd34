/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Target `bochs`: the disk image in Bochs, the independent second opinion on instruction counts. Debian's Bochs is a debugger build
 * with displays that want a terminal: it gets a pseudo-terminal and the debugger command `c`. It has no exit status of its own:
 * the guest ends it by writing "Shutdown" to port 0x8900, which its log tells; the status stands on the guest's console.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/emulator.h"
#include "harness/tool/file.h"

#define BOCHS "bochs-bin"
#define DISK_IMAGE "boot/disk.img"
#define BIOS "/usr/share/bochs/BIOS-bochs-latest"
#define VGA_BIOS "/usr/share/bochs/VGABIOS-lgpl-latest"
#define TERM_DISPLAY "/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so"
#define CONSOLE_BYTES_MAX (128u << 20)
#define SHUTDOWN_MARK ">>PANIC<< Shutdown port: shutdown requested"
#define SHUTDOWN_STATUS 1

static void bochs_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    if (target_needs_program(emulator ? emulator : BOCHS, "bochs", finding) &&
        target_needs_file(TERM_DISPLAY, "apt-get install bochs-term", finding) &&
        target_needs_file(BIOS, "apt-get install bochsbios", finding) &&
        target_needs_file(VGA_BIOS, "apt-get install bochs", finding) && emulator_disk_check(finding))
        finding_works(finding);
}

/* 10^9 instructions per second: one nanosecond of the guest's time per instruction, as in QEMU with icount shift=0. The disks are
 * volatile: what the guest writes is gone with the run. The clock starts at a fixed date. */
static bool bochsrc_write(const struct run_plan *plan, const char *path, const char *disk, const char *options_disk, struct error *e)
{
    struct file_output out;
    if (!file_create(&out, path, e))
        return false;
    fprintf(out.stream,
            "config_interface: textconfig\n"
            "display_library: term\n"
            "cpu: model=corei7_haswell_4770, count=%u, ips=1000000000, reset_on_triple_fault=0\n"
            "memory: guest=%d, host=%d\n"
            "romimage: file=\"%s\", options=fastboot\n"
            "vgaromimage: file=\"%s\"\n"
            "vga: extension=none\n" /* the display knows text alone; without VBE the boot loader finds no other mode */
            "clock: sync=none, rtc_sync=0, time0=946684800\n"
            "boot: disk\n"
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
            "ata0-master: type=disk, path=\"%s\", mode=volatile, cylinders=0\n"
            "ata0-slave: type=disk, path=\"%s\", mode=volatile, cylinders=0\n"
            "com1: enabled=1, mode=file, dev=\"%s\"\n"
            "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
            "speaker: enabled=0\n"
            "mouse: enabled=0\n"
            "log: \"%s\"\n"
            "panic: action=fatal\n"
            "error: action=report\n"
            "info: action=report\n"
            "debug: action=ignore\n",
            plan->cpus, EMULATOR_MEMORY_MB, EMULATOR_MEMORY_MB, BIOS, VGA_BIOS, disk, options_disk, plan->serial, plan->log);
    return file_commit(&out, e);
}

static bool debugger_commands_write(const char *path, struct error *e)
{
    struct file_output out;
    if (!file_create(&out, path, e))
        return false;
    fputs("c\n", out.stream);
    return file_commit(&out, e);
}

/* Bochs puts its lock and its redo log beside the image: a link keeps them in the run's folder and two runs apart. */
static bool disk_link(struct launch *launch, const char *link, struct error *e)
{
    char *image = target_image(launch, DISK_IMAGE), *real = realpath(image, NULL);
    bool ok = real && symlink(real, link) == 0;
    if (!ok)
        error_set(e, "%s: %s", real ? link : image, strerror(errno));
    free(image);
    free(real);
    return ok;
}

static char *folder_file(const struct run_plan *plan, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", plan->folder, name) < 0)
        abort();
    return path;
}

static bool bochs_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    char *rc = folder_file(plan, "bochsrc"), *commands = folder_file(plan, "bochs.commands"), *disk = folder_file(plan, "disk.img");
    char *options_disk = NULL;
    arguments_add(&launch->temporary, "%s", disk);
    arguments_add(&launch->temporary, "%s.lock", disk);
    bool ok = emulator_options_disk(plan, launch, &options_disk, e) && disk_link(launch, disk, e) &&
              bochsrc_write(plan, rc, disk, options_disk, e) && debugger_commands_write(commands, e);
    arguments_add(&launch->temporary, "%s/run.img.lock", plan->folder);
    arguments_add(&launch->arguments, "%s", plan->emulator ? plan->emulator : BOCHS);
    arguments_add(&launch->arguments, "-q");
    arguments_add(&launch->arguments, "-f");
    arguments_add(&launch->arguments, "%s", rc);
    arguments_add(&launch->arguments, "-rc");
    arguments_add(&launch->arguments, "%s", commands);
    launch->terminal = true;
    free(rc);
    free(commands);
    free(disk);
    free(options_disk);
    return ok;
}

/* The status that the guest's kernel says it ends with (kernel/x86_64/exit.c): the last such line of its console, or -1. */
static long exit_code_read(const char *console)
{
    static const char mark[] = "tollgate: exit status 0x";
    long code = -1;
    for (const char *p = console; (p = strstr(p, mark)); p += sizeof mark - 1)
        code = strtol(p + sizeof mark - 1, NULL, 16);
    return code;
}

/* Judges the guest as if QEMU's device had taken its status. */
static bool console_judge(const struct run_plan *plan, struct error *e)
{
    char *text;
    size_t size;
    if (!file_read(plan->serial, CONSOLE_BYTES_MAX, &text, &size, e))
        return false;
    long code = exit_code_read(text);
    free(text);
    if (code < 0 || code > 127)
        return error_set(e, "the guest asked Bochs to end, but never said with what status");
    return emulator_qemu_judge(plan, (int)(code << 1 | 1), e);
}

static bool bochs_judge(const struct run_plan *plan, int status, struct error *e)
{
    char *text;
    size_t size;
    if (!file_read(plan->log, CONSOLE_BYTES_MAX, &text, &size, e))
        return error_prefix(e, "the emulator ended with exit status %d and its log cannot be read", status);
    bool asked = strstr(text, SHUTDOWN_MARK) != NULL && status == SHUTDOWN_STATUS;
    const char *panic = strstr(text, ">>PANIC<<");
    if (!asked && panic)
        error_set(e, "Bochs gave up (exit status %d): %.*s", status, (int)strcspn(panic, "\r\n"), panic);
    else if (!asked)
        error_set(e, "Bochs ended with exit status %d, and the guest had not asked for it", status);
    free(text);
    return asked && console_judge(plan, e);
}

static bool bochs_version(const char *emulator, char *line, size_t bytes)
{
    struct arguments a = { 0 };
    char text[4096];
    arguments_add(&a, "%s", emulator ? emulator : BOCHS);
    arguments_add(&a, "--help");
    /* The banner of --help names the version; every other way to it starts a simulation. */
    bool ok = process_capture(&a, text, sizeof text);
    arguments_free(&a);
    const char *banner = strstr(text, "Bochs x86 Emulator");
    if (!ok || !banner)
        return false;
    snprintf(line, bytes, "%.*s", (int)strcspn(banner, "\r\n"), banner);
    return true;
}

const struct target target_bochs = {
    .name = "bochs",
    .system = "tollgate",
    .takes_cpus = true,
    .summary = "the disk image in Bochs (Haswell, BIOS, GRUB): an independent count of the same instructions",
    .fidelity = "instructions",
    .exact = true,
    .time_limit_s = 600,
    .version_key = "bochs",
    .version = bochs_version,
    .check = bochs_check,
    .prepare = bochs_prepare,
    .judge = bochs_judge,
};
