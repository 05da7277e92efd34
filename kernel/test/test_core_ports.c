/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I/O ports as a specification: who may map what, what it costs, whose threads know.
 */
#include "kernel/test/machine.h"

static unsigned ports(struct thread *t, uint64_t task, int32_t operation, uint64_t first, uint64_t count)
{
    return op(t, task, operation, W(first, count));
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
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 0x3f8, 8), 0);
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 32767, 2), 0);
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 65535, 1), 0);
    for (unsigned port = 0; port < PORTS; port++)
        assert_int_equal(is_allowed(t, port), (port >= 0x3f8 && port < 0x400) || port == 32767 || port == 32768 || port == 65535);
    assert_int_equal(ports(machine.root, selector, OP_TASK_UNMAP_PORTS, 32768, 1), 0);
    for (unsigned i = 0; i < sizeof border / sizeof *border; i++)
        assert_int_equal(is_allowed(t, border[i]), border[i] != 32766 && border[i] != 32768);
}

static void ranges_and_rights_are_checked(void **state)
{
    (void)state;
    uint64_t selector = make_task();
    struct thread *root = machine.root;
    assert_int_equal(ports(root, selector, OP_TASK_MAP_PORTS, 0, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(ports(root, selector, OP_TASK_MAP_PORTS, 65535, 2), ERR_BAD_ARGUMENT);
    assert_int_equal(ports(root, selector, OP_TASK_MAP_PORTS, ~0ull, 2), ERR_BAD_ARGUMENT);
    assert_int_equal(ports(root, selector, OP_TASK_MAP_PORTS, 0, PORTS + 1), ERR_BAD_ARGUMENT);
    assert_int_equal(ports(root, selector, OP_TASK_MAP_PORTS, 0, PORTS), 0);
}

static void task_maps_what_it_has(void **state)
{
    (void)state;
    uint64_t selector = make_task(), other = make_task();
    struct thread *t = thread_at(make_thread(selector));
    make_copy(selector, other, 100, RIGHTS_ALL);
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 0x60, 5), 0);
    assert_int_equal(ports(t, 100, OP_TASK_MAP_PORTS, 0x60, 6), ERR_NO_RIGHT);
    assert_int_equal(ports(t, 100, OP_TASK_MAP_PORTS, 0x60, 5), 0);
    assert_true(is_allowed(task_at(other), 0x64));
    assert_false(is_allowed(task_at(other), 0x65));
}

static void bitmap_is_paid_for_once_and_returned(void **state)
{
    (void)state;
    uint64_t selector = make_task(), used = machine.factory->used_bytes;
    struct thread *before = thread_at(make_thread(selector));
    used = machine.factory->used_bytes;
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 1, 1), 0);
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 9, 1), 0);
    assert_int_equal(machine.factory->used_bytes, used + PORT_FRAMES * PAGE_BYTES);
    struct thread *after = thread_at(make_thread(selector));
    assert_true(before->extras & EXTRA_PORTS && after->extras & EXTRA_PORTS);
    destroy(selector);
    /* The tear-down of the machine finds every frame and byte given back. */
}

static void memory_may_be_out(void **state)
{
    (void)state;
    uint64_t selector = make_task(), used = machine.factory->used_bytes;
    for (uint64_t left = 0; left < PORT_FRAMES; left++) {
        switch_to(machine.root);
        host.allocations_left = left;
        assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 1, 1), ERR_NO_MEMORY);
        assert_int_equal(machine.factory->used_bytes, used);
    }
    host.allocations_left = UINT64_MAX;
    assert_int_equal(ports(machine.root, selector, OP_TASK_MAP_PORTS, 1, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(exactly_the_mapped_ones_are_allowed), MACHINE_TEST(ranges_and_rights_are_checked),
        MACHINE_TEST(task_maps_what_it_has), MACHINE_TEST(bitmap_is_paid_for_once_and_returned), MACHINE_TEST(memory_may_be_out),
    };
    return machine_run_tests("core_ports", tests, sizeof tests / sizeof *tests);
}
