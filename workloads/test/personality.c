/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System calls of Linux served by a task: the library's messages, and the static program that knows nothing of it.
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/test.h"
#include "workloads/servers/personality_state.h"

#define ERROR(number) (uint64_t)(int64_t)(-(number))

static const char *server_start(void)
{
    CHECK(ipc_partner_create(true));
    CHECK(ipc_server_start(true, personality_serve, 0));
    return NULL;
}

static uint64_t call(int32_t number, uint64_t a, uint64_t b, uint64_t c)
{
    struct message m = ipc_call(SELECTOR_SERVER_GATE, tag_make(0, number, 3), (struct message_words){ a, b, c, 0, 0, 0 });

    return tag_failed(m.tag) ? ERROR(LINUX_EIO) : m.w.w0;
}

static const char *library(void)
{
    CHECK_NESTED(server_start());
    personality.pid = 77;
    CHECK_EQUAL(library_getpid(), 77);
    CHECK_EQUAL(library_getpid_local(), 77);
    return NULL;
}

static const char *refusals(void)
{
    CHECK_NESTED(server_start());
    CHECK(linux_start());
    CHECK_EQUAL(call(LINUX_getppid, 0, 0, 0), ERROR(LINUX_ENOSYS));
    CHECK_EQUAL(call(INT32_MAX, 0, 0, 0), ERROR(LINUX_ENOSYS));
    CHECK_EQUAL(call(-1, 0, 0, 0), ERROR(LINUX_ENOSYS));
    CHECK_EQUAL(call(LINUX_read, 1, 0, 8), ERROR(LINUX_EBADF));
    CHECK_EQUAL(call(LINUX_write, 0, 0, 8), ERROR(LINUX_EBADF));
    CHECK_EQUAL(call(LINUX_write, 1, 0, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_write, 1, personality.data_address + personality.data_bytes - 4, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_write, 1, UINT64_MAX - 4, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_write, PERSONALITY_NULL, personality.data_address + personality.data_bytes - 4, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_write, PERSONALITY_NULL, 0, 1), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_write, PERSONALITY_ZERO, personality.data_address, 8), ERROR(LINUX_EBADF));
    CHECK_EQUAL(call(LINUX_read, PERSONALITY_ZERO, personality.data_address + personality.data_bytes - 4, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_read, PERSONALITY_ZERO, personality.data_address - 1, 8), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_read, PERSONALITY_ZERO, personality.data_address, UINT64_MAX), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(call(LINUX_read, PERSONALITY_NULL, personality.data_address, 8), ERROR(LINUX_EBADF));
    linux_stop();
    return NULL;
}

static const char *devices(void)
{
    char *memory;

    CHECK_NESTED(server_start());
    memory = library_memory(1);
    CHECK(memory != NULL);
    for (unsigned i = 0; i < 80; i++)
        memory[i] = 'x';
    CHECK_EQUAL(library_write(PERSONALITY_NULL, memory, 64), 64);
    CHECK_EQUAL(library_read(PERSONALITY_ZERO, memory + 8, 64), 64);
    for (unsigned i = 0; i < 80; i++)
        CHECK_EQUAL(memory[i], i < 8 || i >= 72 ? 'x' : 0);
    CHECK_EQUAL(library_read(PERSONALITY_ZERO, memory + 4090, 6), 6);
    CHECK_EQUAL(library_read(PERSONALITY_ZERO, memory + 4090, 7), ERROR(LINUX_EFAULT));
    CHECK_EQUAL(library_read(PERSONALITY_ZERO, memory + 4096, 0), 0);
    CHECK_EQUAL(library_write(PERSONALITY_NULL, memory + 4096, 1), ERROR(LINUX_EFAULT));
    return NULL;
}

/* What `call` of the program gives its starter: 0 when it has measured, else its status. */
static int64_t program_call(uint64_t number, uint64_t descriptor, uint64_t bytes)
{
    const struct linux_request request = { 1, 3, 0, number, descriptor, bytes };
    uint64_t ticks = 0;
    bool measured = linux_start() && linux_exchange(&request, &ticks, sizeof ticks);
    int64_t status = linux_status();

    linux_stop();
    return measured ? ticks == 0 : status;
}

static const char *program_calls(void)
{
    CHECK_NESTED(server_start());
    CHECK_EQUAL(program_call(LINUX_write, PERSONALITY_NULL, 64), 0);
    CHECK_EQUAL(program_call(LINUX_read, PERSONALITY_ZERO, 4096), 0);
    CHECK_EQUAL(program_call(LINUX_write, PERSONALITY_ZERO, 64), 1);
    CHECK_EQUAL(program_call(LINUX_read, PERSONALITY_ZERO, 4097), 1);
    CHECK_EQUAL(program_call(LINUX_getppid, 0, 0), 1);
    return NULL;
}

static const char *program_runs(void)
{
    const struct linux_request request = { 3, 5, 0, LINUX_getpid, 0, 0 };
    uint64_t ticks[3] = { 0 };

    CHECK_NESTED(server_start());
    CHECK(linux_start());
    CHECK(linux_exchange(&request, ticks, sizeof ticks));
    CHECK(ticks[0] != 0 && ticks[1] != 0 && ticks[2] != 0);
    CHECK(linux_exchange(&request, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), (uint64_t)-1);
    CHECK(!linux_exchange(NULL, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), 0);
    linux_stop();
    return NULL;
}

