/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ELF reader against a good program and everything that can be wrong with one. Each is given in a buffer of exactly its size,
 * so that the address sanitizer sees every byte read beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/abi/abi.h"
#include "kernel/boot/elf.h"

#define TEXT_ADDRESS 0x400000
#define DATA_ADDRESS 0x402010

/* Text of 0x100 bytes, data of 0x20 bytes in the file and 0x3000 in memory, an empty load segment and a note about the stack. */
struct program {
    Elf64_Ehdr head;
    Elf64_Phdr segments[4];
    uint8_t padding[0x1000 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
    uint8_t text[0x100];
    uint8_t gap[0x2010 - 0x1100];
    uint8_t data[0x20];
};
_Static_assert(offsetof(struct program, data) == 0x2010, "as the headers say");

static struct program program_make(void)
{
    struct program p = {
        .head = {
            .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
            .e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_entry = TEXT_ADDRESS + 0x10,
            .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 4,
        },
        .segments = {
            { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000, .p_vaddr = TEXT_ADDRESS, .p_filesz = 0x100,
              .p_memsz = 0x100, .p_align = 0x1000 },
            { .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x2010, .p_vaddr = DATA_ADDRESS, .p_filesz = 0x20,
              .p_memsz = 0x3000, .p_align = 0x1000 },
            { .p_type = PT_LOAD, .p_flags = PF_R },
            { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
        },
    };
    memset(p.data, 0xda, sizeof p.data);
    return p;
}

/* Checks the first n bytes in a buffer of that size, and walks the segments of a good one, reading every byte. */
static const char *check_copy(const void *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct elf_segment s;
    const char *error = "unset";
    unsigned sum = 0, index = 0;
    memcpy(copy, bytes, n);
    bool good = elf_check(copy, n, &error);
    assert_true(good == (error == NULL));
    while (good && elf_segment_next(copy, &index, &s)) {
        assert_true(s.memory_bytes > 0 && s.file_bytes <= s.memory_bytes && s.memory_bytes <= ELF_MEMORY_BYTES_MAX);
        assert_true(s.address >= USER_BOTTOM && s.address + s.memory_bytes <= USER_TOP);
        assert_true((s.rights & MEMORY_READ) && (s.rights & (MEMORY_WRITE | MEMORY_EXECUTE)) != (MEMORY_WRITE | MEMORY_EXECUTE));
        for (size_t i = 0; i < s.file_bytes; i++)
            sum += s.data[i];
    }
    assert_true(sum < 1000000);
    free(copy);
    return error;
}

static void test_good(void **state)
{
    struct program p = program_make();
    struct elf_segment s;
    unsigned index = 0;
    (void)state;
    assert_null(check_copy(&p, sizeof p));
    assert_int_equal(elf_entry(&p), TEXT_ADDRESS + 0x10);
    assert_true(elf_segment_next(&p, &index, &s));
    assert_int_equal(s.address, TEXT_ADDRESS);
    assert_int_equal(s.rights, MEMORY_READ | MEMORY_EXECUTE);
    assert_ptr_equal(s.data, p.text);
    assert_true(elf_segment_next(&p, &index, &s));
    assert_int_equal(s.address, DATA_ADDRESS);
    assert_int_equal(s.memory_bytes, 0x3000);
    assert_int_equal(s.file_bytes, 0x20);
    assert_int_equal(s.rights, MEMORY_READ | MEMORY_WRITE);
    assert_false(elf_segment_next(&p, &index, &s));
}

static void test_truncated(void **state)
{
    struct program p = program_make();
    (void)state;
    for (size_t n = 0; n < sizeof p; n++)
        assert_non_null(check_copy(&p, n));
}

/* Headers alone: the rest of the file is payload. */
static void test_every_bit_flipped(void **state)
{
    struct program p = program_make();
    uint8_t *bytes = (uint8_t *)&p;
    unsigned refused = 0;
    (void)state;
    for (size_t i = 0; i < offsetof(struct program, padding) * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        refused += check_copy(&p, sizeof p) != NULL;
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(refused > 500);
}

#define EXPECT(change, text)                                      \
    do {                                                          \
        struct program p = program_make();                        \
        change;                                                   \
        const char *error = check_copy(&p, sizeof p);             \
        assert_non_null(error);                                   \
        assert_string_equal(error, "ELF: " text);                 \
    } while (0)

static void test_head_refused(void **state)
{
    (void)state;
    EXPECT(p.head.e_ident[1] = 'F', "bad magic number");
    EXPECT(p.head.e_ident[EI_CLASS] = ELFCLASS32, "not 64-bit");
    EXPECT(p.head.e_ident[EI_DATA] = ELFDATA2MSB, "not little-endian");
    EXPECT(p.head.e_ident[EI_VERSION] = 2, "unknown version");
    EXPECT(p.head.e_version = 2, "unknown version");
    EXPECT(p.head.e_ident[EI_OSABI] = ELFOSABI_FREEBSD, "for another system");
    EXPECT(p.head.e_type = ET_DYN, "position independent or shared, not a static executable");
    EXPECT(p.head.e_type = ET_REL, "not an executable");
    EXPECT(p.head.e_machine = EM_AARCH64, "not for x86-64");
    EXPECT(p.head.e_phentsize = 55, "headers of unknown size");
    EXPECT(p.head.e_ehsize = 52, "headers of unknown size");
    EXPECT(p.head.e_phnum = 0, "no program headers");
    EXPECT(p.head.e_phnum = 0xffff, "too many program headers");
    EXPECT(p.head.e_phoff = UINT64_MAX, "truncated within the program headers");
    EXPECT(p.head.e_phoff = sizeof p - 100, "truncated within the program headers");
}

static void test_segment_refused(void **state)
{
    (void)state;
    EXPECT(p.segments[1].p_filesz = 0x3001, "a segment is larger in the file than in memory");
    EXPECT(p.segments[0].p_offset = UINT64_MAX - 0xfff, "truncated within a segment");
    EXPECT(p.segments[1].p_filesz = 0x21, "truncated within a segment");
    EXPECT(p.segments[1].p_memsz = ELF_MEMORY_BYTES_MAX + 1, "a segment is huge (64 MiB at most)");
    EXPECT(p.segments[1].p_memsz = UINT64_MAX, "a segment is huge (64 MiB at most)");
    EXPECT(p.segments[1].p_memsz = ELF_MEMORY_BYTES_MAX - 0x10, "huge (64 MiB at most)");
    EXPECT(p.segments[1].p_align = 16, "a segment is aligned to less than a page, or to no power of two");
    EXPECT(p.segments[1].p_align = 0x3000, "a segment is aligned to less than a page, or to no power of two");
    EXPECT(p.segments[1].p_vaddr += 8, "a segment is misaligned (address and offset differ within a page)");
    EXPECT(p.segments[1].p_flags = PF_R | PF_W | PF_X, "a segment is writable and executable");
    EXPECT(p.segments[1].p_flags = PF_W, "a segment is not readable");
}

static void test_address_refused(void **state)
{
    (void)state;
    EXPECT(p.segments[1].p_vaddr = 0x10, "a segment lies outside of user space (or is not canonical)");
    EXPECT(p.segments[1].p_vaddr = 0x800000000010, "a segment lies outside of user space (or is not canonical)");
    EXPECT(p.segments[1].p_vaddr = USER_TOP + 0x10, "a segment lies outside of user space (or is not canonical)");
    EXPECT(p.segments[1].p_vaddr = USER_TOP - 0x2ff0, "a segment lies outside of user space (or is not canonical)");
    EXPECT(p.segments[1].p_vaddr = 0xffffffff80200010, "a segment lies outside of user space (or is not canonical)");
    EXPECT(p.segments[1].p_vaddr = 0xfffffffffffff010, "a segment lies outside of user space (or is not canonical)");
}

static void test_whole_refused(void **state)
{
    (void)state;
    EXPECT(p.segments[1].p_vaddr = TEXT_ADDRESS + 0x10, "segments overlap, or share a page");
    EXPECT(p.segments[1].p_vaddr = TEXT_ADDRESS - 0x1ff0, "segments overlap, or share a page");
    EXPECT(p.segments[0].p_memsz = 0x2001, "segments overlap, or share a page");
    EXPECT(p.segments[3].p_type = PT_INTERP, "dynamically linked");
    EXPECT(p.segments[3].p_type = PT_DYNAMIC, "dynamically linked");
    EXPECT(p.head.e_entry = TEXT_ADDRESS + 0x100, "entry is not in an executable segment");
    EXPECT(p.head.e_entry = DATA_ADDRESS, "entry is not in an executable segment");
    EXPECT(p.head.e_entry = 0, "entry is not in an executable segment");
    EXPECT((p.segments[0].p_type = p.segments[1].p_type = PT_NOTE), "nothing to load");
}

static void test_too_many_segments(void **state)
{
    enum { SEGMENTS = ELF_SEGMENTS_MAX + 1 };
    struct { Elf64_Ehdr head; Elf64_Phdr segments[SEGMENTS]; } p = { .head = program_make().head };
    (void)state;
    p.head.e_phnum = SEGMENTS;
    for (unsigned i = 0; i < SEGMENTS; i++)
        p.segments[i] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = TEXT_ADDRESS + 0x1000 * i,
                                      .p_memsz = 0x1000, .p_align = 0x1000 };
    assert_string_equal(check_copy(&p, sizeof p), "ELF: too many segments");
    p.head.e_phnum = SEGMENTS - 1;
    assert_null(check_copy(&p, sizeof p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_truncated), cmocka_unit_test(test_every_bit_flipped),
        cmocka_unit_test(test_head_refused), cmocka_unit_test(test_segment_refused), cmocka_unit_test(test_address_refused),
        cmocka_unit_test(test_whole_refused), cmocka_unit_test(test_too_many_segments),
    };
    return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
