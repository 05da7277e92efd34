/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Conditions of the machine. Whoever sets them restores them after the run has ended in whichever way, since the run is a child
 * process: main.c; and the keeper does when that one is killed. A change stands in the journal, which both share, before it is made. The
 * wake-up latency needs no restoring: the kernel forgets it when the descriptor is closed. Exercised on an invented machine (test/failures) and on
 * virtual ones without cpufreq and SMT; not exercised on hardware.
 */
#include "baselines/linux/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VALUE_BYTES 64
#define FILES_MAX 1024

struct condition {
    const char *key;     /* of the context record */
    const char *files;   /* glob below the root */
    const char *wanted;
    unsigned set;        /* so many files had another value and now have this one */
    char before[VALUE_BYTES]; /* of the first of them */
    unsigned kept;       /* so many could not be set... */
    char refused[96];    /* ...and why the last of them could not */
};

static struct condition conditions[] = {
    { .key = "governor", .files = "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor", .wanted = "performance" },
    { .key = "no_turbo", .files = "/sys/devices/system/cpu/intel_pstate/no_turbo", .wanted = "1" },
    { .key = "boost", .files = "/sys/devices/system/cpu/cpufreq/boost", .wanted = "0" },
    { .key = "smt", .files = "/sys/devices/system/cpu/smt/control", .wanted = "off" },
    { .key = "numa_balancing", .files = "/proc/sys/kernel/numa_balancing", .wanted = "0" },
    { .key = "nmi_watchdog", .files = "/proc/sys/kernel/nmi_watchdog", .wanted = "0" },
    /* Recorded, never set: it saves a machine from a real-time process that never stops. */
    { .key = "rt_runtime_us", .files = "/proc/sys/kernel/sched_rt_runtime_us" },
    { .key = "loadavg", .files = "/proc/loadavg" },
    { .key = "isolated_cpus", .files = "/sys/devices/system/cpu/isolated" },
    { .key = "nohz_full", .files = "/sys/devices/system/cpu/nohz_full" },
};
#define CONDITIONS (sizeof conditions / sizeof conditions[0])

/* What is being or was changed, in the order of the changes. */
static struct journal {
    size_t count;
    struct change {
        char path[192];
        char before[VALUE_BYTES];
    } changes[FILES_MAX];
} *journal;

static int latency_fd = -1;
static char latency_text[128] = "not asked for";

static bool value_read(const char *path, char value[VALUE_BYTES])
{
    FILE *f = fopen(path, "r");
    bool got = f != NULL && fgets(value, VALUE_BYTES, f) != NULL;

    if (f != NULL)
        fclose(f);
    if (!got)
        value[0] = '\0';
    value[strcspn(value, "\n")] = '\0';
    if (strcmp(value, "(null)") == 0) /* how kernels without any CPU in nohz_full print the empty list */
        value[0] = '\0';
    return got || f != NULL; /* an empty file is a value */
}

/* sysfs takes or refuses a value at the write, not at the close. */
static bool value_write(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return done;
}

