/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Multiboot2 reader and the sets of memory ranges that it fills.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/boot/multiboot2.h"

struct tag { uint32_t type, bytes; };
struct memory { uint64_t start, bytes; uint32_t type, reserved; };

/* A loader's information as GRUB writes it: 8-byte aligned tags. */
struct information {
    uint32_t total, reserved;
    struct { struct tag tag; char line[16]; } command_line;
    struct { struct tag tag; uint32_t start, end; char name[8]; } module;
    struct { struct tag tag; uint32_t entry_bytes, version; struct memory entries[4]; } map;
    struct { struct tag tag; uint8_t rsdp[20], padding[4]; } acpi_old;
    struct { struct tag tag; uint8_t rsdp[36], padding[4]; } acpi_new;
    struct { struct tag tag; uint32_t address[2], pitch, width, height; uint8_t depth, type, reserved[2]; } framebuffer;
    struct { struct tag tag; uint64_t payload; } unknown;
    struct tag end;
};

static struct information information_make(void)
{
    struct information i = {
        .total = sizeof i,
        .command_line = { { MULTIBOOT2_TAG_COMMAND_LINE, 8 + 14 }, "nofast run=all" },
        .module = { { MULTIBOOT2_TAG_MODULE, 8 + 8 + 8 }, 0x500000, 0x512345, "archive" },
        .map = { { MULTIBOOT2_TAG_MEMORY_MAP, 16 + 4 * 24 }, 24, 0,
                 { { 0, 0x9fc00, 1, 0 }, { 0x100000, 0x7f00000, 1, 0 }, { 0x300000, 0x1000, 2, 0 }, { 0xfffc0000, 0x40000, 2, 0 } } },
        .acpi_old = { { MULTIBOOT2_TAG_ACPI_OLD, 8 + 20 }, { 'o' }, { 0 } },
        .acpi_new = { { MULTIBOOT2_TAG_ACPI_NEW, 8 + 36 }, { 'n' }, { 0 } },
        .framebuffer = { { MULTIBOOT2_TAG_FRAMEBUFFER, 8 + 24 }, { 0xfd000000, 0 }, 4096, 1024, 768, 32, 1, { 0 } },
        .unknown = { { 77, 16 }, 0 },
        .end = { MULTIBOOT2_TAG_END, 8 },
    };
    i.command_line.tag.bytes = 8 + 15;
    return i;
}

/* Reads the first n bytes in a buffer of that size. */
static const char *read_copy(const void *bytes, size_t n, struct boot_information *out)
{
    void *copy = aligned_alloc(8, (n + 15) & ~(size_t)7);
    memcpy(copy, bytes, n);
    void *exact = realloc(copy, n ? n : 1); /* the sanitizer watches its end */
    memset(out, 0, sizeof *out);
    const char *error = multiboot2_read(exact, n, out);
    free(exact);
    return error;
}

static struct boot_information got;

static void test_good(void **state)
{
    struct information i = information_make();
    (void)state;
    assert_null(read_copy(&i, sizeof i, &got));
    assert_string_equal(got.protocol, "multiboot2");
    assert_string_equal(got.command_line, "nofast run=all");
    assert_int_equal(got.archive, 0x500000);
    assert_int_equal(got.archive_bytes, 0x12345);
    assert_int_equal(got.rsdp_bytes, 36);
    assert_int_equal(got.rsdp[0], 'n');
    assert_int_equal(got.ram.n, 3); /* the hole at 3 MiB is cut out */
    assert_int_equal(got.ram.range[1].end, 0x300000);
    assert_int_equal(got.ram.range[2].start, 0x301000);
    assert_int_equal(got.ram.range[2].end, 0x8000000);
}

static void test_framebuffer(void **state)
{
    struct information i = information_make();
    (void)state;
    assert_null(read_copy(&i, sizeof i, &got));
    assert_int_equal(got.framebuffer.address, 0xfd000000);
    assert_int_equal(got.framebuffer.bytes, 4096 * 768);
    assert_int_equal(got.framebuffer.pixel_bytes, 4);
    /* Not used, and no reason to refuse the boot: text mode, other depths, lines longer than their distance, sizes beyond all bounds. */
    for (unsigned wrong = 0; wrong < 7; wrong++) {
        i = information_make();
        if (wrong < 3)
            i.framebuffer.type = wrong ? (uint8_t)(wrong + 1) : 0;
        i.framebuffer.depth = wrong == 3 ? 8 : 32;
        i.framebuffer.width = wrong == 4 ? 1025 : 1024;
        i.framebuffer.height = wrong == 5 ? UINT32_MAX : 768;
        i.framebuffer.address[1] = wrong == 6 ? UINT32_MAX : 0;
        assert_null(read_copy(&i, sizeof i, &got));
        assert_int_equal(got.framebuffer.bytes, 0);
    }
}

