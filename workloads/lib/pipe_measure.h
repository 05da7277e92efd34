/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the workloads of the pipe server share: the server in a task of its own, a second client in another, and two pipes between that one and
 * the program's first thread, from where and to where the descriptors lead.
 */
#ifndef WORKLOADS_LIB_PIPE_MEASURE_H
#define WORKLOADS_LIB_PIPE_MEASURE_H

#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/servers/pipe_client.h"

#define PIPE_BLOCK_BYTES 65536u  /* of a bandwidth: Härtig et al. 1997 */
#define OWN_CONNECTION 0u
#define PARTNER_CONNECTION 1u

/* Descriptors, the same in both tasks. */
static int there[2], back[2];

/* Server, partner's task, pipes; the partner runs fn then. */
static inline bool pipes_setup(worker_fn *fn)
{
    return pipe_server_start() == 0 && peer_create() == 0 && worker_create(SERVER_WORKER, SELECTOR_PEER_TASK) == 0 &&
           pipe_connect(OWN_CONNECTION, SELECTOR_THREAD, SELECTOR_TASK) == 0 &&
           pipe_connect(PARTNER_CONNECTION, SELECTOR_WORKER(SERVER_WORKER), SELECTOR_PEER_TASK) == 0 &&
           pipe_open(OWN_CONNECTION, there) == 0 && pipe_open(OWN_CONNECTION, back) == 0 &&
           pipe_inherit(OWN_CONNECTION, PARTNER_CONNECTION) == 0 && worker_run(SERVER_WORKER, fn, NULL, PROGRAM_PRIORITY) == 0;
}

#endif
