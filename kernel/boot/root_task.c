/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The first task. Its memory (program, stack, information, a copy of the archive) is set aside, the factory gets its quota, which is
 * always backed, and all other memory is the task's, to hand out. Page tables and objects are paid for out of the quota.
 */
#include "kernel/boot/root_task.h"

#include "kernel/boot/archive.h"
#include "kernel/boot/elf.h"
#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/mapdb.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/framebuffer.h"
#include "kernel/x86_64/frame.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/pmu.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/string.h"
#include "kernel/x86_64/uart.h"

#define ROOT_PROGRAM "root"
#define ROOT_STACK_BYTES 0x10000ull
#define QUOTA_PAGES_MIN 0x3000ull
#define ROOT_PRIORITY 128
#define ROOT_QUANTUM_US 10000

static uint64_t pages(uint64_t bytes) { return (bytes + PAGE_BYTES - 1) / PAGE_BYTES; }

/* The program in the archive, checked. */
static struct archive_entry root_program_find(const void *archive, size_t n)
{
    struct archive_entry program;
    const char *error = n == 0 ? "there is none (a module is needed)" : archive_check(archive, n);
    if (error)
        boot_refuse("boot archive", error);
    if (archive_find(archive, n, ROOT_PROGRAM, &program, NULL) != ARCHIVE_ENTRY)
        boot_refuse("boot archive", "no program `" ROOT_PROGRAM "` in it");
    if (!elf_check(program.data, program.bytes, &error))
        boot_refuse("program `" ROOT_PROGRAM "`", error);
    return program;
}

static uint64_t program_pages(const struct archive_entry *program)
{
    struct elf_segment s;
    uint64_t sum = 0;
    for (unsigned i = 0; elf_segment_next(program->data, &i, &s);)
        sum += pages(s.address % PAGE_BYTES + s.memory_bytes);
    return sum;
}

static void memory_map(struct task *t, uint64_t address, uint64_t physical, uint64_t bytes, unsigned rights)
{
    if (mapdb_map_first(t, address, physical, bytes, rights))
        boot_refuse("root task", "not enough memory");
}

/* Maps a page of the task to a fresh frame, which it returns. */
static uint8_t *page_give(struct task *t, uint64_t address, unsigned rights)
{
    void *frame = arch_frame_allocate();
    if (!frame)
        boot_refuse("root task", "not enough memory");
    memory_map(t, address, arch_physical(frame), PAGE_BYTES, rights);
    return frame;
}

/* All memory that the kernel does not need itself, in large pages, from the top; returns how much that is. */
static uint64_t memory_give(struct task *t, uint64_t kernel_pages)
{
    uint64_t bytes = 0, physical;
    while (bytes < ROOT_HEAP_BYTES_MAX && arch_frames_free() >= kernel_pages + LARGE_PAGE_BYTES / PAGE_BYTES && frame_large_take(&physical)) {
        memory_map(t, ROOT_HEAP_ADDRESS + bytes, physical, LARGE_PAGE_BYTES, MEMORY_READ | MEMORY_WRITE | MAY_EXECUTE);
        bytes += LARGE_PAGE_BYTES;
    }
    return bytes;
}

static void copy_give(struct task *t, uint64_t address, const uint8_t *data, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
        uint64_t n = bytes - at < PAGE_BYTES ? bytes - at : PAGE_BYTES;
        memcpy(page_give(t, address + at, MEMORY_READ), data + at, n);
    }
}

/* A segment may start within its first page. */
static void segment_give(struct task *t, const struct elf_segment *s)
{
    uint64_t skip = s->address % PAGE_BYTES, done = 0;
    for (uint64_t page = s->address - skip; page < s->address + s->memory_bytes; page += PAGE_BYTES) {
        uint8_t *frame = page_give(t, page, s->rights);
        uint64_t left = s->file_bytes - done, room = PAGE_BYTES - skip;
        uint64_t n = left < room ? left : room;
        memcpy(frame + skip, s->data + done, n);
        done += n;
        skip = 0;
    }
}

