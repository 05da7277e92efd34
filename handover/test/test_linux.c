/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Linux is told, and which images are refused: handover/linux.c, machine.c and text.c on the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "handover/linux.h"
#include "handover/text.h"
#include "kernel/boot/multiboot2.h"

#define IMAGE_BYTES 0x4000
#define MIB 0x100000ull

static uint8_t image[IMAGE_BYTES];
static struct boot_params params;
static struct linux_more_areas more;
static struct machine machine;

static struct setup_header *header(void) { return (struct setup_header *)(void *)(image + 0x1f1); }

static void image_make(void)
{
    memset(image, 0x5a, sizeof image);
    memset(image + 0x1f1, 0, sizeof(struct setup_header));
    struct setup_header *h = header();
    h->setup_sects = 3;
    h->syssize = (IMAGE_BYTES - 4 * 512) / 16;
    h->boot_flag = 0xaa55;
    h->header = 0x53726448;
    h->version = 0x020f;
    h->xloadflags = XLF_KERNEL_64;
    h->relocatable_kernel = 1;
    h->kernel_alignment = 2 * MIB;
    h->pref_address = 16 * MIB;
    h->init_size = 0x8000;
    h->cmdline_size = 2047;
    image[0x201] = 0x6a; /* as the jump over it does: the header ends at 0x26c */
}

static const char *check(uint64_t bytes, struct linux_image *out)
{
    /* A copy of that size: the sanitizer watches its end. */
    static void *copy;
    free(copy);
    copy = malloc(bytes ? bytes : 1);
    memcpy(copy, image, bytes);
    return linux_check(copy, bytes, out);
}

static void test_image(void **state)
{
    struct linux_image out;
    (void)state;
    image_make();
    assert_null(check(IMAGE_BYTES, &out));
    assert_int_equal(out.code, 4 * 512);
    assert_int_equal(out.code_bytes, IMAGE_BYTES - 4 * 512);
    assert_int_equal(out.header_bytes, 0x26c - 0x1f1);
    for (uint64_t bytes = 0; bytes < IMAGE_BYTES; bytes += bytes < 0x420 ? 1 : 97)
        assert_string_equal(check(bytes, &out), "linux: the image is cut short");
}

static void test_image_refused(void **state)
{
    struct linux_image out;
    (void)state;
    image_make();
    header()->header ^= 1;
    assert_string_equal(check(IMAGE_BYTES, &out), "linux: the module is no bzImage");
    image_make();
    header()->xloadflags = 0;
    assert_non_null(check(IMAGE_BYTES, &out));
    image_make();
    header()->version = 0x020b;
    assert_non_null(check(IMAGE_BYTES, &out));
    image_make();
    header()->relocatable_kernel = 0;
    assert_non_null(check(IMAGE_BYTES, &out));
    image_make();
    header()->kernel_alignment = 3 * MIB;
    assert_non_null(check(IMAGE_BYTES, &out));
    image_make();
    header()->init_size = 0x1000;
    assert_string_equal(check(IMAGE_BYTES, &out), "linux: the image asks for less memory than it has");
    image_make();
    header()->syssize = UINT32_MAX;
    assert_string_equal(check(IMAGE_BYTES, &out), "linux: the image is cut short");
    image_make();
    header()->setup_sects = 255;
    assert_string_equal(check(IMAGE_BYTES, &out), "linux: the image is cut short");
}

/* No single bit makes it read beyond its end. */
static void test_every_bit_flipped(void **state)
{
    struct linux_image out;
    (void)state;
    for (unsigned bit = 0x1f0 * 8; bit < 0x270 * 8; bit++) {
        image_make();
        image[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!check(IMAGE_BYTES, &out))
            assert_true(out.code + out.code_bytes <= IMAGE_BYTES && out.header_bytes <= sizeof(struct setup_header));
    }
}

