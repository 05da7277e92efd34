/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starting the other CPUs, one after the other (Intel SDM vol. 3A, 8.4.4): all get INIT, then each a start-up interrupt that sends
 * it to secondary_start.S. One that stays silent gets INIT again, which makes it deaf, and is left out; what it was given stays its.
 */
#include "kernel/x86_64/smp.h"

#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/page.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/stack.h"
#include "kernel/x86_64/tlb.h"

#define STARTUP_DELAY_US 200
#define SILENCE_MAX_US 200000
#define DELAY_LOOPS 1000
#define ROOT_END 0x100000000ull /* what a CPU out of real mode can load as page table */

extern const char secondary_page[], secondary_page_end[], secondary_root[], secondary_table[], secondary_far[];

struct processor *secondary_expected;
struct smp_handshake smp_handshake;

static uint64_t tsc_difference_ticks;

uint64_t smp_tsc_difference_ticks(void) { return tsc_difference_ticks; }
static uint64_t ticks_of_us(uint64_t us) { return arch_ticks_hz() / 1000000 * us; }

/* NOP, not PAUSE: emulators leave their fast loop at each PAUSE. */
void smp_delay(uint64_t us)
{
    uint64_t start = arch_ticks(), ticks = ticks_of_us(us);
    while (arch_ticks() - start < ticks)
        for (unsigned i = 0; i < DELAY_LOOPS; i++)
            cpu_nop();
}

static bool is_silent(const struct processor *p)
{
    return __atomic_load_n(&p->state, __ATOMIC_ACQUIRE) == PROCESSOR_SILENT;
}

static bool silence_wait(const struct processor *p, uint64_t us)
{
    uint64_t start = arch_ticks(), ticks = ticks_of_us(us);
    while (is_silent(p) && arch_ticks() - start < ticks)
        cpu_pause();
    return is_silent(p);
}

/* --- The page where they start, and page tables that have it. -------------------------------------------------------------------- */

static void start_root_free(uint64_t root)
{
    unsigned budget = UINT32_MAX;
    uint64_t frames = 0;
    (void)arch_space_free(root, &budget, &frames);
}

/* The kernel's half, and that one page where it is, executable; 0 when memory is out. The tables are made as those of a task, the page
 * is the kernel's all the same. */
static uint64_t start_root_create(uint64_t page)
{
    uint64_t root = arch_space_create(), frames = 0;
    uint64_t *entry = root && (root & PAGE_ADDRESS_MASK) < ROOT_END ? page_entry(root, page, 1, PAGE_TABLE_USER, &frames) : NULL;
    if (entry)
        *entry = page | PAGE_PRESENT;
    else if (root)
        start_root_free(root);
    return entry ? root : 0;
}

static bool start_page_fill(uint64_t page, uint64_t root)
{
    volatile uint32_t *to = kernel_map_device(page);
    if (!to)
        return false;
    const uint32_t *from = (const uint32_t *)(const void *)secondary_page;
    for (size_t i = 0; i < (size_t)(secondary_page_end - secondary_page + 3) / 4; i++)
        to[i] = from[i];
    volatile char *bytes = (volatile char *)to;
    *(volatile uint32_t *)(volatile void *)(bytes + (secondary_root - secondary_page)) = (uint32_t)(root & PAGE_ADDRESS_MASK);
    *(volatile uint32_t *)(volatile void *)(bytes + (secondary_far - secondary_page)) += (uint32_t)page;
    *(volatile uint32_t *)(volatile void *)(bytes + (secondary_table - secondary_page)) += (uint32_t)page;
    return true;
}

/* --- One CPU -------------------------------------------------------------------------------------------------------------------------- */

static struct processor *processor_create(uint32_t apic_id)
{
    struct processor *p = arch_frame_allocate();
    struct sched_queue *parked = p ? arch_frame_allocate() : NULL;
    unsigned area = parked ? stack_area_create() : 0;
    if (!area)
        return NULL;
    p->cpu.parked = parked;
    p->apic_id = apic_id;
    p->area = area;
    p->cpu.number = processors_added();
    p->kernel_table = tlb_kernel_table();
    p->cpu.kernel_stack_top = stack_top(area, STACK_KERNEL);
    return p;
}

