/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I/O ports as a specification: who may map what, what it costs, whose threads know.
 */
#include "kernel/test/machine.h"

static uint64_t range(uint64_t first, unsigned size)
{
    return first << FLEXPAGE_BASE_SHIFT | (uint64_t)size << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_PORTS << FLEXPAGE_TYPE_SHIFT;
}

static unsigned map(struct thread *t, uint64_t task, uint64_t first, unsigned size)
{
    return op(t, task, OP_TASK_MAP_FLEXPAGE, W(range(first, size)));
}

static unsigned unmap(struct thread *t, uint64_t task, uint64_t first, unsigned size, uint64_t flags)
{
    return op(t, task, OP_TASK_UNMAP_FLEXPAGE, W(range(first, size), flags));
}

static bool is_allowed(const struct task *t, unsigned port)
{
    return t->ports[0] && !(t->ports[port / (PAGE_BYTES * 8)][port % (PAGE_BYTES * 8) / 8] >> port % 8 & 1);
}

static void exactly_the_mapped_ones_are_allowed(void **state)
{
    (void)state;
    uint64_t selector = make_task();
    struct task *t = task_at(selector);
    static const unsigned border[] = {0x3f8, 0x3ff, 32766, 32767, 32768, 65535};
    assert_int_equal(map(machine.root, selector, 0x3f8, 3), 0);
    assert_int_equal(map(machine.root, selector, 32767, 0), 0);
    assert_int_equal(map(machine.root, selector, 32768, 0), 0);
    assert_int_equal(map(machine.root, selector, 65535, 0), 0);
    for (unsigned port = 0; port < PORTS; port++)
        assert_int_equal(is_allowed(t, port), (port >= 0x3f8 && port < 0x400) || port == 32767 || port == 32768 || port == 65535);
    assert_int_equal(unmap(machine.root, selector, 32768, 0, 0), 0);
    for (unsigned i = 0; i < sizeof border / sizeof *border; i++)
        assert_int_equal(is_allowed(t, border[i]), border[i] != 32766 && border[i] != 32768);
}

static void ranges_and_rights_are_checked(void **state)
{
    (void)state;
    uint64_t selector = make_task();
    struct thread *root = machine.root;
    assert_int_equal(map(root, selector, 1, 1), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, selector, PORTS, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, selector, 0, PORTS_SIZE + 1), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, selector, 0, 63), ERR_BAD_ARGUMENT);
    assert_int_equal(unmap(root, selector, 0, PORTS_SIZE + 1, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(unmap(root, selector, 0, 0, 2), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, selector, 0, PORTS_SIZE), 0);
    assert_int_equal(map(root, selector, 5, 0), ERR_OCCUPIED);
}

static void task_maps_what_it_has(void **state)
{
    (void)state;
    uint64_t selector = make_task(), other = make_task();
    struct thread *t = thread_at(make_thread(selector));
    make_copy(selector, other, 100, RIGHTS_ALL);
    assert_int_equal(map(machine.root, selector, 0x60, 2), 0);
    assert_int_equal(map(t, 100, 0x60, 3), ERR_NO_RIGHT);
    assert_int_equal(map(t, 100, 0x5c, 2), ERR_NO_RIGHT);
    assert_int_equal(map(t, 100, 0x62, 1), 0);
    assert_true(is_allowed(task_at(other), 0x63));
    assert_false(is_allowed(task_at(other), 0x61));
    assert_int_equal(op(t, 100, OP_TASK_MAP_FLEXPAGE, W(range(0x60, 0) | FLEXPAGE_GRANT)), ERR_BAD_ARGUMENT);
}

static void revocation_reaches_all_that_was_derived(void **state)
{
    (void)state;
    uint64_t a = make_task(), b = make_task(), c = make_task();
    struct thread *ta = thread_at(make_thread(a)), *tb = thread_at(make_thread(b));
    make_copy(a, a, 100, RIGHTS_ALL);
    make_copy(b, c, 100, RIGHTS_ALL);
    assert_int_equal(map(machine.root, a, 0x60, 2), 0);
    assert_int_equal(map(machine.root, a, 0x70, 0), 0);
    assert_int_equal(map(ta, 100, 0x60, 1), ERR_OCCUPIED); /* 100 of a is a itself */
    make_copy(a, b, 101, RIGHTS_ALL);
    assert_int_equal(map(ta, 101, 0x60, 1), 0);
    assert_int_equal(map(ta, 101, 0x70, 0), 0);
    assert_int_equal(map(tb, 100, 0x61, 0), 0);
    assert_int_equal(unmap(ta, 100, 0x63, 0, UNMAP_DERIVED), 0); /* names a part that nobody else has */
    assert_true(is_allowed(task_at(a), 0x63) && is_allowed(task_at(b), 0x70));
    assert_false(is_allowed(task_at(b), 0x60) || is_allowed(task_at(c), 0x61));
}

