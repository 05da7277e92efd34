/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One program from birth to death. Invariant: after program_run nothing of it is left: no capability in root's table, no kernel
 * memory in use, which is checked.
 */
#include "kernel/abi/trace.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_load.h"

void program_report(const struct program *p, const char *detail, const char *more)
{
    struct text t;

    text_init(&t);
    text_add(&t, detail);
    text_add(&t, more);
    record_test(&root_records, p->name, "fail", t.bytes);
}

static uint64_t trace_cpus(void)
{
    uint64_t cpus = root_info()->cpus < PROGRAM_TRACE_CPUS ? root_info()->cpus : PROGRAM_TRACE_CPUS;

    return root_info()->trace != 0 ? cpus : 0;
}

/* The rings of tracepoints, where there are any. */
static int32_t traces_give(void)
{
    int32_t error = 0;

    for (uint64_t cpu = 0; cpu < trace_cpus() && error == 0; cpu++) {
        uint64_t here = ROOT_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES, there = PROGRAM_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES;
        error = task_map_memory(ROOT_SELECTOR_TASK, here, there, LARGE_PAGE_BYTES, MEMORY_READ);
        if (error == 0)
            error = task_map_memory(ROOT_SELECTOR_TASK, here + TRACE_RING_OFFSET, there + TRACE_RING_OFFSET, PAGE_BYTES, MEMORY_READ);
    }
    return error;
}

/* Info page and stack. */
static int32_t memory_prepare(const struct program *p, enum fidelity fidelity)
{
    struct program_info *info = heap_pages(1);
    void *stack = heap_pages(PROGRAM_STACK_BYTES / PAGE_BYTES);
    const char *unit = fidelity_unit(fidelity);

    if (info == NULL || stack == NULL)
        return ERR_NO_MEMORY;
    *info = (struct program_info){
        .magic = PROGRAM_INFO_MAGIC, .fast_path = root_info()->fast_path, .fidelity = (uint64_t)fidelity,
        .tsc_hz = root_info()->tsc_hz[0], .cpu_features = root_info()->cpu_features, .methods = p->methods,
        .trace_cpus = trace_cpus(), .pmu = root_info()->pmu,
        .seed = p->seed, .rounds = p->rounds,
    };
    if (unit != NULL)
        memcpy(info->unit, unit, text_length(unit));
    int32_t error = task_map_memory(ROOT_SELECTOR_TASK, (uint64_t)info, PROGRAM_INFO_ADDRESS, PAGE_BYTES, MEMORY_READ);
    if (error != 0)
        return error;
    return task_map_memory(ROOT_SELECTOR_TASK, (uint64_t)stack, PROGRAM_STACK_TOP - PROGRAM_STACK_BYTES, PROGRAM_STACK_BYTES,
                           MEMORY_READ | MEMORY_WRITE);
}

static int32_t objects_create(void)
{
    int32_t error = factory_create_seated(SELECTOR_FACTORY, ROOT_SELECTOR_FACTORY, PROGRAM_QUOTA_BYTES, PROGRAM_SEATS);

    if (error == 0)
        error = scheduler_limit(SELECTOR_SCHEDULER, ROOT_SELECTOR_FACTORY, ROOT_SELECTOR_SCHEDULER, PROGRAM_PRIORITY_MAX);
    if (error == 0)
        error = factory_create_task(ROOT_SELECTOR_FACTORY, ROOT_SELECTOR_TASK);
    if (error == 0)
        error = factory_create_thread(ROOT_SELECTOR_FACTORY, ROOT_SELECTOR_THREAD, ROOT_SELECTOR_TASK, PROGRAM_UTCB_ADDRESS);
    if (error == 0)
        error = factory_create_gate(ROOT_SELECTOR_FACTORY, ROOT_SELECTOR_GATE, SELECTOR_THREAD, PROGRAM_GATE_LABEL);
    return error;
}

