/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What guests measure with: histogram, CRC, record writer against the host's decoder, and the classes of fidelity over recorded and
 * invented probes.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/measure/fidelity.h"
#include "harness/measure/noise.h"
#include "kernel/abi/abi.h"

/* --- histogram --- */

static void histogram_stays_sorted_and_exact(void **state)
{
    (void)state;
    struct histogram_pair pairs[64];
    uint64_t counts[64] = { 0 };
    struct histogram h;
    histogram_init(&h, pairs, 64);
    uint64_t random = 1;
    for (int i = 0; i < 10000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint64_t value = random >> 58;
        counts[value]++;
        assert_true(histogram_add(&h, value, 1));
    }
    assert_int_equal(h.samples, 10000);
    assert_int_equal(h.lost, 0);
    for (size_t i = 0; i < h.used; i++) {
        assert_int_equal(pairs[i].count, counts[pairs[i].value]);
        assert_true(i == 0 || pairs[i - 1].value < pairs[i].value);
    }
}

static void full_histogram_counts_what_it_lost(void **state)
{
    (void)state;
    static const uint64_t samples[] = { 5, 3, 9, 3, 7, 9 };
    struct histogram_pair pairs[2];
    struct histogram h;
    histogram_init(&h, pairs, 2);
    assert_false(histogram_fold(&h, samples, 6));
    assert_int_equal(h.samples, 3); /* 5 and 3 twice */
    assert_int_equal(h.lost, 3);
}

static void lost_samples_fail_the_record(void **state)
{
    (void)state;
    struct histogram_pair pairs[1];
    struct histogram h;
    struct log_writer log;
    struct measure_row row = { .workload = "a.b", .variant = "v" };
    histogram_init(&h, pairs, 1);
    histogram_add(&h, 1, 1);
    histogram_add(&h, 2, 1);
    log_open(&log);
    record_row(&log.writer, &row, &h);
    assert_true(log.writer.failed);
    buffer_free(&log.text);
    log_open(&log);
    histogram_init(&h, pairs, 1);
    record_row(&log.writer, &row, &h); /* no sample at all */
    assert_true(log.writer.failed);
    record_end(&log.writer, log.records + 1, true);
    assert_non_null(strstr(log.text.bytes, "status=fail"));
    buffer_free(&log.text);
}

/* --- records --- */

static void crc_is_zlibs(void **state)
{
    (void)state;
    assert_int_equal(record_crc32("123456789", 9), 0xcbf43926); /* the check value of ISO 3309 CRC-32 */
    assert_int_equal(record_crc32("", 0), 0);
    unsigned char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 31 + i / 256);
        assert_int_equal(record_crc32(bytes, i), crc32(0, bytes, (uInt)i));
    }
}

static void any_text_survives_a_record(void **state)
{
    (void)state;
    static const char *const texts[] = { "", " ", "a b=c%d\n\t*@tg ", "\x7f~!", "caf\xc3\xa9", "100%25" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct log_writer log;
        struct rawlog raw;
        struct error e = { "" };
        log_open(&log);
        record_context(&log.writer, "odd", texts[i]);
        record_test(&log.writer, "a", "pass", texts[i]);
        log_close(&log);
        if (!rawlog_decode(log.text.bytes, log.text.size, false, &raw, &e))
            fail_msg("%s", e.text);
        assert_string_equal(json_string_value(json_object_get(raw.context, "odd")), texts[i]);
        assert_string_equal(json_string_value(json_object_get(json_array_get(raw.tests, 0), "detail")), texts[i]);
        rawlog_free(&raw);
        buffer_free(&log.text);
    }
}

