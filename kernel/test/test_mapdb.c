/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mapping database against a naive model: three tasks map, grant, unmap and take rights away among each other at random, pages of
 * both sizes, and after every step each page of each task must be what a plain list with parent pointers says. Then the steps of
 * long operations, interrupted, and quotas that come back.
 */
#include "kernel/test/machine.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/invoke.h"
#include "kernel/core/mapdb.h"
#include "kernel/x86_64/arch.h"

enum { TASKS = 3, SMALL = 8, LARGE = 3, PARTS = 4, NODES = 4096, STEPS = 20000 };

#define SMALL_BASE 0x40000000ull
#define LARGE_BASE 0x80000000ull
#define PHYSICAL_SMALL 0x7000000000ull
#define PHYSICAL_LARGE 0x8000000000ull
#define RIGHTS_PAGE (MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE)

/* --- The model --------------------------------------------------------------------------------------------------------------------------- */

struct node {
    bool used;
    unsigned task;
    uint64_t address, bytes, physical;
    unsigned rights;
    struct node *parent;
};

static struct node nodes[NODES];
static uint64_t task_selector[TASKS];  /* root's */
static struct task *task[TASKS];
static struct thread *thread[TASKS];

static struct node *node_at(unsigned t, uint64_t address)
{
    for (struct node *n = nodes; n < nodes + NODES; n++)
        if (n->used && n->task == t && address - n->address < n->bytes)
            return n;
    return NULL;
}

static bool range_is_free(unsigned t, uint64_t address, uint64_t bytes)
{
    for (const struct node *n = nodes; n < nodes + NODES; n++)
        if (n->used && n->task == t && n->address < address + bytes && n->address + n->bytes > address)
            return false;
    return true;
}

static struct node *node_make(struct node what)
{
    for (struct node *n = nodes; n < nodes + NODES; n++)
        if (!n->used) {
            *n = what;
            n->used = true;
            return n;
        }
    fail_msg("the model is full");
    return NULL;
}

static bool has_children(const struct node *of)
{
    for (const struct node *n = nodes; n < nodes + NODES; n++)
        if (n->used && n->parent == of)
            return true;
    return false;
}

static unsigned reach(unsigned rights) { return rights | (rights & MAY_EXECUTE ? MEMORY_EXECUTE : 0); }

static void node_take(struct node *n, unsigned take, bool self)
{
    for (struct node *c = nodes; c < nodes + NODES; c++)
        if (c->used && c->parent == n)
            node_take(c, take, true);
    if (!self)
        return;
    if (take & MEMORY_READ)
        n->used = false;
    n->rights &= ~(take | (take & MEMORY_EXECUTE ? MAY_EXECUTE : 0u));
}

struct play {
    unsigned from, to;
    uint64_t source, target, bytes;
    unsigned rights;
    bool grant;
};

static unsigned model_map_page(const struct play *p, uint64_t done, uint64_t *bytes)
{
    struct node *from = node_at(p->from, p->source + done);
    uint64_t source = p->source + done, target = p->target + done;
    if (!from)
        return ERR_BAD_ARGUMENT;
    if (p->rights & ~reach(from->rights))
        return ERR_NO_RIGHT;
    unsigned rights = MEMORY_READ | p->rights | (p->rights & MEMORY_WRITE ? from->rights & MAY_EXECUTE : 0);
    if (p->grant && has_children(from) && reach(from->rights) & ~reach(rights))
        return ERR_BAD_ARGUMENT;
    bool large = from->bytes > PAGE_BYTES && source % from->bytes == 0 && target % from->bytes == 0 && p->bytes - done >= from->bytes;
    bool level_occupied = !range_is_free(p->to, target, large ? LARGE_PAGE_BYTES : PAGE_BYTES);
    *bytes = large && !level_occupied ? from->bytes : PAGE_BYTES;
    if (!range_is_free(p->to, target, *bytes))
        return ERR_OCCUPIED;
    if (p->grant && *bytes != from->bytes)
        return ERR_BAD_ARGUMENT;
    struct node *made = node_make((struct node){.task = p->to, .address = target, .bytes = *bytes, .rights = rights, .parent = from,
                                                .physical = from->physical + source % from->bytes / *bytes * *bytes});
    if (!p->grant)
        return 0;
    for (struct node *c = nodes; c < nodes + NODES; c++)
        if (c->used && c->parent == from && c != made)
            c->parent = made;
    made->parent = from->parent;
    from->used = false;
    return 0;
}