bool prepare_init(void)
{
    void *memory = mmap(NULL, sizeof *journal, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    journal = memory != MAP_FAILED ? memory : NULL;
    return journal != NULL;
}

/* Writes the journal, then the file. Whatever the kernel made of a value that it took is to be put back. NULL, or why the value is another one. */
static const char *value_change(const char *path, const char *before, const char *wanted)
{
    struct change *change = &journal->changes[journal->count];
    char after[VALUE_BYTES];

    if (journal->count == FILES_MAX || strlen(path) >= sizeof change->path)
        return "too many files";
    memcpy(change->before, before, sizeof change->before);
    memcpy(change->path, path, strlen(path) + 1);
    journal->count++;
    if (!value_write(path, wanted)) {
        journal->count--;
        return strerror(errno);
    }
    return value_read(path, after) && strcmp(after, wanted) == 0 ? NULL : "the kernel took the value and kept its own";
}

static void file_set(struct condition *c, const char *path)
{
    char before[VALUE_BYTES];

    if (!value_read(path, before) || strcmp(before, c->wanted) == 0 || strcmp(before, "notsupported") == 0 ||
        strcmp(before, "forceoff") == 0)
        return;
    const char *refused = value_change(path, before, c->wanted);
    if (refused != NULL) {
        c->kept++;
        snprintf(c->refused, sizeof c->refused, "%s", refused);
    } else if (c->set++ == 0) {
        memcpy(c->before, before, sizeof before);
    }
}

/* The kernel keeps CPUs out of idle states whose exit takes longer than any open descriptor asks for. */
static void latency_set(const char *root)
{
    const int32_t none_us = 0;
    char path[256];

    snprintf(path, sizeof path, "%s/dev/cpu_dma_latency", root);
    latency_fd = open(path, O_WRONLY | O_CLOEXEC);
    if (latency_fd >= 0 && write(latency_fd, &none_us, sizeof none_us) == sizeof none_us)
        snprintf(latency_text, sizeof latency_text, "0 us (prepared)");
    else
        snprintf(latency_text, sizeof latency_text, "not set (%s)", strerror(errno));
}

void prepare_set(const char *root)
{
    for (size_t i = 0; i < CONDITIONS; i++) {
        struct condition *c = &conditions[i];
        char pattern[256];
        glob_t files;
        if (c->wanted == NULL)
            continue;
        snprintf(pattern, sizeof pattern, "%s%s", root, c->files);
        if (glob(pattern, 0, NULL, &files) != 0)
            continue;
        for (size_t j = 0; j < files.gl_pathc; j++)
            file_set(c, files.gl_pathv[j]);
        globfree(&files);
    }
    latency_set(root);
}

bool prepare_restore(void)
{
    bool done = true;

    for (; journal != NULL && journal->count > 0; journal->count--) {
        const struct change *change = &journal->changes[journal->count - 1];
        if (value_write(change->path, change->before))
            continue;
        fprintf(stderr, "linux-baselines: %s could not be set back to %s: %s\n", change->path, change->before, strerror(errno));
        done = false;
    }
    if (latency_fd >= 0)
        close(latency_fd);
    latency_fd = -1;
    return done;
}

/* Value of the first file, and whether others have another one. */
static void values_read(const char *root, const struct condition *c, char *text, size_t bytes)
{
    char pattern[256], first[VALUE_BYTES], other[VALUE_BYTES];
    bool differ = false;
    glob_t files;

    snprintf(text, bytes, "unknown (this machine does not tell)");
    snprintf(pattern, sizeof pattern, "%s%s", root, c->files);
    if (glob(pattern, 0, NULL, &files) != 0)
        return;
    if (value_read(files.gl_pathv[0], first)) {
        for (size_t i = 1; i < files.gl_pathc && !differ; i++)
            differ = value_read(files.gl_pathv[i], other) && strcmp(first, other) != 0;
        snprintf(text, bytes, "%s%s", first[0] != '\0' ? first : "none", differ ? ", elsewhere another" : "");
    }
    globfree(&files);
}

/* What became of the wish. */
static void condition_outcome(const struct condition *c, char *text, size_t bytes)
{
    if (c->set != 0 && c->kept != 0)
        snprintf(text, bytes, " (prepared in %u of %u places; before: %s; not elsewhere: %s)", c->set, c->set + c->kept, c->before, c->refused);
    else if (c->set != 0)
        snprintf(text, bytes, " (prepared; before: %s)", c->before);
    else if (c->kept != 0)
        snprintf(text, bytes, " (could not be prepared: %s)", c->refused);
}

void prepare_context(struct record_writer *w, const char *root)
{
    for (size_t i = 0; i < CONDITIONS; i++) {
        char text[384];
        values_read(root, &conditions[i], text, sizeof text);
        size_t used = strlen(text);
        condition_outcome(&conditions[i], text + used, sizeof text - used);
        record_context(w, conditions[i].key, text);
    }
    record_context(w, "cpu_dma_latency", latency_text);
}