/* The other clock lies between two readings of ours, unless they differ; how much they differ at least. */
static void clock_compare(void)
{
    for (uint32_t round = 1; round <= SMP_CLOCK_ROUNDS; round++) {
        uint64_t before = arch_ticks(), other, after, difference = 0;
        __atomic_store_n(&smp_handshake.round, round, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&smp_handshake.answered, __ATOMIC_ACQUIRE) != round)
            cpu_pause();
        other = smp_handshake.ticks;
        after = arch_ticks();
        if (other < before)
            difference = before - other;
        else if (other > after)
            difference = other - after;
        if (difference > tsc_difference_ticks)
            tsc_difference_ticks = difference;
    }
    smp_handshake.round = smp_handshake.answered = 0;
}

/* Returns NULL, or why it does not run. */
static const char *processor_start(uint32_t apic_id, uint64_t page)
{
    struct processor *p = processor_create(apic_id);
    if (!p)
        return "not enough memory";
    __atomic_store_n(&secondary_expected, p, __ATOMIC_SEQ_CST);
    uint32_t startup = APIC_SEND_STARTUP | (uint32_t)(page / PAGE_BYTES);
    apic_send(apic_id, startup);
    if (silence_wait(p, STARTUP_DELAY_US))
        apic_send(apic_id, startup);
    if (silence_wait(p, SILENCE_MAX_US)) {
        apic_send(apic_id, APIC_SEND_INIT);
        __atomic_store_n(&secondary_expected, NULL, __ATOMIC_SEQ_CST);
        return "it does not start";
    }
    if (__atomic_load_n(&p->state, __ATOMIC_ACQUIRE) != PROCESSOR_RUNS)
        return p->refusal;
    clock_compare();
    processor_add(p);
    return NULL;
}

/* --- All of them ---------------------------------------------------------------------------------------------------------------------- */

/* Copies those that can be sent to and are not this one; returns how many. */
static unsigned others_list(const struct madt *madt, unsigned n_max, uint32_t *ids)
{
    unsigned n = 0;
    for (unsigned i = 0; i < madt->cpus && n < n_max; i++) {
        uint32_t id = madt->apic_id[i];
        if (id == processor_boot.apic_id)
            continue;
        if (apic_reaches(id))
            ids[n++] = id;
        else
            print("tollgate: the CPU with APIC number %u is left out: no x2APIC to reach it\n", id);
    }
    return n;
}

static void others_start(const uint32_t *ids, unsigned n, uint64_t page)
{
    uint64_t root = start_root_create(page);
    bool all = true;
    if (!root || !start_page_fill(page, root)) {
        print("tollgate: no other CPU is started: not enough memory\n");
        return;
    }
    for (unsigned i = 0; i < n; i++)
        apic_send(ids[i], APIC_SEND_INIT);
    smp_delay(SMP_INIT_DELAY_US);
    for (unsigned i = 0; i < n; i++) {
        const char *error = processor_start(ids[i], page);
        if (error)
            print("tollgate: the CPU with APIC number %u is left out: %s\n", ids[i], error);
        all = all && !error;
    }
    if (all) /* else somebody may still come by */
        start_root_free(root);
}

void smp_start(unsigned cpus_max, uint64_t start_page, bool fast_path)
{
    static uint32_t ids[MADT_CPUS_MAX];
    const struct madt *madt = &acpi_information()->madt;
    processor_boot.apic_id = apic_id();
    processor_boot.state = PROCESSOR_RUNS;
    smp_handshake.fast_path = fast_path;
    unsigned n = others_list(madt, cpus_max - 1, ids);
    if (n > 0 && start_page)
        others_start(ids, n, start_page);
    else if (n > 0)
        print("tollgate: no other CPU is started: no memory below 1 MiB\n");
    if (madt->cpus > 1)
        print("tollgate: %u of %u CPUs run, their TSCs differ by at least %lu ticks\n", processors_added(), madt->cpus + madt->surplus,
              tsc_difference_ticks);
}

void smp_release(void)
{
    processors_release();
    __atomic_store_n(&smp_handshake.released, 1, __ATOMIC_SEQ_CST);
}
