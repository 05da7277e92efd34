/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/test/machine.h"

#include <limits.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "kernel/check/invariants.h"
#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/exception.h"
#include "kernel/core/factory.h"
#include "kernel/core/invoke.h"
#include "kernel/core/lock.h"
#include "kernel/core/sched.h"
#include "kernel/test/fastpath_host.h"
#include "kernel/x86_64/arch.h"

#define TEST_QUANTUM_US 1000
#define UTCB_FIRST 0x10000000
#define PROGRAM_RIP 0x400000
#define PROGRAM_RSP 0x800000

struct machine machine;
uint64_t out[REGISTER_WORDS];

struct thread *current(void) { return host.cpu.current; }

/* The kernel has been left: whoever runs loads its page table, and its full context, if it had one, is in the CPU. */
static void kernel_left(void)
{
    if (!host.idle) {
        current()->full_context = false;
        host.page_table = current()->page_table;
    }
    assert_int_equal(host.tlb_owed, 0);
    uint64_t frames;
    if (!machine.unchecked && invariants_check(machine.task, &frames))
        assert_int_equal(frames, host.frames_used);
}

/* Calls into the kernel; comes back when it goes to user mode, idles or ends. */
#define KERNEL(entry) \
    do { \
        host.idle = false; \
        if (!setjmp(host.leave)) { \
            entry; \
        } \
        kernel_left(); \
    } while (0)

/* Boot objects are static and survive a machine. */
static void object_renew(struct object *o)
{
    o->dying = o->reap_queued = false;
    o->capabilities = 0;
}

static void capability_give(uint32_t selector, struct object *o)
{
    assert_int_equal(cap_reserve(machine.task, selector), 0);
    cap_insert(machine.task, selector, o, RIGHTS_ALL, NULL);
}

void machine_boot(uint64_t quota_bytes)
{
    host_reset();
    machine = (struct machine){.selector_next = SELECTOR_FREE, .utcb_next = UTCB_FIRST};
    static struct sched_queue parked;
    parked = (struct sched_queue){0};
    host.cpu.parked = &parked;
    core_init(&host.cpu);
    machine.factory = factory_root_create(quota_bytes);
    object_renew(&machine.factory->object);
    machine.task = task_create(machine.factory, NULL);
    assert_non_null(machine.task);
    machine.task->all_ports = true;
    assert_int_equal(thread_make(machine.factory, machine.task, machine.utcb_next, &machine.root), 0);
    assert_non_null(machine.root);
    machine.utcb_next += PAGE_BYTES;
    struct object *scheduler = scheduler_create_boot(), *vcon = vcon_create_boot(), *icu = icu_create_boot();
    object_renew(scheduler);
    object_renew(icu);
    object_renew(vcon);
    capability_give(SELECTOR_TASK, &machine.task->object);
    capability_give(SELECTOR_THREAD, &machine.root->object);
    capability_give(SELECTOR_FACTORY, &machine.factory->object);
    capability_give(SELECTOR_SCHEDULER, scheduler);
    capability_give(SELECTOR_VCON, vcon);
    capability_give(SELECTOR_ICU, icu);
    thread_start_boot(machine.root, PROGRAM_RIP, PROGRAM_RSP, ROOT_INFO_ADDRESS, TEST_PRIORITY, TEST_QUANTUM_US);
    KERNEL(core_run());
    assert_ptr_equal(current(), machine.root);
}

void machine_shutdown(void)
{
    unsigned budget = UINT_MAX;
    if (host.cpu.sc)
        sched_sync(&host.cpu, host.cpu.current); /* as each slow entry begins */
    assert_true(cap_remove_all(machine.task, &budget));
    assert_true(object_reap(&budget));
    assert_int_equal(machine.factory->used_bytes, 0);
    assert_int_equal(host.frames_used, 0);
    assert_null(host.cpu.sc);
    assert_int_equal(host.cpu.ready.top, -1);
    assert_int_equal(host.cpu.parked->top, -1);
}

int machine_setup(void **state)
{
    (void)state;
    machine_boot(TEST_QUOTA);
    return 0;
}

