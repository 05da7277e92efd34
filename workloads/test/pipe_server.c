/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the pipe server owes beyond POSIX: it outlives hostile clients, its own end leaves nobody waiting, and all that it took comes back.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"
#include "workloads/servers/pipe_client.h"
#include "workloads/servers/posix.h"

#define START struct process *self = posix_start(); CHECK(self != NULL)
#define ERROR(number) (uint64_t)(int64_t)(-(number))

static int ends[2];

/* Status: the error. */
static int read_one(struct process *self, void *arg)
{
    char byte;

    (void)arg;
    return (int)-posix_read(self, ends[0], &byte, 1);
}

static int write_one(struct process *self, void *arg)
{
    (void)arg;
    return (int)-posix_write(self, ends[1], "w", 1);
}

static const char *server_dies_under(posix_main *fn, size_t before)
{
    START;
    CHECK_EQUAL(posix_pipe(self, ends), 0);
    CHECK_EQUAL(posix_write(self, ends[1], (const char *)PIPE_WINDOW_ADDRESS(0), before), before);
    int child = posix_spawn(self, fn, NULL);
    CHECK(child > 0);
    posix_settle(self);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_TASK), 0);
    CHECK_EQUAL(posix_wait(self, child), PIPE_EIO);
    CHECK_EQUAL(posix_read(self, ends[0], ends, 1), ERROR(PIPE_EIO));
    return NULL;
}

static const char *server_dies_under_reader(void) { return server_dies_under(read_one, 0); }
static const char *server_dies_under_writer(void) { return server_dies_under(write_one, PIPE_BYTES); }

/* A request with all words as given; its result. */
static uint64_t request(int32_t operation, uint64_t w0, uint64_t w1, uint64_t w2)
{
    struct message m = ipc_call(SELECTOR_PIPE_GATE(0), tag_make(0, operation, REGISTER_WORDS), (struct message_words){ w0, w1, w2, 0, 0, 0 });

    return tag_failed(m.tag) ? 0 : m.w.w0;
}

static const char *hostile_requests(void)
{
    START;
    CHECK_EQUAL(posix_pipe(self, ends), 0);
    uint64_t from = (uint64_t)ends[0], to = (uint64_t)ends[1];
    CHECK_EQUAL(request(0, 0, 0, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(-77, from, 1, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_WRITE_INLINE, to, PIPE_INLINE_BYTES + 1, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_WRITE_INLINE, to, UINT64_MAX, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_READ_INLINE, from, PIPE_INLINE_BYTES + 1, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_WRITE, to, 1, PIPE_WINDOW_BYTES), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_WRITE, to, PIPE_WINDOW_BYTES + 1, 0), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_WRITE, to, UINT64_MAX, 1), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_READ, from, 1, UINT64_MAX), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_WRITE, UINT64_MAX, 1, 0), ERROR(PIPE_EBADF));
    CHECK_EQUAL(request(PIPE_CLOSE, PIPE_DESCRIPTORS, 0, 0), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_write(self, ends[1], "ok", 2), 2);
    return NULL;
}

/* The client takes its window back in the middle of things. */
static const char *window_taken_back(void)
{
    START;
    CHECK_EQUAL(posix_pipe(self, ends), 0);
    CHECK_EQUAL(posix_write(self, ends[1], (const char *)PIPE_WINDOW_ADDRESS(0), 5000), 5000);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, PIPE_WINDOW_ADDRESS(0) + PAGE_BYTES, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(request(PIPE_WRITE, (uint64_t)ends[1], 8192, 0), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_READ, (uint64_t)ends[0], 5000, 0), ERROR(PIPE_EFAULT));
    CHECK_EQUAL(request(PIPE_READ, (uint64_t)ends[0], 4096, 0), 4096);
    CHECK_EQUAL(request(PIPE_READ, (uint64_t)ends[0], 4096, 0), 904);
    CHECK_EQUAL(posix_write(self, ends[1], "ok", 2), 2);
    return NULL;
}

static const char *inheritance(void)
{
    START;
    CHECK_EQUAL(posix_pipe(self, ends), 0);
    int child = posix_spawn(self, read_one, NULL);
    CHECK(child > 0);
    posix_settle(self);
    CHECK_EQUAL(request(PIPE_INHERIT, 0, 0, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_INHERIT, (uint64_t)child, 0, 0), ERROR(PIPE_EINVAL));
    CHECK_EQUAL(request(PIPE_INHERIT, PIPE_CONNECTIONS, 0, 0), ERROR(PIPE_EINVAL));
    return NULL;
}

static const char *limits(void)
{
    START;
    int pair[2];
    for (unsigned i = 0; i < PIPE_DESCRIPTORS / 2; i++)
        CHECK_EQUAL(posix_pipe(self, pair), 0);
    CHECK_EQUAL(posix_dup(self, 0), ERROR(PIPE_EMFILE));
    CHECK_EQUAL(posix_close(self, pair[0]), 0);
    CHECK_EQUAL(posix_close(self, pair[1]), 0);
    CHECK_EQUAL(posix_close(self, 0), 0);
    CHECK_EQUAL(posix_dup(self, 1), 0);
    CHECK_EQUAL(posix_close(self, 0), 0);
    CHECK_EQUAL(posix_pipe(self, pair), 0);
    CHECK_EQUAL(posix_pipe(self, pair), ERROR(PIPE_ENFILE));
    CHECK_EQUAL(posix_close(self, 3), 0);
    return NULL;
}

static const char *all_comes_back(void)
{
    uint64_t quota, before, after;

    START;
    pipe_server_stop();
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
    self = posix_start();
    CHECK(self != NULL);
    CHECK_EQUAL(posix_pipe(self, ends), 0);
    CHECK_EQUAL(posix_write(self, ends[1], "x", 1), 1);
    pipe_server_stop();
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
    CHECK_EQUAL(after, before);
    return NULL;
}

const struct test tests[] = {
    { "pipe server: its end is told to a waiting reader", server_dies_under_reader },
    { "pipe server: its end is told to a waiting writer", server_dies_under_writer },
    { "pipe server: requests that make no sense are refused, and it goes on", hostile_requests },
    { "pipe server: a window that is taken back in the middle is an error of that request alone", window_taken_back },
    { "pipe server: a client that has begun inherits nothing", inheritance },
    { "pipe server: its limits are errors", limits },
    { "pipe server: what it took comes back", all_comes_back },
};
const size_t test_count = sizeof tests / sizeof tests[0];