static void grant_takes_the_place(void **state)
{
    (void)state;
    uint64_t a = make_task(), b = make_task(), c = make_task();
    struct thread *ta = thread_at(make_thread(a));
    make_copy(a, b, 101, RIGHTS_ALL);
    make_copy(a, c, 102, RIGHTS_ALL);
    assert_int_equal(map(machine.root, a, 0x60, 2), 0);
    assert_int_equal(map(ta, 101, 0x61, 0), 0);
    assert_int_equal(op(ta, 102, OP_TASK_MAP_FLEXPAGE, W(range(0x60, 2) | FLEXPAGE_GRANT)), 0);
    assert_false(is_allowed(task_at(a), 0x60));
    assert_true(is_allowed(task_at(b), 0x61) && is_allowed(task_at(c), 0x63));
    destroy(c);
    assert_false(is_allowed(task_at(b), 0x61));
}

static void many_derived_take_steps(void **state)
{
    (void)state;
    uint64_t a = make_task();
    struct thread *ta = thread_at(make_thread(a));
    assert_int_equal(map(machine.root, a, 0, PORTS_SIZE), 0);
    make_copy(a, a, 100, RIGHTS_ALL);
    uint64_t other = make_task();
    make_copy(a, other, 101, RIGHTS_ALL);
    for (unsigned i = 0; i < PORT_RANGES_MAX; i++)
        assert_int_equal(map(ta, 101, 2 * i, 0), 0);
    assert_int_equal(map(ta, 101, 2 * PORT_RANGES_MAX, 0), ERR_NO_MEMORY);
    assert_int_equal(unmap(ta, 100, 0, PORTS_SIZE, UNMAP_DERIVED), 0);
    assert_true(machine.times_again > 0);
    assert_int_equal(task_at(other)->port_range_count, 0);
    assert_int_equal(map(ta, 101, 0, PORTS_SIZE), 0);
}

static void bitmap_is_paid_for_once_and_returned(void **state)
{
    (void)state;
    uint64_t selector = make_task(), used = machine.factory->used_bytes;
    struct thread *before = thread_at(make_thread(selector));
    used = machine.factory->used_bytes;
    assert_int_equal(map(machine.root, selector, 1, 0), 0);
    assert_int_equal(map(machine.root, selector, 9, 0), 0);
    assert_int_equal(machine.factory->used_bytes, used + (PORT_FRAMES + 1) * PAGE_BYTES);
    struct thread *after = thread_at(make_thread(selector));
    assert_true(before->extras & EXTRA_PORTS && after->extras & EXTRA_PORTS);
    destroy(selector);
    /* The tear-down of the machine finds every frame and byte given back. */
}

static void memory_may_be_out(void **state)
{
    (void)state;
    uint64_t selector = make_task(), used = machine.factory->used_bytes;
    for (uint64_t left = 0; left <= PORT_FRAMES; left++) {
        switch_to(machine.root);
        host.allocations_left = left;
        assert_int_equal(map(machine.root, selector, 1, 0), ERR_NO_MEMORY);
        assert_int_equal(machine.factory->used_bytes, used);
    }
    host.allocations_left = UINT64_MAX;
    assert_int_equal(map(machine.root, selector, 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(exactly_the_mapped_ones_are_allowed), MACHINE_TEST(ranges_and_rights_are_checked),
        MACHINE_TEST(task_maps_what_it_has), MACHINE_TEST(revocation_reaches_all_that_was_derived), MACHINE_TEST(grant_takes_the_place),
        MACHINE_TEST(many_derived_take_steps), MACHINE_TEST(bitmap_is_paid_for_once_and_returned), MACHINE_TEST(memory_may_be_out),
    };
    return machine_run_tests("core_ports", tests, sizeof tests / sizeof *tests);
}