static int machine_setup_fast(void **state)
{
    machine_setup(state);
    machine.path = PATH_FAST_IF_POSSIBLE;
    return 0;
}

int machine_run_tests(const char *name, const struct CMUnitTest *tests, size_t n)
{
    struct CMUnitTest fast[64];
    char fast_name[64][96];
    char group[32];
    assert(n <= sizeof fast / sizeof *fast);
    for (size_t i = 0; i < n; i++) {
        fast[i] = tests[i];
        fast[i].setup_func = machine_setup_fast;
        snprintf(fast_name[i], sizeof fast_name[i], "fast: %s", tests[i].name);
        fast[i].name = fast_name[i];
    }
    snprintf(group, sizeof group, "%s_fast", name);
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL) + _cmocka_run_group_tests(group, fast, n, NULL, NULL);
}

int machine_teardown(void **state)
{
    (void)state;
    machine_shutdown();
    return 0;
}

static bool fast_path_is_on(void)
{
    machine.mixed = machine.mixed * 1664525 + 1013904223;
    return machine.path == PATH_FAST_IF_POSSIBLE || (machine.path == PATH_MIXED && machine.mixed >> 31);
}

void enter(struct thread *t, uint64_t selector, uint64_t tag, const uint64_t *words)
{
    assert_false(host.idle);
    assert_ptr_equal(current(), t);
    const struct user_registers user = {.rip = t->rip + 2, .rsp = t->rsp, .rbp = t->rbp, .rflags = 0x202,
                                        .rdi = selector, .rsi = tag};
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        t->regs[REG_WORDS + i] = words ? words[i] : 0;
    machine.took_fast_path = fast_path_is_on() && fastpath_enter(&host.cpu, &user);
    if (machine.took_fast_path) {
        kernel_left();
        return;
    }
    t->rip = user.rip;
    t->rflags = (uint32_t)user.rflags;
    t->rsp = user.rsp;
    t->rbp = user.rbp;
    t->regs[REG_RDI] = selector;
    t->regs[REG_RSI] = tag;
    KERNEL(invoke(t));
}

static void timer_handle(unsigned vector)
{
    (void)vector;
    scheduler_timer_expired();
}

static void slice_end_handle(unsigned vector)
{
    timer_handle(vector);
    host.cpu.slice_over = true;
}

/* The CPU comes out of arch_idle, in whose place it left the kernel. */
static void idle_ended(void)
{
    host.cpu.idle = false;
    host.cpu.quiescent = 0;
    scheduler_timer_expired();
    kernel_lock();
    kernel_leave();
}

static void interrupt_from_user(unsigned vector, void (*handle)(unsigned vector))
{
    interrupt_enter();
    handle(vector);
    kernel_leave();
}

void timer_interrupt(void)
{
    if (host.idle) /* out of arch_idle: the handler runs, nobody was interrupted */
        return;
    current()->full_context = true;
    KERNEL(interrupt_from_user(32, slice_end_handle));
}

void machine_interrupt(void (*handle)(unsigned vector), unsigned vector)
{
    KERNEL(interrupt_from_user(vector, handle));
}

void time_pass(uint64_t ticks)
{
    host.ticks += ticks;
    if (host.timer_armed && host.ticks >= host.timer_ticks) {
        host.timer_armed = false;
        if (host.idle) {
            KERNEL(idle_ended());
        } else {
            current()->full_context = true;
            KERNEL(interrupt_from_user(32, timer_handle));
        }
    }
}

void exception(struct thread *t, unsigned vector, uint64_t error, uint64_t address)
{
    assert_ptr_equal(current(), t);
    t->full_context = true;
    KERNEL(exception_from_user(vector, error, address));
}

void switch_to(struct thread *t)
{
    for (unsigned i = 0; current() != t; i++) {
        assert_true(i < 100);
        timer_interrupt();
    }
}

void enter_as(struct thread *t, uint64_t selector, uint64_t tag, const uint64_t *words)
{
    switch_to(t);
    enter(t, selector, tag, words);
}

