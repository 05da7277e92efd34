/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mechanism at work: buffers, the server process, orderly end. Life: connection_open, connection_serve (forks), operations,
 * connection_close. An operation without a peer uses open and close alone.
 */
#ifndef BASELINES_LINUX_CHANNEL_H
#define BASELINES_LINUX_CHANNEL_H

#include "baselines/linux/baseline.h"

#define CPU_NONE (-1)

enum server_mode {
    SERVER_PLAIN, /* round trip: returns each message as it came; one way: takes it */
    SERVER_CHECK, /* round trip: returns it with every bit inverted, so what came back went through the server; one way: compares it */
};

struct connection {
    struct channel channel; /* the client's end */
    pid_t server;           /* 0: none */
    void *buffers;
    size_t buffers_bytes;
};

/* False with errno: this system lacks the mechanism or the memory. Nothing is left behind. */
bool connection_open(struct connection *k, const struct baseline *b, size_t bytes);
/* Forks the server onto `cpu` and attaches both ends. False with errno. */
bool connection_serve(struct connection *k, enum server_mode mode, int cpu);
/* Ends the server, removes the mechanism. Safe at any stage. */
void connection_close(struct connection *k);

/* The operation to measure, and its twin: the same code with the mechanism replaced by nothing. */
channel_fn *connection_operation(const struct baseline *b);
/* For an operation that is not `twin` itself. */
channel_fn *connection_empty_twin(const struct baseline *b);
extern const struct baseline baseline_empty;

/* Messages that one operation transmits one way, or units of an operation. */
unsigned baseline_units(const struct baseline *b, size_t bytes);
/* Whether there is a server process. */
bool baseline_has_peer(const struct baseline *b);

/* Byte i of message `round`. Fills `out`, clears `in`. */
void message_fill(struct channel *c, unsigned round);
/* Whether `in` is message `round` with every byte XORed with `mask`. */
bool message_is(const struct channel *c, unsigned round, unsigned char mask);

/* Pins the calling process; false with errno. CPU_NONE: to nothing, true. */
bool cpu_pin(int cpu);

#endif
