/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Quotas: what is charged is what is taken, in whole pages, however creation ends; nested factories; memory that runs out at any point.
 */
#include "kernel/test/machine.h"

#include "kernel/core/cap.h"

static uint64_t used(uint64_t factory)
{
    op_ok(machine.root, factory, OP_FACTORY_INFO, NULL);
    return out[1];
}

static unsigned create(uint64_t factory, const uint64_t *words)
{
    return op(machine.root, factory, OP_FACTORY_CREATE, words);
}

static void info_tells_quota_and_use(void **state)
{
    (void)state;
    uint64_t f = make_factory(10 * PAGE_BYTES);
    op_ok(machine.root, f, OP_FACTORY_INFO, NULL);
    assert_int_equal(out[0], 10 * PAGE_BYTES);
    assert_int_equal(out[1], 0);
}

static void objects_of_one_kind_share_pages(void **state)
{
    (void)state;
    uint64_t f = make_factory(1000 * PAGE_BYTES), in_page = (PAGE_BYTES - CACHE_LINE_BYTES) / sizeof(struct gate);
    uint64_t first = selector_new();
    machine.selector_next += 200;
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(create(f, W(KIND_GATE, first + i)), 0);
        assert_int_equal(used(f), (i / in_page + 1) * PAGE_BYTES);
    }
    for (uint64_t i = 200; i-- > 0;) {
        destroy(first + i * 37 % 200); /* in any order: every page goes with its last object */
        assert_true(used(f) <= 200 / in_page * PAGE_BYTES + PAGE_BYTES);
    }
    assert_int_equal(used(f), 0);
}

/* Whatever the quota: creation succeeds with what it needs and fails with a page less; a failure changes nothing. */
static void expect_need(const uint64_t *words, uint64_t pages)
{
    for (uint64_t quota = 0; quota <= pages; quota++) {
        uint64_t f = make_factory(quota * PAGE_BYTES);
        assert_int_equal(create(f, words), quota < pages ? ERR_NO_MEMORY : 0);
        if (quota == pages) {
            assert_int_equal(used(f), pages * PAGE_BYTES);
            destroy(words[1]);
        } else {
            assert_null(cap_find(machine.task, words[1]));
        }
        assert_int_equal(used(f), 0);
        destroy(f);
    }
}

static void needs_are_exact(void **state)
{
    (void)state;
    uint64_t s = selector_new();
    make_gate(0, 0); /* the table and its pages are there */
    expect_need(W(KIND_GATE, s), 1);
    expect_need(W(KIND_TASK, s), 2);                                    /* slab, root table */
    expect_need(W(KIND_THREAD, s, SELECTOR_TASK, machine.utcb_next), 2); /* slab, UTCB */
    expect_need(W(KIND_FACTORY, s, 0), 1);
    expect_need(W(KIND_FACTORY, s, 5 * PAGE_BYTES), 6);
}

/* Tables are paid for by the task's factory, not by who makes the thread or the mapping. */
static void tables_are_the_tasks(void **state)
{
    (void)state;
    uint64_t of_task = make_factory(100 * PAGE_BYTES), of_thread = make_factory(100 * PAGE_BYTES);
    uint64_t task = selector_new(), thread = selector_new();
    assert_int_equal(create(of_task, W(KIND_TASK, task)), 0);
    assert_int_equal(create(of_thread, W(KIND_THREAD, thread, task, 0x40000000)), 0);
    assert_int_equal(used(of_thread), 2 * PAGE_BYTES);
    assert_int_equal(used(of_task), (2 + 4) * PAGE_BYTES);  /* three tables, and the notes of one */
    make_copy(task, thread, 100, RIGHTS_ALL);
    assert_int_equal(used(of_task), (6 + 3) * PAGE_BYTES);  /* words, slots, and the page table above both */
    make_copy(task, thread, 101, RIGHTS_ALL);
    assert_int_equal(used(of_task), 9 * PAGE_BYTES);
    destroy(task);
    assert_int_equal(used(of_task), 0);
    assert_int_equal(used(of_thread), PAGE_BYTES); /* the dead thread's capability is still there */
    destroy(thread);
    assert_int_equal(used(of_thread), 0);
}