static void rows_survive_a_record(void **state)
{
    (void)state;
    struct histogram_pair pairs[] = { { 1, 2 }, { INT64_MAX, 3 } };
    struct histogram h = { .pairs = pairs, .capacity = 2, .used = 2, .samples = 5 };
    struct measure_row row = {
        .workload = "linux.pipe", .variant = "bytes=64", .direction = "one_way", .relation = "cross_cpu", .words = 63,
        .path = "none", .cache = "cold", .method = "batched", .batch = 17, .unit = "instructions", .warmup = 9, .overhead = 3,
        .placement = "two_cpus", .bytes = 64, .has_bytes = true, .syscalls = "4.25", .taints = "smi,irq", .disturbed = 250, .has_disturbed = true, .counters = "TOT_CYC:uk:900:10,L1_DCM:k:5:0",
    };
    struct log_writer log;
    struct rawlog raw;
    struct error e = { "" };
    log_open(&log);
    record_row(&log.writer, &row, &h);
    log_close(&log);
    if (!rawlog_decode(log.text.bytes, log.text.size, false, &raw, &e))
        fail_msg("%s", e.text);
    const struct result_row *r = &raw.rows[0];
    assert_string_equal(r->workload, "linux.pipe");
    assert_string_equal(r->direction, "one_way");
    assert_string_equal(r->relation, "cross_cpu");
    assert_string_equal(r->placement, "two_cpus");
    assert_true(r->words == 63 && r->batch == 17 && r->warmup == 9 && r->overhead == 3 && r->has_bytes && r->bytes == 64);
    assert_true(r->has_syscalls && r->syscalls == 4.25);
    assert_int_equal(r->taint_count, 2);
    assert_string_equal(r->taints[1], "irq");
    assert_true(r->has_disturbed && r->disturbed == 250);
    assert_string_equal(r->counters, "TOT_CYC:uk:900:10,L1_DCM:k:5:0");
    assert_memory_equal(r->pairs, pairs, sizeof pairs);
    rawlog_free(&raw);
    buffer_free(&log.text);
}

static void long_histograms_are_split(void **state)
{
    (void)state;
    enum { PAIRS = 5000 };
    struct histogram_pair *pairs = calloc(PAIRS, sizeof *pairs);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct histogram_pair){ .value = 1000000007 * (i + 1), .count = i + 1 };
    struct log_writer log;
    struct rawlog raw;
    struct error e = { "" };
    log_open(&log);
    log_row(&log, "a.b", "v", "instructions", 1, 0, pairs, PAIRS);
    log_close(&log);
    assert_true(log.records > 20);
    if (!rawlog_decode(log.text.bytes, log.text.size, false, &raw, &e))
        fail_msg("%s", e.text);
    assert_int_equal(raw.rows[0].pair_count, PAIRS);
    assert_memory_equal(raw.rows[0].pairs, pairs, PAIRS * sizeof *pairs);
    rawlog_free(&raw);
    buffer_free(&log.text);
    free(pairs);
}

static void bad_bodies_fail_the_writer(void **state)
{
    (void)state;
    struct log_writer log;
    char line[RECORD_LINE_BYTES_MAX + 1], *body = calloc(1, RECORD_BODY_BYTES_MAX + 2);
    memset(body, 'x', RECORD_BODY_BYTES_MAX + 1);
    assert_int_equal(record_frame(line, 0, body, RECORD_BODY_BYTES_MAX + 1), 0);
    assert_in_range(record_frame(line, UINT64_MAX, body, RECORD_BODY_BYTES_MAX), RECORD_BODY_BYTES_MAX, RECORD_LINE_BYTES_MAX);
    log_open(&log);
    record_context(&log.writer, "long", body);
    assert_true(log.writer.failed);
    buffer_free(&log.text);
    log_open(&log);
    record_context(&log.writer, "Bad Key", "x");
    assert_true(log.writer.failed);
    buffer_free(&log.text);
    free(body);
}

/* --- fidelity --- */

static enum fidelity classify(uint64_t nops, uint64_t pair, uint64_t jitter, bool hypervisor, bool emulator)
{
    struct fidelity_probe probe = { .hypervisor = hypervisor, .emulator = emulator };
    for (size_t i = 0; i < FIDELITY_SAMPLES; i++) {
        probe.nops1000[i] = nops + (i % 8 ? 0 : 3 * jitter) + (i % 2) * jitter;
        probe.empty_pair[i] = pair;
    }
    return fidelity_classify(&probe);
}

static void fidelity_of_known_machines(void **state)
{
    (void)state;
    assert_int_equal(classify(1009, 4, 0, true, true), FIDELITY_INSTRUCTIONS);   /* QEMU -icount shift=0 */
    assert_int_equal(classify(1006, 3, 0, false, true), FIDELITY_INSTRUCTIONS);  /* Bochs: no hypervisor bit */
    assert_int_equal(classify(290, 30, 4, false, false), FIDELITY_METAL);        /* 4 NOPs a cycle */
    assert_int_equal(classify(290, 30, 4, true, false), FIDELITY_VIRTUAL);
    assert_int_equal(classify(2600, 900, 20000, true, true), FIDELITY_NONE);     /* plain TCG */
    assert_int_equal(classify(290, 30, 4, true, true), FIDELITY_NONE);           /* an emulator that looks like metal is none */
    assert_int_equal(classify(1700000, 1700, 500, true, false), FIDELITY_NONE);  /* KVM that emulates each instruction */
    assert_int_equal(classify(0, 0, 0, false, false), FIDELITY_NONE);            /* clock that stands still */
    assert_int_equal(classify(10, 500, 0, false, false), FIDELITY_NONE);         /* shorter than nothing */
}

