/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Selectors, rights, mapping and revocation of capabilities.
 */
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)

static const uint64_t selectors_empty[] = {
    0, SELECTOR_TEST(40), SELECTOR_MAX - 1, SELECTOR_MAX, SELECTOR_MAX + 1, 0x7fffffff, 0x80000000, 0x100000000, 0x100000001,
    0x100000000 + SELECTOR_TEST(0), 0x8000000000000000, 0x8000000000000000 + SELECTOR_TEST(0), (uint64_t)-1, 0x2000000000000000,
    0x2000000000000000 + SELECTOR_TEST(0),
};
#define SELECTORS_EMPTY (sizeof selectors_empty / sizeof selectors_empty[0])

static int32_t info(uint64_t selector, uint64_t *kind, uint64_t *rights)
{
    uint64_t number;

    return task_capability_info(SELECTOR_TASK, selector, kind, rights, &number);
}

static const char *empty_selectors(void)
{
    static const uint64_t flags[] = { INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT, INVOKE_RECV };
    uint64_t kind, rights;

    /* A gate at SELECTOR_TEST(0), so that a selector whose upper bits were cut off would find something. */
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    for (size_t i = 0; i < SELECTORS_EMPTY; i++) {
        for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++) {
            uint64_t zero = TIMEOUT_SEND_ZERO | TIMEOUT_RECEIVE_ZERO;
            CHECK_EQUAL(tag_error(invoke(selectors_empty[i], TAG_INVOKE(flags[f]), MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
            CHECK_EQUAL(tag_error(invoke(selectors_empty[i], TAG_INVOKE(flags[f]) | zero, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
            CHECK_EQUAL(tag_error(invoke(selectors_empty[i], TAG_INVOKE(flags[f]) | 63, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
        }
        CHECK_EQUAL(info(selectors_empty[i], &kind, &rights), ERR_NO_CAPABILITY);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, selectors_empty[i]), ERR_NO_CAPABILITY);
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, selectors_empty[i], SELECTOR_TEST(1), RIGHTS_ALL), ERR_NO_CAPABILITY);
    }
    return NULL;
}

static const char *selectors_out_of_range(void)
{
    static const uint64_t bad[] = { 0, SELECTOR_MAX + 1, 0x100000000, 0x100000000 + SELECTOR_TEST(1), (uint64_t)-1 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, bad[i], 0, 0), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_VCON, bad[i], RIGHTS_ALL), ERR_BAD_ARGUMENT);
    }
    return NULL;
}

static const char *last_selector(void)
{
    uint64_t kind, rights;

    /* Grows the table to its full length, once. */
    CHECK_EQUAL(gate_create_main(SELECTOR_MAX, 0x40), 0);
    CHECK_EQUAL(info(SELECTOR_MAX, &kind, &rights), 0);
    CHECK_EQUAL(kind, KIND_GATE);
    CHECK_EQUAL(rights, RIGHTS_ALL);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_MAX, 0, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_MAX - 1, 0, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_MAX + 1, 0, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_MAX), 0);
    CHECK_EQUAL(info(SELECTOR_MAX, &kind, &rights), ERR_NO_CAPABILITY);
    return empty_selectors();
}

static const char *selector_occupied(void)
{
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(gate_create_main(GATE, 0), ERR_OCCUPIED);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_VCON, GATE, RIGHTS_ALL), ERR_OCCUPIED);
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, SELECTOR_TASK), ERR_OCCUPIED);
    return NULL;
}

