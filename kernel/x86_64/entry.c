/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/entry.h"

#include "kernel/x86_64/arch.h"

#define DECLARE(prefix) \
    extern const char prefix##syscall_entry[], prefix##syscall_entry_slow[], prefix##syscall_entry_alien[], prefix##interrupt_stubs[]; \
    void prefix##first_resume(void)
#define POINTS(prefix) \
    { prefix##syscall_entry, prefix##syscall_entry_slow, prefix##syscall_entry_alien, prefix##interrupt_stubs, prefix##first_resume }

DECLARE();
DECLARE(traced_);
DECLARE(guarded_);

static const struct entry_points builds[] = {
    [ENTRY_ORDINARY] = POINTS(), [ENTRY_TRACED] = POINTS(traced_), [ENTRY_GUARDED] = POINTS(guarded_),
};

static const struct entry_points *chosen = &builds[ENTRY_ORDINARY];

const struct entry_points *entry_points(void) { return chosen; }
void entry_choose(enum entry_build build) { chosen = &builds[build]; }

_Noreturn void arch_resume(void)
{
    chosen->first_resume();
    arch_panic("back from user mode without an entry", __FILE__, __LINE__);
}
