/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starts the static Linux program in a task that holds nothing but its segments, a stack and the gate of its server. Text and constants are
 * mapped from the image; of its writable segment, one, the server has a mapping, too. Context: a program's first thread.
 */
#include "kernel/boot/elf.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/servers/personality_state.h"

#define STACK_TOP ABI_CONST(uint64_t, 0x7fff0000)
#define STACK_HERE (LINUX_DATA_ADDRESS + 0x1000000)
#define UTCB_ADDRESS ABI_CONST(uint64_t, 0x7e000000)
#define STATUS_KILLED (128 + 9)
#define WATCH_PRIORITY (PROGRAM_PRIORITY + 1) /* it waits before the process begins */

extern const char linux_image[], linux_image_end[];

static uint64_t data_pages; /* at LINUX_DATA_ADDRESS so far: they stay */
static bool stack_is_there;

static int32_t data_make(uint64_t pages)
{
    int32_t error = pages <= data_pages ? 0 : service_memory(LINUX_DATA_ADDRESS + data_pages * PAGE_BYTES, pages - data_pages, MEMORY_READ | MEMORY_WRITE);

    if (error == 0 && pages > data_pages)
        data_pages = pages;
    return error;
}

/* What the server may use for the process: those pages, which the process has at `address`. */
static int32_t data_share(uint64_t address, uint64_t pages)
{
    personality.data_address = address;
    personality.data_bytes = pages * PAGE_BYTES;
    return task_map_memory(SELECTOR_PEER_TASK, LINUX_DATA_ADDRESS, LINUX_DATA_ADDRESS, pages * PAGE_BYTES, MEMORY_READ | MEMORY_WRITE);
}

static int32_t writable_map(const struct elf_segment *s)
{
    uint64_t first = s->address & ~ABI_CONST(uint64_t, PAGE_BYTES - 1), before = s->address - first;
    uint64_t pages = (before + s->memory_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    int32_t error = data_make(pages);

    if (error != 0)
        return error;
    memcpy((char *)LINUX_DATA_ADDRESS + before, s->data, s->file_bytes);
    error = data_share(first, pages);
    return error != 0 ? error : task_map_memory(SELECTOR_LINUX_TASK, LINUX_DATA_ADDRESS, first, pages * PAGE_BYTES, s->rights);
}

static int32_t constant_map(const struct elf_segment *s)
{
    uint64_t pages = (s->file_bytes + PAGE_BYTES - 1) / PAGE_BYTES;

    if ((uint64_t)s->data % PAGE_BYTES != 0 || s->address % PAGE_BYTES != 0 || s->memory_bytes != s->file_bytes)
        return ERR_BAD_ARGUMENT;
    return task_map_memory(SELECTOR_LINUX_TASK, (uint64_t)s->data, s->address, pages * PAGE_BYTES, s->rights);
}

static int32_t image_map(uint64_t *entry)
{
    const uint64_t bytes = (uint64_t)(linux_image_end - linux_image);
    struct elf_segment segment;
    const char *wrong;
    unsigned index = 0;
    int32_t error = 0;

    if (!elf_check(linux_image, bytes, &wrong))
        return ERR_BAD_ARGUMENT;
    while (error == 0 && elf_segment_next(linux_image, &index, &segment))
        error = (segment.rights & MEMORY_WRITE) != 0 ? writable_map(&segment) : constant_map(&segment);
    *entry = elf_entry(linux_image);
    return error;
}

/* Linux's start of a process: no arguments, no environment, nothing more: zeroes. */
static int32_t stack_map(void)
{
    int32_t error = stack_is_there ? 0 : service_memory(STACK_HERE, 1, MEMORY_READ | MEMORY_WRITE);

    stack_is_there = error == 0;
    return error != 0 ? error
                      : task_map_memory(SELECTOR_LINUX_TASK, STACK_HERE, STACK_TOP - PAGE_BYTES, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE);
}

static int32_t semaphore_share(uint64_t selector)
{
    int32_t error = factory_create_semaphore(SELECTOR_FACTORY, selector, 0);

    return error != 0 ? error : task_map_capability(SELECTOR_PEER_TASK, selector, selector, RIGHT_SEND | RIGHT_W | RIGHT_X);
}

/* Never gets a message: what ends the wait is the end of the thread. Whoever waits for the process, or the server for input for it, waits no longer. */
static void watch(void *arg)
{
    const unsigned worker = (unsigned)(uintptr_t)arg;

    while (!tag_failed(ipc_receive(SELECTOR_WORKER(worker), 0).tag))
        ;
    if (personality.status == -1)
        personality.status = worker == LINUX_WORKER ? STATUS_KILLED : -LINUX_EIO;
    personality.output_bytes = 0;
    personality.input_ended = true;
    semaphore_up(SELECTOR_LINUX_OUTPUT);
    semaphore_up(SELECTOR_LINUX_INPUT);
}

static int32_t alien_run(uint64_t entry)
{
    struct message_words control = { CONTROL_EXCEPTION_GATE | CONTROL_ALIEN, SELECTOR_SERVER_GATE, 0, 0, 0, 1 };
    uint64_t rip = entry, rsp = STACK_TOP - 512;
    int32_t error = factory_create_thread(SELECTOR_FACTORY, SELECTOR_WORKER(LINUX_WORKER), SELECTOR_LINUX_TASK, UTCB_ADDRESS);

    if (error == 0)
        error = task_map_capability(SELECTOR_LINUX_TASK, SELECTOR_SERVER_GATE, SELECTOR_SERVER_GATE, RIGHT_SEND);
    if (error == 0)
        error = object_call(SELECTOR_WORKER(LINUX_WORKER), OP_THREAD_CONTROL, 6, &control);
    if (error == 0)
        error = thread_ex_regs(SELECTOR_WORKER(LINUX_WORKER), &rip, &rsp, EX_REGS_SET);
    if (error == 0)
        error = worker_start(LINUX_WATCH_SERVER, SELECTOR_TASK, watch, (void *)(uintptr_t)SERVER_WORKER, WATCH_PRIORITY);
    if (error == 0)
        error = worker_start(LINUX_WATCH_PROCESS, SELECTOR_TASK, watch, (void *)(uintptr_t)LINUX_WORKER, WATCH_PRIORITY);
    if (error == 0)
        error = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(LINUX_WORKER), PROGRAM_PRIORITY, PROGRAM_QUANTUM_US);
    return error;
}

