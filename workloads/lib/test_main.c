/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs the tests of a program one after the other and reports each as a record.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

static uint64_t last_actual, last_expected;
static bool last_differs;
static const char *skip_reason;

bool test_equal(uint64_t actual, uint64_t expected)
{
    last_actual = actual;
    last_expected = expected;
    last_differs = actual != expected;
    return !last_differs;
}

const char *test_skip(const char *reason)
{
    skip_reason = reason;
    return reason;
}

/* What a test left behind; empty selectors are no error. */
static void test_clean_up(void)
{
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        worker_destroy(i);
    for (unsigned i = 0; i < SELECTORS_TEST; i++)
        task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(i));
    task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(0, 16), 0);
    peer_destroy();
}

static bool test_run(const struct test *test)
{
    struct text detail;

    last_differs = false;
    skip_reason = NULL;
    const char *failure = test->run();
    if (failure == NULL) {
        record_test(&program_records, test->name, "pass", NULL);
        return true;
    }
    if (skip_reason != NULL && failure == skip_reason) {
        record_test(&program_records, test->name, "skip", skip_reason);
        return true;
    }
    text_init(&detail);
    text_add(&detail, failure);
    if (last_differs) {
        text_add(&detail, "; got ");
        text_add_hex(&detail, last_actual);
        text_add(&detail, ", want ");
        text_add_hex(&detail, last_expected);
    }
    record_test(&program_records, test->name, "fail", detail.bytes);
    return false;
}

bool program_main(uint64_t facts)
{
    bool ok = test_count != 0;

    (void)facts;
    for (size_t i = 0; i < test_count; i++) {
        if (!test_run(&tests[i]))
            ok = false;
        test_clean_up();
    }
    return ok;
}

/* --- scripts --- */

void script_init(struct script *s, uint64_t selector, uint64_t tag, struct message_words w)
{
    *s = (struct script){ .in = {
        .rdi = selector, .rsi = tag, .rdx = w.w0, .r8 = w.w1, .r9 = w.w2, .r10 = w.w3, .rax = w.w4, .r14 = w.w5,
        .rbx = 0x5ec2e7b, .rcx = 0x5ec2e7c, .rbp = 0x5ec2e7d, .r11 = 0x5ec2e11, .r12 = 0x5ec2e12, .r13 = 0x5ec2e13, .r15 = 0x5ec2e15,
    } };
}

void script_run(void *arg)
{
    struct script *s = arg;

    syscall_record(&s->in, &s->out);
    s->done = 1;
}

int32_t script_start(unsigned worker, uint64_t task, struct script *s, uint64_t priority)
{
    return worker_start(worker, task, script_run, s, priority);
}

struct message_words script_words(const struct script *s)
{
    return (struct message_words){ s->out.rdx, s->out.r8, s->out.r9, s->out.r10, s->out.rax, s->out.r14 };
}

int32_t gate_create(uint64_t selector, unsigned worker, uint64_t label)
{
    return factory_create_gate(SELECTOR_FACTORY, selector, SELECTOR_WORKER(worker), label);
}

int32_t gate_create_main(uint64_t selector, uint64_t label)
{
    return factory_create_gate(SELECTOR_FACTORY, selector, SELECTOR_THREAD, label);
}

void script_now(struct script *s)
{
    script_run(s);
}

const char *script_contract_check(const struct script *s)
{
    CHECK_EQUAL(s->done, 1);
    CHECK_EQUAL(s->out.rbx, 0);
    CHECK_EQUAL(s->out.r12, 0);
    CHECK_EQUAL(s->out.r13, 0);
    CHECK_EQUAL(s->out.r15, 0);
    CHECK_EQUAL(s->out.rbp, s->in.rbp);
    CHECK_EQUAL(s->out.rsp, 0);
    CHECK_EQUAL(s->out.rcx, (uint64_t)syscall_record_return);
    /* Flags of user mode: interrupts on, I/O privilege 0, the fixed bit. */
    CHECK_EQUAL(s->out.r11 & 0x3202, 0x202);
    CHECK_EQUAL(s->out.r11 >> 22, 0);
    return NULL;
}

/* --- exceptions --- */

void fault_take(struct fault *out)
{
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);

    *out = (struct fault){ .happened = !tag_failed(m.tag) };
    if (!out->happened)
        return;
    out->vector = m.w.w0;
    out->error = m.w.w1;
    out->rip = m.w.w2;
    out->address = m.w.w3;
    out->rsp = m.w.w4;
    out->rflags = m.w.w5;
}

bool fault_catch(worker_fn *fn, uint64_t argument, struct fault *out)
{
    worker_destroy(FAULT_WORKER);
    task_unmap_capability(SELECTOR_TASK, FAULT_GATE);
    if (gate_create_main(FAULT_GATE, FAULT_LABEL) != 0 || worker_create(FAULT_WORKER, SELECTOR_TASK) != 0 ||
        thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE) != 0 ||
        worker_run(FAULT_WORKER, fn, (void *)argument, PRIORITY_ABOVE) != 0)
        return false;
    fault_take(out);
    return true;
}

void fault_reply(int32_t label, uint64_t rip)
{
    ipc_reply(tag_make(0, label, 1), (struct message_words){ .w0 = rip });
}
