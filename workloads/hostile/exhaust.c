/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each quota and each table of the kernel is used up by a hog: whoever asks for more is told so, gets nothing, and can go on with what it
 * has. All the while a bystander with a factory of its own makes a task, maps memory and capabilities, calls a server, sleeps and destroys what
 * it made, again and again: nothing of that may fail, and it must go on. In the end the hog's factory has everything back.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"
#include "workloads/lib/trace.h"

#define CALM_WORKER 0
#define SERVER 1
#define CALM SELECTOR_TEST(0)            /* the bystander's factory, and what it makes */
#define CALM_TASK SELECTOR_TEST(1)
#define CALM_THREAD SELECTOR_TEST(2)
#define CALM_SEMAPHORE SELECTOR_TEST(3)
#define CALM_IRQ SELECTOR_TEST(4)
#define CALM_GATE SELECTOR_TEST(5)
#define CALM_PAGES 32
#define CALM_SEATS 2
#define CALM_TICKS 150000                /* between two rounds */
#define ROUNDS_MIN 3
#define ROUNDS_TURNS 1000
#define HOG SELECTOR_TEST(8)             /* the hog's factory, and a task that it pays for */
#define HOG_TASK SELECTOR_TEST(9)
#define HOG_MORE SELECTOR_TEST(10)
#define HOG_FIRST 1024                   /* and whatever else it makes */
#define HOG_COUNT 4096
#define SEATS_PAGES 3200             /* enough for all the seats */
#define THERE PROGRAM_FREE_ADDRESS
#define LABEL 0x40
#define LABEL_IRQ 0x80

/* --- The bystander */

static struct {
    volatile uint64_t rounds, line, error, stop, stopped;
} calm;

#define CALM_IS(actual, expected) \
    do { \
        calm.error = (uint64_t)(actual); \
        if (calm.error != (uint64_t)(expected)) \
            return __LINE__; \
    } while (0)

static void server_run(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    for (;;)
        m = ipc_reply_and_wait(0, tag_make(0, 0, 1), (struct message_words){ .w0 = m.w.w0 + 1 });
}

static uint64_t calm_use(void)
{
    struct message m = ipc_call(CALM_GATE, tag_make(0, 0, 1), (struct message_words){ .w0 = calm.rounds });

    CALM_IS(tag_error(m.tag), 0);
    CALM_IS(m.w.w0, calm.rounds + 1);
    CALM_IS(semaphore_up(CALM_SEMAPHORE), 0);
    CALM_IS(semaphore_down(CALM_SEMAPHORE, TIMEOUT_ZERO), 0);
    CALM_IS(irq_trigger(CALM_IRQ), 0);
    m = ipc_receive(CALM_IRQ, TIMEOUT_RECEIVE_ZERO);
    CALM_IS(m.label, LABEL_IRQ);
    worker_utcb(CALM_WORKER)->receive_timeout = 1;
    CALM_IS(semaphore_down(CALM_SEMAPHORE, TIMEOUT_RELATIVE), ERR_TIMEOUT);
    return 0;
}

static uint64_t calm_round(void)
{
    const uint64_t text = (uint64_t)program_text_start;
    uint64_t quota, before, after, unmapped;

    CALM_IS(factory_info(CALM, &quota, &before), 0);
    CALM_IS(factory_create_task(CALM, CALM_TASK), 0);
    CALM_IS(factory_create_thread(CALM, CALM_THREAD, CALM_TASK, THERE), 0);
    CALM_IS(factory_create_semaphore(CALM, CALM_SEMAPHORE, 0), 0);
    CALM_IS(task_map_memory(CALM_TASK, text, text, PAGE_BYTES, MEMORY_READ), 0);
    CALM_IS(task_map_capability(CALM_TASK, CALM_GATE, SELECTOR_FREE, RIGHT_SEND), 0);
    CALM_IS(calm_use(), 0);
    CALM_IS(task_unmap_memory(CALM_TASK, text, PAGE_BYTES, &unmapped), 0);
    CALM_IS(unmapped, PAGE_BYTES);
    CALM_IS(task_unmap_capability(SELECTOR_TASK, CALM_SEMAPHORE), 0);
    CALM_IS(task_unmap_capability(SELECTOR_TASK, CALM_THREAD), 0);
    CALM_IS(task_unmap_capability(SELECTOR_TASK, CALM_TASK), 0);
    CALM_IS(factory_info(CALM, &quota, &after), 0);
    CALM_IS(after, before);
    return 0;
}

