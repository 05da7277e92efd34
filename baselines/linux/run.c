/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The experiment: which variants a baseline is measured in, and what must hold before any figure of one is taken: the mechanism is
 * there, makes the system calls that it declares, and brings every byte. A variant that fails fails the run; the others still run.
 */
#include "baselines/linux/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/linux/guard.h"
#include "baselines/linux/syscount.h"

#define PAYLOAD_ROUNDS 32
#define PAYLOAD_ROUNDS_LARGE 4
/* What came in the round before must not pass for this one's. */
#define PAYLOAD_ROUNDS_HUGE 2
/* Payloads of a short run: small round trips, one burst size. */
#define SHORT_BYTES_MAX 64
#define SHORT_BURST_BYTES 4096

void run_fail(struct run *r, const char *id, const char *format, ...)
{
    char detail[256];
    va_list list;

    va_start(list, format);
    vsnprintf(detail, sizeof detail, format, list);
    va_end(list);
    fprintf(stderr, "linux-baselines: %s: %s\n", id, detail);
    record_test(&r->writer, id, "fail", detail);
    r->failed = true;
}

void run_skip(struct run *r, const char *id, const char *format, ...)
{
    char reason[320];
    va_list list;

    va_start(list, format);
    vsnprintf(reason, sizeof reason, format, list);
    va_end(list);
    record_skip(&r->writer, id, reason);
}

const char *failure_cause(int error)
{
    const char *cause = guard_cause();

    if (cause != NULL)
        return cause;
    if (error == ENODATA)
        return "the event lost its counter, or shared it, while it counted";
    return error == 0 ? "end of file: the peer is gone" : strerror(error);
}

static void variant_skip(struct run *r, const struct variant *v, const char *what, int error)
{
    run_skip(r, v->baseline->id, "bytes=%zu,placement=%s: %s: %s%s%s", v->bytes, v->placement, what, strerror(error),
             setup_hint != NULL ? "; " : "", setup_hint != NULL ? setup_hint : "");
}

bool run_init(struct run *r, const struct clock *clock, size_t samples, bool full)
{
    int found = 0;

    r->clock = clock;
    r->samples = samples;
    r->full = full;
    r->cpu[0] = r->cpu[1] = CPU_NONE;
    size_t capacity = samples > RUN_SAMPLES_MIN ? samples : RUN_SAMPLES_MIN;
    struct histogram_pair *pairs = malloc(capacity * sizeof *pairs);
    if (pairs == NULL || sched_getaffinity(0, sizeof r->affinity, &r->affinity) != 0) {
        free(pairs);
        return false;
    }
    memset(pairs, 0, capacity * sizeof *pairs); /* touched beforehand */
    histogram_init(&r->histogram, pairs, capacity);
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET((size_t)cpu, &r->affinity))
            r->cpu[found++] = cpu;
    return found > 0;
}

/* --- connecting --- */

static bool variant_place(const struct run *r, const struct variant *v)
{
    if (v->client_cpu == CPU_NONE)
        return sched_setaffinity(0, sizeof r->affinity, &r->affinity) == 0;
    return cpu_pin(v->client_cpu);
}

bool variant_connect(struct run *r, const struct variant *v, struct connection *k, enum server_mode mode)
{
    if (!variant_place(r, v)) {
        variant_skip(r, v, "pinning to a CPU", errno);
        return false;
    }
    if (!connection_open(k, v->baseline, v->bytes)) {
        variant_skip(r, v, "setup", errno);
        return false;
    }
    if (baseline_has_peer(v->baseline) && !connection_serve(k, mode, v->server_cpu)) {
        int error = errno;
        connection_close(k);
        variant_skip(r, v, "starting the peer", error);
        return false;
    }
    guard_arm(k->channel.peer);
    return true;
}

void variant_disconnect(struct connection *k)
{
    guard_disarm();
    connection_close(k);
}

/* --- payload --- */

static unsigned payload_rounds(const struct variant *v)
{
    if (v->bytes > 65536)
        return PAYLOAD_ROUNDS_HUGE;
    return v->bytes <= 4096 && !v->baseline->one_way ? PAYLOAD_ROUNDS : PAYLOAD_ROUNDS_LARGE;
}

/* Every byte must come back inverted by the server (as it was, where the server only relays), or arrive as the server expects it; every round with other bytes. */
static bool payload_check(struct run *r, const struct variant *v, struct connection *k)
{
    struct channel *c = &k->channel;
    channel_fn *operation = connection_operation(v->baseline);
    unsigned rounds = payload_rounds(v);

    for (unsigned round = 0; round < rounds; round++) {
        message_fill(c, round);
        if (!operation(c)) {
            run_fail(r, v->baseline->id, "payload check, round %u: %s", round, failure_cause(errno));
            return false;
        }
        if (!v->baseline->one_way && !message_is(c, round, v->baseline->relays ? 0 : 0xff)) {
            run_fail(r, v->baseline->id, "payload check, round %u: the reply of %zu bytes is not the %srequest", round, v->bytes,
                     v->baseline->relays ? "" : "inverted ");
            return false;
        }
    }
    return true;
}

