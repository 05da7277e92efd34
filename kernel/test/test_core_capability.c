/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Capability tables: growth and limits, rights that only shrink, recursive removal against a naive model; operations of gates,
 * tasks and the console.
 */
#include "kernel/test/machine.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/mapdb.h"
#include "kernel/x86_64/arch.h"

static unsigned map(struct thread *t, uint64_t task, uint64_t from, uint64_t to, uint64_t rights)
{
    return op(t, task, OP_TASK_MAP_CAPABILITY, W(from, to, rights));
}

static void tables_grow_to_their_limit(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    static const uint64_t good[] = {73, 511, 512, 1023, 1024, 40000, SELECTOR_MAX - 1, SELECTOR_MAX};
    static const uint64_t bad[] = {0, SELECTOR_MAX + 1, 1ull << 32, 1ull << 61, 1ull << 63, ~0ull};
    uint64_t task = make_task();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(map(root, task, SELECTOR_THREAD, good[i], RIGHT_W), 0);
        op_ok(root, task, OP_TASK_CAPABILITY_INFO, W(good[i]));
        assert_int_equal(out[0], KIND_THREAD);
        assert_int_equal(out[1], RIGHT_W);
        assert_int_equal(out[2], machine.root->object.number);
        assert_int_equal(map(root, task, SELECTOR_THREAD, good[i], RIGHT_W), ERR_OCCUPIED);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(map(root, task, SELECTOR_THREAD, bad[i], RIGHT_W), ERR_BAD_ARGUMENT);
        assert_int_equal(op(root, task, OP_TASK_CAPABILITY_INFO, W(bad[i])), ERR_NO_CAPABILITY);
        assert_int_equal(op(root, task, OP_TASK_UNMAP_CAPABILITY, W(bad[i])), ERR_NO_CAPABILITY);
        assert_int_equal(map(root, task, bad[i], 100, RIGHT_W), ERR_NO_CAPABILITY);
        assert_int_equal(op(root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_GATE, bad[i])), ERR_BAD_ARGUMENT);
    }
}

/* Every selector of the first pages, in any order: slots lie across the borders of pages. */
static void every_selector_works(void **state)
{
    (void)state;
    uint64_t task = make_task();
    machine.unchecked = true;
    for (uint64_t i = 0; i < 1000; i++) {
        machine.unchecked = i % 100;
        uint64_t s = 1 + i * 389 % 1000;
        assert_int_equal(map(machine.root, task, SELECTOR_FACTORY, s, s % 16), 0);
    }
    for (uint64_t s = 1; s <= 1000; s++) {
        const struct cap_slot *slot = cap_find(task_at(task), s);
        assert_non_null(slot);
        assert_int_equal(slot->rights, s % 16);
    }
}

static void threads_see_their_table_grow(void **state)
{
    (void)state;
    uint64_t task = make_task(), before = make_thread(task);
    uint64_t gate = make_gate(SELECTOR_THREAD, 0);
    assert_int_equal(map(machine.root, task, gate, 5000, RIGHTS_ALL), 0);
    uint64_t after = make_thread(task);
    for (unsigned i = 0; i < 2; i++) {
        enter_as(thread_at(i ? after : before), 5000, tag_of(INVOKE_SEND, 0, 0) | SEND_ZERO, NULL);
        expect_error(thread_at(i ? after : before), ERR_TIMEOUT);
    }
}

static void a_mapping_never_has_more_rights(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t gate = make_gate(0, 0), task = make_task();
    for (uint64_t have = 0; have <= RIGHTS_ALL; have++) {
        uint64_t copy = selector_new();
        assert_int_equal(map(root, SELECTOR_TASK, gate, copy, have), 0);
        for (uint64_t want = 0; want <= RIGHTS_ALL; want++) {
            assert_int_equal(map(root, task, copy, 100, want), 0);
            op_ok(root, task, OP_TASK_CAPABILITY_INFO, W(100));
            assert_int_equal(out[0], KIND_GATE);
            assert_int_equal(out[1], have & want);
            op_ok(root, task, OP_TASK_UNMAP_CAPABILITY, W(100));
        }
    }
    assert_int_equal(map(root, task, gate, 100, RIGHTS_ALL + 1), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, task, gate, 100, 1ull << 63), ERR_BAD_ARGUMENT);
    assert_int_equal(map(root, SELECTOR_TASK, gate, gate, RIGHTS_ALL), ERR_OCCUPIED);
}