static void calm_run(void *arg)
{
    (void)arg;
    while (!calm.stop && calm.line == 0) {
        calm.line = calm_round();
        calm.rounds += calm.line == 0;
        worker_utcb(CALM_WORKER)->receive_timeout = CALM_TICKS;
        (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    }
    calm.stopped = 1;
}

static const char *calm_begin(void)
{
    calm.rounds = calm.line = calm.stop = calm.stopped = 0;
    CHECK_EQUAL(factory_create_seated(SELECTOR_FACTORY, CALM, CALM_PAGES * PAGE_BYTES, CALM_SEATS), 0);
    CHECK_EQUAL(worker_start(SERVER, SELECTOR_TASK, server_run, NULL, PRIORITY_ABOVE + 1), 0);
    CHECK_EQUAL(gate_create(CALM_GATE, SERVER, LABEL), 0);
    CHECK_EQUAL(factory_create_irq(CALM, CALM_IRQ), 0);
    CHECK_EQUAL(worker_create(CALM_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(irq_bind(CALM_IRQ, SELECTOR_WORKER(CALM_WORKER), LABEL_IRQ), 0);
    CHECK_EQUAL(worker_run(CALM_WORKER, calm_run, NULL, PRIORITY_ABOVE), 0);
    return NULL;
}

/* Since that round it has gone on, and nothing was other than it must be. */
static const char *calm_check(uint64_t since)
{
    for (unsigned turn = 0; turn < ROUNDS_TURNS && calm.line == 0 && calm.rounds < since + ROUNDS_MIN; turn++)
        main_sleep(CALM_TICKS);
    CHECK_EQUAL(calm.line, 0);
    CHECK(calm.rounds >= since + ROUNDS_MIN);
    return NULL;
}

/* --- The hog */

static uint64_t hog_made;

static const char *hog_begin(uint64_t pages, uint64_t seats)
{
    hog_made = 0;
    CHECK_NESTED(calm_begin());
    CHECK_EQUAL(factory_create_seated(SELECTOR_FACTORY, HOG, pages * PAGE_BYTES, seats), 0);
    CHECK_EQUAL(factory_create_task(HOG, HOG_TASK), 0);
    return NULL;
}

/* Used up as it is, the bystander goes on; then all of it comes back, and can be had again. */
static const char *hog_end(void)
{
    uint64_t quota, used, seats, seats_used;

    CHECK_NESTED(calm_check(calm.rounds));
    for (uint64_t i = 0; i < hog_made; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, HOG_FIRST + i), 0);
    (void)task_unmap_capability(SELECTOR_TASK, HOG_MORE);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, HOG_TASK), 0);
    CHECK_EQUAL(factory_info(HOG, &quota, &used), 0);
    CHECK_EQUAL(used, 0);
    CHECK_EQUAL(factory_info_seats(HOG, &seats, &seats_used), 0);
    CHECK_EQUAL(seats_used, 0);
    CHECK_EQUAL(factory_create_semaphore(HOG, HOG_FIRST, 0), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, HOG_FIRST), 0);
    CHECK_NESTED(calm_check(calm.rounds));
    calm.stop = 1;
    for (unsigned turn = 0; turn < ROUNDS_TURNS && !calm.stopped; turn++)
        main_sleep(CALM_TICKS);
    CHECK_EQUAL(calm.line, 0);
    return NULL;
}