static void variant_run(struct run *r, const struct variant *v)
{
    struct connection k;

    if (baseline_has_peer(v->baseline)) {
        if (!variant_connect(r, v, &k, SERVER_CHECK))
            return;
        bool intact = payload_check(r, v, &k);
        variant_disconnect(&k);
        if (!intact)
            return;
    }
    variant_measure(r, v);
}

/* --- system calls --- */

/* Counts and compares. Sets `text` to the verified number, or leaves it empty; false when the variant must not be measured. */
static bool syscalls_verify(struct run *r, const struct baseline *b, size_t bytes, char *text, size_t text_bytes)
{
    const int cpu[2] = { r->cpu[0], b->polls ? r->cpu[1] : r->cpu[0] };
    struct syscount count;
    char name[128];

    snprintf(name, sizeof name, "%s/bytes=%zu/syscalls", b->id, bytes);
    switch (syscount_run(&count, b, bytes, cpu)) {
    case SYSCOUNT_DONE:
        record_test(&r->writer, name, "pass", count.detail);
        snprintf(text, text_bytes, "%s", count.per_unit);
        return true;
    case SYSCOUNT_UNAVAILABLE:
        record_test(&r->writer, name, "skip", count.detail);
        return true;
    case SYSCOUNT_WRONG:
    case SYSCOUNT_FAILED:
        break;
    }
    run_fail(r, name, "%s", count.detail);
    return false;
}

/* --- variants --- */

/* Is the mechanism there at all? Its absence is one skip, not a failure of the counting pass. */
static bool mechanism_probe(struct run *r, const struct baseline *b, size_t bytes)
{
    struct variant v = { .baseline = b, .bytes = bytes, .placement = "any" };
    struct connection k;

    if (!connection_open(&k, b, bytes)) {
        variant_skip(r, &v, "setup", errno);
        return false;
    }
    connection_close(&k);
    return true;
}

static bool placement_possible(struct run *r, const struct variant *v)
{
    const char *reason = NULL;

    if (v->baseline->polls && strcmp(v->placement, "two_cpus") != 0)
        reason = "a process that spins keeps its CPU from its peer";
    else if (strcmp(v->placement, "same_cpu") != 0 && r->cpu[1] == CPU_NONE)
        reason = "only one CPU may be used";
    if (reason != NULL)
        run_skip(r, v->baseline->id, "bytes=%zu,placement=%s: %s", v->bytes, v->placement, reason);
    return reason == NULL;
}

static void placements_run(struct run *r, const struct baseline *b, size_t bytes, const char *syscalls)
{
    const struct variant variants[] = {
        { b, bytes, "same_cpu", r->cpu[0], r->cpu[0], syscalls },
        { b, bytes, "two_cpus", r->cpu[0], r->cpu[1], syscalls },
        { b, bytes, "unpinned", CPU_NONE, CPU_NONE, syscalls },
    };

    for (size_t i = 0; i < (r->full ? 3 : 2) && !guard_interrupted(); i++)
        if (placement_possible(r, &variants[i]))
            variant_run(r, &variants[i]);
}

static void bytes_run(struct run *r, const struct baseline *b, size_t bytes)
{
    char syscalls[24] = "";

    if (b->polls && r->cpu[1] == CPU_NONE) {
        run_skip(r, b->id, "bytes=%zu: only one CPU may be used, and a process that spins keeps it from its peer", bytes);
        return;
    }
    if (!mechanism_probe(r, b, bytes) || !syscalls_verify(r, b, bytes, syscalls, sizeof syscalls))
        return;
    if (baseline_has_peer(b)) {
        placements_run(r, b, bytes, syscalls[0] != '\0' ? syscalls : NULL);
    } else {
        struct variant v = { b, bytes, "none", r->cpu[0], r->cpu[0], syscalls[0] != '\0' ? syscalls : NULL };
        variant_run(r, &v);
    }
}

/* Whether a short run measures this payload; `first`: the list's first one. */
static bool bytes_in_short(const struct baseline *b, size_t bytes, bool first)
{
    if (!baseline_has_peer(b))
        return first;
    if (b->one_way)
        return bytes == SHORT_BURST_BYTES || (first && b->bytes[1] == BYTES_END);
    return first || bytes <= SHORT_BYTES_MAX;
}

static void payloads_run(struct run *r, const struct baseline *b)
{
    if (b->external != NULL) {
        b->external(r, b);
        return;
    }
    if (b->bytes == NULL) {
        bytes_run(r, b, 0);
        return;
    }
    for (const size_t *bytes = b->bytes; *bytes != BYTES_END && !guard_interrupted(); bytes++)
        if (r->full || bytes_in_short(b, *bytes, bytes == b->bytes))
            bytes_run(r, b, *bytes);
}

/* Mappings of this process; 0 where /proc does not tell. */
static unsigned mappings_count(void)
{
    unsigned count = 0;
    FILE *f = fopen("/proc/self/maps", "r");

    for (int c; f != NULL && (c = getc(f)) != EOF;)
        count += c == '\n';
    if (f != NULL)
        fclose(f);
    return count;
}

/* What a baseline leaves in the address space changes what those after it cost: the kernel's tree of mappings has other nodes then. */
void run_baseline(struct run *r, const struct baseline *b)
{
    unsigned before = mappings_count();

    payloads_run(r, b);
    unsigned after = mappings_count();
    if (after > before && before != 0)
        run_fail(r, b->id, "%u mappings are left behind in this process", after - before);
}
