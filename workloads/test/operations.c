/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every operation of kernel/abi/abi.h section 7, as one table: what right each needs, and what all of them refuse alike. Then quotas
 * and selectors at their very limits.
 */
#include "workloads/lib/test.h"

#define OBJECT(kind) SELECTOR_TEST(kind)
#define WEAK SELECTOR_TEST(20)
#define SUB SELECTOR_TEST(21)
#define MADE SELECTOR_TEST(22)
#define MADE_ALSO SELECTOR_TEST(23)
#define LITTLE_BYTES (16 * PAGE_BYTES)

struct operation {
    int32_t operation;
    uint8_t kind;              /* of the object */
    uint8_t needed;            /* RIGHT_* beside RIGHT_SEND */
};

#define ERRORS(...)
#define OPERATION(name, kind, needed, errors) { OP_##name, KIND_##kind, needed },
static const struct operation operations[] = {
#include "workloads/test/operations.def"
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

/* One object of each kind, with as many rights as a program has; words of 0 do no harm to any of them. */
static const char *objects_make(void)
{
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, OBJECT(KIND_FACTORY), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_SCHEDULER, OBJECT(KIND_SCHEDULER), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_VCON, OBJECT(KIND_VCON), RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_ICU, OBJECT(KIND_ICU), RIGHTS_ALL), 0);
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, OBJECT(KIND_TASK)), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_WORKER(0), OBJECT(KIND_THREAD), RIGHTS_ALL), 0);
    CHECK_EQUAL(gate_create_main(OBJECT(KIND_GATE), 0), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, OBJECT(KIND_SEMAPHORE), 1), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, OBJECT(KIND_IRQ)), 0);
    return NULL;
}

/* The operation with words of 0, by these invocation flags, through that selector. */
static int32_t invoked(const struct operation *o, uint64_t selector, uint64_t flags)
{
    uint64_t tag = tag_make(flags, o->operation, REGISTER_WORDS) | TIMEOUT_RECEIVE_ZERO | TIMEOUT_SEND_ZERO;

    return tag_error(invoke(selector, tag | (o->kind == KIND_GATE ? TAG_OBJECT : 0), MESSAGE_EMPTY).tag);
}

static int32_t with_rights(const struct operation *o, uint64_t rights)
{
    task_unmap_capability(SELECTOR_TASK, WEAK);
    int32_t error = task_map_capability(SELECTOR_TASK, OBJECT(o->kind), WEAK, rights);

    return error != 0 ? error : invoked(o, WEAK, INVOKE_CALL);
}

static const char *each_needs_send(void)
{
    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++)
        CHECK_EQUAL(with_rights(&operations[i], RIGHTS_ALL & ~RIGHT_SEND), ERR_NO_RIGHT);
    return NULL;
}

static const char *each_needs_its_right(void)
{
    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++)
        if (operations[i].needed != 0)
            CHECK_EQUAL(with_rights(&operations[i], RIGHTS_ALL & ~(uint64_t)operations[i].needed), ERR_NO_RIGHT);
    return NULL;
}

static const char *none_needs_more(void)
{
    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++) {
        if (operations[i].operation == OP_VCON_EXIT) /* no program has that right */
            continue;
        if (with_rights(&operations[i], RIGHT_SEND | operations[i].needed) == ERR_NO_RIGHT)
            CHECK_EQUAL(operations[i].operation, 0); /* tells which */
    }
    return NULL;
}

static const char *only_by_call(void)
{
    static const uint64_t flags[] = { INVOKE_SEND, INVOKE_SEND_AND_WAIT };

    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++)
        for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++)
            CHECK_EQUAL(invoked(&operations[i], OBJECT(operations[i].kind), flags[f]), ERR_BAD_OPERATION);
    return NULL;
}

static const char *no_items(void)
{
    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++) {
        uint64_t tag = tag_make(INVOKE_CALL, operations[i].operation, 0) | 1 << TAG_ITEMS_SHIFT;
        tag |= operations[i].kind == KIND_GATE ? TAG_OBJECT : 0;
        CHECK_EQUAL(tag_error(invoke(OBJECT(operations[i].kind), tag, MESSAGE_EMPTY).tag), ERR_BAD_FLAGS);
    }
    return NULL;
}

/* The next kind's operations, those before the first one and behind the last one, and numbers that nobody has. */
static const char *foreign_operations(void)
{
    CHECK_NESTED(objects_make());
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (size_t of = 0; of < OPERATIONS; of++) {
            if (operations[of].kind == operations[i].kind)
                continue;
            struct operation o = { operations[of].operation, operations[i].kind, 0 };
            CHECK_EQUAL(invoked(&o, OBJECT(o.kind), INVOKE_CALL), ERR_BAD_OPERATION);
        }
        static const int32_t nobodys[] = { 0, -1, INT32_MIN, INT32_MAX, 0x1000 };
        for (size_t n = 0; n < sizeof nobodys / sizeof nobodys[0]; n++) {
            struct operation o = { nobodys[n], operations[i].kind, 0 };
            CHECK_EQUAL(invoked(&o, OBJECT(o.kind), INVOKE_CALL), ERR_BAD_OPERATION);
        }
    }
    return NULL;
}