static void test_truncated(void **state)
{
    struct information i = information_make();
    (void)state;
    for (uint32_t n = 0; n < sizeof i; n++) {
        i.total = sizeof i;
        assert_non_null(read_copy(&i, n, &got)); /* says more than there is */
        i.total = n;
        assert_non_null(read_copy(&i, n, &got)); /* cut, and says so */
    }
}

static void test_every_bit_flipped(void **state)
{
    struct information i = information_make();
    uint8_t *bytes = (uint8_t *)&i;
    (void)state;
    for (size_t k = 0; k < sizeof i * 8; k++) {
        bytes[k / 8] ^= (uint8_t)(1u << k % 8);
        const char *error = read_copy(&i, sizeof i, &got);
        assert_true(error || got.protocol);
        bytes[k / 8] ^= (uint8_t)(1u << k % 8);
    }
}

static void test_refused(void **state)
{
    struct information i = information_make();
    (void)state;
    i.module.end = i.module.start;
    assert_string_equal(read_copy(&i, sizeof i, &got), "Multiboot2: module is empty");
    i = information_make();
    i.map.tag.type = 77;
    assert_string_equal(read_copy(&i, sizeof i, &got), "Multiboot2: no memory map");
    i = information_make();
    i.map.entry_bytes = 0;
    assert_string_equal(read_copy(&i, sizeof i, &got), "Multiboot2: memory map tag is malformed");
    i = information_make();
    i.command_line.tag.bytes = 8 + 14;
    assert_string_equal(read_copy(&i, sizeof i, &got), "command line is not terminated");
    i = information_make();
    i.unknown.tag.bytes = 0;
    assert_string_equal(read_copy(&i, sizeof i, &got), "Multiboot2: information is truncated");
}

/* All modules but the first are kept for whoever takes over; which one does is told by its name, whole and within its tag. */
static void test_modules(void **state)
{
    (void)state;
    static const struct { const char *name; uint32_t bytes; bool is; } names[] = {
        { "handover", 16 + 9, true }, { "handover", 16 + 8, false }, { "handove", 16 + 8, false }, { "handovers", 16 + 10, false }, { "", 16, false },
    };
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        struct information head = information_make();
        uint8_t bytes[sizeof head + 64] = { 0 };
        size_t at = sizeof head - sizeof(struct tag);
        memcpy(bytes, &head, sizeof head);
        memset(bytes + at, 0, sizeof bytes - at);
        struct { struct tag tag; uint32_t start, end; char name[16]; } module = { { MULTIBOOT2_TAG_MODULE, names[n].bytes }, 0x1234567, 0x1236789, "" };
        memcpy(module.name, names[n].name, strlen(names[n].name) + 1);
        memcpy(bytes + at, &module, sizeof module);
        at += (names[n].bytes + 7) & ~7u;
        memcpy(bytes + at, &(struct tag){ MULTIBOOT2_TAG_END, 8 }, 8);
        *(uint32_t *)(void *)bytes = (uint32_t)at + 8;
        assert_null(read_copy(bytes, at + 8, &got));
        assert_int_equal(got.handover, names[n].is ? 0x1234567 : 0);
        assert_int_equal(got.kept.n, 1);
        assert_int_equal(got.kept.range[0].start, 0x1234000);
        assert_int_equal(got.kept.range[0].end, 0x1237000);
    }
}

static void test_ranges_merge(void **state)
{
    struct ranges r = { 0 };
    (void)state;
    assert_true(ranges_add(&r, 30, 40) && ranges_add(&r, 10, 20) && ranges_add(&r, 50, 60));
    assert_int_equal(r.n, 3);
    assert_true(ranges_add(&r, 20, 30)); /* touches both */
    assert_int_equal(r.n, 2);
    assert_int_equal(r.range[0].start, 10);
    assert_int_equal(r.range[0].end, 40);
    assert_true(ranges_add(&r, 0, 100));
    assert_int_equal(r.n, 1);
    assert_int_equal(ranges_bytes(&r), 100);
    assert_true(ranges_remove(&r, 10, 20) && ranges_remove(&r, 90, 200) && ranges_remove(&r, 0, 5));
    assert_int_equal(r.n, 2);
    assert_int_equal(ranges_bytes(&r), 75);
    assert_true(ranges_remove(&r, 0, UINT64_MAX));
    assert_int_equal(r.n, 0);
}

static void test_ranges_full(void **state)
{
    static struct ranges r;
    (void)state;
    for (uint64_t i = 0; i < RANGES_MAX; i++)
        assert_true(ranges_add(&r, i * 10, i * 10 + 5));
    assert_false(ranges_add(&r, 100000, 100001));
    assert_false(ranges_remove(&r, 1, 2));
    assert_int_equal(r.n, RANGES_MAX);
    assert_int_equal(ranges_bytes(&r), RANGES_MAX * 5);
    assert_true(ranges_add(&r, 3, 12)); /* joins two: fits */
    assert_int_equal(r.n, RANGES_MAX - 1);
}