static unsigned model_map(const struct play *p, uint64_t *done)
{
    for (*done = 0; *done < p->bytes;) {
        uint64_t bytes;
        unsigned error = model_map_page(p, *done, &bytes);
        if (error)
            return *done ? 0 : error;
        *done += bytes;
    }
    return 0;
}

static uint64_t model_unmap(unsigned t, uint64_t address, uint64_t bytes, unsigned take, bool self)
{
    uint64_t dealt = 0;
    for (uint64_t at = address; at < address + bytes;) {
        struct node *n = node_at(t, at);
        if (!n) {
            at += PAGE_BYTES;
            continue;
        }
        at = n->address + n->bytes;
        dealt += n->bytes;
        node_take(n, take, self);
    }
    return dealt;
}

static void page_compare(unsigned t, uint64_t address)
{
    const struct node *n = node_at(t, address);
    const arch_entry *entry = arch_entry_find(task[t]->page_table, address);
    assert_int_equal(entry != NULL, n != NULL);
    if (!n)
        return;
    assert_int_equal(arch_entry_bytes(entry), n->bytes);
    assert_int_equal(arch_entry_physical(entry), n->physical);
    assert_int_equal(arch_entry_rights(entry), n->rights);
    assert_int_equal((*arch_entry_mapping(entry))->address, n->address);
}

static void model_compare(void)
{
    for (unsigned t = 0; t < TASKS; t++) {
        for (unsigned i = 0; i < SMALL; i++)
            page_compare(t, SMALL_BASE + i * PAGE_BYTES);
        for (unsigned i = 0; i < LARGE * PARTS; i++)
            page_compare(t, LARGE_BASE + i / PARTS * (uint64_t)LARGE_PAGE_BYTES + i % PARTS * PAGE_BYTES);
    }
}

/* --- The play ------------------------------------------------------------------------------------------------------------------------------ */

static void world_make(void)
{
    memset(nodes, 0, sizeof nodes);
    task_selector[0] = SELECTOR_TASK;
    task[0] = machine.task;
    for (unsigned t = 0; t < TASKS; t++) {
        if (t)
            task[t] = task_at(task_selector[t] = make_task());
        thread[t] = thread_at(make_thread(task_selector[t]));
    }
    for (unsigned t = 0; t < TASKS; t++)
        for (unsigned other = 0; other < TASKS; other++)
            make_copy(task_selector[t], task_selector[other], 200 + other, RIGHTS_ALL);
    for (unsigned i = 0; i < SMALL / 2; i++) {
        struct node n = {.address = SMALL_BASE + i * PAGE_BYTES, .bytes = PAGE_BYTES, .physical = PHYSICAL_SMALL + i * PAGE_BYTES,
                         .rights = RIGHTS_PAGE};
        node_make(n);
        assert_false(mapdb_map_first(task[0], n.address, n.physical, n.bytes, MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE));
    }
    for (unsigned i = 0; i < LARGE; i++) {
        struct node n = {.address = LARGE_BASE + i * (uint64_t)LARGE_PAGE_BYTES, .bytes = LARGE_PAGE_BYTES,
                         .physical = PHYSICAL_LARGE + i * (uint64_t)LARGE_PAGE_BYTES, .rights = RIGHTS_PAGE};
        node_make(n);
        assert_false(mapdb_map_first(task[0], n.address, n.physical, n.bytes, MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE));
    }
}

static unsigned below(unsigned n) { return (unsigned)random() % n; }

static uint64_t any_place(bool large)
{
    if (large)
        return LARGE_BASE + below(LARGE) * (uint64_t)LARGE_PAGE_BYTES;
    return below(3) ? SMALL_BASE + below(SMALL) * PAGE_BYTES
                    : LARGE_BASE + below(LARGE) * (uint64_t)LARGE_PAGE_BYTES + below(PARTS) * PAGE_BYTES;
}

static bool is_large_place(uint64_t address) { return address >= LARGE_BASE; }

