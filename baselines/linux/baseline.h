/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One baseline = one question asked of Linux; one mechanism = one file in mechanism/. Such a file defines `struct baseline`s,
 * registers them with BASELINE_REGISTER and carries near its top one line per id,
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
/* Ends a list of payloads. */
#define BYTES_END SIZE_MAX

struct run;

/* One end of what connects client and server. The server's `out` is its `in`: it returns what it was sent. */
struct channel {
    const struct baseline *baseline;
    size_t bytes;        /* payload of one message; of an operation what its id says */
    unsigned char *out;  /* what send transmits; page-aligned, like `in` */
    unsigned char *in;   /* where receive leaves the message */
    const unsigned char *peer_out; /* address of the peer's `out` in the peer's address space */
    bool server;
    pid_t peer;          /* the other process; of an operation: what setup started and the operation cannot be without, or 0 */
    unsigned units;      /* messages of a burst, or units of an operation */
    int fd[4];           /* the mechanism's, -1 when unused; closed by connection_close */
    int id;              /* the mechanism's: System V identifier, -1 when unused */
    void *memory;        /* the mechanism's mapping, NULL when unused; unmapped by connection_close */
    size_t memory_bytes;
    size_t turn[2];      /* the mechanism's: counters of what was sent and received, or of steps */
    int ack[2];          /* one way: the server's word that a burst has arrived; the harness's own */
    uint64_t (*now)(void); /* the clock of the run, for an operation whose end another place sees... */
    uint64_t stamp;        /* ...and its reading there; 0: the loop reads it */
};

/* Each returns true when done; false with errno set (0: the other end is gone). */
typedef bool channel_fn(struct channel *c);

struct baseline {
    const char *id;        /* linux.<mechanism>.<what> */
    const size_t *bytes;   /* payloads, ends with BYTES_END; NULL for an operation without any */
    /* System calls of the measured process and of each of its peers, per operation, one way per message; verified by counting. */
    unsigned client_calls, server_calls;
    unsigned calls_vary;   /* so many calls per process more or fewer, since a wait may find its event there already */
    size_t exact_bytes;    /* above this payload (0: never) the transport splits messages: more calls, as many as it likes */
    unsigned units;        /* of an operation that does a thing so many times; 0 is 1 */
    unsigned peers;        /* processes that make server_calls; 0 is 1 */
    bool one_way;          /* send and receive; the server receives a burst, then says so */
    bool relays;           /* the server passes on what it never sees: the reply is the request in any mode */
    bool polls;            /* waits by spinning: needs a CPU for each process */
    bool single_only;      /* stamps its own end: cannot be batched */
    bool slow;             /* takes so long that a twentieth of the samples and no batches tell enough */
    bool faults;           /* page faults are part of the operation */
    unsigned page_faults;  /* so many of each unit, verified by counting; 0: as many as there are */
    bool faults_by_page;   /* of each page of `bytes` of each unit */
    bool softirqs;         /* the kernel delivers by softirq: see samples_collect */
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
    channel_fn *before;    /* before each sample, outside of the clock; may be NULL */
    channel_fn *twin;      /* what `overhead` is measured with; NULL: nothing behind the same calls */
    /* Instead of all these: measures by itself, with another program for instance. */
    void (*external)(struct run *r, const struct baseline *b);
};

#define BASELINE_REGISTER(b) \
    static const struct baseline *const b##_entry __attribute__((section("baselines"), used)) = &(b)

/* 1 B, 64 B, 4 KiB, 64 KiB, 1 MiB: what is too large for a mechanism or a limit is its setup's to say; 8 bytes; no payload. */
extern const size_t payload_all[], payload_word[], payload_none[];

/* All registered baselines, in the order of their files' names. */
const struct baseline *const *baseline_first(void);
const struct baseline *const *baseline_end(void);

/* Under this name the program does nothing and leaves with 0: what fork_exec executes. */
#define EXEC_AND_EXIT "linux-baselines-exit"

/* A setup that fails may say here what errno cannot: which limit, and where it is set. A string that stays. */
extern const char *setup_hint;

/* read and write whole messages, for mechanisms that are file descriptors. */
bool message_write(int fd, const unsigned char *bytes, size_t n);
bool message_read(int fd, unsigned char *bytes, size_t n);
/* attach, send and receive of a connected pair of sockets: fd[0] is the client's, fd[1] the server's. */
bool socket_attach(struct channel *c);
bool socket_send(struct channel *c);
bool socket_receive(struct channel *c);
/* The same for two pipes: fd[0], fd[1] client to server; fd[2], fd[3] server to client. Each process closes the ends that it does
 * not use, so that the death of one is the end of file of the other. */
bool pipes_attach(struct channel *c);
bool pipes_send(struct channel *c);
bool pipes_receive(struct channel *c);

#endif
