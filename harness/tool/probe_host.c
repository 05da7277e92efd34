/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of the host from /proc and /sys. What cannot be read is told as unknown, never guessed.
 */
#include "harness/tool/probe.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/tool/file.h"

#define PROBE_FILE_BYTES_MAX (1u << 20)
/* What the baselines lock: themselves, buffers of two megabytes and a histogram. */
#define MEMORY_LOCK_BYTES (64u << 20)

/* First line of a file, without its line end; false when there is no such file. An empty file gives "". */
static bool line_read(const char *root, const char *path, char *line, size_t bytes)
{
    char full[512];
    char *text;
    size_t size;
    snprintf(full, sizeof full, "%s%s", root, path);
    line[0] = '\0';
    if (!file_read(full, PROBE_FILE_BYTES_MAX, &text, &size, NULL))
        return false;
    snprintf(line, bytes, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return true;
}

bool host_cpuinfo(const char *root, const char *key, char *value, size_t bytes)
{
    char full[512];
    char *text;
    size_t size;
    bool found = false;
    snprintf(full, sizeof full, "%s/proc/cpuinfo", root);
    if (!file_read(full, PROBE_FILE_BYTES_MAX, &text, &size, NULL))
        return false;
    for (char *line = strtok(text, "\n"); line && !found; line = strtok(NULL, "\n")) {
        char *colon = strchr(line, ':');
        size_t length = strlen(key);
        if (!colon || strncmp(line, key, length) != 0 || line[length + strspn(line + length, " \t")] != ':')
            continue;
        snprintf(value, bytes, "%s", colon + 1 + strspn(colon + 1, " "));
        found = true;
    }
    free(text);
    return found;
}

static bool word_in(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += length)
        if ((p == words || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
            return true;
    return false;
}

static void fact_set(struct fact *f, enum fact_grade grade, const char *value, const char *effect, const char *remedy)
{
    f->grade = grade;
    snprintf(f->value, sizeof f->value, "%s", value);
    f->effect = grade == FACT_FINE ? NULL : effect;
    f->remedy = grade == FACT_FINE ? NULL : remedy;
}

static void fact_cpu(const char *root, struct fact *f)
{
    char model[256];
    bool known = host_cpuinfo(root, "model name", model, sizeof model);
    fact_set(f, known ? FACT_FINE : FACT_UNKNOWN, known ? model : "unknown", "results cannot be told from another machine's", NULL);
}

static void fact_microcode(const char *root, struct fact *f)
{
    char revision[64];
    bool known = host_cpuinfo(root, "microcode", revision, sizeof revision);
    fact_set(f, known ? FACT_FINE : FACT_UNKNOWN, known ? revision : "unknown",
             "microcode changes the cost of system calls and page-table switches; results do not say which one this is", NULL);
}

static void fact_hypervisor(const char *root, struct fact *f)
{
    char flags[8192];
    if (!host_cpuinfo(root, "flags", flags, sizeof flags))
        fact_set(f, FACT_UNKNOWN, "unknown", "cycles may include those of a hypervisor", NULL);
    else if (word_in(flags, "hypervisor"))
        fact_set(f, FACT_NOISE, "this machine is virtual", "cycles include the hypervisor's, and neighbours take time away",
                 "measure cycles on metal; targets that count instructions are not affected");
    else
        fact_set(f, FACT_FINE, "none", NULL, NULL);
}

static void fact_governor(const char *root, struct fact *f)
{
    char governor[64];
    if (!line_read(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor, sizeof governor))
        fact_set(f, FACT_UNKNOWN, "unknown (no cpufreq)", "the frequency may change while measuring, and the TSC does not follow it",
                 "on metal: load the cpufreq driver; in a virtual machine nothing can be done from inside");
    else
        fact_set(f, strcmp(governor, "performance") == 0 ? FACT_FINE : FACT_NOISE, governor,
                 "the frequency changes with the load, and the TSC does not follow it", "cpupower frequency-set -g performance");
}

static void fact_turbo(const char *root, struct fact *f)
{
    char value[16];
    bool intel = line_read(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", value, sizeof value);
    bool on;
    if (intel) {
        on = strcmp(value, "0") == 0;
    } else if (line_read(root, "/sys/devices/system/cpu/cpufreq/boost", value, sizeof value)) {
        on = strcmp(value, "0") != 0;
    } else {
        fact_set(f, FACT_UNKNOWN, "unknown", "core cycles and TSC ticks may differ by an unknown factor", NULL);
        return;
    }
    fact_set(f, on ? FACT_NOISE : FACT_FINE, on ? "on" : "off", "core cycles and TSC ticks differ, by a factor that changes with heat",
             intel ? "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo" : "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
}

static void fact_smt(const char *root, struct fact *f)
{
    char value[16];
    if (!line_read(root, "/sys/devices/system/cpu/smt/active", value, sizeof value))
        fact_set(f, FACT_UNKNOWN, "unknown", "a sibling thread may share the measuring core", NULL);
    else
        fact_set(f, strcmp(value, "0") == 0 ? FACT_FINE : FACT_NOISE, strcmp(value, "0") == 0 ? "off" : "on",
                 "a sibling thread shares the measuring core's caches and pipelines", "echo off > /sys/devices/system/cpu/smt/control");
}

static void fact_tsc(const char *root, struct fact *f)
{
    char flags[8192], source[64], value[256];
    bool known = host_cpuinfo(root, "flags", flags, sizeof flags);
    bool constant = known && word_in(flags, "constant_tsc"), nonstop = known && word_in(flags, "nonstop_tsc");
    if (!line_read(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof source))
        snprintf(source, sizeof source, "unknown");
    snprintf(value, sizeof value, "%sconstant, %snonstop, kernel's clock source %s", constant ? "" : "not ", nonstop ? "" : "not ",
             source);
    fact_set(f, !known ? FACT_UNKNOWN : constant && nonstop ? FACT_FINE : FACT_NOISE, known ? value : "unknown",
             "the time stamp counter stops or changes its rate: it is no clock", "measure on another CPU");
}

/* The kernel names each counter unit of a CPU cpu, cpu_core, cpu_atom, armv8_pmuv3... below event_source. */
static bool pmu_exists(const char *root)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sys/bus/event_source/devices", root);
    DIR *folder = opendir(path);
    bool found = false;
    if (!folder)
        return false;
    for (struct dirent *entry; (entry = readdir(folder));)
        found = found || strcmp(entry->d_name, "cpu") == 0 || strncmp(entry->d_name, "cpu_", 4) == 0;
    closedir(folder);
    return found;
}

static void fact_pmu(const char *root, struct fact *f)
{
    char level[16], value[128];
    bool known = line_read(root, "/proc/sys/kernel/perf_event_paranoid", level, sizeof level);
    if (!pmu_exists(root)) {
        snprintf(value, sizeof value, "no counters, perf_event_paranoid %s", known ? level : "unknown");
        fact_set(f, FACT_NOTE, value, "no core cycles and no instruction counts beside the time stamp counter",
                 "measure on metal, or have the hypervisor pass the PMU on");
        return;
    }
    snprintf(value, sizeof value, "counters, perf_event_paranoid %s", known ? level : "unknown");
    /* The counter of a CPU, whoever runs on it, is root's or takes level 0; level 1 lets users count themselves alone. */
    bool permitted = (known && atoi(level) <= 0) || (root[0] == '\0' && geteuid() == 0);
    fact_set(f, permitted ? FACT_FINE : known ? FACT_NOTE : FACT_UNKNOWN, value,
             "this user may not read a CPU's counter: target linux gives ns alone, no rows in cycles", "run as root, or sysctl kernel.perf_event_paranoid=0");
}

static void vulnerabilities_count(const char *root, size_t *mitigated, size_t *vulnerable, size_t *all)
{
    char path[512], line[256];
    struct dirent **entries;
    *mitigated = *vulnerable = *all = 0;
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/vulnerabilities", root);
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char file[512];
        snprintf(file, sizeof file, "/sys/devices/system/cpu/vulnerabilities/%s", entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && line_read(root, file, line, sizeof line)) {
            (*all)++;
            *mitigated += strncmp(line, "Mitigation", 10) == 0;
            *vulnerable += strncmp(line, "Vulnerable", 10) == 0;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void fact_mitigations(const char *root, struct fact *f)
{
    char cmdline[4096], value[256], asked[64] = "default";
    size_t mitigated, vulnerable, all;
    vulnerabilities_count(root, &mitigated, &vulnerable, &all);
    if (line_read(root, "/proc/cmdline", cmdline, sizeof cmdline)) {
        const char *option = strstr(cmdline, "mitigations=");
        if (option)
            snprintf(asked, sizeof asked, "%.*s", (int)strcspn(option, " "), option);
    }
    snprintf(value, sizeof value, "%s; of %zu known flaws %zu mitigated, %zu open", asked, all, mitigated, vulnerable);
    fact_set(f, all == 0 ? FACT_UNKNOWN : mitigated == 0 ? FACT_FINE : FACT_NOTE, all ? value : "unknown",
             "target linux pays for them in every kernel entry; compare only with results that say the same",
             "to measure without: boot with mitigations=off, on a machine that runs nothing else");
}

static void fact_isolation(const char *root, struct fact *f)
{
    char isolated[128], full[128], value[256];
    if (!line_read(root, "/sys/devices/system/cpu/isolated", isolated, sizeof isolated)) {
        fact_set(f, FACT_UNKNOWN, "unknown", "timer ticks and other tasks may interrupt the measuring CPU", NULL);
        return;
    }
    if (!line_read(root, "/sys/devices/system/cpu/nohz_full", full, sizeof full) || strcmp(full, "(null)") == 0)
        full[0] = '\0';
    snprintf(value, sizeof value, "isolcpus %s, nohz_full %s", isolated[0] ? isolated : "none", full[0] ? full : "none");
    fact_set(f, isolated[0] && full[0] ? FACT_FINE : FACT_NOISE, value, "timer ticks and other tasks interrupt the measuring CPU",
             "boot with isolcpus=1 nohz_full=1 rcu_nocbs=1");
}

static void fact_load(const char *root, struct fact *f)
{
    char line[128], value[128];
    if (!line_read(root, "/proc/loadavg", line, sizeof line)) {
        fact_set(f, FACT_UNKNOWN, "unknown", "other work may share the CPUs", NULL);
        return;
    }
    snprintf(value, sizeof value, "load average %.*s", (int)strcspn(line, " "), line);
    fact_set(f, strtod(line, NULL) < 0.5 ? FACT_FINE : FACT_NOISE, value, "other work shares the CPUs", "stop it while measuring");
}

static void fact_kernel(const char *root, struct fact *f)
{
    char release[128];
    bool known = line_read(root, "/proc/sys/kernel/osrelease", release, sizeof release);
    fact_set(f, known ? FACT_FINE : FACT_UNKNOWN, known ? release : "unknown", "Linux's figures belong to a version of it", NULL);
}

/* These two are rights of this process, not files: of another root nothing is known. */
static void fact_realtime(const char *root, struct fact *f)
{
    struct rlimit limit;
    if (root[0] != '\0') {
        fact_set(f, FACT_UNKNOWN, "unknown", "other processes may interrupt", NULL);
        return;
    }
    bool allowed = geteuid() == 0 || (getrlimit(RLIMIT_RTPRIO, &limit) == 0 && limit.rlim_cur > 0);
    fact_set(f, allowed ? FACT_FINE : FACT_NOTE, allowed ? "SCHED_FIFO is permitted" : "SCHED_FIFO is not permitted",
             "target linux measures with the normal policy: other processes interrupt, and mechanisms cost otherwise",
             "run as root, or `@GROUP - rtprio 1` in /etc/security/limits.conf");
}

static void fact_memory_lock(const char *root, struct fact *f)
{
    struct rlimit limit;
    if (root[0] != '\0') {
        fact_set(f, FACT_UNKNOWN, "unknown", "page faults may fall into samples", NULL);
        return;
    }
    bool allowed = geteuid() == 0 || (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= MEMORY_LOCK_BYTES);
    fact_set(f, allowed ? FACT_FINE : FACT_NOTE, allowed ? "locking is permitted" : "locking is limited",
             "page faults may fall into samples; rows say so", "run as root, or `@GROUP - memlock unlimited` in /etc/security/limits.conf");
}

/* What the kernel lets idle states take to wake, in microseconds: the least that any process asks for; 2,000 s when none does. */
#define LATENCY_UNASKED_US 2000000000
static void latency_read(const char *root, char *text, size_t bytes)
{
    char path[256], *value;
    size_t size;
    int32_t us;
    snprintf(path, sizeof path, "%s/dev/cpu_dma_latency", root);
    if (access(path, F_OK) != 0) {
        snprintf(text, bytes, "no /dev/cpu_dma_latency");
        return;
    }
    bool told = file_read(path, sizeof us, &value, &size, NULL);
    if (told && size == sizeof us) {
        memcpy(&us, value, sizeof us);
        if (us >= LATENCY_UNASKED_US)
            snprintf(text, bytes, "/dev/cpu_dma_latency: nobody asks");
        else
            snprintf(text, bytes, "/dev/cpu_dma_latency: %d us", (int)us);
    } else {
        snprintf(text, bytes, "/dev/cpu_dma_latency cannot be read");
    }
    if (told)
        free(value);
}

static void fact_idle(const char *root, struct fact *f)
{
    char path[256], driver[64], latency[64], value[160];
    bool known = line_read(root, "/sys/devices/system/cpu/cpuidle/current_driver", driver, sizeof driver);
    latency_read(root, latency, sizeof latency);
    snprintf(value, sizeof value, "%s; %s", !known ? "unknown (no cpuidle)" : strcmp(driver, "none") == 0 ? "no deep idle states" : driver, latency);
    snprintf(path, sizeof path, "%s/dev/cpu_dma_latency", root);
    bool shallow = known && (strcmp(driver, "none") == 0 || strcmp(latency, "/dev/cpu_dma_latency: 0 us") == 0);
    bool may_set = access(path, W_OK) == 0;
    fact_set(f, shallow ? FACT_FINE : !known ? FACT_UNKNOWN : may_set ? FACT_NOTE : FACT_NOISE, value,
             "a CPU that waits for a message may sleep deeply and wake late",
             may_set ? "`tollgate run --target linux --prepare` asks /dev/cpu_dma_latency for 0 us"
                     : "`tollgate run --target linux --prepare` as root: /dev/cpu_dma_latency may not be written");
}

static const struct {
    const char *name;
    void (*probe)(const char *root, struct fact *f);
} probes[] = {
    { "cpu", fact_cpu },     { "microcode", fact_microcode }, { "hypervisor", fact_hypervisor },   { "governor", fact_governor },
    { "turbo", fact_turbo }, { "smt", fact_smt },             { "tsc", fact_tsc },                 { "counters", fact_pmu },
    { "load", fact_load },   { "isolation", fact_isolation }, { "host_mitigations", fact_mitigations },
    { "kernel", fact_kernel }, { "realtime", fact_realtime },   { "memory_lock", fact_memory_lock }, { "idle", fact_idle },
};
#define PROBES (sizeof probes / sizeof *probes)
_Static_assert(PROBES <= FACTS_MAX, "the caller's array holds all facts");

size_t host_facts(const char *root, struct fact *facts)
{
    for (size_t i = 0; i < PROBES; i++) {
        facts[i] = (struct fact){ .name = probes[i].name };
        probes[i].probe(root, &facts[i]);
    }
    return PROBES;
}

const char *fact_grade_name(enum fact_grade grade)
{
    static const char *const names[] = { "fine", "note", "noise", "unknown" };
    return names[grade];
}

const char *fact_value(const struct fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, name) == 0)
            return facts[i].value;
    return NULL;
}