static void test_place(void **state)
{
    struct linux_image out;
    (void)state;
    image_make();
    header()->init_size = 64 * MIB;
    assert_null(check(IMAGE_BYTES, &out));
    memset(&machine, 0, sizeof machine);
    assert_true(ranges_add(&machine.ram, 1 * MIB, 512 * MIB));
    assert_int_equal(linux_place(&out, &machine), 16 * MIB);
    assert_true(ranges_add(&machine.used, 40 * MIB, 41 * MIB)); /* too little room before it */
    assert_int_equal(linux_place(&out, &machine), 42 * MIB);    /* aligned to 2 MiB */
    assert_true(ranges_add(&machine.used, 90 * MIB, 449 * MIB));
    assert_int_equal(linux_place(&out, &machine), 0);           /* 448..512 holds 62 behind the alignment */
    assert_true(ranges_add(&machine.ram, 4096 * MIB, 8192 * MIB)); /* nobody maps what lies above 4 GiB */
    assert_int_equal(linux_place(&out, &machine), 0);
}

static bool overlaps(const struct ranges *set, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < set->n; i++)
        if (start < set->range[i].end && set->range[i].start < end)
            return true;
    return false;
}

/* Odd maps, with borders of all alignments on both sides of 4 GiB, and results and modules anywhere: where there is a place it is a good one. */
static void test_place_anywhere(void **state)
{
    struct linux_image out;
    unsigned placed = 0;
    (void)state;
    srand(7);
    image_make();
    for (unsigned round = 0; round < 20000; round++) {
        header()->kernel_alignment = 4096u << rand() % 14;
        header()->pref_address = (unsigned)(rand() % 64) * MIB;
        header()->init_size = 0x8000 + (uint32_t)rand() % (96 * MIB);
        assert_null(check(IMAGE_BYTES, &out));
        memset(&machine, 0, sizeof machine);
        for (unsigned i = 0, n = 1 + (unsigned)rand() % 12; i < n; i++) {
            uint64_t start = (unsigned)rand() * 3ull % (round % 2 ? 5120 * MIB : 256 * MIB), bytes = 1 + (unsigned)rand() % (300 * MIB);
            assert_true(ranges_add(i % 3 ? &machine.used : &machine.ram, start, start + bytes));
        }
        uint64_t at = linux_place(&out, &machine), end = at + header()->init_size;
        if (!at)
            continue;
        placed++;
        assert_true(at % header()->kernel_alignment == 0 && at >= header()->pref_address && end <= 4096 * MIB);
        assert_false(overlaps(&machine.used, at, end));
        unsigned within = 0;
        for (unsigned i = 0; i < machine.ram.n; i++)
            within += machine.ram.range[i].start <= at && end <= machine.ram.range[i].end;
        assert_int_equal(within, 1);
    }
    assert_in_range(placed, 1000, 19000);
}

static void test_options(void **state)
{
    struct linux_image out;
    char options[LINUX_OPTIONS_BYTES], longest[2100];
    (void)state;
    image_make();
    assert_null(check(IMAGE_BYTES, &out));
    assert_true(linux_options(&out, " crc32=01234567  quiet\tpanic=30", 0x7000000, 0x800000, options));
    assert_string_equal(options, "quiet panic=30 tollgate.result=0x7000000,0x800000");
    assert_true(linux_options(&out, "", 0, 0x1000, options));
    assert_string_equal(options, "tollgate.result=0x0,0x1000");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_false(linux_options(&out, longest, 0, 0, options));
    header()->cmdline_size = 30;
    assert_null(check(IMAGE_BYTES, &out));
    assert_false(linux_options(&out, "quiet panic=30", 0x7000000, 0x800000, options));
}

static void test_checksum(void **state)
{
    struct machine_module m = { 0, 9, " crc32=cbf43926 quiet" }; /* the check value of this CRC */
    (void)state;
    assert_null(linux_module_check(&m, "123456789"));
    assert_non_null(linux_module_check(&m, "123456780"));
    m.options = " crc32=cbf4392";
    assert_non_null(linux_module_check(&m, "123456789"));
    m.options = " crc32=";
    assert_non_null(linux_module_check(&m, "123456789"));
    m.options = " quiet";
    assert_null(linux_module_check(&m, "123456789"));
}

