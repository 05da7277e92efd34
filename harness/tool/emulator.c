/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One QEMU machine for every exact target, Linux included: same CPU, memory and clock, so that only the system differs.
 * Nothing in it depends on the host: the real-time clock is virtual, random numbers (RDRAND, seeds handed to a guest) are fixed.
 */
#include "harness/tool/emulator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"

#define QEMU "qemu-system-x86_64"
#define DISK_IMAGE "boot/disk.img"
#define LOCKSTEP "lockstep.so"
#define FOOTPRINT_PLUGIN "footprint.so"

/* Geometry of the options disk: a multiple of a cylinder, as Bochs wants it, and large enough for a FAT. */
#define OPTIONS_DISK_CYLINDERS 4
#define OPTIONS_DISK_HEADS 16
#define OPTIONS_DISK_SECTORS 63

bool emulator_qemu_check(const char *emulator, struct finding *finding)
{
    return target_needs_program(emulator ? emulator : QEMU, "qemu-system-x86", finding) && target_needs_built(LOCKSTEP, "all", finding);
}

static void arguments_add_all(struct arguments *a, const char *const *words)
{
    for (; *words; words++)
        arguments_add(a, "%s", *words);
}

/* QEMU reads "key=value,..." and takes a doubled comma as one in a value. The caller frees it. */
static char *value_escaped(const char *value)
{
    char *escaped = malloc(2 * strlen(value) + 1), *to = escaped;
    if (!escaped)
        abort();
    for (; *value; value++) {
        *to++ = *value;
        if (*value == ',')
            *to++ = ',';
    }
    *to = '\0';
    return escaped;
}

static void arguments_add_plugin(struct arguments *a, const struct run_plan *plan)
{
    char *path = target_file(FOOTPRINT_PLUGIN), *plugin = value_escaped(path), *out = value_escaped(plan->footprint);
    arguments_add(a, "-plugin");
    arguments_add(a, "file=%s,out=%s%s%s", plugin, out, plan->caches[0] ? "," : "", plan->caches);
    free(path);
    free(plugin);
    free(out);
}

static void arguments_add_serial(struct arguments *a, const char *path)
{
    char *escaped = value_escaped(path);
    arguments_add(a, "-chardev");
    arguments_add(a, "file,id=console,path=%s", escaped);
    arguments_add(a, "-serial");
    arguments_add(a, "chardev:console");
    free(escaped);
}

static void qemu_machine(const struct run_plan *plan, unsigned cpus, struct arguments *a)
{
    arguments_add(a, "%s", plan->emulator ? plan->emulator : QEMU);
    arguments_add_all(a, (const char *const[]){ "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-M", "q35",
                                                "-device", "isa-debug-exit,iobase=0xf4,iosize=4", NULL });
    arguments_add(a, "-smp");
    arguments_add(a, "%u", cpus);
    arguments_add(a, "-m");
    arguments_add(a, "%dM", EMULATOR_MEMORY_MB);
    arguments_add_serial(a, plan->serial);
}

/* LD_PRELOAD has no way to say a path with a separator in it: then the main loop runs free, and the result says so. */
void emulator_lockstep(const struct run_plan *plan, unsigned cpus, struct launch *launch)
{
    if (cpus < 2)
        return;
    char *library = target_file(LOCKSTEP);
    if (asprintf(&launch->lockstep, "%s/lockstep.txt", plan->folder) < 0)
        abort();
    arguments_add(&launch->temporary, "%s", launch->lockstep);
    if (strpbrk(library, " :") == NULL) {
        arguments_add(&launch->environment, "LD_PRELOAD=%s", library);
        arguments_add(&launch->environment, "TOLLGATE_LOCKSTEP=%s", launch->lockstep);
    }
    free(library);
}

/* Without CMPXCHG16B: QEMU 7.2 was seen to take an interrupt between the SETcc behind one and the next instruction with garbage in RFLAGS,
 * of which Linux, whose allocator has that pair, dies by a double fault. It depends on where the interrupt falls, so on the build. */
void emulator_qemu_exact(const struct run_plan *plan, unsigned cpus, struct launch *launch)
{
    qemu_machine(plan, cpus, &launch->arguments);
    arguments_add_all(&launch->arguments, (const char *const[]){ "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "max,-cx16",
                                                "-rtc", "base=2000-01-01T00:00:00,clock=vm", "-seed", "1", NULL });
    if (plan->footprint)
        arguments_add_plugin(&launch->arguments, plan);
}

