/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rounds of fuzzing: tasks are made, fuzz for some thousand invocations, and are destroyed; then nobody has noticed anything, and every
 * quota is what it was. Options seed=N and rounds=N of the command line: where random numbers begin, and how many invocations in all.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/fuzz/odd.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define INVOCATIONS_DEFAULT 20000
#define ROUND_MIN 1000
#define ROUND_MORE 8000
#define ROUNDS_MAX 100000

static struct fuzz_counts counts;

static const char *used_bytes(uint64_t *used)
{
    uint64_t quota;

    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, used), 0);
    return NULL;
}

static const char *round_run(uint64_t seed, uint64_t *random, uint64_t cpus)
{
    CHECK_EQUAL(fuzz_space_make(seed, random, cpus), 0);
    fuzz_care(random, ROUND_MIN + random_below(random, ROUND_MORE), cpus, &counts);
    fuzz_space_destroy(random);
    return NULL;
}

static void console_write(const struct text *t)
{
    struct message_words w = { .w0 = t->used };
    struct utcb *own = (struct utcb *)PROGRAM_UTCB_ADDRESS;

    _Static_assert(TEXT_BYTES <= VCON_WRITE_BYTES_MAX, "one write");
    memcpy(&own->words[REGISTER_WORDS], t->bytes, t->used);
    (void)object_call(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + (t->used + 7) / 8, &w);
}

static void figure(struct text *t, const char *name, uint64_t value)
{
    text_add(t, name);
    text_add_decimal(t, value);
}

/* One line for people and for ci/fuzz-kernel. */
static void counts_tell(uint64_t seed, uint64_t cpus, uint64_t rounds)
{
    uint64_t kinds = 0, vectors = 0;
    struct text t;

    for (unsigned i = 0; i < odd_count(); i++)
        kinds += counts.odd[i] != 0;
    for (uint64_t bits = counts.vectors; bits != 0; bits &= bits - 1)
        vectors++;
    text_init(&t);
    figure(&t, "\nfuzz: seed=", seed);
    figure(&t, " cpus=", cpus);
    figure(&t, " rounds=", rounds);
    figure(&t, " invocations=", counts.progress[FUZZ_INVOCATIONS]);
    figure(&t, " exceptions=", counts.exceptions + counts.page_faults);
    figure(&t, " vectors=", vectors);
    figure(&t, " odd=", counts.progress[FUZZ_ODD]);
    figure(&t, " odd_kinds=", kinds);
    figure(&t, " odd_kinds_all=", odd_count());
    figure(&t, " accesses=", counts.progress[FUZZ_ACCESSES]);
    figure(&t, " messages=", counts.messages);
    figure(&t, " restarts=", counts.restarts);
    figure(&t, " damaged=", counts.damaged);
    figure(&t, " stalled=", counts.stalled);
    text_add(&t, "\n");
    console_write(&t);
    text_init(&t);
    figure(&t, "fuzz: results: success=", counts.results[0]);
    for (int32_t i = 1; i < FUZZ_RESULTS; i++) {
        text_add(&t, " ");
        text_add(&t, error_name(i));
        figure(&t, "=", counts.results[i]);
    }
    text_add(&t, "\n");
    console_write(&t);
}

static const char *nobody_else_notices(void)
{
    const uint64_t seed = program_info()->seed != 0 ? program_info()->seed : 1, cpus = cpu_count();
    const uint64_t wanted = program_info()->rounds != 0 ? program_info()->rounds : INVOCATIONS_DEFAULT;
    uint64_t random = seed * 0x9e3779b97f4a7c15, rounds = 0, before, after;

    CHECK(odd_count() <= FUZZ_ODD_MAX);
    CHECK_EQUAL(fuzz_memory_take(), 0);
    CHECK(fuzz_memory_check());
    CHECK_NESTED(canary_start(cpus));
    CHECK_NESTED(used_bytes(&before));
    for (; counts.progress[FUZZ_INVOCATIONS] < wanted; rounds++) {
        CHECK(rounds < ROUNDS_MAX);
        CHECK_NESTED(round_run(seed * ROUNDS_MAX + rounds, &random, cpus));
        CHECK_NESTED(used_bytes(&after));
        CHECK_EQUAL(after, before);
        CHECK(fuzz_memory_check());
        CHECK_NESTED(canary_check());
    }
    counts_tell(seed, cpus, rounds);
    return NULL;
}

const struct test tests[] = {
    { "fuzz: whatever tasks without privileges do, nobody else notices, and every quota is whole when they are gone", nobody_else_notices },
};
const size_t test_count = sizeof tests / sizeof tests[0];
