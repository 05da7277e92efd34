/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Grants that would leave something where nobody reaches it, or with more than it came from. Found by the fuzzing program.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/test.h"

#define FACTORY SELECTOR_TEST(0)
#define TASK(i) SELECTOR_TEST(1 + (i))
#define GATE SELECTOR_TEST(6)
#define THERE 100
#define QUOTA_BYTES (100 * PAGE_BYTES)
#define ALL_GRANTED(selector) (flexpage_capability(selector, RIGHTS_ALL) | FLEXPAGE_GRANT)

static const char *used_bytes(uint64_t *used)
{
    uint64_t quota;

    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, used), 0);
    return NULL;
}

static const char *tasks_make(void)
{
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, FACTORY, QUOTA_BYTES), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQUAL(factory_create_task(FACTORY, TASK(i)), 0);
    return NULL;
}

static const char *task_to_itself(void)
{
    uint64_t before, after;

    CHECK_NESTED(used_bytes(&before));
    CHECK_NESTED(tasks_make());
    CHECK_EQUAL(task_map_flexpage(TASK(0), ALL_GRANTED(TASK(0)), THERE), ERR_BAD_ARGUMENT);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, FACTORY + i), 0);
    CHECK_NESTED(used_bytes(&after));
    CHECK_EQUAL(after, before);
    return NULL;
}

/* 0 goes to 1, which goes to 2: who would get 2 by way of a copy of 0's capability would be owned by it. */
static const char *task_to_one_that_it_owns(void)
{
    uint64_t before, after;

    CHECK_NESTED(used_bytes(&before));
    CHECK_NESTED(tasks_make());
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, TASK(0), TASK(3), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_flexpage(TASK(1), ALL_GRANTED(TASK(0)), THERE), 0);
    CHECK_EQUAL(task_map_flexpage(TASK(2), ALL_GRANTED(TASK(1)), THERE), 0);
    CHECK_EQUAL(task_map_flexpage(TASK(3), ALL_GRANTED(TASK(2)), THERE + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, TASK(2)), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, FACTORY), 0);
    CHECK_NESTED(used_bytes(&after));
    CHECK_EQUAL(after, before);
    return NULL;
}

/* The receiver takes capabilities into its window until it waits no more. */
static void receiver_run(void *arg)
{
    struct utcb *own = worker_utcb(0);

    (void)arg;
    own->window_capabilities = 6 << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT | ABI_CONST(uint64_t, 128) << FLEXPAGE_BASE_SHIFT;
    (void)ipc_wait(0);
}

static const char *item_names_what_was_granted(void)
{
    struct utcb *own = (struct utcb *)PROGRAM_UTCB_ADDRESS;
    uint64_t kind, rights, number;

    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, receiver_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, TASK(0), 0), 0);
    own->items[0] = (struct utcb_item){ flexpage_capability(TASK(0), RIGHT_SEND) | FLEXPAGE_GRANT, 0 };
    own->items[1] = (struct utcb_item){ flexpage_capability(TASK(0), RIGHTS_ALL), 1 };
    struct message m = ipc_send(GATE, ABI_CONST(uint64_t, 2) << TAG_ITEMS_SHIFT | TIMEOUT_SEND_ZERO, MESSAGE_EMPTY);
    CHECK_EQUAL(tag_error(m.tag), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, TASK(0), &kind, &rights, &number), 0);
    CHECK_EQUAL(rights, RIGHTS_ALL);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, 128, &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, 129, &kind, &rights, &number), ERR_NO_CAPABILITY);
    return NULL;
}

const struct test tests[] = {
    { "grants: a task cannot be granted to itself", task_to_itself },
    { "grants: a task cannot be granted to one that it owns through others, nothing is lost", task_to_one_that_it_owns },
    { "grants: an item cannot name what an earlier one of the message grants, nothing is done", item_names_what_was_granted },
};
const size_t test_count = sizeof tests / sizeof tests[0];