/* The next object of that kind: its error. */
static int32_t hog_create(uint64_t kind, uint64_t a, uint64_t b)
{
    struct message_words w = { kind, HOG_FIRST + hog_made, a, b, 0, 0 };
    int32_t error = object_call(HOG, OP_FACTORY_CREATE, 5, &w);

    hog_made += error == 0;
    return error;
}

/* As many as there can be. */
static const char *hog_create_all(uint64_t kind, uint64_t a, uint64_t b, uint64_t b_step)
{
    int32_t error;

    do
        error = hog_create(kind, a, b + hog_made * b_step);
    while (error == 0 && hog_made < HOG_COUNT);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK(hog_made > 0);
    return NULL;
}

/* Pages of the factory are all in use. */
static const char *hog_is_full(void)
{
    uint64_t quota, used;

    CHECK_EQUAL(factory_info(HOG, &quota, &used), 0);
    CHECK_EQUAL(used, quota);
    return NULL;
}

/* What is left of the quota, all of it, is taken by a sub-factory that nobody uses; so many pages stay. */
static const char *hog_leave(uint64_t pages)
{
    uint64_t quota, used;

    CHECK_EQUAL(hog_create(KIND_FACTORY, 0, 0), 0); /* its page of factories is there */
    CHECK_EQUAL(factory_info(HOG, &quota, &used), 0);
    CHECK(quota - used >= pages * PAGE_BYTES);
    CHECK_EQUAL(hog_create(KIND_FACTORY, quota - used - pages * PAGE_BYTES, 0), 0);
    return NULL;
}

/* --- Quotas */

static const char *memory(void)
{
    static const uint64_t kinds[] = { KIND_TASK, KIND_THREAD, KIND_GATE, KIND_FACTORY, KIND_SEMAPHORE, KIND_IRQ };

    CHECK_NESTED(hog_begin(64, 16));
    CHECK_NESTED(hog_create_all(KIND_GATE, 0, 0, 0));
    CHECK_NESTED(hog_is_full());
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        CHECK_EQUAL(hog_create(kinds[i], kinds[i] == KIND_THREAD ? HOG_TASK : 0, kinds[i] == KIND_THREAD ? THERE : 0), ERR_NO_MEMORY);
    CHECK_EQUAL(gate_mint(HOG_FIRST, HOG, HOG_FIRST + hog_made, 0, RIGHTS_ALL), ERR_NO_MEMORY);
    CHECK_EQUAL(scheduler_limit(SELECTOR_SCHEDULER, HOG, HOG_FIRST + hog_made, 1), ERR_NO_MEMORY);
    return hog_end();
}

static const char *seats_by(uint64_t kind)
{
    uint64_t seats, seats_used, left;

    CHECK_NESTED(calm_begin());
    CHECK_EQUAL(factory_info_seats(SELECTOR_FACTORY, &seats, &seats_used), 0);
    hog_made = 0;
    left = seats - seats_used;
    CHECK(left > SEATS / 4);
    CHECK_EQUAL(factory_create_seated(SELECTOR_FACTORY, HOG, SEATS_PAGES * PAGE_BYTES, left), 0);
    CHECK_EQUAL(factory_create_task(HOG, HOG_TASK), 0);
    CHECK_NESTED(hog_create_all(kind, kind == KIND_TASK ? 0 : HOG_TASK, THERE, kind == KIND_TASK ? 0 : PAGE_BYTES));
    CHECK_EQUAL(factory_info_seats(HOG, &seats, &seats_used), 0);
    CHECK_EQUAL(seats_used, seats);
    CHECK_EQUAL(seats, left);
    CHECK_EQUAL(hog_create(KIND_TASK, 0, 0), ERR_NO_MEMORY);
    CHECK_EQUAL(hog_create(KIND_FACTORY, 0, 1), ERR_NO_MEMORY);
    CHECK_EQUAL(hog_create(KIND_FACTORY, 0, 0), 0);
    return hog_end();
}

static const char *seats_of_tasks(void) { return seats_by(KIND_TASK); }
static const char *seats_of_threads(void) { return seats_by(KIND_THREAD); }

