/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who passed memory or capabilities on can take them back, wherever they went; grants; large pages; long operations.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define FREE_ADDRESS PROGRAM_FREE_ADDRESS
#define FAR_ADDRESS (FREE_ADDRESS + 0x40000000)
#define RW (MEMORY_READ | MEMORY_WRITE)
#define RX (MEMORY_READ | MEMORY_EXECUTE)
#define SIZE_PAGE 12
#define SIZE_LARGE 21
#define DERIVED 500
#define TASK SELECTOR_TEST(0)
#define SECOND SELECTOR_TEST(1)
#define SUB_FACTORY SELECTOR_TEST(2)
#define ROUNDS 100000

static _Alignas(PAGE_BYTES) uint64_t page[PAGE_BYTES / 8];

static int32_t map(uint64_t task, uint64_t here, uint64_t there, uint64_t rights)
{
    return task_map_memory(task, here, there, PAGE_BYTES, rights);
}

/* Bytes that are mapped in a range of a task; they are not any more then. */
static uint64_t mapped(uint64_t task, uint64_t there, uint64_t bytes)
{
    uint64_t unmapped = 0;

    task_unmap_memory(task, there, bytes, &unmapped);
    return unmapped;
}

static const char *taken_back_everywhere(void)
{
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, (uint64_t)page, FREE_ADDRESS, RW), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS, FREE_ADDRESS + PAGE_BYTES, RW), 0);
    CHECK_EQUAL(map(TASK, FREE_ADDRESS + PAGE_BYTES, FREE_ADDRESS, MEMORY_READ), 0);
    CHECK_EQUAL(map(TASK, (uint64_t)page, FAR_ADDRESS, MEMORY_READ), 0);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, PAGE_BYTES), 0);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FREE_ADDRESS, 2 * PAGE_BYTES), PAGE_BYTES);
    CHECK_EQUAL(mapped(TASK, FAR_ADDRESS, PAGE_BYTES), PAGE_BYTES); /* came another way */
    return NULL;
}

static const char *rights_taken_away(void)
{
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, (uint64_t)page, FREE_ADDRESS, RW), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS, FREE_ADDRESS + PAGE_BYTES, RW), 0);
    *(volatile uint64_t *)(FREE_ADDRESS + PAGE_BYTES) = 1; /* in the TLB as writable */
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE, UNMAP_DERIVED), 0);
    *(volatile uint64_t *)FREE_ADDRESS = 2;
    CHECK_EQUAL(*(volatile uint64_t *)(FREE_ADDRESS + PAGE_BYTES), 2);
    CHECK_EQUAL(map(TASK, FREE_ADDRESS + PAGE_BYTES, FREE_ADDRESS, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(map(TASK, FREE_ADDRESS + PAGE_BYTES, FREE_ADDRESS, MEMORY_READ), 0);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE, 0), 0);
    CHECK_EQUAL(map(TASK, FREE_ADDRESS, FAR_ADDRESS, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES), PAGE_BYTES);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, (uint64_t)page, PAGE_BYTES, 8, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, (uint64_t)page, PAGE_BYTES, 0, 2), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *page_granted(void)
{
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, (uint64_t)page, FREE_ADDRESS, RW), 0);
    CHECK_EQUAL(map(TASK, FREE_ADDRESS, FREE_ADDRESS, MEMORY_READ), 0);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, MEMORY_READ) | FLEXPAGE_GRANT, FAR_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, RW) | FLEXPAGE_GRANT, FAR_ADDRESS), 0);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES), 0);
    /* What had been derived from it is derived from it still; whom it came from can take it back still. */
    CHECK_EQUAL(task_take_memory(TASK, FAR_ADDRESS, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, PAGE_BYTES), 0);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, (uint64_t)page, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(mapped(TASK, FAR_ADDRESS, PAGE_BYTES), 0);
    return NULL;
}