static void a_table_grows_as_far_as_the_quota(void **state)
{
    (void)state;
    for (uint64_t quota = 2; quota < 12; quota++) {
        uint64_t f = make_factory(quota * PAGE_BYTES), task = selector_new();
        assert_int_equal(create(f, W(KIND_TASK, task)), 0);
        unsigned error = op(machine.root, task, OP_TASK_MAP_CAPABILITY, W(SELECTOR_THREAD, 2000, RIGHTS_ALL));
        assert_int_equal(error, quota < 2 + 4 + 1 + 1 ? ERR_NO_MEMORY : 0); /* words, table, slot's page */
        if (error)
            assert_int_equal(op(machine.root, task, OP_TASK_CAPABILITY_INFO, W(2000)), ERR_NO_CAPABILITY);
        destroy(task);
        assert_int_equal(used(f), 0);
        destroy(f);
    }
}

static uint64_t seats_used(uint64_t f)
{
    op_ok(machine.root, f, OP_FACTORY_INFO, NULL);
    return out[3];
}

/* Whoever takes all of its seats has taken none of another one's, and gives them back. */
static void seats_are_a_quota(void **state)
{
    (void)state;
    enum { FEW = 3, TASKS = SEATS - 2 - FEW };
    uint64_t few = selector_new(), many = selector_new(), first = selector_new(), made = 0, before = seats_used(SELECTOR_FACTORY);
    machine.selector_next += SEATS;
    assert_int_equal(create(SELECTOR_FACTORY, W(KIND_FACTORY, few, 64 * PAGE_BYTES, SEATS + 1)), ERR_NO_MEMORY);
    assert_int_equal(create(SELECTOR_FACTORY, W(KIND_FACTORY, few, 64 * PAGE_BYTES, ~0ull)), ERR_NO_MEMORY);
    assert_int_equal(create(SELECTOR_FACTORY, W(KIND_FACTORY, few, 64 * PAGE_BYTES, FEW)), 0);
    assert_int_equal(create(SELECTOR_FACTORY, W(KIND_FACTORY, many, (SEATS + SEATS / 8) * PAGE_BYTES, TASKS)), 0);
    assert_int_equal(seats_used(SELECTOR_FACTORY), SEATS);
    machine.unchecked = true; /* thousands of entries to a kernel of thousands of objects */
    while (made < SEATS && create(many, W(KIND_TASK, first + made)) == 0)
        made++;
    assert_int_equal(made, TASKS);
    assert_int_equal(create(many, W(KIND_THREAD, first + made, SELECTOR_TASK, machine.utcb_next)), ERR_NO_MEMORY);
    assert_int_equal(create(many, W(KIND_FACTORY, first + made, 0, 1)), ERR_NO_MEMORY);
    assert_int_equal(create(SELECTOR_FACTORY, W(KIND_TASK, first + made)), ERR_NO_MEMORY);
    assert_int_equal(create(few, W(KIND_TASK, first + made)), 0);
    assert_int_equal(create(few, W(KIND_THREAD, first + made + 1, SELECTOR_TASK, machine.utcb_next)), 0);
    assert_int_equal(create(few, W(KIND_FACTORY, first + made + 2, 0, 1)), 0);
    assert_int_equal(seats_used(few), FEW);
    destroy(first);
    assert_int_equal(create(many, W(KIND_TASK, first)), 0);
    for (uint64_t i = 0; i < made + FEW; i++)
        destroy(first + i);
    destroy(many);
    destroy(few);
    assert_int_equal(seats_used(SELECTOR_FACTORY), before);
    machine.unchecked = false;
}