static void operations_need_their_rights(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    static const struct { uint64_t selector; int32_t operation; bool manage; } operations[] = {
        {SELECTOR_TASK, OP_TASK_MAP_CAPABILITY, true}, {SELECTOR_TASK, OP_TASK_MAP_MEMORY, true},
        {SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, true}, {SELECTOR_TASK, OP_TASK_UNMAP_MEMORY, true},
        {SELECTOR_TASK, OP_TASK_CAPABILITY_INFO, true}, {SELECTOR_THREAD, OP_THREAD_EX_REGS, true},
        {SELECTOR_THREAD, OP_THREAD_CONTROL, true}, {SELECTOR_THREAD, OP_THREAD_BIND_GATE, true},
        {SELECTOR_THREAD, OP_THREAD_STATISTICS, true}, {SELECTOR_FACTORY, OP_FACTORY_CREATE, true},
        {SELECTOR_FACTORY, OP_FACTORY_INFO, false}, {SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, true},
        {SELECTOR_SCHEDULER, OP_SCHEDULER_INFO, false}, {SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, true},
        {SELECTOR_VCON, OP_VCON_WRITE, false}, {SELECTOR_VCON, OP_VCON_EXIT, true},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        uint64_t no_send = selector_new(), no_manage = selector_new();
        make_copy(SELECTOR_TASK, operations[i].selector, no_send, RIGHTS_ALL & ~RIGHT_SEND);
        make_copy(SELECTOR_TASK, operations[i].selector, no_manage, RIGHTS_ALL & ~RIGHT_MANAGE);
        assert_int_equal(op(root, no_send, operations[i].operation, NULL), ERR_NO_RIGHT);
        assert_int_equal(op(root, no_manage, operations[i].operation, NULL) == ERR_NO_RIGHT, operations[i].manage);
    }
}

/* --- Recursive removal ------------------------------------------------------------------------------------------------------------------- */

enum { TASKS = 3, PLACES = 40, PLACE_FIRST = 60, OBJECTS = 5, OPERATIONS = 10000 };

/* A place in a table: what is there, and where it came from. */
struct place {
    const struct object *object;
    unsigned rights;
    struct place *parent;
};

struct world {
    struct place place[TASKS][PLACES];
    struct thread *thread[TASKS];
    struct task *task[TASKS];
};

static void model_remove(struct world *w, struct place *p)
{
    p->object = NULL;
    for (unsigned i = 0; i < TASKS; i++)
        for (unsigned s = 0; s < PLACES; s++)
            if (w->place[i][s].object && w->place[i][s].parent == p)
                model_remove(w, &w->place[i][s]);
}

static void model_compare(const struct world *w)
{
    for (unsigned i = 0; i < TASKS; i++)
        for (unsigned s = 0; s < PLACES; s++) {
            const struct cap_slot *slot = cap_find(w->task[i], PLACE_FIRST + s);
            const struct place *p = &w->place[i][s];
            assert_ptr_equal(slot ? slot->object : NULL, p->object);
            if (slot)
                assert_int_equal(slot->rights, p->rights);
        }
}

/* Selectors 1..3 of every task are the three tasks. */
static void world_make(struct world *w)
{
    memset(w, 0, sizeof *w);
    uint64_t task[TASKS];
    for (unsigned i = 0; i < TASKS; i++) {
        task[i] = make_task();
        w->task[i] = task_at(task[i]);
        w->thread[i] = thread_at(make_thread(task[i]));
    }
    for (unsigned i = 0; i < TASKS; i++)
        for (unsigned j = 0; j < TASKS; j++)
            make_copy(task[i], task[j], 1 + j, RIGHTS_ALL);
    for (unsigned i = 0; i < OBJECTS; i++) {
        uint64_t gate = make_gate(0, 0);
        make_copy(task[0], gate, PLACE_FIRST + i, RIGHTS_ALL);
        w->place[0][i] = (struct place){cap_find(machine.task, gate)->object, RIGHTS_ALL, NULL};
    }
}

