/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a fuzzing thread does, for ever: system calls, accesses to memory, odd instructions, as its random state says. Uses no data but its
 * page of control and its stack.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/fuzz/odd.h"
#include "workloads/lib/layout.h"

#define CALLS_OF_100 84
#define ACCESSES_OF_100 6

uint64_t fuzzer_address(uint64_t *r)
{
    static const uint64_t places[] = {
        FUZZ_DATA, FUZZ_DATA, FUZZ_DATA, FUZZ_DATA, FUZZ_FREE, FUZZ_FREE, FUZZ_LARGE, FUZZ_LARGE, FUZZ_UTCB, FUZZ_UTCB + 2 * PAGE_BYTES,
        FUZZ_READ_ONLY, FUZZ_STACK, FUZZ_STACK + (1 << FUZZ_SLOT_SHIFT), PROGRAM_ADDRESS, 0, USER_BOTTOM, USER_TOP - PAGE_BYTES, USER_TOP,
        ABI_CONST(uint64_t, 0x800000000000), ABI_CONST(uint64_t, 0xffff800000000000), ABI_CONST(uint64_t, 0xffffffff80200000),
        ABI_CONST(uint64_t, 0x7f0000000000), FUZZ_FREE + 0x40000000,
    };
    uint64_t at = places[random_below(r, sizeof places / sizeof places[0])];

    if (one_in(r, 30))
        return random_next(r);
    at += random_below(r, FUZZ_DATA_PAGES) * PAGE_BYTES;
    return one_in(r, 12) ? at + random_below(r, PAGE_BYTES) : at;
}

uint64_t fuzzer_value(uint64_t *r)
{
    switch (random_below(r, 8)) {
    case 0:
        return random_next(r);
    case 1:
        return fuzzer_address(r);
    case 2:
        return (random_next(r) & 1) != 0 ? ~ABI_CONST(uint64_t, 0) >> random_below(r, 64) : ABI_CONST(uint64_t, 1) << random_below(r, 64);
    case 3:
        return random_below(r, FUZZ_DATA_PAGES + 1) * PAGE_BYTES;
    case 4:
        return (uint64_t)-(int64_t)random_below(r, 8);
    default:
        return random_below(r, FUZZ_SELECTORS);
    }
}

/* Not the page of control, which nobody would miss either, but it counts. */
static void access_memory(struct fuzz_control *c)
{
    uint64_t *r = &c->random;
    volatile uint64_t *at = (volatile uint64_t *)fuzzer_address(r);

    c->progress[FUZZ_ACCESSES]++;
    switch (random_below(r, 3)) {
    case 0:
        (void)*at;
        break;
    case 1:
        *at = random_next(r);
        break;
    default:
        for (unsigned i = 0; i < 16; i++)
            at[i * 64] += i;
    }
}

static void run_odd(struct fuzz_control *c)
{
    uint64_t *r = &c->random, which = random_below(r, odd_count());

    c->progress[FUZZ_ODD]++;
    c->odd[which % FUZZ_ODD_MAX]++;
    odd_table[which](one_in(r, 3) ? fuzzer_address(r) : fuzzer_value(r), fuzzer_value(r));
    odd_settle();
}

_Noreturn void fuzzer_run(struct fuzz_control *c)
{
    for (;;) {
        uint64_t choice = random_below(&c->random, 100);
        c->progress[FUZZ_STEPS]++;
        if (choice < CALLS_OF_100)
            fuzzer_invoke(c);
        else if (choice < CALLS_OF_100 + ACCESSES_OF_100)
            access_memory(c);
        else
            run_odd(c);
    }
}
