/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of the machine and of the run, as context records. The fidelity self-test comes first: it decides the unit of all rows.
 */
#include "harness/measure/cpuid.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

static struct fidelity_probe probe;

static uint64_t sample_least(const uint64_t *samples)
{
    uint64_t least = samples[0];

    for (size_t i = 1; i < FIDELITY_SAMPLES; i++)
        if (samples[i] < least)
            least = samples[i];
    return least;
}

static enum fidelity fidelity_report(void)
{
    fidelity_measure(&probe);
    fidelity_cpuid(&probe);
    enum fidelity f = fidelity_classify(&probe);
    const char *unit = fidelity_unit(f);
    record_context(&root_records, "fidelity", fidelity_name(f));
    record_context(&root_records, "unit", unit != NULL ? unit : "none");
    record_context_number(&root_records, "nops1000", sample_least(probe.nops1000));
    record_context_number(&root_records, "empty_pair", sample_least(probe.empty_pair));
    return f;
}

/* 48 characters of brand, or the vendor where there is no brand; blanks at both ends removed. */
static void cpu_model_report(void)
{
    char text[64] = { 0 };
    uint32_t *words = (uint32_t *)(void *)text;

    if (cpuid_read(0x80000000, 0).eax >= 0x80000004) {
        for (uint32_t leaf = 0; leaf < 3; leaf++) {
            struct cpuid_registers r = cpuid_read(0x80000002 + leaf, 0);
            memcpy(&words[4 * leaf], &r, sizeof r);
        }
    } else {
        struct cpuid_registers r = cpuid_read(0, 0);
        memcpy(&words[0], &r.ebx, 4);
        memcpy(&words[1], &r.edx, 4);
        memcpy(&words[2], &r.ecx, 4);
    }
    size_t n = text_length(text);
    while (n > 0 && text[n - 1] == ' ')
        text[--n] = '\0';
    const char *start = text;
    while (*start == ' ')
        start++;
    record_context(&root_records, "cpu_model", *start != '\0' ? start : "unknown");
}

/* Family, model and stepping as the vendor's manuals count them. */
static void cpu_signature_report(void)
{
    uint32_t eax = cpuid_read(1, 0).eax;
    uint32_t family = eax >> 8 & 0xf, model = eax >> 4 & 0xf;
    struct text t;

    if (family == 6 || family == 15)
        model |= eax >> 12 & 0xf0;
    if (family == 15)
        family += eax >> 20 & 0xff;
    text_init(&t);
    text_add_decimal(&t, family);
    text_add(&t, "-");
    text_add_decimal(&t, model);
    text_add(&t, "-");
    text_add_decimal(&t, eax & 0xf);
    record_context(&root_records, "cpu_signature", t.bytes);
}

static void cpu_features_report(uint64_t features)
{
    static const struct { uint64_t bit; const char *name; } names[] = {
        { CPU_FEATURE_SMEP, "smep" }, { CPU_FEATURE_SMAP, "smap" }, { CPU_FEATURE_UMIP, "umip" },
        { CPU_FEATURE_PCID, "pcid" }, { CPU_FEATURE_X2APIC, "x2apic" },
    };
    struct text t;

    text_init(&t);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((features & names[i].bit) == 0)
            continue;
        if (t.used != 0)
            text_add(&t, ",");
        text_add(&t, names[i].name);
    }
    record_context(&root_records, "cpu_features", t.used != 0 ? t.bytes : "none");
}

static void clock_report(const struct root_info *info)
{
    record_context(&root_records, "clock", "tsc");
    record_context_number(&root_records, "tsc_hz", info->tsc_hz[0]);
    record_context(&root_records, "tsc_hz_source", info->tsc_hz[0] != 0 ? info->tsc_hz_source[0] : "none");
    record_context_number(&root_records, "tsc_hz_second", info->tsc_hz[1]);
    record_context(&root_records, "tsc_hz_second_source", info->tsc_hz[1] != 0 ? info->tsc_hz_source[1] : "none");
}

static const char *const event_names[PMU_EVENTS] = PMU_EVENT_NAMES;

/* Which events are not counted, and why: "L1_ICM:no_counter,...". */
static void lacks_report(const struct pmu_info *pmu)
{
    static const char *const lacks[] = PMU_LACK_NAMES;
    struct text t;

    text_init(&t);
    for (unsigned event = 0; event < PMU_EVENTS; event++) {
        if (pmu->lacks[event] == PMU_LACKS_NOTHING)
            continue;
        text_add(&t, t.used != 0 ? "," : "");
        text_add(&t, event_names[event]);
        text_add(&t, ":");
        text_add(&t, lacks[pmu->lacks[event]]);
    }
    record_context(&root_records, "pmu_missing", t.used != 0 ? t.bytes : "none");
}

/* Why there are no performance counters, or which: event, index and modes, "TOT_CYC:1073741825:uk,..."; of what model's events. */
static void counters_report(const struct pmu_info *pmu)
{
    struct text t;

    record_context(&root_records, "pmu", pmu->reason);
    if (pmu->count != 0) {
        record_context(&root_records, "pmu_model", pmu->model[0] != 0 ? pmu->model : "unknown");
        lacks_report(pmu);
    }
    text_init(&t);
    for (uint32_t i = 0; i < pmu->count; i++) {
        const struct pmu_counter *c = &pmu->counters[i];
        text_add(&t, i != 0 ? "," : "");
        text_add(&t, event_names[c->event]);
        text_add(&t, ":");
        text_add_decimal(&t, c->index);
        text_add(&t, (c->modes & PMU_USER) != 0 ? ":u" : ":");
        text_add(&t, (c->modes & PMU_KERNEL) != 0 ? "k" : "");
    }
    record_context(&root_records, "pmu_counters", t.used != 0 ? t.bytes : "none");
}

/* Frequency and idle states: registers as they were at boot, "msr_0x1a0=0x850089". */
static void policy_report(const struct pmu_info *pmu)
{
    for (uint64_t i = 0; i < pmu->policies; i++) {
        struct text key, value;
        text_init(&key);
        text_init(&value);
        text_add(&key, "msr_");
        text_add_hex(&key, pmu->policy[i].msr);
        text_add_hex(&value, pmu->policy[i].value);
        record_context(&root_records, key.bytes, value.bytes);
    }
}

enum fidelity context_report(void)
{
    const struct root_info *info = root_info();
    enum fidelity f = fidelity_report();

    cpu_model_report();
    cpu_signature_report();
    cpu_features_report(info->cpu_features);
    clock_report(info);
    record_context(&root_records, "cmdline", info->command_line);
    record_context(&root_records, "mitigations", info->mitigations);
    record_context(&root_records, "fast_path", info->fast_path != 0 ? "on" : "off");
    record_context(&root_records, "boot_protocol", info->boot_protocol);
    counters_report(&info->pmu);
    policy_report(&info->pmu);
    record_context_number(&root_records, "cpus", info->cpus);
    record_context_number(&root_records, "tsc_difference", info->tsc_difference_ticks);
    return f;
}
