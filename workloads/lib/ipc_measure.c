/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The partner of the IPC workloads.
 */
#include "workloads/lib/ipc_measure.h"

#include "workloads/lib/object.h"

bool ipc_partner_create(bool inter)
{
    return !inter || peer_create() == 0;
}

bool ipc_server_start(bool inter, worker_fn *fn, uint64_t arg)
{
    uint64_t task = inter ? SELECTOR_PEER_TASK : SELECTOR_TASK;

    if (worker_create(SERVER_WORKER, task) != 0)
        return false;
    if (factory_create_gate(SELECTOR_FACTORY, SELECTOR_SERVER_GATE, SELECTOR_WORKER(SERVER_WORKER), SERVER_GATE_LABEL) != 0)
        return false;
    if (worker_run(SERVER_WORKER, fn, (void *)arg, PROGRAM_PRIORITY) != 0)
        return false;
    /* A call with no timeout waits until the server has come to its wait. */
    return !tag_failed(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag);
}

void ipc_server_stop(void)
{
    task_unmap_capability(SELECTOR_TASK, SELECTOR_SERVER_GATE);
    worker_destroy(SERVER_WORKER);
}

bool ipc_path_counts(struct path_counts *out)
{
    return thread_slow_sends(SELECTOR_THREAD, &out->client_slow) == 0 &&
           thread_slow_sends(SELECTOR_WORKER(SERVER_WORKER), &out->server_slow) == 0;
}
