/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/entry.h"

extern const char syscall_entry[], syscall_entry_slow[], syscall_entry_alien[];
extern const char traced_syscall_entry[], traced_syscall_entry_slow[], traced_syscall_entry_alien[];
extern const char interrupt_stubs[], traced_interrupt_stubs[];

static const struct entry_points ordinary = { syscall_entry, syscall_entry_slow, syscall_entry_alien, interrupt_stubs };
static const struct entry_points traced = {
    traced_syscall_entry, traced_syscall_entry_slow, traced_syscall_entry_alien, traced_interrupt_stubs,
};

static const struct entry_points *chosen = &ordinary;

const struct entry_points *entry_points(void) { return chosen; }
void entry_choose(bool trace) { chosen = trace ? &traced : &ordinary; }
