/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the workloads of the personality server share: a process with the library, and an unmodified Linux program that makes one call again and again.
 */
#ifndef WORKLOADS_LIB_POSIX_MEASURE_H
#define WORKLOADS_LIB_POSIX_MEASURE_H

#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/servers/personality_state.h"

/* --- by the library --- */

#define POSIX_BUFFER ((char *)LINUX_DATA_ADDRESS) /* the server may use this page for the process */

static inline bool posix_library_setup(void)
{
    personality.pid = PERSONALITY_PID;
    return ipc_partner_create(true) && ipc_server_start(true, personality_serve, 0) && library_memory(1) == POSIX_BUFFER;
}

#define POSIX_LIBRARY_ROW(label, operations, fill_fn, empty_fn) \
    { .name = label, .direction = "op", .relation = "inter", .path = "fast", .batch = operations, .path_counts = ipc_path_counts, .words = 3, \
      .fill = fill_fn, .fill_empty = empty_fn }

/* --- by an unmodified program --- */

static inline bool posix_program_setup(void)
{
    return ipc_partner_create(true) && ipc_server_start(true, personality_serve, 0) && linux_start();
}

static inline bool posix_program_ask(const struct variant *v, uint64_t *ring, size_t n, struct linux_request request)
{
    request.samples = n;
    request.calls = v->batch;
    return linux_exchange(&request, ring, n * sizeof *ring);
}

/* Defines name_fill and name_empty. */
#define POSIX_PROGRAM_FILLS(name, call, from, size) \
    static bool name##_fill(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return posix_program_ask(v, ring, n, (struct linux_request){ .number = call, .descriptor = from, .bytes = size }); \
    } \
    static bool name##_empty(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return posix_program_ask(v, ring, n, (struct linux_request){ .left_out = 1, .number = call, .descriptor = from, .bytes = size }); \
    }

#define POSIX_PROGRAM_ROW(label, operations, fills) \
    { .name = label, .direction = "op", .relation = "inter", .path = "none", .batch = operations, .fill = fills##_fill, .fill_empty = fills##_empty }

#endif
