/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The local interrupt controller. Everything but its timer is masked; so are the legacy controllers, whose spurious interrupts
 * are moved off the exceptions all the same.
 */
#include "kernel/x86_64/apic.h"

#include <stddef.h>

#include "harness/measure/cpuid.h"
#include "kernel/abi/abi.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/trap.h"

#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_ADDRESS_MASK 0x000ffffffffff000ull
#define APIC_SPURIOUS_ENABLE (1u << 8)
#define CPUID_EDX_APIC (1u << 9)
#define CPUID_ECX_X2APIC (1u << 21)
#define XAPIC_ID_SHIFT 24
#define X2APIC_TARGET_SHIFT 32
#define XAPIC_SEND_PENDING (1u << 12)
#define SEND_POLLS_MAX 1000000

#define PIC_MASTER 0x20
#define PIC_SLAVE 0xa0
#define PIC_INIT 0x11          /* four words follow */
#define PIC_8086 0x01
#define PIC_ALL 0xff

static volatile uint32_t *registers; /* NULL: x2APIC, by MSR; the same address for every CPU */

uint32_t apic_read(enum apic_register at)
{
    return registers ? registers[at / 4] : (uint32_t)rdmsr(MSR_X2APIC_FIRST + at / 16);
}

void apic_write(enum apic_register at, uint32_t value)
{
    if (registers)
        registers[at / 4] = value;
    else
        wrmsr(MSR_X2APIC_FIRST + at / 16, value);
}

void arch_irq_end(void) { apic_write(APIC_END_OF_INTERRUPT, 0); }

static void legacy_controller_mask(uint16_t port, uint8_t vector, uint8_t cascade)
{
    out8(port, PIC_INIT);
    out8(port + 1, vector);
    out8(port + 1, cascade);
    out8(port + 1, PIC_8086);
    out8(port + 1, PIC_ALL);
}

static void local_init(void)
{
    apic_write(APIC_SPURIOUS, APIC_SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_TASK_PRIORITY, 0);
    apic_write(APIC_LOCAL_TIMER, APIC_LOCAL_MASKED);
    apic_write(APIC_LOCAL_PIN0, APIC_LOCAL_MASKED);
    apic_write(APIC_ERROR_STATUS, 0);
    apic_write(APIC_LOCAL_ERROR, VECTOR_APIC_ERROR);
}

/* x2APIC mode is entered from xAPIC mode alone (SDM 10.12.5). */
static void mode_enter(bool x2apic)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;
    wrmsr(MSR_APIC_BASE, base);
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
}

const char *apic_init(void)
{
    legacy_controller_mask(PIC_MASTER, VECTOR_LEGACY_PIC, 1 << 2); /* the slave's pin */
    legacy_controller_mask(PIC_SLAVE, VECTOR_LEGACY_PIC + 8, 2);
    if (!(cpuid_read(1, 0).edx & CPUID_EDX_APIC))
        return "no local APIC";
    bool x2apic = cpuid_read(1, 0).ecx & CPUID_ECX_X2APIC;
    if (x2apic)
        features_add(CPU_FEATURE_X2APIC);
    else if (!(registers = kernel_map_device(rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS_MASK)))
        return "no memory to map the local APIC";
    mode_enter(x2apic);
    local_init();
    return NULL;
}

void apic_init_secondary(void)
{
    mode_enter(!registers);
    local_init();
}

void apic_quiesce(void)
{
    apic_write(APIC_LOCAL_TIMER, APIC_LOCAL_MASKED);
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_LOCAL_ERROR, APIC_LOCAL_MASKED);
}

uint32_t apic_id(void) { return registers ? apic_read(APIC_ID) >> XAPIC_ID_SHIFT : apic_read(APIC_ID); }
bool apic_reaches(uint32_t id) { return !registers || id <= APIC_XAPIC_ID_MAX; }

static void send_wait(void)
{
    for (unsigned i = 0; i < SEND_POLLS_MAX && (apic_read(APIC_COMMAND) & XAPIC_SEND_PENDING); i++)
        cpu_pause();
}

void apic_send(uint32_t id, uint32_t what)
{
    mfence(); /* what was written before is seen by who gets it; a write to an MSR alone does not wait for it */
    if (!registers) {
        wrmsr(MSR_X2APIC_FIRST + APIC_COMMAND / 16, (uint64_t)id << X2APIC_TARGET_SHIFT | what);
        return;
    }
    send_wait();
    apic_write(APIC_COMMAND_TARGET, id << XAPIC_ID_SHIFT);
    apic_write(APIC_COMMAND, what);
}
