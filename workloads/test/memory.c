/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mapping of memory, and what is paid for kernel memory.
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/program.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define FREE_ADDRESS PROGRAM_FREE_ADDRESS
#define RW (MEMORY_READ | MEMORY_WRITE)
#define RX (MEMORY_READ | MEMORY_EXECUTE)
#define NONCANONICAL_ADDRESS 0x800000000000

static _Alignas(PAGE_BYTES) uint64_t page[4 * PAGE_BYTES / 8];

static int32_t map(uint64_t here, uint64_t there, uint64_t bytes, uint64_t rights)
{
    struct message_words w = { here, there, bytes, rights, 0, 0 };

    return object_call(SELECTOR_TASK, OP_TASK_MAP_MEMORY, 4, &w);
}

static void unmap(uint64_t there, uint64_t bytes)
{
    uint64_t unmapped;

    task_unmap_memory(SELECTOR_TASK, there, bytes, &unmapped);
}

static const char *shared_page(void)
{
    volatile uint64_t *alias = (volatile uint64_t *)FREE_ADDRESS;
    uint64_t unmapped;

    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, RW), 0);
    page[0] = 0x1234;
    CHECK_EQUAL(alias[0], 0x1234);
    alias[511] = 0x5678;
    CHECK_EQUAL(((volatile uint64_t *)page)[511], 0x5678);
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, PAGE_BYTES);
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, 0);
    return NULL;
}

static const char *unmapped_page_faults(void)
{
    static struct fault fault;

    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, RW), 0);
    *(volatile uint64_t *)FREE_ADDRESS = 1; /* now it is in the TLB */
    unmap(FREE_ADDRESS, PAGE_BYTES);
    CHECK(fault_catch((worker_fn *)(uintptr_t)instruction_read, FREE_ADDRESS, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, 14);
    CHECK_EQUAL(fault.error, 4);
    return NULL;
}

static const char *read_only_page(void)
{
    static struct fault fault;

    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
    page[0] = 77;
    CHECK_EQUAL(*(volatile uint64_t *)FREE_ADDRESS, 77);
    CHECK(fault_catch((worker_fn *)(uintptr_t)instruction_write, FREE_ADDRESS, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.error, 7);
    /* From a read-only mapping nothing more can be made. */
    CHECK_EQUAL(map(FREE_ADDRESS, FREE_ADDRESS + PAGE_BYTES, PAGE_BYTES, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(map(FREE_ADDRESS, FREE_ADDRESS + PAGE_BYTES, PAGE_BYTES, RX), ERR_NO_RIGHT);
    unmap(FREE_ADDRESS, 2 * PAGE_BYTES);
    return NULL;
}

static const char *write_or_execute(void)
{
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE | MEMORY_EXECUTE), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)program_text_start, FREE_ADDRESS, PAGE_BYTES, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(map((uint64_t)program_text_start, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE), ERR_NO_RIGHT);
    CHECK_EQUAL(map((uint64_t)program_rodata_start, FREE_ADDRESS, PAGE_BYTES, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(map((uint64_t)program_rodata_start, FREE_ADDRESS, PAGE_BYTES, RX), ERR_NO_RIGHT);
    CHECK_EQUAL(map((uint64_t)program_text_start, FREE_ADDRESS, PAGE_BYTES, RX), 0);
    unmap(FREE_ADDRESS, PAGE_BYTES);
    return NULL;
}

static const char *rights_unknown(void)
{
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, 8), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, 9), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, 0x100000001), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS, PAGE_BYTES, (uint64_t)-1), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *bad_ranges(void)
{
    static const struct { uint64_t address, bytes; } bad[] = {
        { 0, PAGE_BYTES },                                    /* the page at 0 */
        { FREE_ADDRESS + 1, PAGE_BYTES },                     /* not a page */
        { FREE_ADDRESS + 0x800, PAGE_BYTES },
        { FREE_ADDRESS, 0 },
        { FREE_ADDRESS, 1 },
        { FREE_ADDRESS, PAGE_BYTES + 8 },
        { FREE_ADDRESS, MAP_BYTES_MAX + PAGE_BYTES },
        { FREE_ADDRESS, (uint64_t)-PAGE_BYTES },
        { USER_TOP, PAGE_BYTES },                             /* the page below the canonical boundary */
        { USER_TOP - PAGE_BYTES, 2 * PAGE_BYTES },            /* over the end */
        { USER_TOP - 4 * PAGE_BYTES, MAP_BYTES_MAX },
        { NONCANONICAL_ADDRESS, PAGE_BYTES },
        { 0xffff800000000000, PAGE_BYTES },                   /* the kernel's half */
        { 0xffffffff80000000, PAGE_BYTES },
        { (uint64_t)-PAGE_BYTES, PAGE_BYTES },                /* ends at 0 */
        { (uint64_t)-PAGE_BYTES, 2 * PAGE_BYTES },            /* around the end of the address space */
    };
    uint64_t unmapped;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQUAL(map((uint64_t)page, bad[i].address, bad[i].bytes, MEMORY_READ), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(map(bad[i].address, FREE_ADDRESS, bad[i].bytes, MEMORY_READ), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, bad[i].address, bad[i].bytes, &unmapped), ERR_BAD_ARGUMENT);
    }
    return NULL;
}