void emulator_qemu_kvm(const struct run_plan *plan, unsigned cpus, struct arguments *a)
{
    qemu_machine(plan, cpus, a);
    arguments_add_all(a, (const char *const[]){ "-accel", "kvm", "-cpu", "host", NULL });
}

bool emulator_qemu_version(const char *emulator, char *line, size_t bytes)
{
    struct arguments a = { 0 };
    arguments_add(&a, "%s", emulator ? emulator : QEMU);
    arguments_add(&a, "--version");
    bool ok = process_capture(&a, line, bytes);
    arguments_free(&a);
    line[strcspn(line, "\r\n")] = '\0';
    return ok && line[0];
}

bool emulator_qemu_judge(const struct run_plan *plan, int status, struct error *e)
{
    (void)plan;
    switch (status) {
    case GUEST_DONE: return true;
    case GUEST_PANIC: return error_set(e, "the guest's kernel panicked (exit status %d)", status);
    case GUEST_FAILED: return error_set(e, "a test or workload failed in the guest (exit status %d)", status);
    case GUEST_BAD_BOOT:
        return error_set(e, "the guest refused its command line, archive or a program (exit status %d)", status);
    case 0: return error_set(e, "the guest reset or switched off before it was done (exit status 0)");
    case 1: return error_set(e, "the emulator gave up (exit status 1)");
    default: return error_set(e, "the emulator ended with exit status %d, which means nothing known", status);
    }
}

char *emulator_guest_options(const struct run_plan *plan)
{
    char *line;
    if (asprintf(&line, "select=%s%s%s", plan->select, plan->cmdline[0] ? " " : "", plan->cmdline) < 0)
        abort();
    return line;
}

bool emulator_disk_check(struct finding *finding)
{
    return target_needs_fresh(DISK_IMAGE, "kernel/tollgate.elf", "disk", finding) &&
           target_needs_fresh(DISK_IMAGE, "boot/archive.cpio", "disk", finding) && target_needs_program("mformat", "mtools", finding) &&
           target_needs_program("mcopy", "mtools", finding);
}

static bool tool_run(struct arguments *a, struct error *e)
{
    char said[512];
    bool ok = process_capture(a, said, sizeof said);
    if (!ok)
        error_set(e, "%s failed: %.200s", a->item[0], said);
    arguments_free(a);
    return ok;
}

static bool options_file_write(const struct run_plan *plan, const char *path, struct error *e)
{
    struct file_output out;
    if (!file_create(&out, path, e))
        return false;
    char *options = emulator_guest_options(plan);
    fprintf(out.stream, "set tollgate_cmdline=\"%s\"\n", options);
    free(options);
    return file_commit(&out, e);
}

bool emulator_options_disk(const struct run_plan *plan, struct launch *launch, char **path, struct error *e)
{
    struct arguments format = { 0 }, copy = { 0 };
    char *cfg;
    if (asprintf(path, "%s/run.img", plan->folder) < 0 || asprintf(&cfg, "%s/tollgate-run.cfg", plan->folder) < 0)
        abort();
    arguments_add(&format, "mformat");
    arguments_add(&format, "-C");
    arguments_add(&format, "-i");
    arguments_add(&format, "%s", *path);
    arguments_add(&format, "-t%d", OPTIONS_DISK_CYLINDERS);
    arguments_add(&format, "-h%d", OPTIONS_DISK_HEADS);
    arguments_add(&format, "-s%d", OPTIONS_DISK_SECTORS);
    arguments_add(&format, "::");
    arguments_add(&copy, "mcopy");
    arguments_add(&copy, "-i");
    arguments_add(&copy, "%s", *path);
    arguments_add(&copy, "%s", cfg);
    arguments_add(&copy, "::/tollgate-run.cfg");
    arguments_add(&launch->temporary, "%s", *path);
    bool ok = options_file_write(plan, cfg, e) && tool_run(&format, e) && tool_run(&copy, e);
    arguments_free(&format);
    arguments_free(&copy);
    free(cfg);
    if (!ok) {
        free(*path);
        *path = NULL;
    }
    return ok;
}
