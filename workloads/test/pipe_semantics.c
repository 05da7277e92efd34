/* SPDX-License-Identifier: BSD-2-Clause
 *
 * POSIX pipes without signals, as a specification: this file runs on the pipe server and, compiled with baselines/linux/test/posix.c, on Linux.
 * What a child tells its parent is its status or goes through a pipe.
 */
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"
#include "workloads/servers/posix.h"

#define START struct process *self = posix_start(); CHECK(self != NULL)
#define PIPE(name) int name[2]; CHECK_EQUAL(posix_pipe(self, name), 0)
#define ERROR(number) (uint64_t)(int64_t)(-(number))
#define LARGE_BYTES 200000u

static char bytes[LARGE_BYTES], got[LARGE_BYTES];
static int pipe_a[2], pipe_b[2]; /* what children inherit */

static void bytes_fill(size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)((i * 7 + i / 251 + seed) & 0xff);
}

static bool all_read(struct process *self, int descriptor, char *to, size_t n)
{
    for (size_t at = 0; at < n;) {
        long part = posix_read(self, descriptor, to + at, n - at);
        if (part <= 0)
            return false;
        at += (size_t)part;
    }
    return true;
}

/* Writes pages until nothing fits any more. */
static size_t pipe_fill(struct process *self, int descriptor)
{
    size_t all = 0;
    long n;

    posix_nonblock(self, descriptor, true);
    while ((n = posix_write(self, descriptor, bytes, 4096)) > 0)
        all += (size_t)n;
    posix_nonblock(self, descriptor, false);
    return all;
}

static const char *bytes_arrive(void)
{
    START;
    PIPE(p);
    for (size_t n = 1; n <= 70; n++) {
        bytes_fill(n, (unsigned)n);
        memset(got, 0, sizeof got);
        CHECK_EQUAL(posix_write(self, p[1], bytes, n), n);
        CHECK_EQUAL(posix_read(self, p[0], got, sizeof got), n);
        CHECK(memcmp(bytes, got, n) == 0 && got[n] == 0);
    }
    return NULL;
}

static const char *bytes_in_order(void)
{
    START;
    PIPE(p);
    for (unsigned round = 0; round < 6; round++) {
        bytes_fill(45056, round);
        CHECK_EQUAL(posix_write(self, p[1], bytes, 20480), 20480);
        CHECK_EQUAL(posix_write(self, p[1], bytes + 20480, 24576), 24576);
        CHECK(all_read(self, p[0], got, 45056));
        CHECK(memcmp(bytes, got, 45056) == 0);
    }
    return NULL;
}

static const char *short_read(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_write(self, p[1], "abcdef", 6), 6);
    CHECK_EQUAL(posix_read(self, p[0], got, 4), 4);
    CHECK_EQUAL(posix_read(self, p[0], got + 4, 1000), 2);
    CHECK(memcmp(got, "abcdef", 6) == 0);
    return NULL;
}

static const char *two_pipes(void)
{
    START;
    PIPE(p);
    PIPE(q);
    CHECK_EQUAL(posix_write(self, p[1], "p", 1), 1);
    CHECK_EQUAL(posix_write(self, q[1], "qq", 2), 2);
    CHECK_EQUAL(posix_read(self, q[0], got, 10), 2);
    CHECK_EQUAL(posix_read(self, p[0], got, 10), 1);
    return NULL;
}

static int echo_one(struct process *self, void *arg)
{
    char byte = 0;

    (void)arg;
    if (posix_read(self, pipe_a[0], &byte, 1) != 1 || posix_write(self, pipe_b[1], &byte, 1) != 1)
        return 1;
    return 0;
}

static const char *pipes_for_children(struct process *self)
{
    CHECK_EQUAL(posix_pipe(self, pipe_a), 0);
    CHECK_EQUAL(posix_pipe(self, pipe_b), 0);
    return NULL;
}

