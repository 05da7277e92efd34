/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Test programs: a table of tests whose names read as a specification. A test returns NULL when it passed, or a text with the line and
 * the condition that did not hold. After each test everything that it made through the library's selectors is destroyed.
 */
#ifndef WORKLOADS_LIB_TEST_H
#define WORKLOADS_LIB_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/lib/invoke.h"
#include "workloads/lib/object.h"
#include "workloads/lib/registers.h"
#include "workloads/lib/worker.h"

struct test {
    const char *name;
    const char *(*run)(void);
};

/* Defined by the file of the test program. */
extern const struct test tests[];
extern const size_t test_count;

/* Selectors that a test may use without cleaning up. */
#define SELECTOR_TEST(i) (SELECTOR_PROGRAM_FREE + (uint64_t)(i))
#define SELECTORS_TEST 64

/* A worker above the main thread's priority runs at once until it waits; one below runs only while the main thread waits. */
#define PRIORITY_ABOVE (PROGRAM_PRIORITY + 10)
#define PRIORITY_BELOW (PROGRAM_PRIORITY - 10)

#define TEST_LINE_TEXT(line) #line
#define TEST_LINE(line) TEST_LINE_TEXT(line)
#define CHECK(condition) \
    do { \
        if (!(condition)) \
            return "line " TEST_LINE(__LINE__) ": " #condition; \
    } while (0)
/* Keeps both values, which are reported with the failure. */
#define CHECK_EQUAL(actual, expected) \
    do { \
        if (!test_equal((uint64_t)(actual), (uint64_t)(expected))) \
            return "line " TEST_LINE(__LINE__) ": " #actual " == " #expected; \
    } while (0)
/* For helpers that return what a test returns. */
#define CHECK_NESTED(call) \
    do { \
        const char *nested_failure = (call); \
        if (nested_failure != NULL) \
            return nested_failure; \
    } while (0)
bool test_equal(uint64_t actual, uint64_t expected);
/* The test cannot run on this machine, and why. */
#define SKIP(reason) return test_skip(reason)
const char *test_skip(const char *reason);

/* One invocation by a worker, with everything that came back. */
struct script {
    struct registers in, out;
    volatile uint64_t done;
};
/* in: all registers nonsense that is told apart, but for selector, tag and words. */
void script_init(struct script *s, uint64_t selector, uint64_t tag, struct message_words w);
worker_fn script_run; /* arg: struct script */
/* A worker that runs the script; see worker_start. */
int32_t script_start(unsigned worker, uint64_t task, struct script *s, uint64_t priority);
/* The words that came back. */
struct message_words script_words(const struct script *s);

/* A script for the calling thread itself. */
void script_now(struct script *s);
/* The register contract of abi.h section 1 for a system call that came back, whatever it was. NULL, or what does not hold. */
const char *script_contract_check(const struct script *s);

/* Gate to worker `worker`, in `selector`. */
int32_t gate_create(uint64_t selector, unsigned worker, uint64_t label);
/* Gate to the main thread. */
int32_t gate_create_main(uint64_t selector, uint64_t label);

/* An exception of a worker as the main thread gets it. */
struct fault {
    bool happened;
    uint64_t vector, error, rip, address, rsp, rflags;
};
#define FAULT_WORKER 15
#define FAULT_GATE SELECTOR_TEST(SELECTORS_TEST - 1)
#define FAULT_LABEL 0xfa0
/* Runs fn(argument) on FAULT_WORKER, whose exceptions go to the main thread, and takes the first one, if there is any; it stays
 * unanswered. False when that could not be set up. */
bool fault_catch(worker_fn *fn, uint64_t argument, struct fault *out);
/* The next exception message that waits for the main thread. */
void fault_take(struct fault *out);
/* Answers the last one. */
void fault_reply(int32_t label, uint64_t rip);

#endif
