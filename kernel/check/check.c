/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The checking kernel: the sources of the kernel, in which the linker puts the functions below in the place of others (ld --wrap), so
 * that all invariants are verified at the end of every Nth slow entry (system calls off the fast path, exceptions, interrupts).
 * Option check=N, 1 to CHECK_OPTION_MAX; without it nothing is checked. What does not hold ends in a panic that names it
 * (EXIT_PANIC); at the end of the session the console tells how often they were verified.
 */
#include <stdbool.h>
#include <stddef.h>

#include "kernel/boot/command_line.h"
#include "kernel/check/invariants.h"
#include "kernel/core/lock.h"
#include "kernel/core/mapdb.h"
#include "kernel/core/sched.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/print.h"

#define CHECK_OPTION "check="
#define CHECK_OPTION_BYTES (sizeof CHECK_OPTION - 1)
#define CHECK_OPTION_MAX 1000000
#define LINE_BYTES 4096

bool __real_command_line_parse(const char *line, struct command_line *out);
bool __wrap_command_line_parse(const char *line, struct command_line *out);
void __real_sched_finish(void);
void __wrap_sched_finish(void);
void __real_mapdb_place_leave(struct thread *t);
void __wrap_mapdb_place_leave(struct thread *t);
bool __real_arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *frames);
bool __wrap_arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *frames);
_Noreturn void __real_arch_exit(unsigned status);
_Noreturn void __wrap_arch_exit(unsigned status);

static uint64_t interval;          /* slow entries from one check to the next; 0: no checks */
static uint64_t entries, checks, postponed;
static bool due;
static const struct task *root;    /* the first task to run */
static uint64_t frames_all;        /* paid for or free; no other ones come or go once root runs */

static void check(void)
{
    uint64_t frames;
    cpu_hold_all();
    if (!invariants_check(root, &frames)) {
        postponed++;
        return;
    }
    due = false;
    checks++;
    if (!frames_all)
        frames_all = frames + arch_frames_free();
    ASSERT(frames + arch_frames_free() == frames_all);
}

/* The kernel skips sched_finish where it has nothing to decide. A further bit of cpu->attention brings each entry here; where it is the
 * only one, nothing is decided here either, and the invariants tell whether that was right. */
#define ATTENTION_CHECK 0x80

/* Other CPUs may leave the kernel before there is a root task. */
void __wrap_sched_finish(void)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->attention & ATTENTION_CHECK && !(cpu->attention & ATTENTION_DECIDE))
        cpu->current = cpu->sc->thread;
    else
        __real_sched_finish();
    cpu->attention |= ATTENTION_CHECK;
    entries++;
    if (!interval || (!root && arch_cpu()->number != 0))
        return;
    if (!root) {
        root = arch_cpu()->current->task;
        due = true;
    }
    due = due || entries % interval == 0;
    if (due)
        check();
}

void __wrap_mapdb_place_leave(struct thread *t)
{
    invariants_rights_cut_short |= t->place_linked;
    __real_mapdb_place_leave(t);
}

/* Pages of the kernel go: no other CPU may go on without forgetting them. An emulator whose `mov cr3` empties the whole TLB would not show
 * that one did. */
bool __wrap_arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *frames)
{
    for (unsigned i = 0; i < arch_cpu_count(); i++) {
        const struct cpu *cpu = arch_cpu_at(i);
        ASSERT(cpu == arch_cpu() || (cpu->touched && cpu->flush_kernel));
    }
    return __real_arch_cap_region_release(index, budget, frames);
}

_Noreturn void __wrap_arch_exit(unsigned status)
{
    print("check: %lu slow entries, invariants verified %lu times, postponed %lu times\n", entries, checks, postponed);
    __real_arch_exit(status);
}

/* The value behind the option, 0 when it is none. */
static uint64_t number_read(const char *at, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9' || (value = value * 10 + (uint64_t)(at[i] - '0')) > CHECK_OPTION_MAX)
            return 0;
    }
    return value;
}

static bool is_check_option(const char *word)
{
    size_t i = 0;
    while (i < CHECK_OPTION_BYTES && word[i] == CHECK_OPTION[i])
        i++;
    return i == CHECK_OPTION_BYTES;
}

/* The kernel's own parser sees the line without this option, unless its value is none: then it refuses the word by name. */
bool __wrap_command_line_parse(const char *line, struct command_line *out)
{
    static char rest[LINE_BYTES];
    size_t used = 0;
    while (*line && used < LINE_BYTES - 1) {
        size_t n = 0;
        while (line[n] > ' ')
            n++;
        uint64_t value = is_check_option(line) ? number_read(line + CHECK_OPTION_BYTES, n - CHECK_OPTION_BYTES) : 0;
        if (value)
            interval = value;
        for (size_t i = 0; !value && i < n && used < LINE_BYTES - 1; i++)
            rest[used++] = line[i];
        line += n;
        if (*line && used < LINE_BYTES - 1)
            rest[used++] = *line++;
    }
    rest[used] = 0;
    return __real_command_line_parse(rest, out);
}
