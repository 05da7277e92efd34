/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Context of a run. What cannot be read is said to be "unknown"; nothing is invented.
 */
#include "baselines/linux/context.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TEXT_BYTES 1024
#define CMDLINE_BYTES 4096 /* the kernel keeps 2048 */
#define LIST_BYTES 4096
#define LIST_ESCAPED_MAX 3600 /* of the 3900 bytes of a record */
#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"

void conditions_set(struct conditions *c, bool fifo)
{
    struct sched_param parameter = { .sched_priority = 1 };

    if (!fifo)
        snprintf(c->scheduling, sizeof c->scheduling, "other");
    else if (sched_setscheduler(0, SCHED_FIFO, &parameter) == 0)
        snprintf(c->scheduling, sizeof c->scheduling, "fifo");
    else
        snprintf(c->scheduling, sizeof c->scheduling, "other (fifo: %s)", strerror(errno));
    if (mlockall(MCL_CURRENT) == 0)
        snprintf(c->memory, sizeof c->memory, "locked");
    else
        snprintf(c->memory, sizeof c->memory, "not locked (%s)", strerror(errno));
}

/* First line of a file without its line end; "unknown" when it cannot be read. */
static void file_line(char *line, size_t bytes, const char *path)
{
    FILE *f = fopen(path, "r");

    if (f == NULL || fgets(line, (int)bytes, f) == NULL)
        snprintf(line, bytes, "unknown");
    if (f != NULL)
        fclose(f);
    line[strcspn(line, "\n")] = '\0';
}

/* Value of the first "key : value" line of /proc/cpuinfo. */
static void cpuinfo_value(char *value, size_t bytes, const char *key)
{
    char line[TEXT_BYTES];
    FILE *f = fopen("/proc/cpuinfo", "r");

    snprintf(value, bytes, "unknown");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, key, strlen(key)) != 0)
            continue;
        colon += strspn(colon, ": \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(value, bytes, "%s", colon);
        break;
    }
    if (f != NULL)
        fclose(f);
}

static int entry_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A list in one value of a record, which must not grow beyond what a record can hold. */
struct list {
    char text[LIST_BYTES];
    size_t used, escaped; /* escaped: bytes of it in a record, where a blank takes three */
    bool cut;
};

static void list_add(struct list *l, const char *between, const char *name, const char *colon, const char *value)
{
    char item[512];
    size_t bytes = (size_t)snprintf(item, sizeof item, "%s%s%s%s", l->used == 0 ? "" : between, name, colon, value), escaped = 0;

    for (const char *c = item; *c != '\0'; c++)
        escaped += *c > ' ' && *c < 0x7f && *c != '%' ? 1 : 3;
    if (l->cut)
        return;
    l->cut = bytes >= sizeof item || l->escaped + escaped > LIST_ESCAPED_MAX;
    l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s", l->cut ? " [cut]" : item);
    l->escaped += escaped;
}

/* "file: text; ..." of every known vulnerability. Returns "on" when the kernel mitigates any, else "off". */
static const char *vulnerabilities_read(struct list *l)
{
    struct dirent **entries;
    int n = scandir(VULNERABILITIES, &entries, entry_visible, alphasort);
    bool mitigated = false;

    if (n <= 0) {
        list_add(l, "", "unknown", "", "");
        return "unknown";
    }
    for (int i = 0; i < n; i++) {
        char path[512], line[256];
        snprintf(path, sizeof path, VULNERABILITIES "/%s", entries[i]->d_name);
        file_line(line, sizeof line, path);
        mitigated = mitigated || strncmp(line, "Mitigation", 10) == 0;
        list_add(l, "; ", entries[i]->d_name, ": ", line);
        free(entries[i]);
    }
    free(entries);
    return mitigated ? "on" : "off";
}

static void context_mitigations(struct record_writer *w)
{
    static struct list vulnerabilities;

    record_context(w, "mitigations", vulnerabilities_read(&vulnerabilities));
    record_context(w, "vulnerabilities", vulnerabilities.text);
}

static uint64_t probe_median(const uint64_t *samples)
{
    struct histogram_pair pairs[FIDELITY_SAMPLES];
    struct histogram h;

    histogram_init(&h, pairs, FIDELITY_SAMPLES);
    histogram_fold(&h, samples, FIDELITY_SAMPLES);
    return histogram_quantile(&h, 1, 2);
}

/* Words of the kernel command line that can change a measurement. The rest (disks, network, what a site puts there) tells
 * nothing about one and may be nobody's business. */
static const char *const cmdline_words[] = {
    "mitigations=*", "*pti*", "spec*", "mds=*", "l1tf=*", "srbds=*", "tsx*", "retbleed=*", "gather_data_sampling=*",
    "tsc*", "clocksource=*", "hpet=*", "lpj=*", "idle=*", "*cstate*", "*pstate*", "cpuidle*", "*haltpoll*", "nohz*", "isolcpus=*",
    "rcu_nocbs*", "irqaffinity=*", "maxcpus=*", "nr_cpus=*", "nosmt*", "nosmp", "nosmap", "nosmep", "nopcid", "noxsave*", "no5lvl",
    "preempt=*", "threadirqs", "skew_tick=*", "sched_*", "transparent_hugepage=*", "*kaslr", "randomize_kstack_offset=*",
    "nmi_watchdog=*", "nowatchdog", "audit=*", "quiet", "console=*", "panic=*", "tollgate.*",
};

static bool cmdline_word_matters(const char *word)
{
    for (size_t i = 0; i < sizeof cmdline_words / sizeof cmdline_words[0]; i++)
        if (fnmatch(cmdline_words[i], word, 0) == 0)
            return true;
    return false;
}

static void context_cmdline(struct record_writer *w)
{
    static struct list kept;
    char line[CMDLINE_BYTES], *rest = line;

    file_line(line, sizeof line, "/proc/cmdline");
    if (strcmp(line, "unknown") == 0)
        list_add(&kept, "", line, "", "");
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (cmdline_word_matters(word))
            list_add(&kept, " ", word, "", "");
    record_context(w, "cmdline", kept.text);
}

static void context_kernel(struct record_writer *w)
{
    char text[TEXT_BYTES];
    struct utsname name;

    if (uname(&name) == 0) {
        record_context(w, "kernel", name.release);
        record_context(w, "kernel_build", name.version);
    }
    context_cmdline(w);
    file_line(text, sizeof text, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    record_context(w, "clocksource", text);
    cpuinfo_value(text, sizeof text, "model name");
    record_context(w, "cpu_model", text);
    cpuinfo_value(text, sizeof text, "microcode");
    record_context(w, "guest_microcode", text);
}

void context_write(struct record_writer *w, const struct fidelity_probe *probe, enum fidelity fidelity,
                   const struct clock *clock, const struct conditions *conditions)
{
    const char *tsc_hz_source;
    uint64_t tsc_hz = clock_tsc_hz(&tsc_hz_source);

    record_context(w, "fidelity", fidelity_name(fidelity));
    record_context(w, "unit", clock->unit);
    record_context(w, "clock", clock->name);
    record_context_number(w, "nops1000", probe_median(probe->nops1000));
    record_context_number(w, "empty_pair", probe_median(probe->empty_pair));
    record_context_number(w, "tsc_hz", tsc_hz);
    record_context(w, "tsc_hz_source", tsc_hz_source);
    context_kernel(w);
    context_mitigations(w);
    record_context_number(w, "cpus_online", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    record_context(w, "scheduling", conditions->scheduling);
    record_context(w, "memory", conditions->memory);
    record_context(w, "baselines_compiler", __VERSION__);
}
