/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that breaks itself, to see whether the machine stops it and the register dump names the place. The linker puts this
 * file's function in the place of root_task_start (ld --wrap); `select=NAME` on the command line chooses the fault.
 * kernel/test/faults.sh says what each one must lead to.
 */
#include "kernel/boot/root_task.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/page.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/string.h"

#define USER_PAGE 0x400000ull
#define SELECT "select="

void __wrap_root_task_start(const struct boot_information *boot, const struct command_line *options);
void __real_root_task_start(const struct boot_information *boot, const struct command_line *options);
void faults_call(uint64_t address);      /* in faults_call.S */
void faults_invalid(void);
void faults_no_stack(void);
void faults_alignment_check_set(void);
void faults_nmi(void);
void __real_scheduler_timer_expired(void);
void __wrap_scheduler_timer_expired(void);
void faults_float(void);
uint64_t faults_recurse(uint64_t depth);

static volatile uint64_t sink;

static void poke(uint64_t address) { *(volatile uint8_t *)address = 0; }
static void peek(uint64_t address) { sink = *(volatile uint8_t *)address; }

/* Each level keeps something on the stack, and uses it afterwards, so that no compiler makes it a loop. */
uint64_t faults_recurse(uint64_t depth)
{
    volatile uint64_t kept[16] = { depth };
    return depth == UINT64_MAX ? 0 : faults_recurse(depth + 1) + kept[depth % 16];
}

/* A space with one readable, executable user page in it, loaded. */
static void user_page_make(void)
{
    uint64_t frames = 0, space = arch_space_create();
    arch_entry *entry;
    void *frame = arch_frame_allocate();
    ASSERT(space != 0 && frame);
    ASSERT(arch_entry_make(space, USER_PAGE, PAGE_BYTES, &entry, &frames) == ARCH_MAP_OK);
    arch_entry_set(entry, arch_physical(frame), PAGE_BYTES, MEMORY_READ | MEMORY_EXECUTE);
    cr3_write(space);
}

static void fault_low_read(void) { peek(image_physical(image_start)); }
static void fault_null_write(void) { poke(0); }
static void fault_text_write(void) { poke((uint64_t)text_start); }
static void fault_text_alias_write(void) { poke((uint64_t)linear_address(image_physical(text_start))); }
static void fault_rodata_write(void) { poke((uint64_t)rodata_start); }
static void fault_rodata_alias_write(void) { poke((uint64_t)linear_address(image_physical(rodata_start))); }
static void fault_data_execute(void) { faults_call((uint64_t)arch_cpu()); }
static void fault_linear_execute(void) { faults_call((uint64_t)linear_address(image_physical(text_start))); }
static void fault_rodata_execute(void) { faults_call((uint64_t)rodata_start); }
static void fault_not_canonical(void) { peek(0x800000000000); }
static void fault_invalid_opcode(void) { faults_invalid(); }
static void fault_no_stack(void) { faults_no_stack(); }
static void fault_float(void) { faults_float(); }
static void fault_nmi(void) { faults_nmi(); }
static void fault_stack_overflow(void) { sink = faults_recurse(0); }
static void fault_assertion(void) { ASSERT(sink == 1); }

static void fault_user_read(void)
{
    user_page_make();
    peek(USER_PAGE);
}

static void fault_user_execute(void)
{
    user_page_make();
    faults_call(USER_PAGE);
}

static bool peek_in_interrupt, hang_in_interrupt, fault_elsewhere;

/* In the place of the core's, so that something runs inside of an interrupt. */
void __wrap_scheduler_timer_expired(void)
{
    if (peek_in_interrupt)
        peek(USER_PAGE);
    while (hang_in_interrupt)
        cpu_nop();
    if (fault_elsewhere && arch_cpu()->number != 0)
        peek(USER_PAGE);
    __real_scheduler_timer_expired();
}

/* The interrupted code has AC set: the handler must not have it. */
static void fault_user_read_in_interrupt(void)
{
    user_page_make();
    peek_in_interrupt = true;
    faults_alignment_check_set();
    arch_timer_arm(arch_ticks() + arch_ticks_hz() / 1000);
    arch_idle();
}

/* The session begins as always; the first timer interrupt never ends. */
static void fault_hang(void) { hang_in_interrupt = true; }
/* The same, but on another CPU than the one that booted the kernel breaks. */
static void fault_other_cpu(void) { fault_elsewhere = true; }

/* The report follows a broken pointer. */
static void fault_in_report(void)
{
    arch_cpu()->current = (struct thread *)USER_PAGE;
    faults_invalid();
}