static const char *last_page(void)
{
    CHECK_EQUAL(map((uint64_t)page, USER_TOP - PAGE_BYTES, PAGE_BYTES, RW), 0);
    *(volatile uint64_t *)(USER_TOP - 8) = 0xabc;
    CHECK_EQUAL(((volatile uint64_t *)page)[511], 0xabc);
    unmap(USER_TOP - PAGE_BYTES, PAGE_BYTES);
    CHECK_EQUAL(map((uint64_t)page, USER_BOTTOM, PAGE_BYTES, RW), 0);
    unmap(USER_BOTTOM, PAGE_BYTES);
    return NULL;
}

static const char *source_missing(void)
{
    CHECK_EQUAL(map(FREE_ADDRESS + PAGE_BYTES, FREE_ADDRESS, PAGE_BYTES, MEMORY_READ), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *target_occupied(void)
{
    CHECK_EQUAL(map((uint64_t)page, PROGRAM_ADDRESS, PAGE_BYTES, MEMORY_READ), ERR_OCCUPIED);
    CHECK_EQUAL(map((uint64_t)page, PROGRAM_UTCB_ADDRESS, PAGE_BYTES, MEMORY_READ), ERR_OCCUPIED);
    CHECK_EQUAL(map((uint64_t)page, PROGRAM_INFO_ADDRESS, PAGE_BYTES, RW), ERR_OCCUPIED);
    return NULL;
}

static const char *stops_at_first_failure(void)
{
    struct message_words w = { (uint64_t)page, FREE_ADDRESS, 4 * PAGE_BYTES, MEMORY_READ, 0, 0 };

    CHECK_EQUAL(map((uint64_t)page, FREE_ADDRESS + 2 * PAGE_BYTES, PAGE_BYTES, MEMORY_READ), 0);
    CHECK_EQUAL(object_call(SELECTOR_TASK, OP_TASK_MAP_MEMORY, 4, &w), 0);
    CHECK_EQUAL(w.w0, 2 * PAGE_BYTES);
    uint64_t unmapped;
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, FREE_ADDRESS, 4 * PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, 3 * PAGE_BYTES);
    return NULL;
}

static const char *utcb_stays(void)
{
    uint64_t unmapped;

    /* The kernel's own page: neither passed on nor taken away. */
    CHECK_EQUAL(map(PROGRAM_UTCB_ADDRESS, FREE_ADDRESS, PAGE_BYTES, MEMORY_READ), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(map(PROGRAM_UTCB_ADDRESS, FREE_ADDRESS, PAGE_BYTES, RW), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, PROGRAM_UTCB_ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, 0);
    return NULL;
}

static const char *utcb_addresses(void)
{
    static const uint64_t bad[] = { 0, 8, FREE_ADDRESS + 8, USER_TOP, NONCANONICAL_ADDRESS, 0xffffffff80000000, (uint64_t)-PAGE_BYTES };
    static struct fault fault;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_TASK, bad[i]), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_TASK, PROGRAM_ADDRESS), ERR_OCCUPIED);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_TASK, PROGRAM_UTCB_ADDRESS), ERR_OCCUPIED);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_TASK, USER_TOP - PAGE_BYTES), 0);
    struct utcb *utcb = (struct utcb *)(USER_TOP - PAGE_BYTES);
    /* Fresh and zero. */
    for (unsigned i = 0; i < UTCB_BYTES / sizeof(uint64_t); i++)
        CHECK_EQUAL(((const uint64_t *)utcb)[i], 0);
    utcb->words[6] = 0x5ec2e7;
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    /* It goes with its thread. */
    CHECK(fault_catch((worker_fn *)(uintptr_t)instruction_read, USER_TOP - PAGE_BYTES, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, 14);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_TASK, USER_TOP - PAGE_BYTES), 0);
    CHECK_EQUAL(utcb->words[6], 0);
    return NULL;
}