static void random_map(void)
{
    static const unsigned rights[] = {MEMORY_READ, MEMORY_READ | MEMORY_WRITE, MEMORY_READ | MEMORY_EXECUTE, MEMORY_READ | MEMORY_WRITE};
    bool large = !below(4);
    struct play p = {.from = below(TASKS), .to = below(TASKS), .rights = rights[below(4)], .grant = !below(3),
                     .bytes = large ? LARGE_PAGE_BYTES : PAGE_BYTES};
    p.source = any_place(large);
    p.target = any_place(large);
    if (large && below(4) == 0) { /* more than there is, not aligned: small pages as far as they go */
        p.target = SMALL_BASE + below(SMALL) * PAGE_BYTES;
        p.bytes = 2 * PAGE_BYTES;
    }
    if (p.grant && p.bytes != PAGE_BYTES && p.bytes != LARGE_PAGE_BYTES)
        p.grant = false;
    uint64_t done;
    uint64_t size = p.bytes == PAGE_BYTES ? 12 : 21;
    unsigned expected = model_map(&p, &done), error;
    if (p.grant || (p.source % p.bytes == 0 && below(2) && p.bytes != 2 * PAGE_BYTES))
        error = op(thread[p.from], 200 + p.to, OP_TASK_MAP_FLEXPAGE,
                   W(p.source | size << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_MEMORY << FLEXPAGE_TYPE_SHIFT | p.rights |
                     (p.grant ? FLEXPAGE_GRANT : 0), p.target));
    else
        error = op(thread[p.from], 200 + p.to, OP_TASK_MAP_MEMORY, W(p.source, p.target, p.bytes, p.rights));
    assert_int_equal(error, expected);
    if (!error)
        assert_int_equal(out[0], done);
}

static void random_unmap(void)
{
    static const unsigned takes[] = {MEMORY_READ, MEMORY_READ, MEMORY_WRITE, MEMORY_EXECUTE, MEMORY_WRITE | MEMORY_EXECUTE, 7};
    unsigned by = below(TASKS), t = below(TASKS), take = takes[below(6)];
    uint64_t address = any_place(false), bytes = (1 + below(3)) * PAGE_BYTES;
    bool self = below(2);
    if (t == 0 && self && (is_large_place(address) || address < SMALL_BASE + SMALL / 2 * PAGE_BYTES) && below(20))
        self = false; /* what all others come from stays, mostly */
    uint64_t dealt = model_unmap(t, address, bytes, take, self);
    op_ok(thread[by], 200 + t, OP_TASK_UNMAP_MEMORY, W(address, bytes, take, self ? 0 : UNMAP_DERIVED));
    assert_int_equal(out[0], dealt);
}

/* Gives root back what nobody has any more. */
static void restore(void)
{
    for (unsigned i = 0; i < SMALL / 2; i++) {
        struct node n = {.address = SMALL_BASE + i * PAGE_BYTES, .bytes = PAGE_BYTES, .physical = PHYSICAL_SMALL + i * PAGE_BYTES,
                         .rights = RIGHTS_PAGE};
        if (node_at(0, n.address) || below(4))
            continue;
        node_make(n);
        assert_false(mapdb_map_first(task[0], n.address, n.physical, n.bytes, MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE));
    }
}

static void the_database_is_the_model(unsigned seed)
{
    world_make();
    srandom(seed);
    unsigned most = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        machine.unchecked = i % 10;
        if (below(3))
            random_map();
        else
            random_unmap();
        restore();
        model_compare();
        unsigned n = 0;
        for (unsigned k = 0; k < NODES; k++)
            n += nodes[k].used;
        most = n > most ? n : most;
    }
    assert_true(most > TASKS * SMALL / 2);
}

static void random_operations_1(void **state) { (void)state; the_database_is_the_model(1); }
static void random_operations_2(void **state) { (void)state; the_database_is_the_model(2); }
static void random_operations_3(void **state) { (void)state; the_database_is_the_model(3); }

/* --- Steps ------------------------------------------------------------------------------------------------------------------------------------ */

enum { MANY = 1000 };

static void page_give(uint64_t address)
{
    assert_false(mapdb_map_first(machine.task, address, PHYSICAL_SMALL, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE));
}

/* Each derived from the one before: as deep as it gets. */
static void chain_make(unsigned n)
{
    page_give(SMALL_BASE);
    for (unsigned i = 0; i < n; i++)
        op_ok(machine.root, SELECTOR_TASK, OP_TASK_MAP_MEMORY,
              W(SMALL_BASE + i * PAGE_BYTES, SMALL_BASE + (i + 1) * PAGE_BYTES, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE));
}

