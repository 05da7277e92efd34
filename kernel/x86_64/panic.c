/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of the kernel: an exception in it, or a broken assertion. Says all that is known and leaves with EXIT_PANIC. Must work
 * in any state, on any stack: it takes no memory and believes no pointer that it has not checked.
 */
#include "kernel/x86_64/trap.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/stack.h"
#include "kernel/x86_64/symbols.h"

#define BACKTRACE_MAX 24

static const char *const exception_names[VECTOR_INTERRUPTS] = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "device not available",
    "double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack segment fault", "general protection",
    "page fault", "reserved", "x87 error", "alignment check", "machine check", "SIMD error", "virtualization", "control protection",
    "reserved", "reserved", "reserved", "reserved", "reserved", "reserved", "hypervisor injection", "VMM communication", "security",
    "reserved",
};

static uint32_t panicking;         /* 1 + number of the CPU that reports a panic; atomic */

/* The first CPU reports, alone. A second exception while it does: whatever the report touched is broken too. */
static void panic_enter(void)
{
    uint32_t self = arch_cpu()->number + 1, reporter = 0;
    if (__atomic_compare_exchange_n(&panicking, &reporter, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        smp_stop_others();
        return;
    }
    if (reporter != self)
        smp_stop();
    print("\nPANIC while reporting a panic\n");
    arch_exit(EXIT_PANIC);
}

/* `back`: 1 for return addresses, which lie behind the call that they belong to, perhaps in the next function. */
static void print_symbol(const char *what, uint64_t address, uint64_t back)
{
    uint64_t offset = 0;
    const char *name = symbol_find(address - back, &offset);
    if (name)
        print("  %s %016lx %s+0x%lx\n", what, address, name, offset + back);
    else
        print("  %s %016lx\n", what, address);
}

/* Every word on the stack that looks like a return address: may show stale ones, misses none. */
static void print_backtrace(uint64_t rsp)
{
    const struct kernel_stack *stack = stack_around(rsp);
    if (!stack) {
        print("  rsp is on no kernel stack\n");
        return;
    }
    if (rsp - stack->guard < PAGE_BYTES) /* overflown */
        rsp = stack->guard + PAGE_BYTES;
    print("  return addresses on the %s:\n", stack->name);
    unsigned found = 0;
    uint64_t previous = 0;
    for (uint64_t at = rsp & ~7ull; at < stack->top && found < BACKTRACE_MAX; at += 8) {
        uint64_t word = *(const uint64_t *)at;
        if (!symbol_is_text(word) || word == previous) /* a recursion is shown once */
            continue;
        print_symbol("  ", word, 1);
        previous = word;
        found++;
    }
}

static void print_thread(void)
{
    const struct thread *t = arch_cpu()->current;
    if (processors_added() > 1)
        print("  CPU %u of %u\n", arch_cpu()->number, processors_added());
    if (!t)
        print("  thread: none yet\n");
    else
        print("  thread: %016lx number %lu, user rip %016lx rsp %016lx\n", (uint64_t)t, t->object.number, t->rip, t->rsp);
}

static void print_registers(const struct trap_frame *f)
{
    print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    print("  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    print("  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
    print("  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
    print("  unexpected interrupts since boot: %lu\n", interrupt_unknown_count());
    print("  cs %lx  ss %lx  rflags %lx  cr2 %016lx  cr3 %016lx\n", f->cs, f->ss, f->rflags, cr2_read(), cr3_read());
}

static void print_guard_page(const struct trap_frame *f)
{
    const struct kernel_stack *stack = stack_of_guard(cr2_read());
    if (stack && (f->vector == VECTOR_PAGE_FAULT || f->vector == VECTOR_DOUBLE_FAULT))
        print("  overflow: guard page of the %s was hit\n", stack->name);
}

_Noreturn void trap_panic(const struct trap_frame *f)
{
    panic_enter();
    print("\nPANIC: exception %lu (%s) in the kernel, error code %lx\n", f->vector, exception_names[f->vector], f->error);
    print_guard_page(f);
    print_symbol("rip", f->rip, 0);
    print_registers(f);
    print_thread();
    print_backtrace(f->rsp);
    arch_exit(EXIT_PANIC);
}

_Noreturn void arch_panic(const char *reason, const char *file, int line)
{
    interrupts_disable();
    panic_enter();
    print("\nPANIC: %s (%s:%u)\n", reason, file, (unsigned)line);
    print_thread();
    print_backtrace((uint64_t)__builtin_frame_address(0));
    arch_exit(EXIT_PANIC);
}
