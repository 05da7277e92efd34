/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Address space tags against a model of CPUs whose TLBs keep what the manual lets them keep (Intel SDM vol. 3A, 4.10): a translation,
 * once used, stays under its tag until an instruction forgets it. QEMU has no tags and Bochs empties its TLB at each load of CR3, so
 * this is where a missing invalidation shows. Page tables are an array: what each space has at each of a few addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/core/object.h"

#define CPUS 3
#define SPACES 6
#define PAGES 4
#define TAGS_MODELLED 4096
#define STEPS 200000
#define KERNEL_ROOT 0x1000ull
#define SPACE_ROOT(s) (0x10000ull + (s) * 0x1000ull)
#define CR4_GLOBAL_PAGES 0x80u
#define INVPCID_ADDRESS 0
#define INVPCID_SPACE 1
#define INVPCID_ALL_SPACES 3

struct model_cpu {
    struct cpu cpu;
    uint64_t cr3, cr4;
    uint64_t tlb[TAGS_MODELLED][PAGES]; /* 0: nothing known */
};

static struct model_cpu *machine;
static unsigned at;                     /* the CPU that executes */
static unsigned cpus;
static uint64_t tables[SPACES][PAGES];  /* never 0 while the space is alive */
static uint64_t spaces[SPACES];         /* CR3 value; 0: not alive */
static uint64_t value_last;

static void tag_forget(uint64_t tag) { memset(machine[at].tlb[tag], 0, sizeof machine[at].tlb[tag]); }
static void all_forget(void) { memset(machine[at].tlb, 0, sizeof machine[at].tlb); }

/* What the kernel's cpu.h has, for this machine. */
#define KERNEL_X86_64_CPU_H
static bool tagged;
static uint64_t cr3_read(void) { return machine[at].cr3; }
static uint64_t cr4_read(void) { return machine[at].cr4; }

static void cr3_write(uint64_t value)
{
    assert_true(tagged || !(value >> 63)); /* a general protection fault */
    machine[at].cr3 = value & ~(1ull << 63);
    if (!(value >> 63))
        tag_forget(value & 0xfff);
}

static void cr4_write(uint64_t value)
{
    if ((value ^ machine[at].cr4) & CR4_GLOBAL_PAGES)
        all_forget();
    machine[at].cr4 = value;
}

static void invlpg(uint64_t address) { machine[at].tlb[machine[at].cr3 & 0xfff][address] = 0; }

static void invpcid(uint64_t type, uint64_t tag, uint64_t address)
{
    if (type == INVPCID_ADDRESS)
        machine[at].tlb[tag][address] = 0;
    else if (type == INVPCID_SPACE)
        tag_forget(tag);
    else
        all_forget();
}

#include "kernel/x86_64/tlb.c"

struct cpu *arch_cpu(void) { return &machine[at].cpu; }
struct cpu *arch_cpu_at(unsigned number) { return &machine[number].cpu; }
unsigned arch_cpu_count(void) { return cpus; }
void arch_extras_leave(void) { }
uint64_t kernel_map_root(void) { return KERNEL_ROOT; }

/* --- What the rest of the kernel does with it */

/* All other CPUs wait for the lock, then go on: lock.c. */
static void others_hold(unsigned self)
{
    for (at = 0; at < cpus; at++)
        if (at != self)
            arch_space_leave_any();
    at = self;
}

static void others_release(unsigned self)
{
    for (at = 0; at < cpus; at++) {
        if (at != self && machine[at].cpu.flush_spaces) {
            machine[at].cpu.flush_spaces = false;
            arch_spaces_tlb_flush();
        }
    }
    at = self;
}

static void space_create(unsigned s)
{
    spaces[s] = SPACE_ROOT(s) | tlb_tag_take();
    for (unsigned i = 0; i < PAGES; i++)
        tables[s][i] = ++value_last;
}

static void space_destroy(unsigned s)
{
    others_hold(at);
    arch_space_leave(spaces[s]);
    tlb_tag_release(spaces[s]);
    others_release(at);
    spaces[s] = 0;
}

static void page_change(unsigned s, unsigned page)
{
    others_hold(at);
    tables[s][page] = ++value_last;
    arch_tlb_drop(spaces[s], page);
    others_release(at);
}

static void tables_change(unsigned s)
{
    others_hold(at);
    for (unsigned i = 0; i < PAGES; i++)
        tables[s][i] = ++value_last;
    tlb_space_drop(spaces[s]);
    others_release(at);
}