static int32_t capabilities_give(const struct program *p)
{
    const struct { uint64_t here, there, rights; } given[] = {
        { ROOT_SELECTOR_TASK, SELECTOR_TASK, RIGHTS_ALL },
        { ROOT_SELECTOR_THREAD, SELECTOR_THREAD, RIGHTS_ALL },
        { ROOT_SELECTOR_FACTORY, SELECTOR_FACTORY, RIGHTS_ALL },
        { ROOT_SELECTOR_SCHEDULER, SELECTOR_SCHEDULER, RIGHT_SEND | RIGHT_MANAGE },
        { ROOT_SELECTOR_GATE, SELECTOR_SERVICE, RIGHT_SEND },
        /* Tests see what a Vcon without RIGHT_MANAGE refuses; none of them can end the session. */
        { SELECTOR_VCON, SELECTOR_VCON, p->is_test ? RIGHT_SEND | RIGHT_W | RIGHT_X : 0 },
        { SELECTOR_ICU, SELECTOR_ICU, RIGHT_SEND | RIGHT_MANAGE },
    };
    int32_t error = 0;

    for (size_t i = 0; i < sizeof given / sizeof given[0] && error == 0; i++)
        if (given[i].rights != 0)
            error = task_map_capability(ROOT_SELECTOR_TASK, given[i].here, given[i].there, given[i].rights);
    return error;
}

static int32_t thread_launch(uint64_t entry)
{
    uint64_t rip = entry, rsp = PROGRAM_STACK_TOP;
    int32_t error = thread_set_exception_gate(ROOT_SELECTOR_THREAD, SELECTOR_SERVICE);

    if (error == 0)
        error = thread_ex_regs(ROOT_SELECTOR_THREAD, &rip, &rsp, EX_REGS_SET);
    if (error == 0)
        error = scheduler_run_thread(SELECTOR_SCHEDULER, ROOT_SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US);
    return error;
}

/* Destroys whatever objects_create made; an empty selector is no error. */
static bool objects_destroy(const struct program *p)
{
    uint64_t quota_bytes, used_bytes;
    bool ok = true;

    task_unmap_capability(SELECTOR_TASK, ROOT_SELECTOR_THREAD);
    task_unmap_capability(SELECTOR_TASK, ROOT_SELECTOR_TASK);
    task_unmap_capability(SELECTOR_TASK, ROOT_SELECTOR_GATE);
    task_unmap_capability(SELECTOR_TASK, ROOT_SELECTOR_SCHEDULER);
    if (factory_info(ROOT_SELECTOR_FACTORY, &quota_bytes, &used_bytes) == 0 && used_bytes != 0) {
        struct text t;
        text_init(&t);
        text_add_decimal(&t, used_bytes);
        program_report(p, "kernel memory still in use after its destruction, bytes: ", t.bytes);
        ok = false;
    }
    task_unmap_capability(SELECTOR_TASK, ROOT_SELECTOR_FACTORY);
    return ok;
}

static bool program_start_run(const struct program *p, const void *elf, uint64_t elf_bytes, enum fidelity fidelity)
{
    uint64_t entry;
    const char *refused = NULL;
    int32_t error = objects_create();

    if (error == 0)
        refused = image_load(elf, elf_bytes, &entry);
    if (refused != NULL) {
        program_report(p, "program refused: ", refused);
        return false;
    }
    if (error == 0)
        error = memory_prepare(p, fidelity);
    if (error == 0)
        error = traces_give();
    if (error == 0)
        error = capabilities_give(p);
    if (error == 0)
        error = thread_launch(entry);
    if (error != 0) {
        program_report(p, "cannot be started: ", error_name(error));
        return false;
    }
    return program_serve(p);
}

bool program_run(const struct program *p, const void *elf, uint64_t elf_bytes, enum fidelity fidelity)
{
    heap_reset();
    bool ok = program_start_run(p, elf, elf_bytes, fidelity);
    return objects_destroy(p) && ok;
}
