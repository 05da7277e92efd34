/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.vm.trap | write to a protected page until the SIGSEGV handler runs | Härtig 1997 Table 5 Trap, SPIN Trap
 * workload: linux.vm.trap_return | write to a protected page, the handler skips the instruction, until the program goes on behind it | lmbench lat_sig prot
 * workload: linux.vm.appel1 | trap on a random protected page; the handler unprotects it and protects another one; until the write is done | Härtig 1997 Table 5 Appel1, SPIN Appel1
 * workload: linux.vm.appel2 | protect 100 pages at once, then for each a trap in whose handler it is unprotected; per page | Härtig 1997 Table 5 Appel2, SPIN Appel2
 *
 * The handler runs on the thread's own stack. id: page that is writable (Appel1); turn[0]: state of the random numbers.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "baselines/linux/baseline.h"

#define PAGE_BYTES 4096u
#define PAGES 100

bool trap_store(unsigned char *page); /* trap_store.S */
extern const char trap_store_end[];

static struct channel *trapping;
static struct sigaction action_before;
static volatile bool repair_failed;

static unsigned char *page_at(const struct channel *c, size_t page)
{
    return (unsigned char *)c->memory + page * PAGE_BYTES;
}

static void instruction_skip(void *context)
{
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)trap_store_end;
}

static void on_trap_stamp(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    trapping->stamp = trapping->now != NULL ? trapping->now() : 0;
    instruction_skip(context);
}

static void on_trap_skip(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    instruction_skip(context);
}

/* A page that cannot be repaired would fault for ever. */
static void page_unprotect(void *address, void *context)
{
    void *page = (void *)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1));

    if (mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE) == 0)
        return;
    repair_failed = true;
    instruction_skip(context);
}

static void on_trap_appel1(int signal, siginfo_t *info, void *context)
{
    struct channel *c = trapping;

    (void)signal;
    page_unprotect(info->si_addr, context);
    repair_failed = repair_failed || mprotect(page_at(c, (size_t)c->id), PAGE_BYTES, PROT_READ) != 0;
    c->id = (int)(((unsigned char *)info->si_addr - (unsigned char *)c->memory) / PAGE_BYTES);
}

static void on_trap_appel2(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    page_unprotect(info->si_addr, context);
}

static bool trap_setup(struct channel *c, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

    c->memory_bytes = PAGES * PAGE_BYTES;
    c->memory = mmap(NULL, c->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (c->memory == MAP_FAILED) {
        c->memory = NULL;
        return false;
    }
    trapping = c;
    repair_failed = false;
    c->turn[0] = 1;
    sigemptyset(&action.sa_mask);
    madvise(c->memory, c->memory_bytes, MADV_NOHUGEPAGE); /* a kernel without huge pages refuses, and needs it not */
    return mprotect(c->memory, c->memory_bytes, PROT_READ) == 0 && sigaction(SIGSEGV, &action, &action_before) == 0;
}

static bool stamp_setup(struct channel *c) { return trap_setup(c, on_trap_stamp); }
static bool skip_setup(struct channel *c) { return trap_setup(c, on_trap_skip); }
static bool appel2_setup(struct channel *c) { return trap_setup(c, on_trap_appel2); }

static bool appel1_setup(struct channel *c)
{
    c->id = 0;
    return trap_setup(c, on_trap_appel1) && mprotect(page_at(c, 0), PAGE_BYTES, PROT_READ | PROT_WRITE) == 0;
}

static bool trap_teardown(struct channel *c)
{
    c->id = -1;
    return trapping == NULL || sigaction(SIGSEGV, &action_before, NULL) == 0;
}

static bool trap_operation(struct channel *c)
{
    trapping = c;
    return trap_store(c->memory);
}

/* Numerical Recipes' linear congruential generator: the same pages in every run. Never the page that is writable. */
static size_t page_random(struct channel *c)
{
    c->turn[0] = (c->turn[0] * 1664525 + 1013904223) & 0xffffffff;
    size_t page = (c->turn[0] >> 16) % PAGES;
    return page != (size_t)c->id ? page : (page + 1) % PAGES;
}

static bool appel1_operation(struct channel *c)
{
    trapping = c;
    return trap_store(page_at(c, page_random(c))) && !repair_failed;
}

static bool appel2_operation(struct channel *c)
{
    if (mprotect(c->memory, c->memory_bytes, PROT_READ) != 0)
        return false;
    trapping = c;
    for (size_t page = 0; page < PAGES; page++)
        if (!trap_store(page_at(c, page)))
            return false;
    return !repair_failed;
}

#define TRAP .faults = true, .teardown = trap_teardown

/* Returning from the handler is a call too: rt_sigreturn. */
static const struct baseline trap_baseline = {
    .id = "linux.vm.trap", .client_calls = 1, .single_only = true, .setup = stamp_setup, .operation = trap_operation, TRAP,
};
BASELINE_REGISTER(trap_baseline);

static const struct baseline trap_return_baseline = {
    .id = "linux.vm.trap_return", .client_calls = 1, .setup = skip_setup, .operation = trap_operation, TRAP,
};
BASELINE_REGISTER(trap_return_baseline);

static const struct baseline appel1_baseline = {
    .id = "linux.vm.appel1", .client_calls = 3, .setup = appel1_setup, .operation = appel1_operation, TRAP,
};
BASELINE_REGISTER(appel1_baseline);

static const struct baseline appel2_baseline = {
    .id = "linux.vm.appel2", .client_calls = 1 + 2 * PAGES, .units = PAGES, .setup = appel2_setup, .operation = appel2_operation, TRAP,
};
BASELINE_REGISTER(appel2_baseline);