/* The library's factories, of which nobody said how many seats they are to have, leave some however large they are. */
static const char *seats_by_default(void)
{
    uint64_t seats, seats_used, left;

    CHECK_EQUAL(factory_info_seats(SELECTOR_FACTORY, &seats, &seats_used), 0);
    left = seats - seats_used;
    CHECK(left / 2 < SEATS_PAGES);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, HOG, SEATS_PAGES * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_info_seats(HOG, &seats, &seats_used), 0);
    CHECK_EQUAL(seats, left / 2);
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, HOG_TASK), 0);
    return NULL;
}

static const char *utcbs(void)
{
    CHECK_NESTED(hog_begin(64, 256));
    CHECK_NESTED(hog_create_all(KIND_THREAD, HOG_TASK, THERE, PAGE_BYTES));
    CHECK_EQUAL(factory_create_thread(HOG, HOG_MORE, HOG_TASK, THERE), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, HOG_MORE, HOG_TASK, THERE), ERR_OCCUPIED);
    return hog_end();
}

static int32_t fpu_allow(uint64_t thread, uint64_t on)
{
    struct message_words w = { CONTROL_FPU, 0, 0, 0, on, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 5, &w);
}

static const char *fpu_areas(void)
{
    uint64_t with = 0;

    CHECK_NESTED(hog_begin(64, 256));
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQUAL(hog_create(KIND_THREAD, HOG_TASK, THERE + i * PAGE_BYTES), 0);
    CHECK_NESTED(hog_leave(5));
    while (with < 20 && fpu_allow(HOG_FIRST + with, 1) == 0)
        with++;
    CHECK_EQUAL(with, 5);
    CHECK_EQUAL(fpu_allow(HOG_FIRST + with, 1), ERR_NO_MEMORY);
    CHECK_EQUAL(fpu_allow(HOG_FIRST, 0), 0);
    CHECK_EQUAL(fpu_allow(HOG_FIRST + with, 1), 0);
    return hog_end();
}

/* --- Tables of a task */

static const char *capability_table(void)
{
    uint64_t kind, rights, number, selector = 1;
    int32_t error;

    CHECK_NESTED(hog_begin(64, 16));
    do
        error = task_map_capability(HOG_TASK, CALM_GATE, selector += 512, RIGHT_SEND);
    while (error == 0 && selector < SELECTOR_MAX - 512);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK_EQUAL(task_capability_info(HOG_TASK, selector, &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_capability_info(HOG_TASK, selector - 512, &kind, &rights, &number), 0);
    CHECK_EQUAL(kind, KIND_GATE);
    CHECK_EQUAL(task_map_capability(HOG_TASK, CALM_GATE, SELECTOR_MAX, RIGHT_SEND), ERR_NO_MEMORY);
    CHECK_EQUAL(task_map_capability(HOG_TASK, CALM_GATE, selector - 511, RIGHT_SEND), 0); /* its place is there */
    return hog_end();
}

/* The one page again and again: a mapping each, in the same tables. */
static const char *mappings(void)
{
    const uint64_t text = (uint64_t)program_text_start;
    uint64_t there = THERE, unmapped, quota, above, above_now;
    int32_t error;

    CHECK_NESTED(hog_begin(64, 16));
    CHECK_EQUAL(task_map_memory(HOG_TASK, text, there, PAGE_BYTES, MEMORY_READ), 0);
    CHECK_NESTED(hog_leave(2));
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &above), 0);
    do
        error = task_map_memory(HOG_TASK, text, there += PAGE_BYTES, PAGE_BYTES, MEMORY_READ);
    while (error == 0 && there < THERE + LARGE_PAGE_BYTES);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK((there - THERE) / PAGE_BYTES > PAGE_BYTES / 64);
    CHECK_NESTED(hog_is_full());
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &above_now), 0);
    CHECK_EQUAL(above_now, above); /* nobody else pays */
    CHECK_EQUAL(task_unmap_memory(HOG_TASK, there, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, 0);
    CHECK_EQUAL(task_unmap_memory(HOG_TASK, THERE, there - THERE, &unmapped), 0);
    CHECK_EQUAL(unmapped, there - THERE);
    CHECK_EQUAL(task_map_memory(HOG_TASK, text, there, PAGE_BYTES, MEMORY_READ), 0);
    return hog_end();
}