static bool has_area(uint64_t start, uint64_t bytes, uint32_t type)
{
    unsigned n_more = more.len / (unsigned)sizeof more.area[0];
    for (unsigned i = 0; i < params.e820_entries; i++)
        if (params.e820_table[i].addr == start && params.e820_table[i].size == bytes && params.e820_table[i].type == type)
            return true;
    for (unsigned i = 0; i < n_more; i++)
        if (more.area[i].addr == start && more.area[i].size == bytes && more.area[i].type == type)
            return true;
    return false;
}

static void fill(const struct range kept[2])
{
    static struct linux_image out;
    image_make();
    assert_null(check(IMAGE_BYTES, &out));
    linux_fill(&params, &out, &machine, kept, "", &more);
}

static void test_memory_map(void **state)
{
    const struct range kept[2] = { { 100 * MIB, 108 * MIB }, { 2 * MIB, 3 * MIB } };
    (void)state;
    memset(&machine, 0, sizeof machine);
    assert_true(ranges_add(&machine.ram, 0, 0x9fc00) && ranges_add(&machine.ram, MIB, 512 * MIB));
    machine.area[machine.areas++] = (struct machine_area){ 512 * MIB, MIB, 3 };
    machine.initramfs = (struct machine_module){ 0x5000000, 0x123456, "" };
    machine.rsdp = 0x234567;
    fill(kept);
    assert_true(has_area(0, 0x9fc00, 1) && has_area(MIB, MIB, 1) && has_area(3 * MIB, 97 * MIB, 1) && has_area(108 * MIB, 404 * MIB, 1));
    assert_true(has_area(100 * MIB, 8 * MIB, 2) && has_area(2 * MIB, MIB, 2) && has_area(512 * MIB, MIB, 3));
    assert_int_equal(params.e820_entries, 7);
    assert_int_equal(params.hdr.setup_data, 0);
    assert_int_equal(params.hdr.ramdisk_image, 0x5000000);
    assert_int_equal(params.hdr.ramdisk_size, 0x123456);
    assert_int_equal(params.acpi_rsdp_addr, 0x234567);
    assert_int_equal(params.hdr.type_of_loader, 0xff);
    assert_true(params.hdr.loadflags & LOADED_HIGH);
    assert_int_equal(params.screen_info.orig_video_isVGA, 0); /* no screen is told of */
    /* What boot_params has no room for hangs on it. */
    for (unsigned i = 0; i < 200; i++)
        machine.area[machine.areas++] = (struct machine_area){ (1024 + i) * MIB, 4096, 2 };
    fill(kept);
    assert_int_equal(params.e820_entries, E820_MAX_ENTRIES_ZEROPAGE);
    assert_int_equal(params.hdr.setup_data, (uint64_t)&more);
    assert_int_equal(more.type, SETUP_E820_EXT);
    assert_int_equal(more.len / sizeof more.area[0], 207 - E820_MAX_ENTRIES_ZEROPAGE);
    for (unsigned i = 0; i < 200; i++)
        assert_true(has_area((1024 + i) * MIB, 4096, 2));
}

