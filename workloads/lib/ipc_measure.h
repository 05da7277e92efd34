/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the IPC workloads share: the server thread behind a gate, the content of messages, and how the slow path is taken.
 * Client and server have the same priority; the server runs on the client's time slice, as a called server does.
 */
#ifndef WORKLOADS_LIB_IPC_MEASURE_H
#define WORKLOADS_LIB_IPC_MEASURE_H

#include <stdbool.h>

#include "workloads/lib/invoke.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/worker.h"

#define SELECTOR_SERVER_GATE (SELECTOR_PROGRAM_FREE + 0)
#define SERVER_WORKER 0
#define SERVER_GATE_LABEL 0x5e0

/* Timeouts that make no difference to the operation, as the partner always waits and a reply never blocks, but that the fast
 * path does not serve: the same invocation goes through the C code. */
#define TIMEOUTS_FAST ABI_CONST(uint64_t, 0)
#define TIMEOUTS_SLOW TIMEOUT_SEND_ZERO

/* Register words of a message: 1 in each that is counted, 0 in the others; one instruction each either way. The words from 6 on lie
 * ready in the UTCB; writing them is no part of the operation. */
ALWAYS_INLINE struct message_words words_content(uint64_t words)
{
    return (struct message_words){ words > 0, words > 1, words > 2, words > 3, words > 4, words > 5 };
}

/* The second task, when `inter`, and nothing else: once for a program. */
bool ipc_partner_create(bool inter);
/* Starts fn(arg) as the server and binds the gate to it; it waits when the first call comes. */
bool ipc_server_start(bool inter, worker_fn *fn, uint64_t arg);
void ipc_server_stop(void);
/* Of this thread and of the server: the path_counts of a variant. */
bool ipc_path_counts(struct path_counts *out);

#endif