static void star_make(unsigned n)
{
    page_give(SMALL_BASE);
    for (unsigned i = 0; i < n; i++)
        op_ok(machine.root, SELECTOR_TASK, OP_TASK_MAP_MEMORY,
              W(SMALL_BASE, SMALL_BASE + (i + 1) * PAGE_BYTES, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE));
}

static void expect_rights(unsigned n, unsigned rights)
{
    for (unsigned i = 1; i <= n; i++)
        assert_int_equal(arch_entry_rights(mapping_find(machine.task, SMALL_BASE + i * PAGE_BYTES)->entry) & 7, rights);
}

static void revocation_is_done_in_steps(void (*make_tree)(unsigned n))
{
    machine.unchecked = true;
    make_tree(MANY);
    machine.unchecked = false;
    op_ok(machine.root, SELECTOR_TASK, OP_TASK_UNMAP_MEMORY, W(SMALL_BASE, PAGE_BYTES, MEMORY_WRITE, UNMAP_DERIVED));
    assert_true(machine.times_again >= MANY / INVOKE_BUDGET);
    assert_int_equal(out[0], PAGE_BYTES);
    expect_rights(MANY, MEMORY_READ);
    assert_int_equal(arch_entry_rights(mapping_find(machine.task, SMALL_BASE)->entry) & 7, MEMORY_READ | MEMORY_WRITE);
    op_ok(machine.root, SELECTOR_TASK, OP_TASK_UNMAP_MEMORY, W(SMALL_BASE, PAGE_BYTES, 0, UNMAP_DERIVED));
    assert_true(machine.times_again >= MANY / INVOKE_BUDGET);
    for (unsigned i = 1; i <= MANY; i++)
        assert_null(mapping_find(machine.task, SMALL_BASE + i * PAGE_BYTES));
    assert_non_null(mapping_find(machine.task, SMALL_BASE));
}

static void deep_revocation_is_done_in_steps(void **state) { (void)state; revocation_is_done_in_steps(chain_make); }
static void wide_revocation_is_done_in_steps(void **state) { (void)state; revocation_is_done_in_steps(star_make); }

/* Between two steps of taking rights away, the tree changes: new mappings, removed ones, another thread that does the same. */
static void a_tree_may_change_between_steps(void **state)
{
    (void)state;
    machine.unchecked = true;
    star_make(MANY);
    machine.unchecked = false;
    struct thread *other = thread_at(make_thread(SELECTOR_TASK));
    const uint64_t tag = tag_of(INVOKE_CALL, OP_TASK_UNMAP_MEMORY, 4);
    enter_as(machine.root, SELECTOR_TASK, tag, W(SMALL_BASE, PAGE_BYTES, MEMORY_WRITE, UNMAP_DERIVED));
    assert_true(seen_tag(machine.root) & TAG_AGAIN);
    enter_as(other, SELECTOR_TASK, tag, W(SMALL_BASE, PAGE_BYTES, MEMORY_WRITE, UNMAP_DERIVED));
    for (unsigned i = 1; i <= MANY; i += 3)
        op_ok(other, SELECTOR_TASK, OP_TASK_UNMAP_MEMORY, W(SMALL_BASE + i * PAGE_BYTES, PAGE_BYTES));
    for (unsigned i = 1; i <= MANY; i += 3) {
        unsigned error = op(other, SELECTOR_TASK, OP_TASK_MAP_MEMORY,
                            W(SMALL_BASE + (i % 2 ? i + 1 : i + 2) * PAGE_BYTES, SMALL_BASE + i * PAGE_BYTES, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE));
        assert_true(!error || error == ERR_NO_RIGHT || error == ERR_BAD_ARGUMENT);
    }
    while (seen_tag(machine.root) & TAG_AGAIN)
        again_as(machine.root);
    for (unsigned i = 1; i <= MANY; i++) {
        const struct mapping *m = mapping_find(machine.task, SMALL_BASE + i * PAGE_BYTES);
        assert_true(!m || !(arch_entry_rights(m->entry) & MEMORY_WRITE));
    }
}