static void test_ranges_align(void **state)
{
    struct ranges r = { 0 };
    (void)state;
    assert_true(ranges_add(&r, 1, 4095) && ranges_add(&r, 5000, 20000) && ranges_add(&r, UINT64_MAX - 10, UINT64_MAX));
    ranges_align(&r, 4096);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.range[0].start, 8192);
    assert_int_equal(r.range[0].end, 16384);
}

/* --- maps that no firmware should tell, against the plain meaning of their entries --- */

#define ODD_ENTRIES 12
#define ODD_MAPS 20000

struct odd_information {
    uint32_t total, reserved;
    struct { struct tag tag; uint32_t entry_bytes, version; struct memory entries[ODD_ENTRIES]; } map;
    struct tag end;
};

static uint64_t random_state = 1;
static uint64_t random_next(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

/* Few places, so that ends meet; whole pages and bytes beside them; around 4 GiB, 1 TiB, and the end of the address space. */
static uint64_t random_place(void)
{
    static const uint64_t near[] = { 0, 0x100000, 0xfffff000, 0x100000000, 0x10000000000, 0x20000000000, 0xfffffffffffff000 };
    return near[random_next(sizeof near / sizeof *near)] + random_next(4) * 4096 + (random_next(3) == 0 ? random_next(4096) : 0);
}

static bool covers(const struct memory *e, uint64_t at) { return at >= e->start && at - e->start < e->bytes; }

static bool is_ram(const struct odd_information *i, uint64_t at)
{
    bool ram = false, other = false;
    for (unsigned k = 0; k < ODD_ENTRIES; k++) {
        /* What passes the end of the address space ends there, its last byte apart. */
        bool there = covers(&i->map.entries[k], at) && at != UINT64_MAX;
        ram |= there && i->map.entries[k].type == 1;
        other |= there && i->map.entries[k].type != 1;
    }
    return ram && !other;
}

static bool set_has(const struct ranges *set, uint64_t at)
{
    for (unsigned i = 0; i < set->n; i++)
        if (at >= set->range[i].start && at < set->range[i].end)
            return true;
    return false;
}

static void odd_check(const struct odd_information *i)
{
    struct ranges aligned = got.ram;
    for (unsigned r = 0; r < got.ram.n; r++) {
        assert_true(got.ram.range[r].start < got.ram.range[r].end);
        assert_true(r == 0 || got.ram.range[r - 1].end < got.ram.range[r].start);
    }
    for (unsigned k = 0; k < ODD_ENTRIES; k++)
        for (int d = -1; d <= 1; d++) {
            uint64_t start = i->map.entries[k].start + (uint64_t)(int64_t)d, end = start + i->map.entries[k].bytes;
            assert_int_equal(set_has(&got.ram, start), is_ram(i, start));
            assert_int_equal(set_has(&got.ram, end), is_ram(i, end));
        }
    ranges_align(&aligned, 4096);
    for (unsigned r = 0; r < aligned.n; r++) {
        assert_true(aligned.range[r].start % 4096 == 0 && aligned.range[r].end % 4096 == 0 && aligned.range[r].start < aligned.range[r].end);
        assert_true(set_has(&got.ram, aligned.range[r].start) && set_has(&got.ram, aligned.range[r].end - 1));
    }
}

static void test_odd_maps(void **state)
{
    (void)state;
    for (unsigned map = 0; map < ODD_MAPS; map++) {
        struct odd_information i = { .total = sizeof i, .map = { { MULTIBOOT2_TAG_MEMORY_MAP, sizeof i.map }, sizeof(struct memory), 0, { { 0 } } },
                                     .end = { MULTIBOOT2_TAG_END, 8 } };
        for (unsigned k = 0; k < ODD_ENTRIES; k++) {
            uint64_t start = random_place(), end = random_place();
            i.map.entries[k] = (struct memory){ start, random_next(8) == 0 ? UINT64_MAX : end > start ? end - start : random_next(3), (uint32_t)random_next(4), 0 };
        }
        assert_null(read_copy(&i, sizeof i, &got));
        odd_check(&i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_maps),
        cmocka_unit_test(test_good), cmocka_unit_test(test_framebuffer), cmocka_unit_test(test_truncated), cmocka_unit_test(test_every_bit_flipped),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_modules), cmocka_unit_test(test_ranges_merge), cmocka_unit_test(test_ranges_full),
        cmocka_unit_test(test_ranges_align),
    };
    return cmocka_run_group_tests_name("multiboot2", tests, NULL, NULL);
}
