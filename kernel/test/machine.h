/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The driver of the core's tests: it plays user space. A test says which thread does what; the driver puts the words into registers,
 * enters the kernel as entry.S or fastpath.S would, and checks all invariants after every entry.
 */
#ifndef KERNEL_TEST_MACHINE_H
#define KERNEL_TEST_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/core/object.h"
#include "kernel/core/thread.h"
#include "kernel/test/arch_host.h"

#define TEST_PRIORITY 100
#define TEST_QUOTA (HOST_FRAMES / 2 * (uint64_t)PAGE_BYTES)

enum machine_path { PATH_SLOW, PATH_FAST_IF_POSSIBLE, PATH_MIXED };

struct machine {
    struct factory *factory;
    struct task *task;           /* root */
    struct thread *root;
    uint64_t selector_next;
    uint64_t utcb_next;
    enum machine_path path;
    uint32_t mixed;              /* state of the coin of PATH_MIXED */
    bool took_fast_path;         /* the last entry */
    unsigned times_again;        /* that the last op() was made again */
    bool unchecked;              /* leave the invariants to the test */
};
extern struct machine machine;

/* For cmocka: a machine with a root task as the boot makes it, and its end, which must return every frame and every byte. */
int machine_setup(void **state);
int machine_teardown(void **state);
void machine_boot(uint64_t quota_bytes);
void machine_shutdown(void);

#define MACHINE_TEST(function) cmocka_unit_test_setup_teardown(function, machine_setup, machine_teardown)

/* Runs tests made by MACHINE_TEST twice: without the fast path, and with it wherever it applies. For main to return. */
#define machine_run(name, tests) machine_run_tests(name, tests, sizeof(tests) / sizeof *(tests))
int machine_run_tests(const char *name, const struct CMUnitTest *tests, size_t n);

/* Words 0..5 of a message. */
#define W(...) ((const uint64_t[REGISTER_WORDS]){__VA_ARGS__})

#define SEND_ZERO ((uint64_t)TIMEOUT_ZERO << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_ZERO ((uint64_t)TIMEOUT_ZERO << TAG_RECEIVE_TIMEOUT_SHIFT)

static inline uint64_t tag_of(unsigned flags, int32_t label, unsigned words)
{
    return (uint64_t)(uint32_t)label << TAG_LABEL_SHIFT | TAG_INVOKE(flags) | words;
}

struct thread *current(void);
/* The running thread does a system call. words: NULL for zeroes. */
void enter(struct thread *t, uint64_t selector, uint64_t tag, const uint64_t *words);
/* Lets threads of the same priority pass until t runs, then enters. */
void enter_as(struct thread *t, uint64_t selector, uint64_t tag, const uint64_t *words);
void switch_to(struct thread *t);
/* The running thread is interrupted at the end of its slice; at `ticks` from now the timer fires if it is armed. */
void timer_interrupt(void);
void time_pass(uint64_t ticks);
/* The running thread is interrupted by a device. */
void machine_interrupt(void (*handle)(unsigned vector), unsigned vector);
/* The running thread takes an exception. */
void exception(struct thread *t, unsigned vector, uint64_t error, uint64_t address);

/* A thread that the kernel took back to before its system call makes it again. */
void again_as(struct thread *t);
/* An operation on a kernel object; the error, 0 for success; the words of the result in `out`. */
extern uint64_t out[REGISTER_WORDS];
unsigned op(struct thread *t, uint64_t selector, int32_t operation, const uint64_t *words);
#define op_ok(...) assert_int_equal(op(__VA_ARGS__), 0)

/* What a thread that came back from the kernel sees. */
uint64_t seen_label(const struct thread *t);
uint64_t seen_tag(const struct thread *t);
uint64_t seen_word(const struct thread *t, unsigned i);
#define expect_state(t, expected) assert_int_equal(thread_state(t), expected)
#define expect_error(t, error) expect_tag_at(t, error_tag(error, false), __FILE__, __LINE__)
#define expect_receive_error(t, error) expect_tag_at(t, error_tag(error, true), __FILE__, __LINE__)
#define expect_nothing(t) expect_tag_at(t, 0, __FILE__, __LINE__)
/* Runnable, with that tag, and nothing else in its registers. */
void expect_tag_at(const struct thread *t, uint64_t tag, const char *file, int line);
uint64_t error_tag(unsigned error, bool receive_phase);
/* Runnable, with that label, tag and six words. */
#define expect_message(t, label, tag, words) expect_message_at(t, label, tag, words, __FILE__, __LINE__)
void expect_message_at(const struct thread *t, uint64_t label, uint64_t tag, const uint64_t *words, const char *file, int line);

/* Made by the root thread in the root task; they return selectors there. A thread runs at once at TEST_PRIORITY. */
uint64_t selector_new(void);
uint64_t make_task(void);
uint64_t make_thread(uint64_t task);
uint64_t make_gate(uint64_t thread, uint64_t label);
uint64_t make_factory(uint64_t quota_bytes);
void make_copy(uint64_t task, uint64_t from, uint64_t to, unsigned rights);
void destroy(uint64_t selector);       /* of the root task */
void priority_set(uint64_t thread, unsigned priority);
struct thread *thread_at(uint64_t selector);
struct task *task_at(uint64_t selector);
struct factory *factory_at(uint64_t selector);

#endif