static const char *rights_diminish(void)
{
    uint64_t kind, rights;

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    for (uint64_t mask = 0; mask <= RIGHTS_ALL; mask++)
        for (uint64_t next = 0; next <= RIGHTS_ALL; next++) {
            CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), mask), 0);
            CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(1), SELECTOR_TEST(2), next), 0);
            CHECK_EQUAL(info(SELECTOR_TEST(1), &kind, &rights), 0);
            CHECK_EQUAL(rights, mask);
            CHECK_EQUAL(info(SELECTOR_TEST(2), &kind, &rights), 0);
            CHECK_EQUAL(rights, mask & next);
            CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
            CHECK_EQUAL(info(SELECTOR_TEST(2), &kind, &rights), ERR_NO_CAPABILITY);
        }
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), RIGHTS_ALL + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), (uint64_t)-1), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *send_right_needed(void)
{
    static const uint64_t objects[] = { SELECTOR_TASK, SELECTOR_THREAD, SELECTOR_FACTORY, SELECTOR_SCHEDULER, SELECTOR_VCON };
    struct script server;

    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    for (uint64_t rights = 0; rights <= RIGHTS_ALL; rights++) {
        if ((rights & RIGHT_SEND) != 0)
            continue;
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), rights), 0);
        for (uint64_t words = 0; words <= 8; words += 8) {
            CHECK_EQUAL(tag_error(ipc_call(SELECTOR_TEST(1), words, MESSAGE_EMPTY).tag), ERR_NO_RIGHT);
            CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), words, MESSAGE_EMPTY).tag), ERR_NO_RIGHT);
            CHECK_EQUAL(tag_error(ipc_send_and_wait(SELECTOR_TEST(1), words, MESSAGE_EMPTY).tag), ERR_NO_RIGHT);
        }
        CHECK(!server.done);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
        for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
            struct message_words w = MESSAGE_EMPTY;
            CHECK_EQUAL(task_map_capability(SELECTOR_TASK, objects[i], SELECTOR_TEST(1), rights), 0);
            CHECK_EQUAL(object_call(SELECTOR_TEST(1), OP_FACTORY_INFO, 0, &w), ERR_NO_RIGHT);
            CHECK_EQUAL(object_call(SELECTOR_TEST(1), 0x7ff, 0, &w), ERR_NO_RIGHT);
            CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
        }
    }
    return NULL;
}

static const char *manage_right_needed(void)
{
    const uint64_t weak = SELECTOR_TEST(1);
    const uint64_t rights = RIGHTS_ALL & ~RIGHT_MANAGE;
    struct message_words w = MESSAGE_EMPTY;
    uint64_t a, b, c;

    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TASK, weak, rights), 0);
    CHECK_EQUAL(task_map_capability(weak, SELECTOR_VCON, SELECTOR_TEST(2), rights), ERR_NO_RIGHT);
    CHECK_EQUAL(task_map_memory(weak, PROGRAM_ADDRESS, PROGRAM_FREE_ADDRESS, PAGE_BYTES, MEMORY_READ), ERR_NO_RIGHT);
    CHECK_EQUAL(task_unmap_capability(weak, SELECTOR_VCON), ERR_NO_RIGHT);
    CHECK_EQUAL(task_unmap_memory(weak, PROGRAM_ADDRESS, PAGE_BYTES, &a), ERR_NO_RIGHT);
    CHECK_EQUAL(task_capability_info(weak, SELECTOR_VCON, &a, &b, &c), ERR_NO_RIGHT);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(2), weak, PROGRAM_FREE_ADDRESS), ERR_NO_RIGHT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, weak), 0);

    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_THREAD, weak, rights), 0);
    a = b = PROGRAM_ADDRESS;
    CHECK_EQUAL(thread_ex_regs(weak, &a, &b, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(thread_set_fs_base(weak, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(thread_bind_gate(weak, SELECTOR_SERVICE, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(object_call(weak, OP_THREAD_STATISTICS, 0, &w), ERR_NO_RIGHT);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(2), weak, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, weak), 0);

    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, weak, rights), 0);
    CHECK_EQUAL(factory_create_gate(weak, SELECTOR_TEST(2), 0, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(factory_info(weak, &a, &b), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, weak), 0);

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, weak, rights), 0);
    CHECK_EQUAL(object_call(weak, OP_GATE_INFO, TAG_OBJECT, &w), ERR_NO_RIGHT);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, weak, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(object_call(GATE, OP_GATE_INFO + 99, TAG_OBJECT, &w), ERR_BAD_OPERATION);
    return NULL;
}

static const char *session_not_ended_by_programs(void)
{
    struct message_words w = { .w0 = EXIT_FAILED };

    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_EXIT, 1, &w), ERR_NO_RIGHT);
    w.w0 = VCON_WRITE_BYTES_MAX + 1;
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 63, &w), ERR_BAD_ARGUMENT);
    w.w0 = 9; /* more bytes than words were sent */
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 7, &w), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 0, &w), ERR_BAD_ARGUMENT);
    w.w0 = (uint64_t)-1;
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 63, &w), ERR_BAD_ARGUMENT);
    w.w0 = 0;
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 5, &w), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(object_call(SELECTOR_VCON, OP_VCON_WRITE, 6, &w), 0);
    CHECK_EQUAL(w.w0, 0);
    return NULL;
}

