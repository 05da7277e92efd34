/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pipe server: POSIX pipes without signals in a task of its own. A client has a connection: a gate to a thread of the server that serves
 * this client alone and may block for it, and a window: memory of the client's that the server has mapped, too. Up to PIPE_INLINE_BYTES travel in
 * the registers of the message, on the kernel's fast path. More lies in the window, from where and to where the server copies: twice for a byte
 * that goes through a pipe, as often as a monolithic kernel does, and no client sees what is another's. UTCB words would add a third copy.
 * Modules: pipe_store.c what pipes are, pipe_server.c the threads, pipe_copy.S, pipe_loader.c whoever starts it, pipe_client.c the library.
 */
#ifndef WORKLOADS_SERVERS_PIPE_H
#define WORKLOADS_SERVERS_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/lib/worker.h"

#define PIPE_BYTES 65536u     /* that a pipe holds, as Linux's */
#define PIPE_ATOMIC_BYTES 4096u /* PIPE_BUF: a write of at most so many is not mixed with others */
#define PIPE_INLINE_BYTES 32u /* words 2..5 of a message */
#define PIPE_WINDOW_BYTES ABI_CONST(uint64_t, 65536)

#define PIPE_CONNECTIONS 4
#define PIPE_PIPES 8
#define PIPE_DESCRIPTORS 16   /* of a connection */

/* Errors, negative in a result: the numbers of Linux. */
#define PIPE_EINTR 4
#define PIPE_EIO 5            /* the server is gone: POSIX has no name for that */
#define PIPE_EBADF 9
#define PIPE_EAGAIN 11
#define PIPE_EFAULT 14
#define PIPE_EINVAL 22
#define PIPE_ENFILE 23
#define PIPE_EMFILE 24
#define PIPE_EPIPE 32

/* Requests: label of the tag. Word 0 in: a descriptor; word 0 out: the result, negative for an error. */
#define PIPE_READ 1           /* word 1 bytes, word 2 offset in the window -> the bytes are in the window */
#define PIPE_READ_INLINE 2    /* word 1 bytes -> words 2..5 */
#define PIPE_WRITE 3          /* word 1 bytes, word 2 offset in the window */
#define PIPE_WRITE_INLINE 4   /* word 1 bytes, words 2..5 */
#define PIPE_OPEN 5           /* -> descriptor to read from; word 1: one to write to */
#define PIPE_CLOSE 6
#define PIPE_DUPLICATE 7      /* -> the lowest free descriptor */
#define PIPE_NONBLOCK 8       /* word 1: 1 or 0 */
#define PIPE_INHERIT 9        /* word 0: number of a connection that has made no request yet: it gets the caller's descriptors */
#define PIPE_EXIT 10          /* all descriptors are closed */

/* Addresses: in the server, its state and the windows; in clients, their own window. */
#define PIPE_STATE_ADDRESS ABI_CONST(uint64_t, 0x50000000)
#define PIPE_STATE_PAGES 144
#define PIPE_WINDOW_ADDRESS(connection) (ABI_CONST(uint64_t, 0x51000000) + (uint64_t)(connection) * 2 * PIPE_WINDOW_BYTES)

/* Selectors in the server's table. */
#define PIPE_SELECTOR_FAULTS (SELECTOR_FREE + 0)
#define PIPE_SELECTOR_LOCK (SELECTOR_FREE + 1)
#define PIPE_SELECTOR_SEMAPHORE(connection) (SELECTOR_FREE + 2 + (uint64_t)(connection))
#define PIPE_SELECTOR_CLIENT(connection) (SELECTOR_FREE + 2 + PIPE_CONNECTIONS + (uint64_t)(connection))

/* Selectors in the table of whoever starts it; the gate has the same one in the client's. */
#define SELECTOR_PIPE_TASK (SELECTOR_PROGRAM_FREE + 32)
#define SELECTOR_PIPE_FAULTS (SELECTOR_PROGRAM_FREE + 33)
#define SELECTOR_PIPE_LOCK (SELECTOR_PROGRAM_FREE + 34)
#define SELECTOR_PIPE_GATE(connection) (SELECTOR_PROGRAM_FREE + 35 + (uint64_t)(connection))
#define SELECTOR_PIPE_SEMAPHORE(connection) (SELECTOR_PROGRAM_FREE + 35 + PIPE_CONNECTIONS + (uint64_t)(connection))

/* Workers that the server's threads are. */
#define PIPE_WORKER_SERVE(connection) (4u + (unsigned)(connection))
#define PIPE_WORKER_WATCH(connection) (4u + PIPE_CONNECTIONS + (unsigned)(connection))
#define PIPE_WORKER_FAULTS (4u + 2 * PIPE_CONNECTIONS)

/* --- pipe_store.c: state in the server's own memory; all under one lock but for what is said of the sleep */
void store_init(void);
/* Of a connection that nobody uses: fresh, without a descriptor. */
void store_connection_init(unsigned connection);
int64_t store_open(unsigned connection, int64_t *write_descriptor);
int64_t store_close(unsigned connection, uint64_t descriptor);
int64_t store_duplicate(unsigned connection, uint64_t descriptor);
int64_t store_nonblock(unsigned connection, uint64_t descriptor, bool nonblock);
int64_t store_inherit(unsigned connection, uint64_t heir);
/* The connection's requests have begun: it inherits nothing any more. */
void store_adopt(unsigned connection);
/* Closes all; `dead`: wakes its thread and lets it do nothing more. */
void store_end(unsigned connection, bool dead);
/* They may block, and copy from and to memory that may not be there: -PIPE_EFAULT then. */
int64_t store_read(unsigned connection, uint64_t descriptor, char *to, uint64_t bytes);
int64_t store_write(unsigned connection, uint64_t descriptor, const char *from, uint64_t bytes);

/* --- pipe_copy.S: false when a page of either was not there */
bool pipe_copy(void *to, const void *from, size_t bytes);
extern const char pipe_copy_moves[], pipe_copy_failed[]; /* the instruction that may fault; where to go on then */

/* --- pipe_server.c: bodies of its threads; arg is the number of the connection */
worker_fn pipe_serve, pipe_watch, pipe_faults;

/* --- pipe_loader.c: for the first thread of a program. All return 0 or an ERR_*. */
int32_t pipe_server_start(void);
/* Connects the client thread, in the task that `client_task` names; `window` is the client's, PIPE_WINDOW_BYTES at PIPE_WINDOW_ADDRESS. */
int32_t pipe_connect(unsigned connection, uint64_t client_thread, uint64_t client_task);
/* Once per connection that has ended, before the next pipe_connect of it. */
void pipe_disconnect(unsigned connection);
void pipe_server_stop(void);

#endif