static const char *program_fails(void)
{
    const struct linux_request request = { 100000, 1, 0, LINUX_getpid, 0, 0 };
    uint64_t ticks[1];

    CHECK_NESTED(server_start());
    CHECK(linux_start());
    CHECK(!linux_exchange(&request, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), 1);
    linux_stop();
    return NULL;
}

static const char *pid_is_the_servers(void)
{
    const struct linux_request request = { 1, 1, 0, LINUX_getpid, 0, 0 };
    uint64_t ticks[1];

    CHECK_NESTED(server_start());
    CHECK(linux_start());
    personality.pid = 0; /* no process has it: the program leaves */
    CHECK(!linux_exchange(&request, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), 1);
    linux_stop();
    return NULL;
}

static volatile int64_t blocked_result;

/* In a worker of its own: blocks in the server, which waits for input, once that of the dead process is used up. */
static void reader(void *arg)
{
    int64_t result = 0;

    (void)arg;
    while (result == 0)
        result = (int64_t)call(LINUX_read, 0, personality.data_address, 8);
    blocked_result = result;
}

#define READER 5u

static const char *reader_start(void)
{
    blocked_result = 1;
    CHECK_EQUAL(worker_start(READER, SELECTOR_TASK, reader, NULL, PROGRAM_PRIORITY + 1), 0);
    CHECK_EQUAL(blocked_result, 1);
    return NULL;
}

static const char *server_dies_under_library(void)
{
    CHECK_NESTED(server_start());
    CHECK_EQUAL(library_getpid(), personality.pid);
    ipc_server_stop();
    CHECK_EQUAL(library_getpid(), ERROR(LINUX_EIO));
    return NULL;
}

static void killer(void *arg)
{
    worker_destroy((unsigned)(uintptr_t)arg);
}

/* The starter waits for output: process or server dies, by a thread that has the chance once the starter waits. */
static const char *dies_under_exchange(unsigned who, uint64_t status)
{
    const struct linux_request request = { 3, 5, 0, LINUX_getpid, 0, 0 };
    uint64_t ticks[3];

    CHECK_NESTED(server_start());
    CHECK(linux_start());
    CHECK(linux_exchange(&request, ticks, sizeof ticks));
    CHECK_EQUAL(worker_start(READER, SELECTOR_TASK, killer, (void *)(uintptr_t)who, PROGRAM_PRIORITY), 0);
    const struct linux_request long_one = { 1000, 100, 0, LINUX_getpid, 0, 0 };
    CHECK(!linux_exchange(&long_one, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), status);
    worker_destroy(READER);
    linux_stop();
    return NULL;
}

static const char *server_dies_under_reader(void)
{
    CHECK_NESTED(server_start());
    CHECK(linux_start());
    worker_destroy(LINUX_WORKER);
    CHECK_EQUAL(library_getpid(), personality.pid); /* the read of the process is over */
    CHECK_NESTED(reader_start());
    ipc_server_stop();
    CHECK_EQUAL(blocked_result, ERROR(LINUX_EIO));
    worker_destroy(READER);
    linux_stop();
    return NULL;
}

/* The server waits for input on behalf of a process that is no more. */
static const char *process_dies_under_server(void)
{
    CHECK_NESTED(server_start());
    CHECK(linux_start());
    const struct linux_request request = { 3, 5, 0, LINUX_getpid, 0, 0 };
    uint64_t ticks[3];
    CHECK(linux_exchange(&request, ticks, sizeof ticks));
    worker_destroy(LINUX_WORKER);
    CHECK_EQUAL(library_getpid(), personality.pid);
    CHECK(!linux_exchange(&request, ticks, sizeof ticks));
    CHECK_EQUAL(linux_status(), 128 + 9);
    linux_stop();
    return NULL;
}

static const char *server_dies_under_exchange(void) { return dies_under_exchange(SERVER_WORKER, ERROR(LINUX_EIO)); }
static const char *process_dies_under_exchange(void) { return dies_under_exchange(LINUX_WORKER, 128 + 9); }

const struct test tests[] = {
    { "personality: the library's getpid, from the server and from the process", library },
    { "personality: unknown system calls, wrong descriptors and addresses are Linux's errors", refusals },
    { "personality: a static Linux program runs, and leaves when its input ends", program_runs },
    { "personality: the program's own complaint is its status", program_fails },
    { "personality: /dev/null and /dev/zero, to the last byte of the process's memory", devices },
    { "personality: the program makes the call that it is asked for", program_calls },
    { "personality: what the program gets for getpid is what the server says", pid_is_the_servers },
    { "personality: its end is told to a library that calls it", server_dies_under_library },
    { "personality: its end is told to a process whose system call it has not answered", server_dies_under_reader },
    { "personality: its end is told to whoever waits for output of the process", server_dies_under_exchange },
    { "personality: the process killed, whoever waits for its output is told", process_dies_under_exchange },
    { "personality: the process killed while the server waits for its input, the server serves the next", process_dies_under_server },
};
const size_t test_count = sizeof tests / sizeof tests[0];