/* The thread comes back to its system call with the registers that the kernel left. */
void again_as(struct thread *t)
{
    uint64_t words[REGISTER_WORDS];
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        words[i] = seen_word(t, i);
    enter_as(t, t->regs[REG_RDI], seen_tag(t), words);
}

unsigned op(struct thread *t, uint64_t selector, int32_t operation, const uint64_t *words)
{
    enter_as(t, selector, tag_of(INVOKE_CALL, operation, REGISTER_WORDS), words);
    for (machine.times_again = 0; seen_tag(t) & TAG_AGAIN; machine.times_again++)
        again_as(t);
    uint64_t tag = seen_tag(t);
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        out[i] = seen_word(t, i);
    if (!(tag & TAG_ERROR)) {
        assert_true(tag <= REGISTER_WORDS);
        return 0;
    }
    expect_tag_at(t, error_tag((unsigned)(tag >> TAG_LABEL_SHIFT), false), __FILE__, __LINE__);
    return (unsigned)(tag >> TAG_LABEL_SHIFT);
}

uint64_t seen_label(const struct thread *t) { return t->regs[REG_RDI]; }
uint64_t seen_tag(const struct thread *t) { return t->regs[REG_RSI]; }
uint64_t seen_word(const struct thread *t, unsigned i) { return t->regs[REG_WORDS + i]; }

uint64_t error_tag(unsigned error, bool receive_phase)
{
    return (uint64_t)error << TAG_LABEL_SHIFT | TAG_ERROR | (receive_phase ? TAG_RECEIVE_PHASE : 0);
}

void expect_message_at(const struct thread *t, uint64_t label, uint64_t tag, const uint64_t *words, const char *file, int line)
{
    _assert_int_equal(thread_state(t), THREAD_RUNNABLE, file, line);
    _assert_int_equal(seen_tag(t), tag, file, line);
    _assert_int_equal(seen_label(t), label, file, line);
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        _assert_int_equal(seen_word(t, i), words ? words[i] : 0, file, line);
}

void expect_tag_at(const struct thread *t, uint64_t tag, const char *file, int line)
{
    expect_message_at(t, 0, tag, NULL, file, line);
}

uint64_t selector_new(void) { return machine.selector_next++; }

static uint64_t make(const uint64_t *words)
{
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, words);
    return words[1];
}

uint64_t make_task(void) { return make(W(KIND_TASK, selector_new())); }
uint64_t make_gate(uint64_t thread, uint64_t label) { return make(W(KIND_GATE, selector_new(), thread, label)); }
uint64_t make_factory(uint64_t quota_bytes) { return make(W(KIND_FACTORY, selector_new(), quota_bytes, quota_bytes / PAGE_BYTES)); }

uint64_t make_thread(uint64_t task)
{
    uint64_t selector = make(W(KIND_THREAD, selector_new(), task, machine.utcb_next));
    machine.utcb_next += PAGE_BYTES;
    priority_set(selector, TEST_PRIORITY);
    op_ok(machine.root, selector, OP_THREAD_EX_REGS, W(PROGRAM_RIP, PROGRAM_RSP, EX_REGS_SET));
    return selector;
}

void make_copy(uint64_t task, uint64_t from, uint64_t to, unsigned rights)
{
    op_ok(machine.root, task, OP_TASK_MAP_CAPABILITY, W(from, to, rights));
}

void destroy(uint64_t selector)
{
    op_ok(machine.root, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(selector));
}

void priority_set(uint64_t thread, unsigned priority)
{
    op_ok(machine.root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(thread, priority, TEST_QUANTUM_US));
}

static struct object *object_at(uint64_t selector, uint8_t kind)
{
    const struct cap_slot *slot = cap_find(machine.task, selector);
    assert_non_null(slot);
    assert_int_equal(slot->object->kind, kind);
    return slot->object;
}

struct thread *thread_at(uint64_t selector) { return thread_of(object_at(selector, KIND_THREAD)); }
struct task *task_at(uint64_t selector) { return (struct task *)(void *)object_at(selector, KIND_TASK); }
struct factory *factory_at(uint64_t selector) { return (struct factory *)(void *)object_at(selector, KIND_FACTORY); }
