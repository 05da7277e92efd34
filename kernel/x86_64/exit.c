/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end: says the status on the console (where no emulator takes an exit code, it is all there is), then leaves the emulator,
 * or powers the machine off, or starts it anew, or halts. What a machine does not take leads to the next way.
 */
#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/exit.h"
#include "kernel/x86_64/handover.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/smp.h"

#define QEMU_EXIT_PORT 0xf4
#define BOCHS_DEBUG_PORT 0xe9
#define BOCHS_DEBUG_PORT_READS 0xe9
#define BOCHS_SHUTDOWN_PORT 0x8900
#define RESET_PORT 0xcf9       /* of most chipsets */
#define RESET_SYSTEM 2
#define RESET_NOW 4
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_PULSE_RESET 0xfe
#define SETTLE_SPINS 10000000
#define PM1_SCI_ENABLE 1u
#define PM1_SLEEP_ENABLE (1u << 13)
#define PM1_SLEEP_TYPE_SHIFT 10
#define ENABLE_POLLS_MAX 1000000

static bool exit_resets;

/* Devices act on writes in their own time: gives them some. */
static void settle(void)
{
    for (unsigned i = 0; i < SETTLE_SPINS; i++)
        cpu_nop();
}

/* The way before this one did not act: the last one that is said did. */
static void way_next(const char *way)
{
    settle();
    print("tollgate: %s\n", way);
}

static void bochs_shutdown(void)
{
    for (const char *c = "Shutdown"; *c; c++)
        out8(BOCHS_SHUTDOWN_PORT, (uint8_t)*c);
}

static void acpi_mode_enter(const struct acpi_power *p)
{
    if (p->smi_command == 0 || p->acpi_enable == 0 || (in16(p->pm1_control[0]) & PM1_SCI_ENABLE))
        return;
    out8(p->smi_command, p->acpi_enable);
    for (unsigned i = 0; i < ENABLE_POLLS_MAX && !(in16(p->pm1_control[0]) & PM1_SCI_ENABLE); i++)
        cpu_pause();
}

static void acpi_power_off(const struct acpi_power *p)
{
    if (!p->can_power_off)
        return;
    way_next("power off by ACPI");
    acpi_mode_enter(p);
    for (unsigned k = 0; k < 2; k++)
        if (p->pm1_control[k] != 0)
            out16(p->pm1_control[k], (uint16_t)((unsigned)p->sleep_type[k] << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE));
}

/* The last way is a fault that finds no handler. */
static _Noreturn void reset(void)
{
    const struct descriptor_pointer none = { 0 };
    const struct acpi_power *p = &acpi_information()->power;
    if (p->reset_port) {
        way_next("reset by ACPI");
        out8(p->reset_port, p->reset_value);
    }
    way_next("reset by the keyboard controller");
    out8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
    way_next("reset by port 0xcf9");
    out8(RESET_PORT, RESET_SYSTEM);
    out8(RESET_PORT, RESET_SYSTEM | RESET_NOW);
    way_next("reset by a fault");
    lidt(&none);
    __builtin_trap();
}

void exit_by_reset(bool resets) { exit_resets = resets; }

_Noreturn void arch_exit(unsigned status)
{
    interrupts_disable();
    smp_stop_others();
    print("tollgate: exit status 0x%x\n", status);
    exit_leave(status);
    exit_finish(status);
}

_Noreturn void exit_finish(unsigned status)
{
    bool refused = handover_enter(status);
    if (exit_resets && !refused)
        reset();
    out32(QEMU_EXIT_PORT, status);
    settle();
    if (acpi_information()->is_bochs || in8(BOCHS_DEBUG_PORT) == BOCHS_DEBUG_PORT_READS)
        bochs_shutdown();
    if (!refused) { /* what the screen says is all that is left of the results */
        acpi_power_off(&acpi_information()->power);
        settle();
        print("tollgate: does not power off by itself: it may be switched off now\n");
    }
    for (;;)
        cpu_halt();
}
