/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counts from getrusage and /proc. Context: between samples, never inside one. A file that is missing counts as nothing: the
 * context says what the kernel offers.
 */
#include "baselines/linux/taints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Number behind `key` and blanks or a colon in a file; 0 when there is none. */
static uint64_t file_number(const char *path, const char *key)
{
    char line[256];
    uint64_t number = 0;
    FILE *f = fopen(path, "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        number = strtoull(line + strlen(key) + strspn(line + strlen(key), ": \t"), NULL, 10);
        break;
    }
    if (f != NULL)
        fclose(f);
    return number;
}

static uint64_t migrations_read(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/sched", (int)pid);
    return file_number(path, "se.nr_migrations");
}

static uint64_t steal_read(void)
{
    unsigned long long steal = 0;
    FILE *f = fopen("/proc/stat", "r");

    if (f != NULL && fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
        steal = 0;
    if (f != NULL)
        fclose(f);
    return steal;
}

/* Minor and major faults: fields 10 and 12 of /proc/<pid>/stat, whose second field may hold blanks. */
static uint64_t faults_read(pid_t pid)
{
    char path[64], line[1024], *rest = NULL;
    unsigned long long minor = 0, major = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f != NULL && fgets(line, sizeof line, f) != NULL)
        rest = strrchr(line, ')');
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &minor, &major) != 2)
        minor = major = 0;
    if (f != NULL)
        fclose(f);
    return minor + major;
}

static uint64_t clock_read(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec : 0;
}

static uint64_t cpu_time_read(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? clock_read(clock) : 0;
}

#define KSOFTIRQD_PIDS_MAX 64
#define KSOFTIRQD_PID_LAST 1024 /* they are made when the kernel boots or brings a CPU up */

/* The threads ksoftirqd/N; none are seen from within another name space of processes. */
static size_t ksoftirqds_find(pid_t pids[KSOFTIRQD_PIDS_MAX])
{
    size_t found = 0;

    for (pid_t pid = 1; pid <= KSOFTIRQD_PID_LAST && found < KSOFTIRQD_PIDS_MAX; pid++) {
        char path[64], name[32] = "";
        snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
        FILE *f = fopen(path, "r");
        if (f == NULL)
            continue;
        if (fgets(name, sizeof name, f) != NULL && strncmp(name, "ksoftirqd/", 10) == 0)
            pids[found++] = pid;
        fclose(f);
    }
    return found;
}

static uint64_t deferrals_read(void)
{
    static pid_t pids[KSOFTIRQD_PIDS_MAX];
    static size_t count;
    static bool known;
    uint64_t switches = 0;

    if (!known)
        count = ksoftirqds_find(pids);
    known = true;
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/status", (int)pids[i]);
        switches += file_number(path, "voluntary_ctxt_switches") + file_number(path, "nonvoluntary_ctxt_switches");
    }
    return switches;
}

void usage_read(struct usage *u, pid_t server)
{
    struct rusage self;
    char path[64];

    *u = (struct usage){ .steal_ticks = steal_read(), .deferrals = deferrals_read(), .cpu_ns = { cpu_time_read(0), 0 },
                          .wall_ns = clock_read(CLOCK_MONOTONIC) };
    if (server != 0) {
        snprintf(path, sizeof path, "/proc/%d/status", (int)server);
        u->involuntary = file_number(path, "nonvoluntary_ctxt_switches");
        u->migrations = migrations_read(server);
        u->faults = faults_read(server);
        u->cpu_ns[1] = cpu_time_read(server);
    }
    if (getrusage(RUSAGE_SELF, &self) == 0) {
        u->involuntary += (uint64_t)self.ru_nivcsw;
        u->faults += (uint64_t)(self.ru_minflt + self.ru_majflt);
    }
    u->migrations += file_number("/proc/self/sched", "se.nr_migrations");
}

void taint_add(char text[TAINTS_BYTES], const char *word)
{
    size_t used = strlen(text);

    snprintf(text + used, TAINTS_BYTES - used, "%s%s", used == 0 ? "" : ",", word);
}

/* Real-time processes of another program, say a second run of this one, take turns with ours wherever ours wait: nobody is pre-empted, and a round
 * trip takes several times as long. */
static bool cpu_shared(const struct usage *before, const struct usage *after)
{
    uint64_t own = after->cpu_ns[0] - before->cpu_ns[0] + after->cpu_ns[1] - before->cpu_ns[1], all = after->wall_ns - before->wall_ns;

    return before->cpu_ns[0] != 0 && before->cpu_ns[1] != 0 && all > own + all / 10;
}

void taints_write(char text[TAINTS_BYTES], const struct usage *before, const struct usage *after, uint64_t operations,
                  const struct taints_expected *expected)
{
    uint64_t involuntary = after->involuntary - before->involuntary;

    if (involuntary != 0)
        taint_add(text, involuntary >= operations / 2 ? "preempted_each_time" : "involuntary_switches");
    if (after->migrations != before->migrations)
        taint_add(text, "migrations");
    if (after->faults != before->faults && !expected->faults)
        taint_add(text, "faults");
    if (after->steal_ticks != before->steal_ticks)
        taint_add(text, "steal");
    if (expected->softirqs && after->deferrals - before->deferrals >= operations / 20 + 1)
        taint_add(text, "ksoftirqd");
    if (expected->one_cpu && !expected->softirqs && cpu_shared(before, after)) /* between softirqs they rest */
        taint_add(text, "cpu_shared");
}