static void large_ranges_are_mapped_in_steps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        assert_false(mapdb_map_first(machine.task, SMALL_BASE + i * PAGE_BYTES, PHYSICAL_SMALL + i * PAGE_BYTES, PAGE_BYTES,
                                  MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE));
    uint64_t t = make_task();
    op_ok(machine.root, t, OP_TASK_MAP_MEMORY, W(SMALL_BASE, LARGE_BASE, 1ull << 30, MEMORY_READ));
    assert_int_equal(out[0], 200 * PAGE_BYTES); /* as far as it goes */
    assert_true(machine.times_again >= 200 / INVOKE_BUDGET);
    op_ok(machine.root, t, OP_TASK_UNMAP_MEMORY, W(LARGE_BASE, 1ull << 37));
    assert_int_equal(out[0], 200 * PAGE_BYTES);
}

/* The factory has everything back when the destroying operation returns, however long that took. */
static void destruction_is_paid_back_before_it_returns(void **state)
{
    (void)state;
    uint64_t f = make_factory(4000 * PAGE_BYTES), t = selector_new();
    op_ok(machine.root, f, OP_FACTORY_CREATE, W(KIND_TASK, t));
    machine.unchecked = true;
    star_make(1);
    for (unsigned i = 0; i < MANY; i++) {
        op_ok(machine.root, t, OP_TASK_MAP_MEMORY, W(SMALL_BASE, LARGE_BASE + i * 513 * PAGE_BYTES, PAGE_BYTES, MEMORY_READ));
        op_ok(machine.root, t, OP_TASK_MAP_CAPABILITY, W(SELECTOR_VCON, 10 + i * 7, RIGHT_SEND));
    }
    machine.unchecked = false;
    assert_true(factory_at(f)->used_bytes > MANY * PAGE_BYTES);
    destroy(t);
    assert_true(machine.times_again > 3 * MANY / INVOKE_BUDGET);
    assert_int_equal(factory_at(f)->used_bytes, 0);
}

static void rounds_return_the_quota(void **state)
{
    (void)state;
    uint64_t f = make_factory(100 * PAGE_BYTES), t = selector_new();
    page_give(SMALL_BASE);
    machine.unchecked = true;
    for (unsigned i = 0; i < 10000; i++) {
        op_ok(machine.root, f, OP_FACTORY_CREATE, W(KIND_TASK, t));
        op_ok(machine.root, t, OP_TASK_MAP_MEMORY, W(SMALL_BASE, LARGE_BASE, PAGE_BYTES, MEMORY_READ));
        if (i % 2)
            op_ok(machine.root, t, OP_TASK_UNMAP_MEMORY, W(LARGE_BASE, PAGE_BYTES));
        destroy(t);
        assert_int_equal(factory_at(f)->used_bytes, 0);
    }
}

/* Whatever is short: the page is there or it is not, and the accounts are right. */
static void mapping_needs_exactly_what_it_takes(void **state)
{
    (void)state;
    page_give(SMALL_BASE);
    for (uint64_t pages = 2; pages < 10; pages++) {
        uint64_t f = make_factory(pages * PAGE_BYTES), t = selector_new();
        op_ok(machine.root, f, OP_FACTORY_CREATE, W(KIND_TASK, t));
        unsigned error = op(machine.root, t, OP_TASK_MAP_MEMORY, W(SMALL_BASE, LARGE_BASE, PAGE_BYTES, MEMORY_READ));
        assert_int_equal(error, pages < 7 ? ERR_NO_MEMORY : 0); /* task, root table, three tables, notes, mappings */
        destroy(t);
        assert_int_equal(factory_at(f)->used_bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(random_operations_1),
        MACHINE_TEST(random_operations_2),
        MACHINE_TEST(random_operations_3),
        MACHINE_TEST(deep_revocation_is_done_in_steps),
        MACHINE_TEST(wide_revocation_is_done_in_steps),
        MACHINE_TEST(a_tree_may_change_between_steps),
        MACHINE_TEST(large_ranges_are_mapped_in_steps),
        MACHINE_TEST(destruction_is_paid_back_before_it_returns),
        MACHINE_TEST(rounds_return_the_quota),
        MACHINE_TEST(mapping_needs_exactly_what_it_takes),
    };
    return cmocka_run_group_tests_name("mapdb", tests, NULL, NULL);
}