static const char *root_gives_memory(void)
{
    CHECK_EQUAL(service_memory(FREE_ADDRESS, 3, RW), 0);
    volatile uint64_t *memory = (volatile uint64_t *)FREE_ADDRESS;
    for (unsigned i = 0; i < 3 * PAGE_BYTES / 8; i++)
        CHECK_EQUAL(memory[i], 0);
    memory[100] = 1;
    CHECK_EQUAL(service_memory(FREE_ADDRESS, 1, RW), ERR_OCCUPIED);
    CHECK_EQUAL(service_memory(FREE_ADDRESS + 0x10000, 0, RW), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(service_memory(USER_TOP, 1, RW), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(service_memory(FREE_ADDRESS + 0x10000, 1, RW | RX), ERR_BAD_ARGUMENT);
    unmap(FREE_ADDRESS, 3 * PAGE_BYTES);
    return NULL;
}

/* --- quota --- */

static const char *used(uint64_t factory, uint64_t *used_bytes)
{
    uint64_t quota;

    CHECK_EQUAL(factory_info(factory, &quota, used_bytes), 0);
    return NULL;
}

static const char *sub_factory_takes_quota(void)
{
    uint64_t before, with, after, quota, sub_used;

    CHECK_NESTED(used(SELECTOR_FACTORY, &before));
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), 16 * PAGE_BYTES), 0);
    CHECK_NESTED(used(SELECTOR_FACTORY, &with));
    /* Its quota, and a page for the object itself. */
    CHECK_EQUAL(with - before, 17 * PAGE_BYTES);
    CHECK_EQUAL(factory_info(SELECTOR_TEST(0), &quota, &sub_used), 0);
    CHECK_EQUAL(quota, 16 * PAGE_BYTES);
    CHECK_EQUAL(sub_used, 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    CHECK_NESTED(used(SELECTOR_FACTORY, &after));
    CHECK_EQUAL(after, before);
    return NULL;
}

static const char *quota_arguments(void)
{
    uint64_t quota, used_bytes;

    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &used_bytes), 0);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), quota), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), (uint64_t)-PAGE_BYTES), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), ABI_CONST(uint64_t, 1) << 63), ERR_NO_MEMORY);
    struct message_words w = { 99, SELECTOR_TEST(0), 0, 0, 0, 0 };
    CHECK_EQUAL(object_call(SELECTOR_FACTORY, OP_FACTORY_CREATE, 5, &w), ERR_BAD_ARGUMENT);
    w = (struct message_words){ KIND_NONE, SELECTOR_TEST(0), 0, 0, 0, 0 };
    CHECK_EQUAL(object_call(SELECTOR_FACTORY, OP_FACTORY_CREATE, 5, &w), ERR_BAD_ARGUMENT);
    w = (struct message_words){ KIND_VCON, SELECTOR_TEST(0), 0, 0, 0, 0 };
    CHECK_EQUAL(object_call(SELECTOR_FACTORY, OP_FACTORY_CREATE, 5, &w), ERR_BAD_ARGUMENT);
    uint64_t after;
    CHECK_NESTED(used(SELECTOR_FACTORY, &after));
    CHECK_EQUAL(after, used_bytes);
    return NULL;
}

static const char *quota_exact(void)
{
    uint64_t quota, used_bytes;

    /* Gates from a factory of two pages until it is empty; then one goes, and exactly one can come again. */
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), 2 * PAGE_BYTES), 0);
    unsigned made = 0;
    int32_t error = 0;
    const unsigned first = 1000;
    while (made < 1000 && (error = factory_create_gate(SELECTOR_TEST(0), first + made, 0, 0)) == 0)
        made++;
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK(made >= 8 && made < 1000);
    CHECK_EQUAL(factory_info(SELECTOR_TEST(0), &quota, &used_bytes), 0);
    CHECK_EQUAL(used_bytes, quota);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, first + made / 2), 0);
    CHECK_EQUAL(factory_create_gate(SELECTOR_TEST(0), first + made / 2, 0, 0), 0);
    CHECK_EQUAL(factory_create_gate(SELECTOR_TEST(0), first + made, 0, 0), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_task(SELECTOR_TEST(0), first + made), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_thread(SELECTOR_TEST(0), first + made, SELECTOR_TASK, FREE_ADDRESS), ERR_NO_MEMORY);
    for (unsigned i = 0; i < made; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, first + i), 0);
    CHECK_NESTED(used(SELECTOR_TEST(0), &used_bytes));
    CHECK_EQUAL(used_bytes, 0);
    return NULL;
}

