/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of CPUs: every kind of entry, and tables that are cut or malformed at any byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/x86_64/madt.h"

#define HEAD_BYTES 44
#define TABLE_BYTES_MAX 8192

static uint8_t table[TABLE_BYTES_MAX];
static size_t used;

static void table_start(void)
{
    memset(table, 0, sizeof table);
    used = HEAD_BYTES;
}

static void put32(size_t at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        table[at + i] = (uint8_t)(value >> 8 * i);
}

static void entry_put(uint8_t type, uint8_t bytes)
{
    table[used] = type;
    table[used + 1] = bytes;
    used += bytes;
}

static void local_put(uint8_t id, uint32_t flags)
{
    table[used + 3] = id;
    put32(used + 4, flags);
    entry_put(0, 8);
}

static void x2_put(uint32_t id, uint32_t flags)
{
    put32(used + 4, id);
    put32(used + 8, flags);
    entry_put(9, 16);
}

/* Reads a copy of exact length, so that the sanitizer sees every byte beyond it. */
static struct madt read_exactly(size_t n)
{
    struct madt m;
    uint8_t *copy = malloc(n);
    memcpy(copy, table, n);
    madt_read(copy, n, &m);
    free(copy);
    return m;
}

static void enabled_ones_alone(void **state)
{
    (void)state;
    table_start();
    local_put(0, 1);
    entry_put(1, 12); /* an I/O APIC */
    local_put(7, 0);  /* absent */
    local_put(2, 2);  /* could be plugged in */
    local_put(4, 3);
    local_put(0xff, 1);
    struct madt m = read_exactly(used);
    assert_int_equal(m.cpus, 2);
    assert_int_equal(m.apic_id[0], 0);
    assert_int_equal(m.apic_id[1], 4);
    assert_int_equal(m.offline, 2);
}

static void x2apic_entries(void **state)
{
    (void)state;
    table_start();
    local_put(1, 1);
    x2_put(1, 1); /* the same one again */
    x2_put(0x12345, 1);
    x2_put(0xffffffff, 1);
    struct madt m = read_exactly(used);
    assert_int_equal(m.cpus, 2);
    assert_int_equal(m.apic_id[1], 0x12345);
}

static void more_than_fit(void **state)
{
    (void)state;
    table_start();
    for (uint32_t id = 0; id < MADT_CPUS_MAX + 5; id++)
        x2_put(id, 1);
    struct madt m = read_exactly(used);
    assert_int_equal(m.cpus, MADT_CPUS_MAX);
    assert_int_equal(m.surplus, 5);
}

static void cut_anywhere(void **state)
{
    (void)state;
    table_start();
    local_put(0, 1);
    x2_put(1, 1);
    local_put(2, 1);
    for (size_t n = 1; n <= used; n++) {
        unsigned whole = n < HEAD_BYTES + 8 ? 0 : n < HEAD_BYTES + 24 ? 1 : n < HEAD_BYTES + 32 ? 2 : 3;
        assert_int_equal(read_exactly(n).cpus, whole);
    }
}

static void malformed_lengths_end_it(void **state)
{
    static const uint8_t lengths[] = { 0, 1, 200 };

    (void)state;
    for (size_t i = 0; i < sizeof lengths; i++) {
        table_start();
        local_put(3, 1);
        size_t bad = used;
        local_put(4, 1);
        table[bad + 1] = lengths[i];
        assert_int_equal(read_exactly(used).cpus, 1);
    }
    table_start();
    local_put(5, 1);
    table[HEAD_BYTES + 1] = 7; /* too short for its kind */
    assert_int_equal(read_exactly(used).cpus, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enabled_ones_alone),
        cmocka_unit_test(x2apic_entries),
        cmocka_unit_test(more_than_fit),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(malformed_lengths_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