static const char *reader_blocks(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, echo_one, NULL);
    CHECK(child > 0);
    CHECK_EQUAL(posix_nonblock(self, pipe_b[0], true), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_read(self, pipe_b[0], got, 1), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_write(self, pipe_a[1], "x", 1), 1);
    CHECK_EQUAL(posix_nonblock(self, pipe_b[0], false), 0);
    CHECK_EQUAL(posix_read(self, pipe_b[0], got, 1), 1);
    CHECK_EQUAL(got[0], 'x');
    CHECK_EQUAL(posix_wait(self, child), 0);
    return NULL;
}

/* Closes what is not its own, then counts until the end of the file. */
static int count_to_end(struct process *self, void *arg)
{
    char byte;
    int n = 0;

    (void)arg;
    posix_close(self, pipe_a[1]);
    while (n < 100 && posix_read(self, pipe_a[0], &byte, 1) == 1)
        n++;
    return n;
}

static const char *end_of_file(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_write(self, p[1], "ab", 2), 2);
    CHECK_EQUAL(posix_close(self, p[1]), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 10), 2);
    CHECK_EQUAL(posix_read(self, p[0], got, 10), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 10), 0);
    return NULL;
}

static const char *end_wakes_reader(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, count_to_end, NULL);
    CHECK(child > 0);
    CHECK_EQUAL(posix_write(self, pipe_a[1], "abc", 3), 3);
    posix_settle(self);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    CHECK_EQUAL(posix_wait(self, child), 3);
    return NULL;
}

static const char *end_with_last_writer(void)
{
    START;
    PIPE(p);
    int more = posix_dup(self, p[1]);
    CHECK(more >= 0);
    CHECK_EQUAL(posix_close(self, p[1]), 0);
    CHECK_EQUAL(posix_nonblock(self, p[0], true), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_write(self, more, "z", 1), 1);
    CHECK_EQUAL(posix_close(self, more), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 2), 1);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), 0);
    return NULL;
}

static int leave(struct process *self, void *arg)
{
    (void)self;
    (void)arg;
    return 5;
}

static const char *exit_closes(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, leave, NULL);
    CHECK(child > 0);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    CHECK_EQUAL(posix_wait(self, child), 5);
    CHECK_EQUAL(posix_read(self, pipe_a[0], got, 1), 0);
    return NULL;
}

static const char *no_reader(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_close(self, p[0]), 0);
    CHECK_EQUAL(posix_write(self, p[1], "a", 1), ERROR(PIPE_EPIPE));
    CHECK_EQUAL(posix_write(self, p[1], bytes, 100000), ERROR(PIPE_EPIPE));
    CHECK_EQUAL(posix_write(self, p[1], "a", 0), 0);
    return NULL;
}

static int write_one(struct process *self, void *arg)
{
    (void)arg;
    posix_close(self, pipe_a[0]);
    long n = posix_write(self, pipe_a[1], "w", 1);
    return n < 0 ? (int)-n : (int)n;
}

static const char *blocked_writer_told(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    CHECK_EQUAL(pipe_fill(self, pipe_a[1]), PIPE_BYTES);
    int child = posix_spawn(self, write_one, NULL);
    CHECK(child > 0);
    posix_settle(self);
    CHECK_EQUAL(posix_close(self, pipe_a[0]), 0);
    CHECK_EQUAL(posix_wait(self, child), PIPE_EPIPE);
    return NULL;
}

static const char *writer_blocks(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    CHECK_EQUAL(pipe_fill(self, pipe_a[1]), PIPE_BYTES);
    int child = posix_spawn(self, write_one, NULL);
    CHECK(child > 0);
    posix_settle(self);
    CHECK(all_read(self, pipe_a[0], got, PIPE_BYTES));
    CHECK_EQUAL(posix_read(self, pipe_a[0], got, 10), 1);
    CHECK_EQUAL(got[0], 'w');
    CHECK_EQUAL(posix_wait(self, child), 1);
    return NULL;
}

