/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the first C to the first thread. Runs once, on the boot CPU, with interrupts off; whatever is missing or malformed ends it
 * with one line and EXIT_BAD_BOOT.
 */
#include "kernel/boot/boot_information.h"
#include "kernel/boot/command_line.h"
#include "kernel/boot/root_task.h"
#include "kernel/boot/start.h"
#include "kernel/core/boot.h"
#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/entry.h"
#include "kernel/x86_64/exit.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/frame.h"
#include "kernel/x86_64/handover.h"
#include "kernel/x86_64/ioapic.h"
#include "kernel/x86_64/isolation.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/mitigations.h"
#include "kernel/x86_64/pmu.h"
#include "kernel/x86_64/ports.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/timer.h"
#include "kernel/x86_64/tlb.h"
#include "kernel/x86_64/trace.h"
#include "kernel/x86_64/trap.h"
#include "kernel/x86_64/uart.h"

#define LOW_MEMORY_END 0x100000 /* firmware's: never used, but for one page */
#define START_PAGE_MAX 0x8f000  /* above it some firmware keeps data of its own */

static struct boot_information boot;
static struct command_line options;
static uint64_t start_page;    /* where other CPUs start; 0: none */

static void refuse_if(const char *error, const char *what)
{
    if (error)
        boot_refuse(what, error);
}

/* The highest free page that a CPU can start in; 0 when there is none. */
static uint64_t start_page_choose(void)
{
    uint64_t archive_end = boot.archive + boot.archive_bytes;
    for (uint64_t page = START_PAGE_MAX; page > 0; page -= PAGE_BYTES) {
        if (boot.archive < page + PAGE_BYTES && page < archive_end)
            continue;
        for (unsigned i = 0; i < boot.ram.n; i++)
            if (boot.ram.range[i].start <= page && page + PAGE_BYTES <= boot.ram.range[i].end)
                return page;
    }
    return 0;
}

/* Frames: all RAM but the kernel's own and the archive's. */
static void memory_init(void)
{
    static struct ranges frames;
    bool fits = true;
    for (unsigned i = 0; i < boot.kept.n; i++)
        fits &= ranges_remove(&boot.ram, boot.kept.range[i].start, boot.kept.range[i].end);
    start_page = start_page_choose();
    fits &= ranges_remove(&boot.ram, 0, LOW_MEMORY_END) && ranges_remove(&boot.ram, LINEAR_BYTES, UINT64_MAX);
    ranges_align(&boot.ram, PAGE_BYTES);
    frames = boot.ram;
    fits &= ranges_remove(&frames, image_physical(image_start), image_physical(image_end)) &&
            ranges_remove(&frames, boot.archive, boot.archive + boot.archive_bytes);
    ranges_align(&frames, PAGE_BYTES);
    if (!fits)
        boot_refuse("memory map", "too many ranges");
    if (!handover_prepare(&boot, &frames))
        boot_refuse("memory map", "not enough memory for the log");
    frame_init(&frames);
    /* Wherever the loader put the archive, the linear map must reach it: it is read once, to be copied. */
    if (!ranges_add_pages(&boot.ram, boot.archive, boot.archive + boot.archive_bytes, PAGE_BYTES) ||
        !ranges_add(&boot.ram, image_physical(image_start), image_physical(image_end)))
        boot_refuse("memory map", "too many ranges");
    if (!kernel_map_init(&boot.ram))
        boot_refuse("memory map", "not enough memory for page tables");
}

static void print_machine(void)
{
    const struct clock_rate *rates = clock_rates();
    print("tollgate: booted by %s, %lu MiB, command line \"%s\"\n", boot.protocol, ranges_bytes(&boot.ram) >> 20, boot.command_line);
    print("tollgate: TSC %lu Hz by %s", rates[0].hz, rates[0].source);
    if (rates[1].hz != 0)
        print(", %lu Hz by %s", rates[1].hz, rates[1].source);
    print("\n");
}

/* Which build of the entries runs, and with which guards. */
static unsigned mitigations_init(void)
{
    static char text[MITIGATIONS_TEXT_BYTES];
    struct speculation speculation;
    unsigned in_force;
    speculation_read(&speculation);
    (void)mitigations_parse(options.mitigations, options.mitigations_bytes, &speculation, &in_force); /* command_line_parse has checked it */
    if (options.trace && in_force)
        boot_refuse("command line", "trace=on goes with mitigations=off alone");
    mitigations_name(in_force, text);
    options.mitigations = text;
    guards_set(in_force);
    guards_start();
    entry_choose(in_force & MITIGATIONS_GUARDED ? ENTRY_GUARDED : options.trace ? ENTRY_TRACED : ENTRY_ORDINARY);
    return in_force;
}

_Noreturn void kernel_main(uint32_t protocol, uint64_t information)
{
    uart_find(SERIAL_ANY, NULL);
    segment_init(&processor_boot);
    interrupt_init();
    boot_information_read(protocol, information, &boot);
    if (!command_line_parse(boot.command_line, &options))
        boot_refuse("command line", options.error);
    acpi_init(boot.rsdp, boot.rsdp_bytes);
    if (options.framebuffer)
        framebuffer_init(&boot.framebuffer, false);
    uart_find(options.serial, acpi_information());
    exit_by_reset(options.reset);
    unsigned mitigations = mitigations_init();
    interrupt_init();
    refuse_if(features_init(options.address_space_tags, !(mitigations & MITIGATION_PTI)), "the processor lacks");
    if (features_in_force() & CPU_FEATURE_PCID)
        tlb_tags_use();
    memory_init();
    processor_boot.kernel_table = tlb_kernel_table();
    uart_map();
    if (options.framebuffer)
        framebuffer_init(&boot.framebuffer, true);
    refuse_if(apic_init(), "interrupts");
    refuse_if(ioapic_init(), "interrupts");
    refuse_if(clock_init(), "clock");
    refuse_if(timer_init(), "timer");
    print_machine();
    syscall_init(options.fast_path);
    pmu_init(options.pmu);
    core_init(&processor_boot.cpu);
    smp_start(options.cpus_max, start_page, options.fast_path);
    refuse_if(ports_init(), "I/O ports");
    refuse_if(mitigations & MITIGATION_PTI ? isolation_init() : NULL, "page-table isolation");
    refuse_if(options.trace ? trace_init() : NULL, "tracing");
    root_task_start(&boot, &options);
    smp_release();
    core_run();
}