static const char *large_pages(void)
{
    uint64_t used_before, used_after, quota;
    volatile uint64_t *memory = (volatile uint64_t *)FREE_ADDRESS;

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(service_memory(FREE_ADDRESS, 2 * LARGE_PAGE_BYTES / PAGE_BYTES, RW), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &used_before), 0);
    CHECK_EQUAL(task_map_memory(SELECTOR_TASK, FREE_ADDRESS, FAR_ADDRESS, 2 * LARGE_PAGE_BYTES, RW), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &used_after), 0);
    CHECK(used_after - used_before <= 3 * PAGE_BYTES); /* no table of small pages: there are 1024 of them */
    memory[LARGE_PAGE_BYTES / 8] = 77;
    CHECK_EQUAL(*(volatile uint64_t *)(FAR_ADDRESS + LARGE_PAGE_BYTES), 77);
    /* Where it does not fit as a whole it goes in small pages, each of which knows where it came from. */
    CHECK_EQUAL(task_map_memory(TASK, FREE_ADDRESS, FREE_ADDRESS + PAGE_BYTES, LARGE_PAGE_BYTES, MEMORY_READ), 0);
    CHECK_EQUAL(task_map_memory(TASK, FREE_ADDRESS + 5 * PAGE_BYTES, FAR_ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, RW) | FLEXPAGE_GRANT, FAR_ADDRESS + PAGE_BYTES), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, 4 * LARGE_PAGE_BYTES), 0);
    CHECK_EQUAL(mapped(TASK, FAR_ADDRESS, PAGE_BYTES), 0);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FAR_ADDRESS, 2 * LARGE_PAGE_BYTES), LARGE_PAGE_BYTES);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory(FREE_ADDRESS, SIZE_LARGE, RW) | FLEXPAGE_GRANT, FAR_ADDRESS), 0);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FREE_ADDRESS, 2 * LARGE_PAGE_BYTES), LARGE_PAGE_BYTES);
    return NULL;
}

static const char *many_derived(void)
{
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, (uint64_t)page, FREE_ADDRESS, RW), 0);
    for (uint64_t i = 0; i < DERIVED; i++) /* a chain, and a star at each of its ends */
        CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS + i * PAGE_BYTES, FREE_ADDRESS + (i + 1) * PAGE_BYTES, RW), 0);
    for (uint64_t i = 0; i < DERIVED; i++)
        CHECK_EQUAL(map(TASK, FREE_ADDRESS + i % 2 * DERIVED * PAGE_BYTES, FREE_ADDRESS + i * PAGE_BYTES, RW), 0);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE, 0), 0);
    CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS + DERIVED * PAGE_BYTES, FAR_ADDRESS, RW), ERR_NO_RIGHT);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, 0, 0), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, DERIVED * PAGE_BYTES), 0);
    CHECK_EQUAL(mapped(SELECTOR_TASK, FREE_ADDRESS, 2 * DERIVED * PAGE_BYTES), 0);
    return NULL;
}

/* A worker above us runs in the middle of a long operation of ours. */
static volatile uint64_t beats;
static void beat(void *arg)
{
    (void)arg;
    for (;;) {
        beats++;
        ipc_receive(SELECTOR_THREAD, TIMEOUT_RECEIVE_ZERO);
    }
}

#define ATTEMPTS_MAX 30

static const char *others_run_meanwhile(void)
{
    bool ran = false;

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_run(0, beat, NULL, PRIORITY_BELOW), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY, 100), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, 100), 0);
    /* Slices of 100 us end within it; where the clock is the host's, not within each. */
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX && !ran; attempt++) {
        CHECK_EQUAL(service_memory(FREE_ADDRESS, 1, RW), 0);
        for (uint64_t i = 0; i < 2000; i++)
            CHECK_EQUAL(map(TASK, FREE_ADDRESS, FREE_ADDRESS + i * PAGE_BYTES, MEMORY_READ), 0);
        uint64_t before = beats;
        CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, 0, 0), 0);
        ran = beats > before;
    }
    CHECK(ran);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, 2000 * PAGE_BYTES), 0);
    return NULL;
}

/* A worker takes a right from many pages, and is stopped in the middle: what is taken then is some of it. Once more, it begins anew, and
 * takes it from all of them, and from one that came in between. */
