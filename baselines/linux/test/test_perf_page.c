/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counters in user mode, against a model of the kernel's page and of the counter behind it: the kernel changes either between any two reads.
 * What a machine does is not shown by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "baselines/linux/perf_page.h"

static struct perf_event_mmap_page page;
static uint64_t counter;        /* of the machine, all 64 bits of it */
static unsigned reads, changes; /* reads so far; the page changes during so many first ones */
static uint32_t read_last;
static void (*change)(void);

static void page_reset(void)
{
    memset(&page, 0, sizeof page);
    page.cap_user_rdpmc = 1;
    page.index = 3;
    page.pmc_width = 48;
    page.time_enabled = page.time_running = 1000;
    counter = 0;
    reads = changes = 0;
    change = NULL;
}

/* Runs where RDPMC would: what the kernel does then falls between the reads of `lock`. */
static uint64_t model_read(uint32_t index)
{
    uint64_t seen = page.pmc_width == 64 ? counter : counter & ((1ull << page.pmc_width) - 1);

    read_last = index;
    if (reads++ < changes)
        change();
    return seen;
}

static uint64_t count_read(void) { return perf_page_read(&page, model_read); }

static void counter_plus_offset(void **state)
{
    (void)state;
    page_reset();
    page.offset = 1000000;
    counter = 77;
    assert_int_equal(count_read(), 1000077);
    assert_int_equal(read_last, 2); /* index is one above the counter's number */
    assert_int_equal(reads, 1);
}

/* The kernel starts counters at minus their period: the top bit of the width is a sign. */
static void narrow_counters_are_signed(void **state)
{
    static const unsigned char widths[] = { 32, 40, 48, 63, 64 };

    (void)state;
    for (size_t i = 0; i < sizeof widths; i++) {
        page_reset();
        page.pmc_width = widths[i];
        page.offset = 5000;
        counter = (uint64_t)-300;
        assert_int_equal(count_read(), 4700);
        counter = 1ull << (widths[i] - 2); /* the greatest power that is positive */
        assert_int_equal(count_read(), 5000 + (1ull << (widths[i] - 2)));
    }
}

/* Bits above the width are whatever the machine leaves there. */
static void bits_above_the_width_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(counter_extend(0xabcd000000000005ull, 48), 5);
    assert_int_equal(counter_extend(0x1234800000000000ull, 48), (uint64_t)-(1ll << 47));
}

static void counter_overflows(void)
{
    page.lock++;
    page.offset += 1000;
    counter -= 1000;
    page.lock++;
}

/* The kernel moves part of the count from counter to offset in the middle: half of either must not be added. */
static void change_in_the_middle_is_read_again(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 5; n++) {
        page_reset();
        page.offset = 200;
        counter = 10000;
        changes = n;
        change = counter_overflows;
        assert_int_equal(count_read(), 10200);
        assert_int_equal(reads, n + 1);
    }
}

static void event_moves(void)
{
    page.lock++;
    page.index = 6;
    page.offset = 100;
    counter = 23;
    page.lock++;
}

static void event_that_moves_to_another_counter(void **state)
{
    (void)state;
    page_reset();
    counter = 99;
    changes = 1;
    change = event_moves;
    assert_int_equal(count_read(), 123);
    assert_int_equal(read_last, 5);
}

static void event_goes(void)
{
    page.lock++;
    page.index = 0;
    page.offset = 4242;
    page.lock++;
}

/* Without a counter the offset is all, and no counter may be read: number -1 would fault. */
static void index_0_reads_no_counter(void **state)
{
    (void)state;
    page_reset();
    page.index = 0;
    page.offset = 4242;
    assert_int_equal(count_read(), 4242);
    assert_int_equal(reads, 0);
    page_reset();
    changes = 1;
    change = event_goes;
    assert_int_equal(count_read(), 4242);
    assert_int_equal(reads, 1);
}

static bool counted_while(void (*happens)(void))
{
    struct perf_page_state before = perf_page_state_read(&page);

    page.time_enabled += 500;
    page.time_running += 500;
    if (happens != NULL)
        happens();
    struct perf_page_state after = perf_page_state_read(&page);
    return perf_page_counted(&before, &after);
}

static void lends_the_counter(void) { page.time_enabled += 10; }
static void denies_rdpmc(void) { page.cap_user_rdpmc = 0; }
static void has_no_width(void) { page.pmc_width = 0; }

/* An event that had no counter for a while has counted less: its figures are refused. */
static void what_did_not_count_all_the_time(void **state)
{
    (void)state;
    page_reset();
    assert_true(counted_while(NULL));
    page.time_enabled += 12345; /* before the first state: nothing to do with what follows */
    assert_true(counted_while(NULL));
    assert_false(counted_while(lends_the_counter));
    assert_false(counted_while(event_goes));
    page_reset();
    assert_false(counted_while(denies_rdpmc));
    page_reset();
    assert_false(counted_while(has_no_width));
}

/* An event whose counter is lent and given back between two states counts on: only the times tell. */
static void lent_and_given_back(void)
{
    page.lock += 4;
    page.offset += 7;
    page.time_enabled += 300;
    page.time_running += 299;
}

static void times_tell_of_what_is_over(void **state)
{
    (void)state;
    page_reset();
    assert_false(counted_while(lent_and_given_back));
}

static void a_page_that_does_not_permit_it(void **state)
{
    (void)state;
    page_reset();
    assert_true(perf_page_state_read(&page).counts);
    page.cap_user_rdpmc = 0;
    assert_false(perf_page_state_read(&page).counts);
    page_reset();
    page.index = 0;
    assert_false(perf_page_state_read(&page).counts);
    page_reset();
    page.pmc_width = 65;
    assert_false(perf_page_state_read(&page).counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_plus_offset),
        cmocka_unit_test(narrow_counters_are_signed),
        cmocka_unit_test(bits_above_the_width_do_not_count),
        cmocka_unit_test(change_in_the_middle_is_read_again),
        cmocka_unit_test(event_that_moves_to_another_counter),
        cmocka_unit_test(index_0_reads_no_counter),
        cmocka_unit_test(what_did_not_count_all_the_time),
        cmocka_unit_test(times_tell_of_what_is_over),
        cmocka_unit_test(a_page_that_does_not_permit_it),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
