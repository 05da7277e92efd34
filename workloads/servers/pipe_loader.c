/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starts the pipe server and connects clients: whoever made the tasks gives each what it needs. Context: a program's first thread, which
 * pays; the state and the windows are allocated once for a program.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/servers/pipe.h"

#define MEMORY_RW (MEMORY_READ | MEMORY_WRITE)
#define SERVER_LABEL(connection) ((uint64_t)(0x919e00 + 4 * (connection)))

static bool memory_is_there;

static int32_t memory_allocate(void)
{
    int32_t error = memory_is_there ? 0 : service_memory(PIPE_STATE_ADDRESS, PIPE_STATE_PAGES, MEMORY_RW);

    for (unsigned i = 0; i < PIPE_CONNECTIONS && error == 0 && !memory_is_there; i++)
        error = service_memory(PIPE_WINDOW_ADDRESS(i), PIPE_WINDOW_BYTES / PAGE_BYTES, MEMORY_RW);
    memory_is_there = error == 0;
    return error;
}

/* A capability of ours for the server. */
static int32_t give(uint64_t here, uint64_t there, uint64_t rights)
{
    return task_map_capability(SELECTOR_PIPE_TASK, here, there, rights);
}

static int32_t semaphore_make(uint64_t here, uint64_t there)
{
    int32_t error = factory_create_semaphore(SELECTOR_FACTORY, here, 0);

    return error != 0 ? error : give(here, there, RIGHT_SEND | RIGHT_W | RIGHT_X);
}

/* Faults of the server's threads go to its handler, those of the handler to root. */
static int32_t faults_start(void)
{
    int32_t error = worker_create(PIPE_WORKER_FAULTS, SELECTOR_PIPE_TASK);

    if (error == 0)
        error = factory_create_gate(SELECTOR_FACTORY, SELECTOR_PIPE_FAULTS, SELECTOR_WORKER(PIPE_WORKER_FAULTS), 0);
    if (error == 0)
        error = give(SELECTOR_PIPE_FAULTS, PIPE_SELECTOR_FAULTS, RIGHT_SEND);
    if (error == 0)
        error = worker_run(PIPE_WORKER_FAULTS, pipe_faults, NULL, PROGRAM_PRIORITY);
    return error;
}

int32_t pipe_server_start(void)
{
    int32_t error = memory_allocate();

    if (error == 0)
        error = task_clone(SELECTOR_PIPE_TASK);
    if (error == 0)
        error = task_map_memory(SELECTOR_PIPE_TASK, PIPE_STATE_ADDRESS, PIPE_STATE_ADDRESS, PIPE_STATE_PAGES * PAGE_BYTES, MEMORY_RW);
    if (error == 0)
        error = semaphore_make(SELECTOR_PIPE_LOCK, PIPE_SELECTOR_LOCK);
    if (error == 0)
        error = faults_start();
    if (error == 0)
        store_init();
    return error;
}

static int32_t thread_start(unsigned worker, worker_fn *fn, unsigned connection)
{
    int32_t error = thread_set_exception_gate(SELECTOR_WORKER(worker), PIPE_SELECTOR_FAULTS);

    return error != 0 ? error : worker_run(worker, fn, (void *)(uintptr_t)connection, PROGRAM_PRIORITY);
}

static int32_t serving_start(unsigned connection, uint64_t client_task)
{
    unsigned worker = PIPE_WORKER_SERVE(connection);
    int32_t error = worker_create(worker, SELECTOR_PIPE_TASK);

    if (error == 0)
        error = factory_create_gate(SELECTOR_FACTORY, SELECTOR_PIPE_GATE(connection), SELECTOR_WORKER(worker), SERVER_LABEL(connection));
    if (error == 0 && client_task != SELECTOR_TASK)
        error = task_map_capability(client_task, SELECTOR_PIPE_GATE(connection), SELECTOR_PIPE_GATE(connection), RIGHT_SEND);
    return error != 0 ? error : thread_start(worker, pipe_serve, connection);
}

int32_t pipe_connect(unsigned connection, uint64_t client_thread, uint64_t client_task)
{
    uint64_t window = PIPE_WINDOW_ADDRESS(connection);

    store_connection_init(connection);
    int32_t error = semaphore_make(SELECTOR_PIPE_SEMAPHORE(connection), PIPE_SELECTOR_SEMAPHORE(connection));

    if (error == 0)
        error = give(client_thread, PIPE_SELECTOR_CLIENT(connection), RIGHT_SEND);
    if (error == 0)
        error = task_map_memory(SELECTOR_PIPE_TASK, window, window, PIPE_WINDOW_BYTES, MEMORY_RW);
    if (error == 0 && client_task != SELECTOR_TASK)
        error = task_map_memory(client_task, window, window, PIPE_WINDOW_BYTES, MEMORY_RW);
    if (error == 0)
        error = serving_start(connection, client_task);
    if (error == 0)
        error = worker_create(PIPE_WORKER_WATCH(connection), SELECTOR_PIPE_TASK);
    return error != 0 ? error : thread_start(PIPE_WORKER_WATCH(connection), pipe_watch, connection);
}

void pipe_disconnect(unsigned connection)
{
    uint64_t unmapped;

    worker_destroy(PIPE_WORKER_SERVE(connection));
    worker_destroy(PIPE_WORKER_WATCH(connection));
    task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_GATE(connection));
    task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_SEMAPHORE(connection));
    task_unmap_memory(SELECTOR_PIPE_TASK, PIPE_WINDOW_ADDRESS(connection), PIPE_WINDOW_BYTES, &unmapped);
}

void pipe_server_stop(void)
{
    for (unsigned i = 0; i < PIPE_CONNECTIONS; i++)
        pipe_disconnect(i);
    worker_destroy(PIPE_WORKER_FAULTS);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_FAULTS);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_LOCK);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_PIPE_TASK);
}