/* Status 1: as much as the pipe holds was written when its reader went. */
static int write_large(struct process *self, void *arg)
{
    (void)arg;
    posix_close(self, pipe_a[0]);
    return posix_write(self, pipe_a[1], bytes, LARGE_BYTES) == PIPE_BYTES;
}

static const char *partly_written(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, write_large, NULL);
    CHECK(child > 0);
    posix_settle(self);
    CHECK_EQUAL(posix_close(self, pipe_a[0]), 0);
    CHECK_EQUAL(posix_wait(self, child), 1);
    return NULL;
}

static const char *capacity(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(pipe_fill(self, p[1]), PIPE_BYTES);
    CHECK_EQUAL(posix_nonblock(self, p[1], true), 0);
    CHECK_EQUAL(posix_write(self, p[1], "a", 1), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_read(self, p[0], got, 4096), 4096);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 4096), 4096);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 4096), ERROR(PIPE_EAGAIN));
    return NULL;
}

static const char *empty_nonblock(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_nonblock(self, p[0], true), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_read(self, p[0], got, 5000), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_write(self, p[1], "a", 1), 1);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), 1);
    return NULL;
}

static const char *nonblock_shared(void)
{
    START;
    PIPE(p);
    int more = posix_dup(self, p[0]);
    CHECK(more >= 0);
    CHECK_EQUAL(posix_nonblock(self, more, true), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_close(self, more), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EAGAIN));
    return NULL;
}

/* The pipe full but for 2048 bytes. */
static const char *nonblock_whole_or_not(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_nonblock(self, p[1], true), 0);
    for (unsigned i = 0; i < 15; i++)
        CHECK_EQUAL(posix_write(self, p[1], bytes, 4096), 4096);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 2048), 2048);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 4096), ERROR(PIPE_EAGAIN));
    CHECK_EQUAL(posix_write(self, p[1], bytes, 2048), 2048);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 1), ERROR(PIPE_EAGAIN));
    return NULL;
}

static const char *nonblock_part(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_nonblock(self, p[1], true), 0);
    for (unsigned i = 0; i < 15; i++)
        CHECK_EQUAL(posix_write(self, p[1], bytes, 4096), 4096);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 8192), 4096);
    return NULL;
}

static int read_large(struct process *self, void *arg)
{
    (void)arg;
    posix_close(self, pipe_a[1]);
    if (!all_read(self, pipe_a[0], got, LARGE_BYTES))
        return 1;
    bytes_fill(LARGE_BYTES, 9);
    return memcmp(bytes, got, LARGE_BYTES) == 0 && posix_read(self, pipe_a[0], got, 1) == 0 ? 0 : 2;
}

static const char *large_write(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, read_large, NULL);
    CHECK(child > 0);
    bytes_fill(LARGE_BYTES, 9);
    CHECK_EQUAL(posix_write(self, pipe_a[1], bytes, LARGE_BYTES), LARGE_BYTES);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    CHECK_EQUAL(posix_wait(self, child), 0);
    return NULL;
}

#define MESSAGES 100
static const char letters[] = { 'a', 'b' };
static size_t message_bytes; /* before the children are there */

/* The first one begins when the second has filled the pipe and waits, perhaps in the middle of a message. */
static int write_messages(struct process *self, void *arg)
{
    char message[PIPE_ATOMIC_BYTES];

    posix_close(self, pipe_a[0]);
    if ((const char *)arg == &letters[0] && posix_read(self, pipe_b[0], message, 1) != 1)
        return 2;
    memset(message, *(const char *)arg, sizeof message);
    for (unsigned i = 0; i < MESSAGES; i++)
        if (posix_write(self, pipe_a[1], message, message_bytes) != (long)message_bytes)
            return 1;
    return 0;
}

/* All of one writer's or of the other's. */
static bool message_is_whole(const char *message)
{
    for (size_t i = 1; i < message_bytes; i++)
        if (message[i] != message[0])
            return false;
    return message[0] == letters[0] || message[0] == letters[1];
}

