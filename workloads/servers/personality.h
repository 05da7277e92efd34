/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The personality server: as much of Linux as its program needs (getpid, read, write, exit), in a task of its own. A process reaches it by a
 * message of its library (label: number of the system call, words 0..2: arguments), or without knowing, as an alien thread whose system calls
 * are exceptions. Descriptor 0 gives what whoever started the process asks for; what is written to descriptor 1 goes back to it; 3 is /dev/null, open
 * for writing, and 4 /dev/zero, for reading: as there, what is written is not looked at, and what is read is stored into the process's memory.
 */
#ifndef WORKLOADS_SERVERS_PERSONALITY_H
#define WORKLOADS_SERVERS_PERSONALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/lib/worker.h"

#define LINUX_read 0
#define LINUX_write 1
#define LINUX_getpid 39
#define LINUX_getppid 110
#define LINUX_exit 60
#define LINUX_ENOSYS 38
#define LINUX_EIO 5 /* the server is gone */
#define LINUX_EFAULT 14
#define LINUX_EBADF 9

#define PERSONALITY_PID 42
#define PERSONALITY_NULL 3
#define PERSONALITY_ZERO 4
#define PERSONALITY_INPUT_BYTES sizeof(struct linux_request)
#define PERSONALITY_OUTPUT_BYTES 8192

/* Worker and selectors of the process in the table of whoever starts it; the server is that of ipc_measure.h. */
#define LINUX_WORKER 1u
#define LINUX_WATCH_SERVER 2u /* each waits for the end of that thread, to tell whoever waits for it */
#define LINUX_WATCH_PROCESS 3u
#define SELECTOR_LINUX_TASK (SELECTOR_PROGRAM_FREE + 8)
#define SELECTOR_LINUX_INPUT (SELECTOR_PROGRAM_FREE + 9)  /* semaphores; the server has them under the same selectors */
#define SELECTOR_LINUX_OUTPUT (SELECTOR_PROGRAM_FREE + 10)

/* What the program reads (linux/calls.S): how often to make which call. */
struct linux_request {
    uint64_t samples, calls, left_out, number, descriptor, bytes;
};

/* The server's thread. */
worker_fn personality_serve;
/* One system call; its result, by Linux's convention. */
int64_t personality_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
/* What a program's library has in place of `syscall`: through the gate of ipc_measure.h. */
int64_t library_getpid(void);
int64_t library_read(int descriptor, void *to, uint64_t bytes);
int64_t library_write(int descriptor, const void *from, uint64_t bytes);
/* In the process: no server at all, the library answers from what it was told at the start. */
int64_t library_getpid_local(void);

/* Memory of this task that the server may use for it, as that of a process with this library: NULL: there is none. */
char *library_memory(uint64_t pages);

/* Starts the static Linux program of linux_image.S; the server runs already. */
bool linux_start(void);
/* Gives it input (NULL: the end of the file) and waits for its output of that many bytes: false: it has left or was killed, the server is gone, or it wrote another number. */
bool linux_exchange(const struct linux_request *input, void *output, uint64_t output_bytes);
void linux_stop(void);
/* Its exit status, once it has left; -1 before; -LINUX_EIO: the server has gone before it; 137: it was killed. */
int64_t linux_status(void);

#endif
