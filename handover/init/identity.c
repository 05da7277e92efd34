/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See identity.h. What cannot be read is left out.
 */
#include "handover/init/identity.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness/measure/cpuid.h"

#define DMI "/sys/class/dmi/id/"
#define CPU "/sys/devices/system/cpu/"
#define LEAVES_MAX 64
#define SUBLEAVES_MAX 16

struct source { const char *key, *path; };

static const struct source sources[] = {
    { "machine_vendor", DMI "sys_vendor" }, { "machine", DMI "product_name" }, { "machine_version", DMI "product_version" },
    { "board_vendor", DMI "board_vendor" }, { "board", DMI "board_name" }, { "firmware_vendor", DMI "bios_vendor" },
    { "firmware", DMI "bios_version" }, { "firmware_date", DMI "bios_date" }, { "chassis_type", DMI "chassis_type" },
    { "cpus_present", CPU "present" }, { "cpus_online", CPU "online" }, { "smt", CPU "smt/control" },
    { "frequency_driver", CPU "cpu0/cpufreq/scaling_driver" }, { "governor", CPU "cpu0/cpufreq/scaling_governor" },
    { "frequency_min_khz", CPU "cpu0/cpufreq/cpuinfo_min_freq" }, { "frequency_max_khz", CPU "cpu0/cpufreq/cpuinfo_max_freq" },
    { "frequency_base_khz", CPU "cpu0/cpufreq/base_frequency" }, { "frequency_khz", CPU "cpu0/cpufreq/scaling_cur_freq" },
    { "no_turbo", CPU "intel_pstate/no_turbo" }, { "boost", CPU "cpufreq/boost" }, { "idle_driver", CPU "cpuidle/current_driver" },
    { "idle_governor", CPU "cpuidle/current_governor" }, { "clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
    { "linux_cmdline", "/proc/cmdline" },
};

static bool line_add(struct bytes *out, const char *key, const char *path)
{
    char line[1024];
    FILE *f = fopen(path, "r");
    bool got = f && fgets(line, sizeof line, f);
    if (f)
        fclose(f);
    if (!got)
        return true;
    line[strcspn(line, "\n")] = '\0';
    return bytes_print(out, "%s: %s\n", key, line);
}

/* Values of the first CPU that /proc/cpuinfo tells of. */
static bool cpuinfo_add(struct bytes *out)
{
    static const char *const wanted[] = { "vendor_id", "cpu family", "model", "model name", "stepping", "microcode", "cpu MHz", "cache size", "flags", "bugs" };
    char line[4096];
    bool ok = true;
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f) && line[0] != '\n') {
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        size_t n = strcspn(line, "\t:");
        colon += strspn(colon, ": \t");
        colon[strcspn(colon, "\n")] = '\0';
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            if (strlen(wanted[i]) == n && strncmp(wanted[i], line, n) == 0)
                ok = ok && bytes_add(out, "cpu ", 4) && bytes_print(out, "%s: ", wanted[i]) && bytes_add(out, colon, strlen(colon)) && bytes_add(out, "\n", 1);
    }
    if (f)
        fclose(f);
    return ok;
}

static bool folder_add(struct bytes *out, const char *key, const char *folder)
{
    struct dirent **entries;
    char name[512], path[1024];
    int n = scandir(folder, &entries, NULL, alphasort);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s %s", key, entries[i]->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        ok = ok && (entries[i]->d_name[0] == '.' || line_add(out, name, path));
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

/* Idle states of CPU 0, by name and latency. */
static bool idle_add(struct bytes *out)
{
    char key[64], path[128];
    bool ok = true;
    for (unsigned i = 0; i < 16; i++) {
        snprintf(key, sizeof key, "idle_state %u", i);
        snprintf(path, sizeof path, CPU "cpu0/cpuidle/state%u/name", i);
        ok = ok && line_add(out, key, path);
        snprintf(key, sizeof key, "idle_state_latency_us %u", i);
        snprintf(path, sizeof path, CPU "cpu0/cpuidle/state%u/latency", i);
        ok = ok && line_add(out, key, path);
    }
    return ok;
}

static bool leaves_add(struct bytes *out, uint32_t first)
{
    uint32_t last = cpuid_read(first, 0).eax;
    bool ok = true;
    for (uint32_t leaf = first; leaf <= last && leaf - first < LEAVES_MAX; leaf++) {
        struct cpuid_registers before = { 0 };
        for (uint32_t sub = 0; sub < SUBLEAVES_MAX; sub++) {
            struct cpuid_registers r = cpuid_read(leaf, sub);
            if (sub > 0 && memcmp(&r, &before, sizeof r) == 0)
                break; /* a leaf without subleaves, or its end */
            ok = ok && bytes_print(out, "cpuid %08x %02x: %08x %08x %08x %08x\n", leaf, sub, r.eax, r.ebx, r.ecx, r.edx);
            before = r;
        }
    }
    return ok;
}

bool identity_write(struct bytes *out)
{
    struct utsname system;
    bool ok = true;
    FILE *f = fopen("/build.txt", "r");
    char line[512];
    while (f && fgets(line, sizeof line, f)) /* what the image was made of */
        ok = ok && bytes_add(out, line, strlen(line));
    if (f)
        fclose(f);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        ok = ok && line_add(out, sources[i].key, sources[i].path);
    if (uname(&system) == 0)
        ok = ok && bytes_print(out, "linux: %s %s\n", system.release, system.version);
    ok = ok && line_add(out, "memory", "/proc/meminfo");
    return ok && cpuinfo_add(out) && idle_add(out) && folder_add(out, "vulnerability", CPU "vulnerabilities") && leaves_add(out, 0) &&
           leaves_add(out, 0x80000000);
}
