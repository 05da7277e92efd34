/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One baseline = one question asked of Linux = one file in mechanism/. Such a file defines a `struct baseline`, registers it
 * with BASELINE_REGISTER and carries near its top one line per id,
 *     workload: <id> | <what exactly is measured, from where to where> | <paper table that asks the same>
 * which the build extracts into the index. Nothing else is edited to add one.
 */
#ifndef BASELINES_LINUX_BASELINE_H
#define BASELINES_LINUX_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Room before `out` and `in` that a mechanism may write, for headers such as System V's message type. */
#define CHANNEL_HEADROOM_BYTES 64

/* One end of what connects client and server. The server's `out` is its `in`: it returns what it was sent. */
struct channel {
    const struct baseline *baseline;
    size_t bytes;        /* payload of one message */
    unsigned char *out;  /* what send transmits */
    unsigned char *in;   /* where receive leaves the message */
    bool server;
    int fd[4];           /* the mechanism's, -1 when unused; closed by channel_close */
    int id;              /* the mechanism's: System V identifier, -1 when unused */
};

/* Each returns true when done; false with errno set (0: the other end is gone). */
typedef bool channel_fn(struct channel *c);

struct baseline {
    const char *id;        /* linux.<mechanism>.<what> */
    const size_t *bytes;   /* payloads, ends with 0; NULL for an operation without a peer */
    unsigned client_calls; /* system calls per operation of the measured process... */
    unsigned server_calls; /* ...and of its peer; verified by counting */
    /* Before the fork: makes the mechanism. False with errno says that this system lacks it: the row is skipped. */
    channel_fn *setup;
    /* After the fork, in either process: keeps its own end and closes the other's. */
    channel_fn *attach;
    channel_fn *send;
    channel_fn *receive;
    /* Removes what outlives the processes; may be NULL. Also called after a setup that failed half-way. */
    channel_fn *teardown;
    /* Instead of send and receive: an operation of one process. */
    channel_fn *operation;
};

#define BASELINE_REGISTER(b) \
    static const struct baseline *const b##_entry __attribute__((section("baselines"), used)) = &(b)

/* 1 and 64 bytes: what every mechanism is asked. */
extern const size_t payload_small[];

/* All registered baselines, in the order of their files' names. */
const struct baseline *const *baseline_first(void);
const struct baseline *const *baseline_end(void);

/* read and write whole messages, for mechanisms that are file descriptors. */
bool message_write(int fd, const unsigned char *bytes, size_t n);
bool message_read(int fd, unsigned char *bytes, size_t n);

#endif