/* The one page, far from where it was before: tables of its own each time. */
static const char *page_tables(void)
{
    const uint64_t text = (uint64_t)program_text_start, far = LARGE_PAGE_BYTES * 512;
    uint64_t there = THERE;
    int32_t error;

    CHECK_NESTED(hog_begin(64, 16));
    do
        error = task_map_memory(HOG_TASK, text, there += far, PAGE_BYTES, MEMORY_READ);
    while (error == 0 && there < USER_TOP - far);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK_EQUAL(task_map_memory(HOG_TASK, text, there, PAGE_BYTES, MEMORY_READ), ERR_NO_MEMORY);
    CHECK_EQUAL(task_map_memory(HOG_TASK, text, there - far, PAGE_BYTES, MEMORY_READ), ERR_OCCUPIED);
    CHECK_EQUAL(task_map_memory(HOG_TASK, text, there - far + PAGE_BYTES, PAGE_BYTES, MEMORY_READ), 0); /* its tables are there */
    return hog_end();
}

static const char *port_bitmap(void)
{
    uint64_t quota, before, after;

    CHECK_EQUAL(service_ports(0x80, 1), 0);
    CHECK_NESTED(hog_begin(64, 16));
    CHECK_NESTED(hog_leave(2)); /* a range, and half of the bitmap */
    CHECK_EQUAL(factory_info(HOG, &quota, &before), 0);
    CHECK_EQUAL(task_map_flexpage(HOG_TASK, flexpage_ports(0x80, 1), 0), ERR_NO_MEMORY);
    CHECK_EQUAL(factory_info(HOG, &quota, &after), 0);
    CHECK_EQUAL(after, before);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, HOG_FIRST + --hog_made), 0);
    CHECK_EQUAL(task_map_flexpage(HOG_TASK, flexpage_ports(0x80, 1), 0), 0);
    return hog_end();
}

static const char *port_ranges(void)
{
    uint64_t port = 0x1000, ranges = 0;
    int32_t error;

    CHECK_EQUAL(service_ports(0x1000, 12), 0);
    CHECK_NESTED(hog_begin(64, 16));
    do
        error = task_map_flexpage(HOG_TASK, flexpage_ports(port++, 0), 0);
    while (error == 0 && ++ranges < 1024);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK_EQUAL(ranges, 128);
    CHECK_EQUAL(task_unmap_flexpage(HOG_TASK, flexpage_ports(0x1000, 0), 0), 0);
    CHECK_EQUAL(task_map_flexpage(HOG_TASK, flexpage_ports(port, 0), 0), 0);
    return hog_end();
}

/* --- Tables of the machine */

/* The bystander has one of the vectors, which stays its own. */
static const char *vectors(void)
{
    struct message_words w = { CALM_IRQ, 0, 0, 0, 0, 0 };
    uint64_t taken = 0, data;

    CHECK_NESTED(hog_begin(64, 16));
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_MSI, 2, &w), 0);
    data = w.w1;
    for (int32_t error = 0; error == 0; taken += error == 0) {
        CHECK_EQUAL(hog_create(KIND_IRQ, 0, 0), 0);
        w = (struct message_words){ HOG_FIRST + hog_made - 1, 0, 0, 0, 0, 0 };
        error = object_call(SELECTOR_ICU, OP_ICU_MSI, 2, &w);
        CHECK(error == 0 || error == ERR_NO_MEMORY);
        CHECK(error != 0 || w.w1 != data);
    }
    CHECK(taken > 100);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, 5, HOG_FIRST + hog_made - 1), ERR_NO_MEMORY);
    w = MESSAGE_EMPTY;
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_INFO, 0, &w), 0);
    CHECK_EQUAL(w.w1, 0);
    return hog_end();
}

