/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GRUB's block of variables, as its menu leaves it on the stick: which boots did not end, and that nothing else of it changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "handover/init/series.h"
#include "harness/tool/joined.h"

#define BLOCK_BYTES 256
#define HEAD "# GRUB Environment Block\n"

static char *block_make(const char *lines)
{
    char *block = malloc(BLOCK_BYTES); /* of exact size: the sanitizer watches its end */
    memset(block, '#', BLOCK_BYTES);
    memcpy(block, HEAD, sizeof HEAD - 1);
    memcpy(block + sizeof HEAD - 1, lines, strlen(lines));
    return block;
}

static void failed_is(const char *lines, const char *wanted)
{
    struct bytes out = { 0 };
    char *block = block_make(lines);
    assert_true(series_failed(block, BLOCK_BYTES, &out));
    assert_int_equal(out.used, strlen(wanted));
    assert_memory_equal(out.at ? out.at : "", wanted, out.used);
    free(out.at);
    free(block);
}

static void test_failed(void **state)
{
    (void)state;
    failed_is("", "");
    failed_is("queue=a|b;\n", "");
    failed_is("failed=\n", "");
    failed_is("failedx=1;\nqueue=failed=2;\n", "");
    failed_is("queue=a|b;\nfailed=select=* limit=2|x=y;\nrunning=z\n", "select=* limit=2|x=y\n");
    failed_is("failed=a|b;c|d;\n", "a|b\nc|d\n");
    failed_is("failed=a\\\\b;\n", "a\\b\n");
    failed_is("queue=a\\\nfailed=no;\n", ""); /* the newline is a part of the value */
}

static void test_forget(void **state)
{
    static const struct { const char *before, *after; } blocks[] = {
        { "queue=a;\n", "queue=a;\n" }, { "failed=a;\nqueue=b;\nrunning=c\nother=1\n", "queue=b;\nother=1\n" }, { "running=x\n", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        char *block = block_make(blocks[i].before), *wanted = block_make(blocks[i].after);
        series_forget(block, BLOCK_BYTES);
        assert_memory_equal(block, wanted, BLOCK_BYTES);
        free(block);
        free(wanted);
    }
}

/* Cut at every byte, and with every byte changed: nothing outside of it is touched, and what is no block is refused. */
static void test_damaged(void **state)
{
    (void)state;
    for (size_t n = 0; n < BLOCK_BYTES; n++) {
        struct bytes out = { 0 };
        char *whole = block_make("queue=a\\;\nfailed=a\\|b;\nrunning=c\\"), *cut = malloc(n + 1);
        memcpy(cut, whole, n);
        assert_true(series_failed(cut = realloc(cut, n ? n : 1), n, &out) == (n >= sizeof HEAD - 1));
        series_forget(cut, n);
        whole[n] = '\\';
        (void)series_failed(whole, BLOCK_BYTES, &out);
        series_forget(whole, BLOCK_BYTES);
        free(out.at);
        free(cut);
        free(whole);
    }
}

static void test_report(void **state)
{
    struct bytes joined = { 0 }, identity = { 0 };
    struct joined got;
    struct error e;
    size_t at = 0;
    (void)state;
    assert_true(bytes_print(&identity, "commit: x\n") && series_report(&joined, &identity, "select=*|y", 10));
    assert_true(joined_find(joined.at, joined.used, &at) && joined_read(joined.at, joined.used, &at, &got, &e));
    assert_string_equal(joined_part_find(&got, "tollgate")->facts, "status=hung lost=0");
    assert_memory_equal(joined_part_find(&got, "tollgate")->bytes, "select=*|y\n", 11);
    free(joined.at);
    free(identity.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_failed), cmocka_unit_test(test_forget), cmocka_unit_test(test_damaged), cmocka_unit_test(test_report) };
    return cmocka_run_group_tests_name("series of boots", tests, NULL, NULL);
}
