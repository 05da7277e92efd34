/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Further threads and a second task that shares the image.
 */
#include "workloads/lib/worker.h"

#include "workloads/lib/object.h"
#include "workloads/lib/program.h"

static _Alignas(16) uint64_t stacks[WORKERS_MAX][WORKER_STACK_BYTES / 8];

int32_t worker_create(unsigned worker, uint64_t task)
{
    int32_t error = factory_create_thread(SELECTOR_FACTORY, SELECTOR_WORKER(worker), task, (uint64_t)worker_utcb(worker));

    if (error != 0)
        return error;
    return thread_set_exception_gate(SELECTOR_WORKER(worker), SELECTOR_SERVICE);
}

int32_t worker_begin(unsigned worker, worker_fn *fn, void *arg)
{
    uint64_t *stack = &stacks[worker][WORKER_STACK_BYTES / 8 - 2];
    uint64_t rip = (uint64_t)thread_entry, rsp = (uint64_t)stack;

    stack[0] = (uint64_t)fn;
    stack[1] = (uint64_t)arg;
    return thread_ex_regs(SELECTOR_WORKER(worker), &rip, &rsp, EX_REGS_SET);
}

int32_t worker_run(unsigned worker, worker_fn *fn, void *arg, uint64_t priority)
{
    int32_t error = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(worker), priority, PROGRAM_QUANTUM_US);

    return error != 0 ? error : worker_begin(worker, fn, arg);
}

int32_t worker_start(unsigned worker, uint64_t task, worker_fn *fn, void *arg, uint64_t priority)
{
    int32_t error = worker_create(worker, task);

    return error != 0 ? error : worker_run(worker, fn, arg, priority);
}

int32_t worker_destroy(unsigned worker)
{
    return task_unmap_capability(SELECTOR_TASK, SELECTOR_WORKER(worker));
}

static int32_t image_map(uint64_t task, const char *start, const char *end, uint64_t memory_rights)
{
    return task_map_memory(task, (uint64_t)start, (uint64_t)start, (uint64_t)(end - start), memory_rights);
}

int32_t task_clone_paid(uint64_t factory, uint64_t selector)
{
    int32_t error = factory_create_task(factory, selector);

    if (error == 0)
        error = image_map(selector, program_text_start, program_text_end, MEMORY_READ | MEMORY_EXECUTE);
    if (error == 0)
        error = image_map(selector, program_rodata_start, program_rodata_end, MEMORY_READ);
    if (error == 0)
        error = image_map(selector, program_data_start, program_data_end, MEMORY_READ | MEMORY_WRITE);
    if (error == 0)
        error = task_map_capability(selector, SELECTOR_SERVICE, SELECTOR_SERVICE, RIGHT_SEND);
    return error;
}

int32_t task_clone(uint64_t selector)
{
    return task_clone_paid(SELECTOR_FACTORY, selector);
}

int32_t peer_create(void)
{
    return task_clone(SELECTOR_PEER_TASK);
}

int32_t peer_destroy(void)
{
    return task_unmap_capability(SELECTOR_TASK, SELECTOR_PEER_TASK);
}