static void text_copy(char *to, size_t limit, const char *from)
{
    size_t i = 0;
    for (; i + 1 < limit && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

static void information_give(struct task *t, const struct boot_information *boot, const struct command_line *options, uint64_t heap_bytes)
{
    struct root_info *info = (struct root_info *)page_give(t, ROOT_INFO_ADDRESS, MEMORY_READ);
    const struct clock_rate *rates = clock_rates();
    info->magic = ROOT_INFO_MAGIC;
    info->archive_bytes = boot->archive_bytes;
    info->heap_bytes = heap_bytes;
    for (unsigned i = 0; i < CLOCK_SOURCES; i++) {
        info->tsc_hz[i] = rates[i].hz;
        text_copy(info->tsc_hz_source[i], sizeof info->tsc_hz_source[i], rates[i].source);
    }
    text_copy(info->mitigations, sizeof info->mitigations, options->mitigations);
    info->fast_path = options->fast_path;
    info->trace = options->trace;
    info->cpu_features = features_in_force();
    info->pmu = *pmu_found();
    text_copy(info->command_line, sizeof info->command_line, boot->command_line);
    info->cpus = processors_added();
    info->tsc_difference_ticks = smp_tsc_difference_ticks();
    info->screen = framebuffer_info();
    text_copy(info->serial, sizeof info->serial, uart_name());
    text_copy(info->boot_protocol, sizeof info->boot_protocol, boot->protocol);
}

/* The rings of tracepoints of all CPUs, to read. */
static void traces_give(struct task *t)
{
    for (unsigned i = 0; i < processors_added(); i++) {
        const struct trace_state *trace = &arch_cpu_at(i)->trace;
        uint64_t address = ROOT_TRACE_ADDRESS + i * TRACE_CPU_BYTES;
        memory_map(t, address, arch_physical(trace->records), LARGE_PAGE_BYTES, MEMORY_READ);
        memory_map(t, address + TRACE_RING_OFFSET, arch_physical(trace->ring), PAGE_BYTES, MEMORY_READ);
    }
}

/* The dots of the screen, where it is in use: large pages where it lies so. */
static void screen_give(struct task *t, const struct framebuffer *fb)
{
    uint64_t first = fb->address & ~(uint64_t)(PAGE_BYTES - 1), end = pages(fb->address + fb->bytes) * PAGE_BYTES;
    for (uint64_t at = first, bytes; at < end && framebuffer_info().bytes; at += bytes) {
        bytes = (at | first) % LARGE_PAGE_BYTES == 0 && end - at >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : PAGE_BYTES;
        memory_map(t, ROOT_SCREEN_ADDRESS + at - first, at, bytes, MEMORY_READ | MEMORY_WRITE);
    }
}

static void capability_give(struct task *t, uint32_t selector, struct object *o)
{
    if (cap_reserve(t, selector))
        boot_refuse("root task", "not enough memory for its capabilities");
    cap_insert(t, selector, o, RIGHTS_ALL, NULL);
}

static void capabilities_give(struct factory *f, struct task *t, struct thread *thread)
{
    t->all_ports = true;
    capability_give(t, SELECTOR_TASK, &t->object);
    capability_give(t, SELECTOR_THREAD, &thread->object);
    capability_give(t, SELECTOR_FACTORY, &f->object);
    capability_give(t, SELECTOR_SCHEDULER, scheduler_create_boot());
    capability_give(t, SELECTOR_VCON, vcon_create_boot());
    capability_give(t, SELECTOR_ICU, icu_create_boot());
}

/* What the kernel keeps: root's own pages, and a quota of half of the rest, at most a sixteenth of a large memory. */
static uint64_t kernel_pages_choose(uint64_t fixed_pages)
{
    uint64_t free_pages = arch_frames_free();
    if (free_pages <= fixed_pages)
        boot_refuse("root task", "not enough memory");
    uint64_t half = (free_pages - fixed_pages) / 2, quota = QUOTA_PAGES_MIN + free_pages / 16;
    return fixed_pages + (half < quota ? half : quota);
}

void root_task_start(const struct boot_information *boot, const struct command_line *options)
{
    const uint8_t *archive = linear_address(boot->archive);
    struct archive_entry program = root_program_find(archive, boot->archive_bytes);
    uint64_t fixed_pages = program_pages(&program) + pages(ROOT_STACK_BYTES) + 1 + pages(boot->archive_bytes);
    uint64_t kernel_pages = kernel_pages_choose(fixed_pages);
    uint64_t quota_pages = kernel_pages - fixed_pages;

    struct factory *f = factory_root_create(quota_pages * PAGE_BYTES);
    struct task *t = task_create(f, NULL);
    struct thread *thread;
    if (!t || thread_make(f, t, ROOT_UTCB_ADDRESS, &thread))
        boot_refuse("root task", "not enough memory for its objects");
    struct elf_segment s;
    for (unsigned i = 0; elf_segment_next(program.data, &i, &s);)
        segment_give(t, &s);
    for (uint64_t page = ROOT_STACK_TOP - ROOT_STACK_BYTES; page < ROOT_STACK_TOP; page += PAGE_BYTES)
        page_give(t, page, MEMORY_READ | MEMORY_WRITE);
    copy_give(t, ROOT_ARCHIVE_ADDRESS, archive, boot->archive_bytes);
    capabilities_give(f, t, thread);
    if (options->trace)
        traces_give(t);
    screen_give(t, &boot->framebuffer);
    uint64_t heap_bytes = memory_give(t, quota_pages - f->used_bytes / PAGE_BYTES + 1);
    information_give(t, boot, options, heap_bytes);
    print("tollgate: root task: heap %lu KiB, quota %lu KiB\n", heap_bytes / 1024, quota_pages * PAGE_BYTES / 1024);
    thread_start_boot(thread, elf_entry(program.data), ROOT_STACK_TOP, ROOT_INFO_ADDRESS, ROOT_PRIORITY, ROOT_QUANTUM_US);
}