/* User mode of the CPU reads a page of the space, by the TLB where that knows it. */
static void read_and_check(unsigned s, unsigned page)
{
    if (!tlb_space_is_loaded(spaces[s]))
        cr3_write(spaces[s]);
    uint64_t *known = &machine[at].tlb[spaces[s] & CR3_TAG_MASK][page];
    if (!*known)
        *known = tables[s][page];
    assert_int_equal(*known, tables[s][page]);
}

static int setup(void **state)
{
    (void)state;
    machine = calloc(CPUS, sizeof *machine);
    for (unsigned i = 0; i < CPUS; i++)
        machine[i].cr3 = KERNEL_ROOT, machine[i].cr4 = CR4_GLOBAL_PAGES;
    at = 0;
    cpus = CPUS;
    tagged = false;
    word_next = 0;
    memset(tags_taken, 0, sizeof tags_taken);
    memset(spaces, 0, sizeof spaces);
    return machine ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(machine);
    return 0;
}

static void play(unsigned seed)
{
    srand(seed);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned s = (unsigned)rand() % SPACES, page = (unsigned)rand() % PAGES, what = (unsigned)rand() % 40;
        at = (unsigned)rand() % cpus;
        if (!spaces[s])
            space_create(s);
        else if (what == 0)
            space_destroy(s);
        else if (what == 1)
            tables_change(s);
        else if (what < 6)
            page_change(s, page);
        else if (what == 6)
            arch_space_leave_any();
        else
            read_and_check(s, page);
    }
}

static void tagged_several_cpus(void **state) { (void)state; tlb_tags_use(); play(1); }
static void tagged_one_cpu(void **state) { (void)state; cpus = 1; tlb_tags_use(); play(2); }
static void untagged(void **state) { (void)state; play(3); }

/* Spaces beyond the last tag have none: every load of theirs flushes, and all is right still. */
static void tags_run_out(void **state)
{
    (void)state;
    tlb_tags_use();
    for (unsigned i = 0; i < TAGS - 1 - SPACES / 2; i++)
        assert_true(tlb_tag_take() & CR3_KEEP);
    play(4);
    for (unsigned s = 0; s < SPACES; s++)
        if (spaces[s])
            space_destroy(s);
    for (unsigned i = 0; i < SPACES / 2; i++)
        assert_true(tlb_tag_take() & CR3_KEEP);
    assert_int_equal(tlb_tag_take(), 0);
}

static void no_tag_twice(void **state)
{
    static bool seen[TAGS];
    (void)state;
    assert_int_equal(tlb_tag_take(), 0);
    tlb_tags_use();
    for (unsigned i = 1; i < TAGS; i++) {
        uint64_t tag = tlb_tag_take();
        assert_true(tag & CR3_KEEP && (tag & CR3_TAG_MASK) && !(tag & ~(CR3_KEEP | CR3_TAG_MASK)));
        assert_false(seen[tag & CR3_TAG_MASK]);
        seen[tag & CR3_TAG_MASK] = true;
    }
    assert_int_equal(tlb_tag_take(), 0);
}

/* Switching to and fro forgets nothing: that is what they are for. */
static void translations_stay(void **state)
{
    (void)state;
    tlb_tags_use();
    space_create(0);
    space_create(1);
    read_and_check(0, 0);
    read_and_check(1, 0);
    read_and_check(0, 1);
    arch_space_leave_any();
    assert_int_equal(machine[0].tlb[spaces[0] & CR3_TAG_MASK][0], tables[0][0]);
    assert_int_equal(machine[0].tlb[spaces[1] & CR3_TAG_MASK][0], tables[1][0]);
    page_change(1, 0);
    assert_int_equal(machine[0].tlb[spaces[0] & CR3_TAG_MASK][0], tables[0][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tagged_several_cpus, setup, teardown),
        cmocka_unit_test_setup_teardown(tagged_one_cpu, setup, teardown),
        cmocka_unit_test_setup_teardown(untagged, setup, teardown),
        cmocka_unit_test_setup_teardown(tags_run_out, setup, teardown),
        cmocka_unit_test_setup_teardown(no_tag_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(translations_stay, setup, teardown),
    };
    return cmocka_run_group_tests_name("address space tags", tests, NULL, NULL);
}