bool linux_start(void)
{
    uint64_t entry = 0;

    personality.pid = PERSONALITY_PID;
    personality.status = -1;
    personality.input_ended = false;
    return semaphore_share(SELECTOR_LINUX_INPUT) == 0 && semaphore_share(SELECTOR_LINUX_OUTPUT) == 0 &&
           factory_create_task(SELECTOR_FACTORY, SELECTOR_LINUX_TASK) == 0 && image_map(&entry) == 0 && stack_map() == 0 && alien_run(entry) == 0;
}

char *library_memory(uint64_t pages)
{
    return data_make(pages) == 0 && data_share(LINUX_DATA_ADDRESS, pages) == 0 ? (char *)LINUX_DATA_ADDRESS : NULL;
}

bool linux_exchange(const struct linux_request *input, void *output, uint64_t output_bytes)
{
    personality.input_ended = input == NULL;
    if (input != NULL)
        memcpy(personality.input, input, PERSONALITY_INPUT_BYTES);
    semaphore_up(SELECTOR_LINUX_INPUT);
    semaphore_down(SELECTOR_LINUX_OUTPUT, TIMEOUT_NEVER);
    if (personality.output_bytes != output_bytes || output_bytes == 0)
        return false;
    memcpy(output, personality.output, output_bytes);
    return true;
}

int64_t linux_status(void) { return personality.status; }

void linux_stop(void)
{
    uint64_t unmapped;

    worker_destroy(LINUX_WATCH_SERVER);
    worker_destroy(LINUX_WATCH_PROCESS);
    worker_destroy(LINUX_WORKER);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_LINUX_TASK);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_LINUX_INPUT);
    task_unmap_capability(SELECTOR_TASK, SELECTOR_LINUX_OUTPUT);
    task_unmap_memory(SELECTOR_PEER_TASK, LINUX_DATA_ADDRESS, personality.data_bytes, &unmapped);
}