#define CUT_PAGES 2000
#define CUT_TICKS 5000ull
static volatile uint64_t cut_ended, take_ticks;

static void take_write_run(void *arg)
{
    uint64_t *error = arg, begin = rdtsc();

    *error = (uint64_t)task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, MEMORY_WRITE, UNMAP_DERIVED);
    take_ticks = rdtsc() - begin;
    cut_ended = 1;
}

/* How many of the derived pages can still be passed on to be written. */
static uint64_t writable_pages(void)
{
    uint64_t n = 0;

    for (uint64_t i = 1; i <= CUT_PAGES + 1; i++)
        n += map(TASK, FREE_ADDRESS + i * PAGE_BYTES, FREE_ADDRESS + i * PAGE_BYTES, RW) == 0;
    mapped(TASK, FREE_ADDRESS, (CUT_PAGES + 2) * PAGE_BYTES);
    return n;
}

static const char *taken_after_a_cut(uint64_t sleep_ticks, bool *cut)
{
    static uint64_t error;

    cut_ended = 0;
    CHECK_EQUAL(service_memory(FREE_ADDRESS, 1, RW), 0);
    for (uint64_t i = 1; i <= CUT_PAGES; i++)
        CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS, FREE_ADDRESS + i * PAGE_BYTES, RW), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, take_write_run, &error, PRIORITY_BELOW), 0);
    main_sleep(sleep_ticks);
    CHECK_EQUAL(worker_begin(0, take_write_run, &error), 0);
    uint64_t left = writable_pages();
    *cut = cut_ended == 0 && left > 0 && left < CUT_PAGES;
    CHECK_EQUAL(map(SELECTOR_TASK, FREE_ADDRESS, FREE_ADDRESS + (CUT_PAGES + 1) * PAGE_BYTES, RW), 0);
    error = 1;
    cut_ended = 0;
    CHECK(await_asleep(&cut_ended, 1));
    CHECK_EQUAL(error, 0);
    CHECK_EQUAL(writable_pages(), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, FREE_ADDRESS, PAGE_BYTES, 0, 0), 0);
    return NULL;
}

static const char *cut_short(void)
{
    bool cut = false;

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    take_ticks = CUT_TICKS;
    /* Within the time that it took before, in eighths: where the clock is the host's, not each of them falls into it. */
    for (unsigned attempt = 0; attempt < 2 * ATTEMPTS_MAX && !cut; attempt++)
        CHECK_NESTED(taken_after_a_cut(take_ticks * (attempt % 7 + 1) / 8, &cut));
    CHECK(cut);
    return NULL;
}

static const char *capabilities_taken_back(void)
{
    const uint64_t first = 2000;
    uint64_t kind, rights, number;

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(gate_create_main(SECOND, 0), 0);
    for (uint64_t i = 0; i < DERIVED; i++)
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, i == 0 ? SECOND : first + i - 1, first + i, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(TASK, first + DERIVED - 1, 10, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_capability(SECOND, RIGHTS_ALL), UNMAP_DERIVED), 0);
    CHECK_EQUAL(task_capability_info(TASK, 10, &kind, &rights, &number), ERR_NO_CAPABILITY);
    for (uint64_t i = 0; i < DERIVED; i++)
        CHECK_EQUAL(task_capability_info(SELECTOR_TASK, first + i, &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SECOND, &kind, &rights, &number), 0);
    CHECK_EQUAL(kind, KIND_GATE);
    return NULL;
}

static const char *capability_granted(void)
{
    uint64_t kind, rights, number;

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(gate_create_main(SECOND, 0), 0);
    CHECK_EQUAL(task_map_capability(TASK, SECOND, 30, RIGHT_SEND), 0);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_capability(SECOND, RIGHTS_ALL) | FLEXPAGE_GRANT, 31), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SECOND, &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_capability_info(TASK, 31, &kind, &rights, &number), 0);
    CHECK_EQUAL(rights, RIGHTS_ALL);
    CHECK_EQUAL(task_unmap_capability(TASK, 31), 0);
    CHECK_EQUAL(task_capability_info(TASK, 30, &kind, &rights, &number), ERR_NO_CAPABILITY);
    return NULL;
}