static void test_screen(void **state)
{
    const struct range kept[2] = { { MIB, 2 * MIB }, { 2 * MIB, 3 * MIB } };
    (void)state;
    memset(&machine, 0, sizeof machine);
    machine.screen = 0x4000000000;
    machine.pitch = 4096;
    machine.width = 1024;
    machine.height = 768;
    machine.depth = 32;
    memcpy(machine.mask_position, (uint8_t[]){ 16, 8, 0 }, 3);
    memcpy(machine.mask_bits, (uint8_t[]){ 8, 8, 8 }, 3);
    fill(kept);
    assert_int_equal(params.screen_info.orig_video_isVGA, 0x70);
    assert_int_equal(params.screen_info.lfb_base, 0);
    assert_int_equal(params.screen_info.ext_lfb_base, 0x40);
    assert_int_equal(params.screen_info.capabilities, 2);
    assert_int_equal(params.screen_info.lfb_size, 4096 * 768);
    assert_int_equal(params.screen_info.rsvd_pos, 24);
    machine.screen = 0;
    machine.text_screen = true;
    fill(kept);
    assert_int_equal(params.screen_info.orig_video_isVGA, 1);
    assert_int_equal(params.screen_info.orig_video_cols, 80);
}

struct tag { uint32_t type, bytes; };

static void test_machine(void **state)
{
    struct {
        uint32_t total, reserved;
        struct { struct tag tag; uint32_t start, end; char name[24]; } module[4];
        struct { struct tag tag; uint32_t entry_bytes, version; struct { uint64_t start, bytes; uint32_t type, reserved; } entry[4]; } map;
        struct { struct tag tag; uint8_t rsdp[40]; } acpi;
        struct { struct tag tag; uint64_t address; uint32_t pitch, width, height; uint8_t depth, type, reserved[2], colours[6], padding[2]; } screen;
        struct tag end;
    } i = {
        .total = sizeof i,
        .module = { { { MULTIBOOT2_TAG_MODULE, 40 }, 0x400000, 0x500000, "archive.cpio" },
                    { { MULTIBOOT2_TAG_MODULE, 40 }, 0x500000, 0x501000, "handover" },
                    { { MULTIBOOT2_TAG_MODULE, 40 }, 0x600000, 0x700010, "linux crc32=1 quiet" },
                    { { MULTIBOOT2_TAG_MODULE, 40 }, 0x800000, 0x800001, "initramfs" } },
        .map = { { MULTIBOOT2_TAG_MEMORY_MAP, 16 + 4 * 24 }, 24, 0,
                 { { 0, 0x9fc00, 1, 0 }, { 0x100000, 0x7f00000, 1, 0 }, { 0x300000, 0x1000, 4, 0 }, { 0xfffc0000, 0x40000, 9, 0 } } },
        .acpi = { { MULTIBOOT2_TAG_ACPI_NEW, 48 }, { 'R' } },
        .screen = { { MULTIBOOT2_TAG_FRAMEBUFFER, 38 }, 0xfd000000, 4096, 1024, 768, 32, 1, { 0 }, { 16, 8, 8, 8, 0, 8 }, { 0 } },
        .end = { MULTIBOOT2_TAG_END, 8 },
    };
    (void)state;
    memset(&machine, 0, sizeof machine);
    assert_null(machine_read(&i, &machine));
    assert_int_equal(machine.linux_image.start, 0x600000);
    assert_int_equal(machine.linux_image.bytes, 0x100010);
    assert_string_equal(machine.linux_image.options, " crc32=1 quiet");
    assert_int_equal(machine.initramfs.bytes, 1);
    assert_int_equal(machine.ram.n, 3);
    assert_int_equal(machine.areas, 2);
    assert_int_equal(machine.area[0].type, 4);
    assert_int_equal(machine.area[1].type, 2); /* a type that nobody knows is not touched */
    assert_int_equal(machine.rsdp, (uint64_t)i.acpi.rsdp);
    assert_int_equal(machine.screen, 0xfd000000);
    assert_int_equal(machine.mask_position[0], 16);
    assert_int_equal(machine.used.range[0].start, 0x400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image), cmocka_unit_test(test_image_refused), cmocka_unit_test(test_every_bit_flipped), cmocka_unit_test(test_place),
        cmocka_unit_test(test_place_anywhere), cmocka_unit_test(test_options), cmocka_unit_test(test_checksum), cmocka_unit_test(test_memory_map), cmocka_unit_test(test_screen),
        cmocka_unit_test(test_machine),
    };
    return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