/* Not a fault: the idle loop is woken by the timer. */
static void fault_none_timer(void)
{
    uint64_t start = arch_ticks(), at = start + arch_ticks_hz() / 1000;
    arch_timer_arm(at);
    arch_idle();
    uint64_t late_us = (arch_ticks() - at) * 1000000 / arch_ticks_hz();
    print("faults: timer came %s\n", arch_ticks() < at ? "early" : late_us > 1000 ? "late" : "in time");
    arch_exit(EXIT_OK);
}

/* Not a fault: no flag that user code may have set must reach the kernel by SYSCALL. The bits by Intel's manual, volume 1, section
 * 3.4.3, and not by the kernel's names: TF single step, IF interrupts, DF direction of string instructions, IOPL, NT (IRET would
 * switch tasks), RF, AC (would open user pages to the kernel in spite of SMAP). */
static void fault_none_fmask(void)
{
    static const uint8_t bits[] = { 8, 9, 10, 12, 13, 14, 16, 18 };
    uint64_t lost = 0, mask = rdmsr(MSR_FMASK);
    for (size_t i = 0; i < sizeof bits; i++)
        lost |= ~mask & 1ull << bits[i];
    print("faults: FMASK lacks %lx\n", lost);
    arch_exit(lost ? EXIT_FAILED : EXIT_OK);
}

/* Not a fault: tables and frames that are made and given back leave no frame behind. */
static void fault_none_leak(void)
{
    uint64_t before = arch_frames_free(), frames = 0, returned = 0, space = arch_space_create();
    unsigned budget = UINT32_MAX;
    arch_entry *entry;
    for (uint64_t at = USER_BOTTOM; at < USER_TOP; at += 0x123456789000)
        ASSERT(arch_entry_make(space, at, PAGE_BYTES, &entry, &frames) == ARCH_MAP_OK);
    for (uint32_t selector = 0; selector <= SELECTOR_MAX; selector += 4099) {
        ASSERT(arch_cap_region_back(arch_cap_region_words(7) + selector, &frames));
        ASSERT(arch_cap_region_back(arch_cap_region_slots(7) + selector, &frames));
        arch_cap_region_slots(7)[selector].selector = selector;
    }
    ASSERT(arch_frames_free() == before - frames - 1);
    ASSERT(arch_cap_region_release(7, &budget, &returned) && arch_space_free(space, &budget, &returned));
    ASSERT(returned == frames + 1 && arch_frames_free() == before);
    print("faults: %lu frames came back\n", returned);
    arch_exit(EXIT_OK);
}

static const struct fault {
    const char *name;
    void (*run)(void);
} faults[] = {
    { "low_read", fault_low_read },
    { "null_write", fault_null_write },
    { "text_write", fault_text_write },
    { "text_alias_write", fault_text_alias_write },
    { "rodata_write", fault_rodata_write },
    { "rodata_alias_write", fault_rodata_alias_write },
    { "data_execute", fault_data_execute },
    { "linear_execute", fault_linear_execute },
    { "rodata_execute", fault_rodata_execute },
    { "user_read", fault_user_read },
    { "interrupt_user_read", fault_user_read_in_interrupt },
    { "user_execute", fault_user_execute },
    { "not_canonical", fault_not_canonical },
    { "invalid_opcode", fault_invalid_opcode },
    { "no_stack", fault_no_stack },
    { "float", fault_float },
    { "nmi", fault_nmi },
    { "stack_overflow", fault_stack_overflow },
    { "assertion", fault_assertion },
    { "in_report", fault_in_report },
    { "hang", fault_hang },
    { "other_cpu", fault_other_cpu },
    { "none_timer", fault_none_timer },
    { "none_fmask", fault_none_fmask },
    { "none_leak", fault_none_leak },
};

void __wrap_root_task_start(const struct boot_information *boot, const struct command_line *options)
{
    const char *name = boot->command_line + sizeof SELECT - 1;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        size_t n = 0;
        while (faults[i].name[n] && faults[i].name[n] == name[n])
            n++;
        if (!faults[i].name[n] && (!name[n] || name[n] == ',')) {
            faults[i].run();
            if (name[n]) { /* it comes later, in a session of what is selected behind the comma */
                __real_root_task_start(boot, options);
                return;
            }
            print("faults: nothing happened\n");
            arch_exit(EXIT_FAILED);
        }
    }
    print("faults: no such fault\n");
    arch_exit(EXIT_FAILED);
}
