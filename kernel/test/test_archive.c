/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The archive reader against good, cut, damaged and hostile archives. Each is given in a buffer of exactly its size, so that the
 * address sanitizer sees every byte read beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/boot/archive.h"

struct buffer {
    uint8_t *bytes;
    size_t n;
};

static void buffer_add(struct buffer *b, const void *bytes, size_t n)
{
    b->bytes = realloc(b->bytes, b->n + n);
    assert_non_null(b->bytes);
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static void buffer_pad(struct buffer *b)
{
    while (b->n % 4 != 0)
        buffer_add(b, "", 1);
}

static void entry_add(struct buffer *b, const char *name, unsigned mode, const void *data, size_t n)
{
    char head[111];
    int written = snprintf(head, sizeof head, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0u, mode, 0u, 0u, 1u, 0u,
                           n, 0u, 0u, 0u, 0u, strlen(name) + 1, 0u);
    assert_int_equal(written, 110);
    buffer_add(b, head, 110);
    buffer_add(b, name, strlen(name) + 1);
    buffer_pad(b);
    buffer_add(b, data, n);
    buffer_pad(b);
}

/* A folder, two files (one empty), the trailer. */
static struct buffer archive_make(void)
{
    struct buffer b = { malloc(1), 0 };
    entry_add(&b, "folder", 040755, "", 0);
    entry_add(&b, "folder/empty", 0100644, "", 0);
    entry_add(&b, "root", 0100755, "program", 7);
    entry_add(&b, "TRAILER!!!", 0, "", 0);
    return b;
}

static void test_walk(void **state)
{
    struct buffer b = archive_make();
    struct archive a;
    struct archive_entry e;
    (void)state;
    archive_open(&a, b.bytes, b.n);
    assert_int_equal(archive_next(&a, &e), ARCHIVE_ENTRY);
    assert_string_equal(e.name, "folder");
    assert_int_equal(archive_next(&a, &e), ARCHIVE_ENTRY);
    assert_string_equal(e.name, "folder/empty");
    assert_int_equal(e.bytes, 0);
    assert_int_equal(archive_next(&a, &e), ARCHIVE_ENTRY);
    assert_string_equal(e.name, "root");
    assert_int_equal(e.mode, 0100755);
    assert_int_equal(e.bytes, 7);
    assert_memory_equal(e.data, "program", 7);
    assert_int_equal(archive_next(&a, &e), ARCHIVE_END);
    assert_int_equal(archive_next(&a, &e), ARCHIVE_END);
    assert_null(archive_check(b.bytes, b.n));
    free(b.bytes);
}

static void test_find(void **state)
{
    struct buffer b = archive_make();
    struct archive_entry e;
    const char *error = "unset";
    (void)state;
    assert_int_equal(archive_find(b.bytes, b.n, "root", &e, &error), ARCHIVE_ENTRY);
    assert_int_equal(archive_find(b.bytes, b.n, "roo", &e, &error), ARCHIVE_END);
    assert_null(error);
    assert_int_equal(archive_find(b.bytes, b.n, "folder", &e, NULL), ARCHIVE_END); /* not a file */
    b.bytes[0] = 'x';
    assert_int_equal(archive_find(b.bytes, b.n, "root", &e, &error), ARCHIVE_BAD);
    assert_string_equal(error, "archive: bad magic number (not cpio newc)");
    free(b.bytes);
}

/* Whether an archive is good; reads all that it offers, and finds that a bad one stays bad. */
static const char *check_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct archive a;
    struct archive_entry e;
    unsigned sum = 0;
    const char *error;
    if (n > 0)
        memcpy(copy, bytes, n);
    archive_open(&a, copy, n);
    while (archive_next(&a, &e) == ARCHIVE_ENTRY) {
        sum += (unsigned)strlen(e.name);
        for (size_t i = 0; i < e.bytes; i++)
            sum += e.data[i];
    }
    error = a.error;
    assert_true(sum < 1000000);
    if (error)
        assert_int_equal(archive_next(&a, &e), ARCHIVE_BAD);
    assert_ptr_equal(archive_check(copy, n), error);
    free(copy);
    return error;
}

/* Cut anywhere before the end of the trailer's name, it is refused. */
static void test_truncated(void **state)
{
    struct buffer b = archive_make();
    size_t needed = b.n;
    (void)state;
    while (b.bytes[needed - 1] == 0)
        needed--;
    needed++; /* the name's NUL */
    for (size_t n = 0; n <= b.n; n++)
        if (n < needed)
            assert_non_null(check_copy(b.bytes, n));
        else
            assert_null(check_copy(b.bytes, n));
    free(b.bytes);
}

static void test_every_bit_flipped(void **state)
{
    struct buffer b = archive_make();
    unsigned refused = 0;
    (void)state;
    for (size_t i = 0; i < b.n * 8; i++) {
        b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        refused += check_copy(b.bytes, b.n) != NULL;
        b.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(refused > 4 * 6 * 8); /* each bit of each magic at the least */
    free(b.bytes);
}

static void field_set(struct buffer *b, unsigned field, const char *digits) { memcpy(b->bytes + 6 + field * 8, digits, 8); }

static void test_hostile_fields(void **state)
{
    static const struct { unsigned field; const char *digits, *error; } cases[] = {
        { 6, "FFFFFFFF", "archive: truncated within a file" },
        { 6, "7FFFFFFC", "archive: truncated within a file" },
        { 11, "FFFFFFFF", "archive: a name is empty or too long" },
        { 11, "00000000", "archive: a name is empty or too long" },
        { 11, "00000001", "archive: a name is empty or too long" },
        { 11, "00000FFF", "archive: truncated within a name" },
        { 11, "00000003", "archive: a name is not terminated" },
        { 11, "00000020", "archive: a name has a NUL within" },
        { 11, "0000000g", "archive: a number is not hexadecimal" },
        { 6, "-0000001", "archive: a number is not hexadecimal" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer b = archive_make();
        field_set(&b, cases[i].field, cases[i].digits);
        assert_string_equal(check_copy(b.bytes, b.n), cases[i].error);
        free(b.bytes);
    }
}

static void test_empty(void **state)
{
    (void)state;
    assert_string_equal(archive_check("", 0), "archive: truncated (no trailer)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk), cmocka_unit_test(test_find), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_every_bit_flipped), cmocka_unit_test(test_hostile_fields), cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