static const char *writers_mix(size_t n)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    message_bytes = n;
    int first = posix_spawn(self, write_messages, (void *)(uintptr_t)&letters[0]), second = posix_spawn(self, write_messages, (void *)(uintptr_t)&letters[1]);
    CHECK(first > 0 && second > 0);
    posix_settle(self);
    CHECK_EQUAL(posix_write(self, pipe_b[1], "g", 1), 1);
    posix_settle(self);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    for (unsigned i = 0; i < 2 * MESSAGES; i++) {
        CHECK(all_read(self, pipe_a[0], got, n));
        CHECK(message_is_whole(got));
    }
    CHECK_EQUAL(posix_read(self, pipe_a[0], got, 1), 0);
    CHECK_EQUAL(posix_wait(self, first), 0);
    CHECK_EQUAL(posix_wait(self, second), 0);
    return NULL;
}

static const char *atomic_pages(void) { return writers_mix(PIPE_ATOMIC_BYTES); }
static const char *atomic_odd(void) { return writers_mix(1001); }
static const char *atomic_small(void) { return writers_mix(7); }

static int read_value(struct process *self, void *arg)
{
    char byte = 0;

    (void)arg;
    return posix_read(self, pipe_a[0], &byte, 1) == 1 ? byte : 127;
}

static const char *two_readers(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int first = posix_spawn(self, read_value, NULL), second = posix_spawn(self, read_value, NULL);
    CHECK(first > 0 && second > 0);
    posix_settle(self);
    CHECK_EQUAL(posix_write(self, pipe_a[1], "\1\2", 2), 2);
    CHECK_EQUAL(posix_wait(self, first) + posix_wait(self, second), 3);
    return NULL;
}

static const char *bad_descriptors(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_read(self, p[1], got, 1), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_write(self, p[0], bytes, 1), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_write(self, p[0], bytes, 4096), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_read(self, -1, got, 1), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_close(self, 10000), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_dup(self, -1), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_close(self, p[0]), 0);
    CHECK_EQUAL(posix_close(self, p[0]), ERROR(PIPE_EBADF));
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EBADF));
    return NULL;
}

static const char *no_bytes(void)
{
    START;
    PIPE(p);
    CHECK_EQUAL(posix_read(self, p[0], got, 0), 0);
    CHECK_EQUAL(posix_write(self, p[1], bytes, 0), 0);
    CHECK_EQUAL(posix_nonblock(self, p[0], true), 0);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), ERROR(PIPE_EAGAIN));
    return NULL;
}

static const char *lowest_descriptor(void)
{
    START;
    PIPE(p);
    PIPE(q);
    CHECK_EQUAL(posix_close(self, p[0]), 0);
    CHECK_EQUAL(posix_dup(self, q[0]), p[0]);
    CHECK_EQUAL(posix_write(self, q[1], "d", 1), 1);
    CHECK_EQUAL(posix_read(self, p[0], got, 1), 1);
    return NULL;
}

static int write_for_ever(struct process *self, void *arg)
{
    (void)arg;
    while (posix_write(self, pipe_a[1], bytes, 4096) > 0)
        ;
    return 1;
}

static int read_for_ever(struct process *self, void *arg)
{
    char byte;

    (void)arg;
    posix_close(self, pipe_a[1]);
    while (posix_read(self, pipe_a[0], &byte, 1) > 0)
        ;
    return 1;
}

static const char *killed_writer(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, write_for_ever, NULL);
    CHECK(child > 0);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_kill(self, child), 0);
    CHECK(all_read(self, pipe_a[0], got, PIPE_BYTES));
    CHECK_EQUAL(posix_read(self, pipe_a[0], got, 1), 0);
    return NULL;
}

static int sleep_in_pipe_b(struct process *self, void *arg)
{
    (void)arg;
    return (int)posix_read(self, pipe_b[0], got, 1);
}