static const char *wrong_kinds(void)
{
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(1), SELECTOR_THREAD, PROGRAM_FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(1), GATE, PROGRAM_FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(1), SELECTOR_TASK, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(1), GATE, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(1), SELECTOR_TEST(9), 0), ERR_NO_CAPABILITY);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, SELECTOR_THREAD, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, SELECTOR_TASK, 0), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *revoked_recursively(void)
{
    uint64_t kind, rights, number;

    /* GATE -> 1 -> 2 -> 3 and GATE -> 1 -> 4, and 5 in another task from 2. Without 1, only GATE is left. */
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(1), SELECTOR_TEST(2), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(2), SELECTOR_TEST(3), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(1), SELECTOR_TEST(4), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TEST(2), SELECTOR_TEST(5), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_PEER_TASK, SELECTOR_TEST(5), &kind, &rights, &number), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
    for (unsigned i = 1; i <= 4; i++)
        CHECK_EQUAL(info(SELECTOR_TEST(i), &kind, &rights), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_capability_info(SELECTOR_PEER_TASK, SELECTOR_TEST(5), &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(info(GATE, &kind, &rights), 0);
    return NULL;
}

static const char *revoked_leaf_only(void)
{
    uint64_t kind, rights;

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    for (unsigned i = 1; i <= 5; i++)
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(i), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(3)), 0);
    for (unsigned i = 0; i <= 5; i++)
        CHECK_EQUAL(info(SELECTOR_TEST(i), &kind, &rights), i == 3 ? ERR_NO_CAPABILITY : 0);
    return NULL;
}

static const char *revoked_use_fails(void)
{
    static struct script server;

    /* The fast path must not find a gate through a table entry that is gone. */
    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(1), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_TEST(1), 0, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
    CHECK(!server.done);
    return NULL;
}

static const char *names_are_local(void)
{
    static struct script s;

    /* What this task calls GATE is nothing in the other one. */
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(peer_create(), 0);
    script_init(&s, GATE, TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_PEER_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK(s.done);
    CHECK_EQUAL(s.out.rsi, tag_make(0, ERR_NO_CAPABILITY, 0) | TAG_ERROR);
    CHECK_EQUAL(worker_destroy(0), 0);
    for (uint64_t selector = 1; selector < SELECTOR_FREE; selector++) {
        if (selector == SELECTOR_SERVICE)
            continue;
        script_init(&s, selector, TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY);
        CHECK_EQUAL(script_start(0, SELECTOR_PEER_TASK, &s, PRIORITY_ABOVE), 0);
        CHECK_EQUAL(s.out.rsi, tag_make(0, ERR_NO_CAPABILITY, 0) | TAG_ERROR);
        CHECK_EQUAL(worker_destroy(0), 0);
    }
    return NULL;
}

static const char *object_numbers(void)
{
    uint64_t kind, rights, a, b, c;

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(gate_create_main(SELECTOR_TEST(1), 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(2), RIGHT_W), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, GATE, &kind, &rights, &a), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SELECTOR_TEST(1), &kind, &rights, &b), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SELECTOR_TEST(2), &kind, &rights, &c), 0);
    CHECK(a != b);
    CHECK_EQUAL(a, c);
    return NULL;
}

const struct test tests[] = {
    { "selector: one that names nothing is an error for every invocation and operation", empty_selectors },
    { "selector: 0 and those beyond the table cannot be given", selectors_out_of_range },
    { "selector: the last one of the table can", last_selector },
    { "selector: one that is in use is not given again", selector_occupied },
    { "rights: a mapping has at most those of its source", rights_diminish },
    { "rights: nothing is invoked without the send right", send_right_needed },
    { "rights: nothing is changed without the manage right", manage_right_needed },
    { "vcon: a program can neither end the session nor write what it did not send", session_not_ended_by_programs },
    { "operation: an object of the wrong kind is a bad argument", wrong_kinds },
    { "unmap: takes all that were derived with it, in every task", revoked_recursively },
    { "unmap: leaves parent and siblings", revoked_leaf_only },
    { "unmap: the gate cannot be used any more, on either path", revoked_use_fails },
    { "names: are local to a task", names_are_local },
    { "info: tells objects apart and mappings of one object together", object_numbers },
};
const size_t test_count = sizeof tests / sizeof tests[0];