static const char *label_minted(void)
{
    struct script server;
    uint64_t kind, rights, number;

    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(TASK, 0, 0x40), 0);
    CHECK_EQUAL(gate_mint(TASK, SELECTOR_FACTORY, SECOND, 0x81, RIGHTS_ALL), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(gate_mint(TASK, SELECTOR_SCHEDULER, SECOND, 0x80, RIGHTS_ALL), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(gate_mint(TASK, SELECTOR_FACTORY, SECOND, 0x80, RIGHT_SEND | RIGHT_X), 0);
    CHECK_EQUAL(gate_mint(TASK, SELECTOR_FACTORY, SECOND, 0x80, RIGHT_SEND), ERR_OCCUPIED);
    CHECK_EQUAL(gate_mint(SECOND, SELECTOR_FACTORY, SELECTOR_TEST(3), 0xc0, RIGHT_SEND), ERR_NO_RIGHT);
    CHECK_EQUAL(tag_error(ipc_send(SECOND, 0, MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(server.out.rdi, 0x80 | RIGHT_X);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, TASK), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SECOND, &kind, &rights, &number), ERR_NO_CAPABILITY);
    return NULL;
}

static const char *rounds(void)
{
    uint64_t quota, used = 1;

    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SUB_FACTORY, 64 * PAGE_BYTES), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        CHECK_EQUAL(factory_create_task(SUB_FACTORY, TASK), 0);
        CHECK_EQUAL(map(TASK, (uint64_t)page, FREE_ADDRESS, MEMORY_READ), 0);
        if (i % 2)
            CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, PAGE_BYTES), PAGE_BYTES);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, TASK), 0);
    }
    CHECK_EQUAL(factory_info(SUB_FACTORY, &quota, &used), 0);
    CHECK_EQUAL(used, 0);
    return NULL;
}

static const char *flexpages_refused(void)
{
    static const uint64_t bad[] = {
        0, 1ull << 12, 3ull << FLEXPAGE_TYPE_SHIFT | 17 << FLEXPAGE_SIZE_SHIFT, /* no type, none, too many ports */
    };

    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQUAL(task_map_flexpage(TASK, bad[i], FREE_ADDRESS), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(task_unmap_flexpage(TASK, bad[i], 0), ERR_BAD_ARGUMENT);
    }
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory((uint64_t)page, 11, RW), FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory((uint64_t)page, 48, RW), FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory(FREE_ADDRESS + PAGE_BYTES, 13, RW), FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory((uint64_t)page, SIZE_PAGE, 0), FREE_ADDRESS), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_memory((uint64_t)page, SIZE_PAGE, RW), FREE_ADDRESS), 0);
    CHECK_EQUAL(task_unmap_flexpage(TASK, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, MEMORY_READ), 0), 0);
    CHECK_EQUAL(mapped(TASK, FREE_ADDRESS, PAGE_BYTES), 0);
    return NULL;
}

const struct test tests[] = {
    { "mapping: who passed a page on takes it back wherever it went, and nothing else", taken_back_everywhere },
    { "mapping: rights can be taken away from what was passed on, and from the page itself", rights_taken_away },
    { "mapping: a granted page is the receiver's, with all that was derived from it", page_granted },
    { "mapping: large pages stay large where they fit, and go in small ones elsewhere", large_pages },
    { "mapping: hundreds of derived pages, in a row and side by side, go at once", many_derived },
    { "mapping: others run while a long operation is under way", others_run_meanwhile },
    { "mapping: a right is taken from all pages although it was cut short before", cut_short },
    { "mapping: flexpages that are none are refused", flexpages_refused },
    { "capability: hundreds that were derived from one are taken back, and it stays", capabilities_taken_back },
    { "capability: a granted one is the receiver's, with all that was derived from it", capability_granted },
    { "capability: a gate minted with another label goes with the one it came from", label_minted },
    { "quota: 100,000 rounds of create, map, unmap and destroy return all of it", rounds },
};
const size_t test_count = sizeof tests / sizeof tests[0];