#define SLEEPERS 300
#define SLEEP_TICKS 60000000
static volatile uint64_t awake, awake_early;
static uint64_t sleep_end;

/* On a stack in its own UTCB. */
static void sleeper_run(void *arg)
{
    struct utcb *own = arg;

    own->receive_timeout = sleep_end;
    struct message m = ipc_wait(ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    awake_early += tag_error(m.tag) != ERR_TIMEOUT || tsc_end() < sleep_end;
    awake++;
    thread_end();
}

static const char *sleeper_start(uint64_t address)
{
    struct utcb *utcb = (struct utcb *)address;
    uint64_t rip = (uint64_t)thread_entry, rsp = (uint64_t)&utcb->user[400], selector = HOG_FIRST + hog_made;

    CHECK_EQUAL(hog_create(KIND_THREAD, SELECTOR_TASK, address), 0);
    utcb->user[400] = (uint64_t)sleeper_run;
    utcb->user[401] = address;
    CHECK_EQUAL(thread_ex_regs(selector, &rip, &rsp, EX_REGS_SET), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, selector, PRIORITY_ABOVE, PROGRAM_QUANTUM_US), 0);
    return NULL;
}

/* As many as there are threads: there is no table of them. All end at once; the bystander's own are not lost among them. */
static const char *timeouts(void)
{
    uint64_t rounds;

    CHECK_NESTED(hog_begin(600, SLEEPERS + 1));
    awake = awake_early = 0;
    sleep_end = tsc_end() + SLEEP_TICKS;
    for (unsigned i = 0; i < SLEEPERS; i++)
        CHECK_NESTED(sleeper_start(THERE + i * PAGE_BYTES));
    CHECK_EQUAL(hog_create(KIND_THREAD, SELECTOR_TASK, THERE + SLEEPERS * PAGE_BYTES), ERR_NO_MEMORY);
    rounds = calm.rounds;
    CHECK_NESTED(calm_check(rounds));
    CHECK_EQUAL(awake, 0); /* whose waits are shorter are not kept waiting by them */
    CHECK(await_asleep(&awake, SLEEPERS));
    CHECK_EQUAL(awake_early, 0);
    return hog_end();
}

static const char *trace_ring_full(void)
{
    if (!trace_is_on())
        SKIP("trace=on is not there");
    const volatile struct trace_ring *ring = trace_ring(0);
    CHECK_NESTED(hog_begin(64, 16));
    for (unsigned i = 0; i < 4 * TRACE_RING_RECORDS && ring->lost == 0; i++)
        invoke_nothing();
    CHECK(ring->lost > 0);
    CHECK_EQUAL(ring->head - ring->tail, TRACE_RING_RECORDS);
    uint64_t lost = ring->lost;
    CHECK_NESTED(calm_check(calm.rounds));
    CHECK(ring->lost > lost);
    CHECK_EQUAL(scheduler_trace_release(SELECTOR_SCHEDULER, 0, TRACE_RING_RECORDS + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_trace_release(SELECTOR_SCHEDULER, 0, TRACE_RING_RECORDS), 0);
    return hog_end();
}

const struct test tests[] = {
    { "exhaustion: memory of a factory", memory },
    { "exhaustion: seats, by tasks", seats_of_tasks },
    { "exhaustion: seats, by threads", seats_of_threads },
    { "exhaustion: seats, by a factory that asked for none", seats_by_default },
    { "exhaustion: UTCBs", utcbs },
    { "exhaustion: FPU states", fpu_areas },
    { "exhaustion: capability table", capability_table },
    { "exhaustion: mapping database", mappings },
    { "exhaustion: page tables", page_tables },
    { "exhaustion: bitmap of I/O ports", port_bitmap },
    { "exhaustion: ranges of I/O ports", port_ranges },
    { "exhaustion: interrupt vectors", vectors },
    { "exhaustion: limited waits", timeouts },
    { "exhaustion: ring of tracepoints", trace_ring_full },
};
const size_t test_count = sizeof tests / sizeof tests[0];