static const char *no_such_selector(void)
{
    static const uint64_t nobodys[] = { 0, SELECTOR_MAX, SELECTOR_MAX + 1, UINT32_MAX, 1ull << 32 | SELECTOR_TASK, UINT64_MAX };

    for (size_t i = 0; i < OPERATIONS; i++)
        for (size_t n = 0; n < sizeof nobodys / sizeof nobodys[0]; n++)
            CHECK_EQUAL(invoked(&operations[i], nobodys[n], INVOKE_CALL), ERR_NO_CAPABILITY);
    return NULL;
}

static const char *last_selector(void)
{
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, SELECTOR_MAX, RIGHT_SEND), 0);
    uint64_t quota, used;
    CHECK_EQUAL(factory_info(SELECTOR_MAX, &quota, &used), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, SELECTOR_MAX, RIGHT_SEND), ERR_OCCUPIED);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_MAX), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_MAX), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, SELECTOR_MAX + 1, RIGHT_SEND), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_FACTORY, 0, RIGHT_SEND), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_MAX + 1, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_MAX, 0), 0);
    CHECK_EQUAL(semaphore_up(SELECTOR_MAX), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_MAX), 0);
    return NULL;
}

static int32_t create(uint64_t factory, uint64_t kind, uint64_t selector)
{
    switch (kind) {
    case KIND_TASK:
        return factory_create_task(factory, selector);
    case KIND_THREAD:
        return factory_create_thread(factory, selector, SELECTOR_TASK, (uint64_t)worker_utcb(WORKERS_MAX - 1));
    case KIND_GATE:
        return factory_create_gate(factory, selector, SELECTOR_THREAD, 0);
    case KIND_FACTORY:
        return factory_create_factory(factory, selector, 0);
    case KIND_SEMAPHORE:
        return factory_create_semaphore(factory, selector, 0);
    default:
        return factory_create_irq(factory, selector);
    }
}

static const char *quota_of_exactly_that(void)
{
    static const uint64_t kinds[] = { KIND_TASK, KIND_THREAD, KIND_GATE, KIND_FACTORY, KIND_SEMAPHORE, KIND_IRQ };
    uint64_t quota, used, left;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SUB, LITTLE_BYTES), 0);
        CHECK_EQUAL(create(SUB, kinds[i], MADE), 0);
        CHECK_EQUAL(factory_info(SUB, &quota, &used), 0);
        CHECK(used != 0 && used % PAGE_BYTES == 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, MADE), 0);
        CHECK_EQUAL(factory_info(SUB, &quota, &left), 0);
        CHECK_EQUAL(left, 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SUB), 0);
        /* Exactly as much is enough, a page less is not, and leaves nothing behind. */
        CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SUB, used), 0);
        CHECK_EQUAL(create(SUB, kinds[i], MADE), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, MADE), 0);
        CHECK_EQUAL(factory_create_factory(SUB, MADE_ALSO, PAGE_BYTES), used > PAGE_BYTES ? 0 : ERR_NO_MEMORY);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SUB), 0);
        task_unmap_capability(SELECTOR_TASK, MADE_ALSO);
        CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SUB, used - PAGE_BYTES), 0);
        CHECK_EQUAL(create(SUB, kinds[i], MADE), ERR_NO_MEMORY);
        CHECK_EQUAL(factory_info(SUB, &quota, &left), 0);
        CHECK_EQUAL(left, 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SUB), 0);
    }
    return NULL;
}

static const char *quota_beyond_the_parent(void)
{
    uint64_t quota, used;

    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SUB, LITTLE_BYTES), 0);
    CHECK_EQUAL(factory_create_factory(SUB, MADE, LITTLE_BYTES - PAGE_BYTES), 0); /* the rest is its own page */
    CHECK_EQUAL(factory_create_factory(SUB, MADE_ALSO, PAGE_BYTES), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_factory(SUB, MADE_ALSO, 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_factory(SUB, MADE_ALSO, (uint64_t)-PAGE_BYTES), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_info(SUB, &quota, &used), 0);
    CHECK_EQUAL(used, quota);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, MADE), 0);
    CHECK_EQUAL(factory_info(SUB, &quota, &used), 0);
    CHECK_EQUAL(used, 0);
    return NULL;
}

const struct test tests[] = {
    { "operations: each needs the right to send", each_needs_send },
    { "operations: each that needs a right of its own is refused without it", each_needs_its_right },
    { "operations: none needs more rights than kernel/abi says", none_needs_more },
    { "operations: are done by call alone", only_by_call },
    { "operations: take no typed items", no_items },
    { "operations: of another kind of object, or of none, are refused", foreign_operations },
    { "operations: a selector that names nothing is told, whatever is asked for", no_such_selector },
    { "selectors: the last one is as good as any, the one behind it is none", last_selector },
    { "quota: exactly what an object costs is enough, a page less is not", quota_of_exactly_that },
    { "quota: a factory passes on what it has, to the last page", quota_beyond_the_parent },
};
const size_t test_count = sizeof tests / sizeof tests[0];