static void arguments_of_create(void **state)
{
    (void)state;
    uint64_t f = make_factory(100 * PAGE_BYTES), gate = make_gate(0, 0), weak = selector_new(), s = selector_new();
    uint64_t weak_thread = selector_new(), utcb = machine.utcb_next;
    make_copy(SELECTOR_TASK, SELECTOR_TASK, weak, RIGHTS_ALL & ~RIGHT_MANAGE);
    make_copy(SELECTOR_TASK, SELECTOR_THREAD, weak_thread, RIGHTS_ALL & ~RIGHT_MANAGE);
    const struct { uint64_t words[REGISTER_WORDS]; unsigned error; } cases[] = {
        {{KIND_NONE, s}, ERR_BAD_ARGUMENT}, {{KIND_VCON, s}, ERR_BAD_ARGUMENT}, {{KIND_SCHEDULER, s}, ERR_BAD_ARGUMENT},
        {{KIND_COUNT, s}, ERR_BAD_ARGUMENT}, {{1ull << 32 | KIND_GATE, s}, ERR_BAD_ARGUMENT}, {{~0ull, s}, ERR_BAD_ARGUMENT},
        {{KIND_GATE, gate}, ERR_OCCUPIED}, {{KIND_GATE, 0}, ERR_BAD_ARGUMENT}, {{KIND_GATE, SELECTOR_MAX + 1}, ERR_BAD_ARGUMENT},
        {{KIND_GATE, s, 0, 1}, ERR_BAD_ARGUMENT}, {{KIND_GATE, s, 4000, 0}, ERR_NO_CAPABILITY},
        {{KIND_GATE, s, gate, 0}, ERR_BAD_ARGUMENT}, {{KIND_GATE, s, weak_thread, 0}, ERR_NO_RIGHT},
        {{KIND_THREAD, s, 4000, utcb}, ERR_NO_CAPABILITY}, {{KIND_THREAD, s, gate, utcb}, ERR_BAD_ARGUMENT},
        {{KIND_THREAD, s, weak, utcb}, ERR_NO_RIGHT}, {{KIND_THREAD, s, SELECTOR_TASK, utcb + 8}, ERR_BAD_ARGUMENT},
        {{KIND_THREAD, s, SELECTOR_TASK, 0}, ERR_BAD_ARGUMENT}, {{KIND_THREAD, s, SELECTOR_TASK, USER_TOP}, ERR_BAD_ARGUMENT},
        {{KIND_THREAD, s, SELECTOR_TASK, 1ull << 63}, ERR_BAD_ARGUMENT},
        {{KIND_THREAD, s, SELECTOR_TASK, machine.root->utcb_address}, ERR_OCCUPIED},
        {{KIND_FACTORY, s, 1}, ERR_BAD_ARGUMENT}, {{KIND_FACTORY, s, PAGE_BYTES + 1}, ERR_BAD_ARGUMENT},
        {{KIND_FACTORY, s, 100 * PAGE_BYTES}, ERR_NO_MEMORY}, {{KIND_FACTORY, s, 1ull << 63}, ERR_NO_MEMORY},
        {{KIND_FACTORY, s, ~0xfffull}, ERR_NO_MEMORY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(create(f, cases[i].words), cases[i].error);
        assert_int_equal(used(f), 0);
        assert_null(cap_find(machine.task, s));
    }
}

/* --- Nesting ----------------------------------------------------------------------------------------------------------------------------- */

enum { DEPTH = 1000 };

static uint64_t nest(void)
{
    uint64_t first = selector_new();
    machine.selector_next += DEPTH;
    uint64_t parent = SELECTOR_FACTORY;
    for (uint64_t i = 0; i < DEPTH; i++) {
        assert_int_equal(create(parent, W(KIND_FACTORY, first + i, (DEPTH - i) * 2 * PAGE_BYTES)), 0);
        parent = first + i;
    }
    return first;
}

static void deep_nesting_from_the_top(void **state)
{
    (void)state;
    uint64_t before = used(SELECTOR_FACTORY);
    uint64_t first = nest();
    for (uint64_t i = 0; i < DEPTH; i++)
        destroy(first + i);
    assert_true(used(SELECTOR_FACTORY) - before <= 64 * PAGE_BYTES); /* root's table has grown */
}

static void deep_nesting_from_the_bottom(void **state)
{
    (void)state;
    uint64_t first = nest();
    for (uint64_t i = DEPTH; i-- > 0;)
        destroy(first + i);
}

/* All of them but the last wait for their last object; it takes them all with it, in one entry to the kernel. */
static void deep_nesting_ends_with_its_last_object(void **state)
{
    (void)state;
    uint64_t first = nest(), gate = selector_new();
    assert_int_equal(create(first + DEPTH - 1, W(KIND_GATE, gate)), 0);
    uint64_t full = used(SELECTOR_FACTORY);
    for (uint64_t i = 0; i < DEPTH; i++)
        destroy(first + i);
    assert_int_equal(used(SELECTOR_FACTORY), full);
    destroy(gate);
    assert_true(used(SELECTOR_FACTORY) <= full - DEPTH * 2 * PAGE_BYTES);
}

static void a_factory_outlives_its_capability(void **state)
{
    (void)state;
    uint64_t before = used(SELECTOR_FACTORY);
    uint64_t f = make_factory(50 * PAGE_BYTES), task = selector_new();
    assert_int_equal(create(f, W(KIND_TASK, task)), 0);
    destroy(f);
    uint64_t thread = make_thread(task);
    make_copy(task, thread, 100, RIGHTS_ALL); /* still pays for the table */
    destroy(task);
    destroy(thread);
    assert_int_equal(used(SELECTOR_FACTORY), before);
}

/* --- Memory that is out though the quota is not -------------------------------------------------------------------------------------------- */

/* Fails the n-th allocation of an operation, for every n until it succeeds. */
static void fail_each_allocation(uint64_t selector, int32_t operation, const uint64_t *words)
{
    unsigned error = ERR_NO_MEMORY;
    for (uint64_t n = 0; error; n++) {
        assert_true(n < 200);
        host.allocations_left = n;
        error = op(machine.root, selector, operation, words);
        host.allocations_left = UINT64_MAX;
        if (error)
            assert_int_equal(error, ERR_NO_MEMORY);
    }
}

static void memory_may_be_out_at_any_point(void **state)
{
    (void)state;
    uint64_t task = selector_new(), thread = selector_new(), far = 30000;
    fail_each_allocation(SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_TASK, task));
    fail_each_allocation(SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_THREAD, thread, task, 0x12345000));
    fail_each_allocation(SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_GATE, selector_new(), thread, 4));
    fail_each_allocation(SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_FACTORY, selector_new(), PAGE_BYTES));
    fail_each_allocation(task, OP_TASK_MAP_CAPABILITY, W(thread, 73, RIGHTS_ALL)); /* a slot across two pages */
    fail_each_allocation(task, OP_TASK_MAP_CAPABILITY, W(thread, far, RIGHTS_ALL));
    fail_each_allocation(SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_GATE, far, thread, 4));
    destroy(task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(info_tells_quota_and_use),
        MACHINE_TEST(objects_of_one_kind_share_pages),
        MACHINE_TEST(needs_are_exact),
        MACHINE_TEST(tables_are_the_tasks),
        MACHINE_TEST(a_table_grows_as_far_as_the_quota),
        MACHINE_TEST(seats_are_a_quota), MACHINE_TEST(arguments_of_create),
        MACHINE_TEST(deep_nesting_from_the_top),
        MACHINE_TEST(deep_nesting_from_the_bottom),
        MACHINE_TEST(deep_nesting_ends_with_its_last_object),
        MACHINE_TEST(a_factory_outlives_its_capability),
        MACHINE_TEST(memory_may_be_out_at_any_point),
    };
    return machine_run("core_factory", tests);
}
