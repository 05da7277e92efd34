/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.io_uring.round_trip | 8 bytes as a message from one io_uring to another (IORING_OP_MSG_RING), returned by another process: from before the client queues it to after it has taken the answer's completion | none
 *
 * fd[0]: ring that the client waits on, fd[1]: the server's. send queues, receive submits and waits in one io_uring_enter: one system
 * call per process. The message's own completion is suppressed. Rings are made before the fork and mapped after it. (The constants are
 * those of Linux 5.18; a kernel that lacks the operation fails the trial in setup.)
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

#define ENTRIES 8

/* Where the kernel put what, the same for both rings. */
static struct io_uring_params layout;
static struct io_uring_sqe *submissions;
static unsigned char *ring; /* both queues in one mapping: IORING_FEAT_SINGLE_MMAP */
static unsigned unsubmitted;

static _Atomic unsigned *ring_word(unsigned offset)
{
    return (_Atomic unsigned *)(void *)(ring + offset);
}

static size_t ring_bytes(void)
{
    size_t sq = layout.sq_off.array + layout.sq_entries * sizeof(unsigned);
    size_t cq = layout.cq_off.cqes + layout.cq_entries * sizeof(struct io_uring_cqe);

    return sq > cq ? sq : cq;
}

static size_t submissions_bytes(void) { return layout.sq_entries * sizeof(struct io_uring_sqe); }

static bool rings_map(int fd)
{
    unsubmitted = 0;
    ring = mmap(NULL, ring_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
    submissions = mmap(NULL, submissions_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
    return ring != MAP_FAILED && (void *)submissions != MAP_FAILED;
}

static bool rings_unmap(struct channel *c)
{
    (void)c;
    if (ring != NULL && ring != MAP_FAILED)
        munmap(ring, ring_bytes());
    if (submissions != NULL && (void *)submissions != MAP_FAILED)
        munmap(submissions, submissions_bytes());
    ring = NULL;
    submissions = NULL;
    return true;
}

static bool message_queue(struct channel *c, int to)
{
    unsigned tail = atomic_load_explicit(ring_word(layout.sq_off.tail), memory_order_relaxed);
    unsigned slot = tail & (layout.sq_entries - 1);
    uint64_t word;

    memcpy(&word, c->out, sizeof word);
    submissions[slot] = (struct io_uring_sqe){ .opcode = IORING_OP_MSG_RING, .flags = IOSQE_CQE_SKIP_SUCCESS, .fd = to, .off = word };
    atomic_store_explicit(ring_word(layout.sq_off.array) + slot, slot, memory_order_relaxed);
    atomic_store_explicit(ring_word(layout.sq_off.tail), tail + 1, memory_order_release);
    unsubmitted++;
    return true;
}

/* Submits what is queued and waits for one completion on `own`, whose word goes to `in`. */
static bool completion_take(struct channel *c, int own)
{
    unsigned head = atomic_load_explicit(ring_word(layout.cq_off.head), memory_order_relaxed);

    if (syscall(SYS_io_uring_enter, own, unsubmitted, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return false;
    unsubmitted = 0;
    if (head == atomic_load_explicit(ring_word(layout.cq_off.tail), memory_order_acquire)) {
        errno = EINTR;
        return false;
    }
    const struct io_uring_cqe *cqe =
        (struct io_uring_cqe *)(void *)(ring + layout.cq_off.cqes) + (head & (layout.cq_entries - 1));
    bool good = cqe->res >= 0;
    errno = good ? 0 : -cqe->res;
    memcpy(c->in, &cqe->user_data, sizeof cqe->user_data);
    atomic_store_explicit(ring_word(layout.cq_off.head), head + 1, memory_order_release);
    return good;
}

static bool io_uring_attach(struct channel *c) { return rings_map(c->fd[c->server]); }
static bool io_uring_send(struct channel *c) { return message_queue(c, c->fd[!c->server]); }
static bool io_uring_receive(struct channel *c) { return completion_take(c, c->fd[c->server]); }

/* Tries one message to itself, so that a kernel without the operation is found out here. */
static bool io_uring_setup(struct channel *c)
{
    setup_hint = "needs Linux 5.18, not sysctl kernel.io_uring_disabled";
    for (int i = 0; i < 2; i++) {
        layout = (struct io_uring_params){ .flags = 0 };
        c->fd[i] = (int)syscall(SYS_io_uring_setup, ENTRIES, &layout);
        if (c->fd[i] < 0)
            return false;
    }
    bool done = rings_map(c->fd[0]) && message_queue(c, c->fd[1]) &&
                syscall(SYS_io_uring_enter, c->fd[0], 1, 0, 0, NULL, 0) == 1;
    unsigned posted = done ? atomic_load(ring_word(layout.cq_off.tail)) : 1; /* a completion of one's own tells of a failure */
    rings_unmap(c);
    if (done && posted == 0 && rings_map(c->fd[1])) {
        done = completion_take(c, c->fd[1]);
        rings_unmap(c);
        return done;
    }
    if (done)
        errno = ENOSYS;
    return false;
}

static const struct baseline io_uring_round_trip = {
    .id = "linux.io_uring.round_trip", .bytes = payload_word, .client_calls = 1, .server_calls = 1,
    .setup = io_uring_setup, .attach = io_uring_attach, .send = io_uring_send, .receive = io_uring_receive,
    .teardown = rings_unmap,
};
BASELINE_REGISTER(io_uring_round_trip);