static const char *killed_writer_wakes_reader(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int idle = posix_spawn(self, sleep_in_pipe_b, NULL), reader = posix_spawn(self, count_to_end, NULL);
    CHECK(idle > 0 && reader > 0);
    CHECK_EQUAL(posix_write(self, pipe_a[1], "ab", 2), 2);
    CHECK_EQUAL(posix_close(self, pipe_a[1]), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_kill(self, idle), 0);
    CHECK_EQUAL(posix_wait(self, reader), 2);
    return NULL;
}

static const char *killed_reader(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int child = posix_spawn(self, read_for_ever, NULL);
    CHECK(child > 0);
    CHECK_EQUAL(posix_close(self, pipe_a[0]), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_kill(self, child), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_write(self, pipe_a[1], "a", 1), ERROR(PIPE_EPIPE));
    return NULL;
}

static const char *killed_reader_wakes_writer(void)
{
    START;
    CHECK_NESTED(pipes_for_children(self));
    int reader = posix_spawn(self, sleep_in_pipe_b, NULL);
    CHECK_EQUAL(pipe_fill(self, pipe_a[1]), PIPE_BYTES);
    int writer = posix_spawn(self, write_one, NULL);
    CHECK(reader > 0 && writer > 0);
    CHECK_EQUAL(posix_close(self, pipe_a[0]), 0);
    posix_settle(self);
    CHECK_EQUAL(posix_kill(self, reader), 0);
    CHECK_EQUAL(posix_wait(self, writer), PIPE_EPIPE);
    return NULL;
}

const struct test tests[] = {
    { "pipe: what is written is read", bytes_arrive },
    { "pipe: bytes keep their order over many rounds", bytes_in_order },
    { "pipe: a read returns what there is", short_read },
    { "pipe: two pipes do not mix", two_pipes },
    { "pipe: a reader of an empty pipe waits for a writer", reader_blocks },
    { "pipe: without writers what is left is read, then the end of the file", end_of_file },
    { "pipe: a waiting reader is told the end of the file", end_wakes_reader },
    { "pipe: the end of the file comes with the last of several writers", end_with_last_writer },
    { "pipe: the end of a process closes its descriptors", exit_closes },
    { "pipe: without readers a write is EPIPE, one of nothing is none", no_reader },
    { "pipe: a waiting writer is told that the last reader is gone", blocked_writer_told },
    { "pipe: a writer to a full pipe waits for a reader", writer_blocks },
    { "pipe: a long write whose reader goes tells how much was written", partly_written },
    { "pipe: 64 KiB fit", capacity },
    { "pipe: empty, without blocking: EAGAIN", empty_nonblock },
    { "pipe: whether it blocks belongs to the end, not to a descriptor", nonblock_shared },
    { "pipe: without blocking, up to PIPE_BUF all is written or nothing", nonblock_whole_or_not },
    { "pipe: without blocking, more than PIPE_BUF is written in part", nonblock_part },
    { "pipe: a write larger than the pipe arrives whole", large_write },
    { "pipe: messages of PIPE_BUF bytes of two writers are not mixed", atomic_pages },
    { "pipe: messages of 1001 bytes of two writers are not mixed", atomic_odd },
    { "pipe: messages of 7 bytes of two writers are not mixed", atomic_small },
    { "pipe: of two waiting readers each gets its own byte", two_readers },
    { "pipe: descriptors that are not there, or of the other end: EBADF", bad_descriptors },
    { "pipe: reading and writing no bytes", no_bytes },
    { "pipe: a duplicate has the lowest free number", lowest_descriptor },
    { "pipe: after a killed writer what it wrote is read, then the end of the file", killed_writer },
    { "pipe: a waiting reader is told when the last writer is killed", killed_writer_wakes_reader },
    { "pipe: after a killed reader a write is EPIPE", killed_reader },
    { "pipe: a waiting writer is told when the last reader is killed", killed_reader_wakes_writer },
};
const size_t test_count = sizeof tests / sizeof tests[0];