/* Whatever the quota is too small for is refused as a whole: nothing stays in use. */
static const char *refused_as_a_whole(void)
{
    uint64_t used_bytes;

    for (uint64_t pages = 0; pages < 24; pages++) {
        CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), pages * PAGE_BYTES), 0);
        int32_t error = factory_create_task(SELECTOR_TEST(0), SELECTOR_TEST(1));
        CHECK(error == 0 || error == ERR_NO_MEMORY);
        if (error == 0) {
            error = factory_create_thread(SELECTOR_TEST(0), SELECTOR_TEST(2), SELECTOR_TEST(1), FREE_ADDRESS);
            CHECK(error == 0 || error == ERR_NO_MEMORY);
            error = task_map_memory(SELECTOR_TEST(1), (uint64_t)page, FREE_ADDRESS + PAGE_BYTES, PAGE_BYTES, RW);
            CHECK(error == 0 || error == ERR_NO_MEMORY);
            error = task_map_capability(SELECTOR_TEST(1), SELECTOR_VCON, 5, RIGHT_SEND);
            CHECK(error == 0 || error == ERR_NO_MEMORY);
            task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(2));
            CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
        }
        CHECK_NESTED(used(SELECTOR_TEST(0), &used_bytes));
        CHECK_EQUAL(used_bytes, 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    }
    /* The largest of them was enough. */
    return NULL;
}

static const char *objects_return_quota(void)
{
    uint64_t before, after;

    for (unsigned round = 0; round < 3; round++) {
        CHECK_NESTED(used(SELECTOR_FACTORY, &before));
        CHECK_EQUAL(peer_create(), 0);
        CHECK_EQUAL(worker_create(0, SELECTOR_PEER_TASK), 0);
        CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
        CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 0, 0), 0);
        CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_FACTORY, SELECTOR_MAX, RIGHT_SEND), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
        CHECK_EQUAL(worker_destroy(1), 0);
        CHECK_EQUAL(peer_destroy(), 0);
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_NESTED(used(SELECTOR_FACTORY, &after));
        if (round > 0) /* the first round may have grown this task's own table */
            CHECK_EQUAL(after, before);
    }
    return NULL;
}

static const char *factory_outlived(void)
{
    uint64_t before, between, after;

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0); /* this task's tables are grown by now */
    CHECK_NESTED(used(SELECTOR_FACTORY, &before));
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), 16 * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_gate(SELECTOR_TEST(0), SELECTOR_TEST(1), SELECTOR_WORKER(0), 0), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    /* The gate is still there, and still paid for. */
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_TIMEOUT);
    CHECK_NESTED(used(SELECTOR_FACTORY, &between));
    CHECK_EQUAL(between - before, 17 * PAGE_BYTES);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(1)), 0);
    CHECK_NESTED(used(SELECTOR_FACTORY, &after));
    CHECK_EQUAL(after, before);
    return NULL;
}

static const char *factories_nested(void)
{
    uint64_t before, after;

    CHECK_NESTED(used(SELECTOR_FACTORY, &before));
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(0), 64 * PAGE_BYTES), 0);
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQUAL(factory_create_factory(SELECTOR_TEST(i), SELECTOR_TEST(i + 1), (60 - 4 * i) * PAGE_BYTES), 0);
    /* From the outside in: each lives on until the ones within are gone. */
    for (unsigned i = 0; i <= 10; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(i)), 0);
    CHECK_NESTED(used(SELECTOR_FACTORY, &after));
    CHECK_EQUAL(after, before);
    return NULL;
}

const struct test tests[] = {
    { "memory: a page mapped twice is one page", shared_page },
    { "memory: a page that is unmapped faults, whatever the TLB held", unmapped_page_faults },
    { "memory: a mapping has at most the rights of its source", read_only_page },
    { "memory: nothing is both writable and executable", write_or_execute },
    { "memory: rights that do not exist are refused", rights_unknown },
    { "memory: ranges that are empty, no pages, too long or not user space are refused", bad_ranges },
    { "memory: the first and the last page of user space can be mapped", last_page },
    { "memory: what is not mapped cannot be passed on", source_missing },
    { "memory: what is mapped is not replaced", target_occupied },
    { "memory: mapping stops at the first page that fails and tells how far it came", stops_at_first_failure },
    { "utcb: can be neither passed on nor unmapped", utcb_stays },
    { "utcb: is a fresh page in user space that goes with its thread", utcb_addresses },
    { "root: gives zeroed memory, and checks what it is asked", root_gives_memory },
    { "quota: a factory takes its quota and gives it back", sub_factory_takes_quota },
    { "quota: impossible objects and quotas are refused and cost nothing", quota_arguments },
    { "quota: is used up exactly, and what is destroyed can be made again", quota_exact },
    { "quota: what it does not suffice for is refused as a whole", refused_as_a_whole },
    { "quota: task, thread and gate give back what they cost", objects_return_quota },
    { "quota: a factory without capability lives until its objects are gone", factory_outlived },
    { "quota: nested factories give all back, whatever the order", factories_nested },
};
const size_t test_count = sizeof tests / sizeof tests[0];