static void fidelity_decides_unit(void **state)
{
    (void)state;
    assert_string_equal(fidelity_unit(FIDELITY_METAL), "cycles");
    assert_string_equal(fidelity_unit(FIDELITY_VIRTUAL), "cycles");
    assert_string_equal(fidelity_unit(FIDELITY_INSTRUCTIONS), "instructions");
    assert_null(fidelity_unit(FIDELITY_NONE));
    for (enum fidelity f = FIDELITY_INSTRUCTIONS; f <= FIDELITY_METAL; f++)
        assert_true(row_unit_matches(fidelity_unit(f), fidelity_name(f)));
    assert_string_equal(fidelity_name(FIDELITY_NONE), "none");
}

/* --- noise --- */

/* A second at 3 GHz of the clock, at `percent` of it, with so many interrupts and SMIs. */
static unsigned second_pass(struct noise *n, uint64_t interrupts, uint64_t smis, uint64_t percent, uint64_t *usual)
{
    struct noise before = *n;
    n->interrupts += interrupts;
    n->smis = (n->smis + smis) & 0xffffffff;
    n->mperf += 3000000000u;
    n->aperf += 30000000 * percent;
    return noise_between(&before, n, usual);
}

static void noise_has_causes(void **state)
{
    (void)state;
    struct noise n = { .has = NOISE_SMIS | NOISE_FREQUENCY, .smis = 0xffffffff, .aperf = ~(uint64_t)0 - 5, .mperf = ~(uint64_t)0 };
    uint64_t usual = 0;
    assert_int_equal(second_pass(&n, 0, 0, 120, &usual), 0);
    assert_int_equal(usual, 1200);
    assert_int_equal(second_pass(&n, 3, 0, 120, &usual), NOISE_TAINT_INTERRUPTS);
    assert_int_equal(second_pass(&n, 0, 1, 120, &usual), NOISE_TAINT_SMI); /* the count wraps */
    assert_int_equal(second_pass(&n, 0, 0, 121, &usual), 0);
    assert_int_equal(second_pass(&n, 0, 0, 122, &usual), NOISE_TAINT_FREQUENCY);
    assert_int_equal(second_pass(&n, 0, 0, 100, &usual), NOISE_TAINT_FREQUENCY);
    assert_int_equal(second_pass(&n, 0, 0, 120, &usual), 0);
    assert_int_equal(second_pass(&n, 1, 1, 10, &usual), NOISE_TAINT_INTERRUPTS | NOISE_TAINT_SMI | NOISE_TAINT_FREQUENCY);
    struct noise other = n;
    other.cpu = 1;
    other.interrupts++;
    assert_int_equal(noise_between(&n, &other, &usual), NOISE_TAINT_MIGRATIONS);
}

static void noise_that_cannot_be_told_is_none(void **state)
{
    (void)state;
    struct noise n = { .has = 0 };
    uint64_t usual = 0;
    assert_int_equal(second_pass(&n, 0, 9, 120, &usual), 0);
    assert_int_equal(second_pass(&n, 0, 9, 20, &usual), 0);
    assert_int_equal(usual, 0);
    n.has = NOISE_FREQUENCY;
    struct noise after = n;
    after.mperf += 3; /* of so few ticks the quotient is nothing */
    after.aperf += 300;
    assert_int_equal(noise_between(&n, &after, &usual), 0);
    assert_int_equal(usual, 0);
    after.mperf = n.mperf + (~(uint64_t)0 >> 1); /* and of so many it cannot be made */
    assert_int_equal(noise_between(&n, &after, &usual), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_stays_sorted_and_exact),
        cmocka_unit_test(full_histogram_counts_what_it_lost),
        cmocka_unit_test(lost_samples_fail_the_record),
        cmocka_unit_test(crc_is_zlibs),
        cmocka_unit_test(any_text_survives_a_record),
        cmocka_unit_test(rows_survive_a_record),
        cmocka_unit_test(long_histograms_are_split),
        cmocka_unit_test(bad_bodies_fail_the_writer),
        cmocka_unit_test(fidelity_of_known_machines),
        cmocka_unit_test(fidelity_decides_unit),
        cmocka_unit_test(noise_has_causes),
        cmocka_unit_test(noise_that_cannot_be_told_is_none),
    };
    return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}
