/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log of Tollgate's session, which the kernel left in memory (kernel/abi/handover.h).
 */
#ifndef HANDOVER_INIT_LOG_H
#define HANDOVER_INIT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "handover/init/bytes.h"

struct session_log {
    bool expected;             /* the command line tells of one */
    bool found;                /* and its checksums hold */
    const char *reason;        /* why not found */
    uint64_t lost_bytes, status;
    struct bytes text;
};

void session_log_read(struct session_log *log);
/* The same out of `path` instead of /dev/mem; for tests. */
void session_log_read_at(struct session_log *log, const char *path, const char *where);

#endif