static void random_map(struct world *w)
{
    unsigned here = (unsigned)random() % TASKS, there = (unsigned)random() % TASKS;
    unsigned from = (unsigned)random() % PLACES, to = (unsigned)random() % PLACES;
    unsigned rights = random() % 2 ? RIGHTS_ALL : (unsigned)random() % (RIGHTS_ALL + 1);
    struct place *source = &w->place[here][from], *target = &w->place[there][to];
    unsigned error = map(w->thread[here], 1 + there, PLACE_FIRST + from, PLACE_FIRST + to, rights);
    assert_int_equal(error, !source->object ? ERR_NO_CAPABILITY : target->object ? ERR_OCCUPIED : 0);
    if (!error)
        *target = (struct place){source->object, source->rights & rights, source};
}

static void random_unmap(struct world *w)
{
    unsigned here = (unsigned)random() % TASKS, there = (unsigned)random() % TASKS, s = (unsigned)random() % PLACES;
    struct place *p = &w->place[there][s];
    if (there == 0 && s < OBJECTS && random() % 8) /* what all others come from goes seldom */
        return;
    unsigned error = op(w->thread[here], 1 + there, OP_TASK_UNMAP_CAPABILITY, W(PLACE_FIRST + s));
    assert_int_equal(error, p->object ? 0 : ERR_NO_CAPABILITY);
    if (p->object)
        model_remove(w, p);
}

/* Root puts an object back that has no capability left in the three tasks. */
static void restore(struct world *w, unsigned i)
{
    if (w->place[0][i].object)
        return;
    for (uint64_t s = SELECTOR_FREE; s < machine.selector_next; s++) {
        const struct cap_slot *slot = cap_find(machine.task, s);
        if (!slot || slot->object->kind != KIND_GATE || derivation_below(&slot->derived))
            continue;
        enter_as(machine.root, SELECTOR_FREE, tag_of(INVOKE_CALL, OP_TASK_MAP_CAPABILITY, 3), W(s, PLACE_FIRST + i, RIGHTS_ALL));
        expect_nothing(machine.root);
        w->place[0][i] = (struct place){slot->object, RIGHTS_ALL, NULL};
        return;
    }
}

static void removal_is_recursive(void **state)
{
    (void)state;
    static struct world w;
    world_make(&w);
    srandom(7);
    unsigned most = 0;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        machine.unchecked = i % 20;
        if (random() % 5)
            random_map(&w);
        else
            random_unmap(&w);
        restore(&w, (unsigned)random() % OBJECTS);
        model_compare(&w);
        unsigned n = 0;
        for (unsigned p = 0; p < TASKS * PLACES; p++)
            n += w.place[p / PLACES][p % PLACES].object != NULL;
        most = n > most ? n : most;
    }
    assert_true(most > TASKS * PLACES / 2);
}

/* Each copy is made of the one before: removing the first takes all, without a stack as deep as that. */
static void a_long_line_of_copies_is_removed(void **state)
{
    (void)state;
    enum { N = 20000 };
    uint64_t gate = make_gate(0, 0), first = 1000;
    machine.unchecked = true;
    assert_int_equal(map(machine.root, SELECTOR_TASK, gate, first, RIGHTS_ALL), 0);
    for (uint64_t i = 1; i < N; i++)
        assert_int_equal(map(machine.root, SELECTOR_TASK, first + i - 1, first + i, RIGHTS_ALL), 0);
    machine.unchecked = false;
    destroy(gate);
    for (uint64_t i = 0; i < N; i++)
        assert_null(cap_find(machine.task, first + i));
}

/* --- Gates -------------------------------------------------------------------------------------------------------------------------------- */

