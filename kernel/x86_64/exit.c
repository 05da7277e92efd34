/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end: says the status on the console (where no emulator takes an exit code, it is all there is), then leaves the emulator,
 * or powers the machine off, or halts.
 */
#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/handover.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/smp.h"

#define QEMU_EXIT_PORT 0xf4
#define BOCHS_DEBUG_PORT 0xe9
#define BOCHS_DEBUG_PORT_READS 0xe9
#define BOCHS_SHUTDOWN_PORT 0x8900
#define SETTLE_SPINS 10000000

/* Devices act on writes in their own time: gives them some. */
static void settle(void)
{
    for (unsigned i = 0; i < SETTLE_SPINS; i++)
        cpu_nop();
}

static void bochs_shutdown(void)
{
    for (const char *c = "Shutdown"; *c; c++)
        out8(BOCHS_SHUTDOWN_PORT, (uint8_t)*c);
}

_Noreturn void arch_exit(unsigned status)
{
    interrupts_disable();
    smp_stop_others();
    print("tollgate: exit status 0x%x\n", status);
    bool refused = handover_enter(status);
    out32(QEMU_EXIT_PORT, status);
    settle();
    if (acpi_information()->is_bochs || in8(BOCHS_DEBUG_PORT) == BOCHS_DEBUG_PORT_READS)
        bochs_shutdown();
    if (!refused) /* what the screen says is all that is left of the results */
        acpi_power_off();
    for (;;)
        cpu_halt();
}
