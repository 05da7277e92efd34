/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/lib/observe.h"

#include "harness/measure/tsc.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"

static bool noise_read(struct noise *out)
{
    struct message_words w = { .w0 = PROBE_NOISE, .w1 = 2 };

    if (object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w) != 0)
        return false;
    *out = (struct noise){ .has = w.w0, .cpu = w.w1, .interrupts = w.w2, .smis = w.w3, .aperf = w.w4, .mperf = w.w5 };
    return true;
}

bool observe_begin(struct observation *o)
{
    const struct pmu_info *pmu = &program_info()->pmu;

    if (!noise_read(&o->noise))
        return false;
    o->elsewhere |= o->noise.cpu != 0;
    for (uint32_t i = 0; i < pmu->count && !o->elsewhere; i++)
        o->before[i] = rdpmc(pmu->counters[i].index);
    return true;
}

bool observe_end(struct observation *o, size_t n)
{
    const struct pmu_info *pmu = &program_info()->pmu;
    uint64_t mask = pmu->width >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << pmu->width) - 1;
    struct noise after;

    for (uint32_t i = 0; i < pmu->count && !o->elsewhere; i++)
        o->counted[i] += (rdpmc(pmu->counters[i].index) - o->before[i]) & mask;
    if (!noise_read(&after))
        return false;
    unsigned taints = noise_between(&o->noise, &after, &o->usual);
    o->elsewhere |= (taints & NOISE_TAINT_MIGRATIONS) != 0;
    o->taints |= taints;
    if (taints != 0)
        o->disturbed += n;
    return true;
}

#define NAME_BYTES 64          /* event, modes, two numbers of 20 digits */

static size_t counter_name(char *to, const struct pmu_counter *c, uint64_t sum, uint64_t empty)
{
    static const char *const names[PMU_EVENTS] = PMU_EVENT_NAMES;
    struct text t;

    text_init(&t);
    text_add(&t, names[c->event]);
    text_add(&t, (c->modes & PMU_USER) != 0 ? ":u" : ":");
    text_add(&t, (c->modes & PMU_KERNEL) != 0 ? "k:" : ":");
    text_add_decimal(&t, sum);
    text_add(&t, ":");
    text_add_decimal(&t, empty);
    memcpy(to, t.bytes, t.used + 1);
    return t.used;
}

/* Of all counters of the same event and modes. */
static uint64_t event_sum(const struct observation *o, const struct pmu_counter *c)
{
    const struct pmu_info *pmu = &program_info()->pmu;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < pmu->count; i++)
        if (pmu->counters[i].event == c->event && pmu->counters[i].modes == c->modes)
            sum += o->counted[i];
    return sum;
}

static bool is_named_before(const struct pmu_info *pmu, uint32_t i)
{
    for (uint32_t before = 0; before < i; before++)
        if (pmu->counters[before].event == pmu->counters[i].event && pmu->counters[before].modes == pmu->counters[i].modes)
            return true;
    return false;
}

static size_t lack_name(char *to, uint8_t event, uint8_t lack)
{
    static const char *const names[PMU_EVENTS] = PMU_EVENT_NAMES, *const lacks[] = PMU_LACK_NAMES;
    struct text t;

    text_init(&t);
    text_add(&t, ",");
    text_add(&t, names[event]);
    text_add(&t, ":");
    text_add(&t, lacks[lack]);
    memcpy(to, t.bytes, t.used + 1);
    return t.used;
}

const char *observe_name(const struct observation *row, const struct observation *empty)
{
    static char name[(PMU_COUNTERS_MAX + PMU_EVENTS) * NAME_BYTES];
    const struct pmu_info *pmu = &program_info()->pmu;
    size_t used = 0;

    if (pmu->count == 0)
        return pmu->reason;
    if (row->elsewhere || empty->elsewhere)
        return "none: measured on another CPU than the one that has them";
    for (uint32_t i = 0; i < pmu->count; i++) {
        const struct pmu_counter *c = &pmu->counters[i];
        if (is_named_before(pmu, i))
            continue;
        if (i != 0)
            name[used++] = ',';
        used += counter_name(name + used, c, event_sum(row, c), event_sum(empty, c));
    }
    for (uint8_t event = 0; event < PMU_EVENTS; event++)
        if (pmu->lacks[event] != PMU_LACKS_NOTHING)
            used += lack_name(name + used, event, pmu->lacks[event]);
    return name;
}
