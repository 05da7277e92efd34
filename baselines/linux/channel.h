/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mechanism at work: buffers, the server process, orderly end. Life: channel_open, channel_serve (forks), operations,
 * channel_close. An operation without a peer uses open and close alone.
 */
#ifndef BASELINES_LINUX_CHANNEL_H
#define BASELINES_LINUX_CHANNEL_H

#include "baselines/linux/baseline.h"

#define CPU_NONE (-1)

enum server_mode {
    SERVER_ECHO,   /* returns each message as it came */
    SERVER_INVERT, /* returns each message with every bit inverted: what came back went through the server */
};

struct connection {
    struct channel channel; /* the client's end */
    pid_t server;           /* 0: none */
    void *memory;
    size_t memory_bytes;
};

/* False with errno: this system lacks the mechanism or the memory. Nothing is left behind. */
bool connection_open(struct connection *k, const struct baseline *b, size_t bytes);
/* Forks the server onto `cpu` and attaches both ends. False with errno. */
bool connection_serve(struct connection *k, enum server_mode mode, int cpu);
/* Ends the server, removes the mechanism. Safe at any stage. */
void connection_close(struct connection *k);

/* The operation to measure, and its twin: the same code with the mechanism replaced by nothing. */
channel_fn *connection_operation(const struct baseline *b);
bool operation_empty(struct channel *c);
bool round_trip(struct channel *c);
extern const struct baseline baseline_empty;

/* Pins the calling process; false with errno. */
bool cpu_pin(int cpu);

#endif