static void gates_are_bound_and_told_about(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t a = make_thread(SELECTOR_TASK), b = make_thread(SELECTOR_TASK), gate = make_gate(0, 0x20), weak = selector_new();
    const uint64_t info = tag_of(INVOKE_CALL, OP_GATE_INFO, 0) | TAG_OBJECT;
    enter_as(root, gate, info, NULL);
    assert_int_equal(seen_word(root, 1), 0);
    op_ok(root, a, OP_THREAD_BIND_GATE, W(gate, 0x44));
    enter_as(root, gate, info, NULL);
    expect_message(root, 0, 2, W(0x44, 1));
    op_ok(root, b, OP_THREAD_BIND_GATE, W(gate, 0x48));
    enter_as(thread_at(b), 0, tag_of(INVOKE_WAIT, 0, 0), NULL);
    enter_as(root, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    assert_int_equal(seen_label(thread_at(b)), 0x4b);
    destroy(b);
    enter_as(root, gate, info, NULL);
    expect_message(root, 0, 2, W(0x48, 0));
    make_copy(SELECTOR_TASK, gate, weak, RIGHTS_ALL & ~RIGHT_MANAGE);
    enter_as(root, weak, info, NULL);
    expect_error(root, ERR_NO_RIGHT);
    enter_as(root, gate, info + (99ull << TAG_LABEL_SHIFT), NULL);
    expect_error(root, ERR_BAD_OPERATION);
    assert_int_equal(op(root, a, OP_THREAD_BIND_GATE, W(weak, 0x40)), ERR_NO_RIGHT);
    assert_int_equal(op(root, a, OP_THREAD_BIND_GATE, W(gate, 0x41)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, a, OP_THREAD_BIND_GATE, W(a, 0x40)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, a, OP_THREAD_BIND_GATE, W(4000, 0x40)), ERR_NO_CAPABILITY);
}

static void an_unbound_gate_keeps_its_label(void **state)
{
    (void)state;
    uint64_t gate = make_gate(0, 0x20);
    enter(machine.root, gate, tag_of(INVOKE_CALL, OP_GATE_INFO, 0) | TAG_OBJECT, NULL);
    expect_message(machine.root, 0, 2, W(0x20, 0));
}

/* --- Memory ------------------------------------------------------------------------------------------------------------------------------- */

#define HERE 0x40000000ull
#define THERE 0x7ffffff00000ull

/* Root owns four pages at HERE: read-write-may-execute, read-write, read, read-execute. */
static void memory_give(void **frame)
{
    static const unsigned rights[4] = {
        MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE, MEMORY_READ | MEMORY_WRITE, MEMORY_READ, MEMORY_READ | MEMORY_EXECUTE,
    };
    for (unsigned i = 0; i < 4; i++) {
        frame[i] = machine.root->utcb; /* any frame will do */
        assert_false(mapdb_map_first(machine.task, HERE + i * PAGE_BYTES, arch_physical(frame[i]), PAGE_BYTES, rights[i]));
    }
}

static void memory_is_mapped_with_at_most_the_rights_there(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    void *frame[4];
    memory_give(frame);
    uint64_t task = make_task();
    static const unsigned most[4] = {7, 3, 1, 5};
    for (unsigned page = 0; page < 4; page++)
        for (uint64_t rights = 0; rights <= 8; rights++) {
            bool legal = rights && rights <= 7 && (rights & 6) != 6;
            unsigned expected = !legal ? ERR_BAD_ARGUMENT : rights & ~most[page] ? ERR_NO_RIGHT : 0;
            assert_int_equal(op(root, task, OP_TASK_MAP_MEMORY, W(HERE + page * PAGE_BYTES, THERE, PAGE_BYTES, rights)), expected);
            if (expected)
                continue;
            assert_int_equal(out[0], PAGE_BYTES);
            assert_int_equal(op(root, task, OP_TASK_MAP_MEMORY, W(HERE, THERE, PAGE_BYTES, 1)), ERR_OCCUPIED);
            op_ok(root, task, OP_TASK_UNMAP_MEMORY, W(THERE, PAGE_BYTES));
            assert_int_equal(out[0], PAGE_BYTES);
        }
}

static void memory_ranges(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    void *frame[4];
    memory_give(frame);
    uint64_t task = make_task();
    static const struct { uint64_t from, to, bytes; } bad[] = {
        {HERE, THERE, 0}, {HERE, THERE, PAGE_BYTES - 1}, {HERE + 1, THERE, PAGE_BYTES}, {HERE, THERE + 8, PAGE_BYTES},
        {HERE, THERE, MAP_BYTES_MAX + PAGE_BYTES}, {HERE, THERE, 1ull << 63}, {HERE, 0, PAGE_BYTES}, {HERE, USER_TOP, PAGE_BYTES},
        {HERE, USER_TOP - PAGE_BYTES, 2 * PAGE_BYTES}, {~0xfffull, THERE, PAGE_BYTES}, {HERE, 1ull << 47, PAGE_BYTES},
        {HERE + 4 * PAGE_BYTES, THERE, PAGE_BYTES}, {0, THERE, PAGE_BYTES}, {HERE, THERE, ~0xfffull},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(op(root, task, OP_TASK_MAP_MEMORY, W(bad[i].from, bad[i].to, bad[i].bytes, 1)), ERR_BAD_ARGUMENT);
    op_ok(root, task, OP_TASK_MAP_MEMORY, W(HERE, THERE, 8 * PAGE_BYTES, MEMORY_READ));
    assert_int_equal(out[0], 4 * PAGE_BYTES); /* stops at the first page that is not there */
    op_ok(root, task, OP_TASK_MAP_MEMORY, W(HERE, USER_TOP - PAGE_BYTES, PAGE_BYTES, MEMORY_READ));
    op_ok(root, task, OP_TASK_MAP_MEMORY, W(HERE, USER_BOTTOM, PAGE_BYTES, MEMORY_READ));
    op_ok(root, task, OP_TASK_UNMAP_MEMORY, W(THERE - PAGE_BYTES, 8 * PAGE_BYTES));
    assert_int_equal(out[0], 4 * PAGE_BYTES);
    op_ok(root, task, OP_TASK_UNMAP_MEMORY, W(THERE, 8 * PAGE_BYTES));
    assert_int_equal(out[0], 0);
}

static void a_utcb_is_the_kernels(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t task = make_task(), address = machine.root->utcb_address;
    assert_int_equal(op(root, task, OP_TASK_MAP_MEMORY, W(address, THERE, PAGE_BYTES, MEMORY_READ)), ERR_BAD_ARGUMENT);
    op_ok(root, SELECTOR_TASK, OP_TASK_UNMAP_MEMORY, W(address, PAGE_BYTES));
    assert_int_equal(out[0], 0);
    assert_int_equal(op(root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_THREAD, 4000, SELECTOR_TASK, address)), ERR_OCCUPIED);
}

static void the_session_ends_with_its_status(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    static const uint64_t bad[] = {0, EXIT_PANIC, EXIT_BAD_BOOT + 1, ~0ull, 1ull << 32 | EXIT_OK};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(op(root, SELECTOR_VCON, OP_VCON_EXIT, W(bad[i])), ERR_BAD_ARGUMENT);
    static const uint64_t good[] = {EXIT_OK, EXIT_FAILED, EXIT_BAD_BOOT};
    for (size_t i = 0; i < 3; i++) {
        enter(root, SELECTOR_VCON, tag_of(INVOKE_CALL, OP_VCON_EXIT, 1), W(good[i]));
        assert_int_equal(host.exit_status, good[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(tables_grow_to_their_limit),
        MACHINE_TEST(every_selector_works),
        MACHINE_TEST(threads_see_their_table_grow),
        MACHINE_TEST(a_mapping_never_has_more_rights),
        MACHINE_TEST(operations_need_their_rights),
        MACHINE_TEST(removal_is_recursive),
        MACHINE_TEST(a_long_line_of_copies_is_removed),
        MACHINE_TEST(gates_are_bound_and_told_about),
        MACHINE_TEST(an_unbound_gate_keeps_its_label),
        MACHINE_TEST(memory_is_mapped_with_at_most_the_rights_there),
        MACHINE_TEST(memory_ranges),
        MACHINE_TEST(a_utcb_is_the_kernels),
        MACHINE_TEST(the_session_ends_with_its_status),
    };
    return machine_run("core_capability", tests);
}
