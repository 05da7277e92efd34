/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rate of the TSC, from two sources: what the processor (or hypervisor) says, or counters of known rate. A counter is read,
 * some time is spent, and it is read again, each time between two readings of the TSC: no device is polled, so that emulators
 * are not slowed down. Every loop is bounded; a counter that stands still is no source.
 */
#include "kernel/x86_64/clock.h"

#include <stdbool.h>
#include <stddef.h>

#include "harness/measure/cpuid.h"
#include "harness/measure/tsc.h"
#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"

#define LEAF_TSC 0x15
#define LEAF_FREQUENCY 0x16
#define LEAF_HYPERVISOR 0x40000000
#define LEAF_HYPERVISOR_TSC 0x40000010
#define CPUID_ECX_HYPERVISOR (1u << 31)

#define SPANS_A_SECOND 100     /* a measurement takes this share of a second */
#define DELAY_LOOPS 32768      /* between two readings: less than the PIT's 55 ms on any machine */
#define READINGS_MAX 100000

#define HPET_PERIOD 4          /* offsets of registers */
#define HPET_CONFIGURATION 0x10
#define HPET_COUNTER 0xf0
#define HPET_ENABLE 1u
#define HPET_PERIOD_MAX 100000000u
#define FEMTOSECONDS 1000000000000000ull

#define ACPI_PM_HZ 3579545

#define PIT_HZ 1193182
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_CHANNEL_2_MODE_0 0xb0 /* low byte, then high byte */
#define PIT_CHANNEL_2_LATCH 0x80
#define SPEAKER_PORT 0x61
#define SPEAKER_GATE 1u
#define SPEAKER_ON 2u

/* A counter. start() returns its rate in Hz, 0 when there is none. */
struct counter {
    const char *name;
    uint64_t mask;
    uint64_t (*start)(void);
    uint64_t (*read)(void);
};

static struct clock_rate rates[CLOCK_SOURCES] = { { "", 0 }, { "", 0 } };
static volatile uint32_t *hpet;

const struct clock_rate *clock_rates(void) { return rates; }
uint64_t arch_ticks(void) { return rdtsc(); }
uint64_t arch_ticks_hz(void) { return rates[0].hz; }

static uint64_t hpet_start(void)
{
    uint64_t address = acpi_information()->hpet;
    if (address == 0 || address % PAGE_BYTES != 0 || !(hpet = kernel_map_device(address)))
        return 0;
    uint32_t period = hpet[HPET_PERIOD / 4];
    if (period == 0 || period > HPET_PERIOD_MAX)
        return 0;
    hpet[HPET_CONFIGURATION / 4] |= HPET_ENABLE;
    return FEMTOSECONDS / period;
}

static uint64_t hpet_read(void) { return hpet[HPET_COUNTER / 4]; }

static uint64_t acpi_pm_start(void) { return acpi_information()->pm_timer_port ? ACPI_PM_HZ : 0; }
static uint64_t acpi_pm_read(void) { return in32(acpi_information()->pm_timer_port); }

static uint64_t pit_start(void)
{
    out8(SPEAKER_PORT, (uint8_t)((in8(SPEAKER_PORT) & ~SPEAKER_ON) | SPEAKER_GATE));
    out8(PIT_COMMAND, PIT_CHANNEL_2_MODE_0);
    out8(PIT_CHANNEL_2, 0xff);
    out8(PIT_CHANNEL_2, 0xff);
    return PIT_HZ;
}

static uint64_t pit_read(void)
{
    out8(PIT_COMMAND, PIT_CHANNEL_2_LATCH);
    uint64_t low = in8(PIT_CHANNEL_2);
    return ~(low | (uint64_t)in8(PIT_CHANNEL_2) << 8); /* it counts down */
}

static const struct counter counters[] = {
    { "hpet", 0xffffffff, hpet_start, hpet_read },
    { "acpi_pm", 0xffffff, acpi_pm_start, acpi_pm_read },
    { "pit", 0xffff, pit_start, pit_read },
};

/* Counter and TSC at one moment: the TSC half way through the reading. */
static uint64_t counter_sample(const struct counter *c, uint64_t *ticks)
{
    uint64_t before = rdtsc();
    uint64_t value = c->read();
    *ticks = before + (rdtsc() - before) / 2;
    return value & c->mask;
}

/* NOP, not PAUSE: emulators leave their fast loop at each PAUSE. */
static void delay(void)
{
    for (unsigned i = 0; i < DELAY_LOOPS; i++)
        cpu_nop();
}

/* value * factor / divisor, without overflow as long as the result and divisor * factor fit. */
static uint64_t scaled(uint64_t value, uint64_t factor, uint64_t divisor)
{
    return value / divisor * factor + value % divisor * factor / divisor;
}

/* TSC rate by that counter; 0 when it is missing or stands still. */
static uint64_t counter_measure(const struct counter *c)
{
    uint64_t hz = c->start();
    uint64_t first_ticks, ticks, last, value, counts = 0;
    if (hz == 0)
        return 0;
    last = counter_sample(c, &first_ticks);
    for (unsigned i = 0; i < READINGS_MAX; i++) {
        delay();
        value = counter_sample(c, &ticks);
        counts += (value - last) & c->mask;
        last = value;
        if (counts >= hz / SPANS_A_SECOND)
            return scaled(ticks - first_ticks, hz, counts);
        if (i == 100 && counts == 0)
            return 0;
    }
    return 0;
}

/* Leaf 15H: ratio of TSC to crystal, and the crystal, which early processors leave to be derived from the base frequency of
 * leaf 16H (which then is the TSC's). Leaf 40000010H: the hypervisor's word, in kHz. */
static uint64_t cpuid_hz(void)
{
    uint32_t last = cpuid_read(0, 0).eax;
    struct cpuid_registers tsc = { 0 }, frequency = { 0 };
    if ((cpuid_read(1, 0).ecx & CPUID_ECX_HYPERVISOR) && cpuid_read(LEAF_HYPERVISOR, 0).eax >= LEAF_HYPERVISOR_TSC &&
        cpuid_read(LEAF_HYPERVISOR_TSC, 0).eax != 0)
        return cpuid_read(LEAF_HYPERVISOR_TSC, 0).eax * 1000ull;
    if (last >= LEAF_TSC)
        tsc = cpuid_read(LEAF_TSC, 0);
    if (last >= LEAF_FREQUENCY)
        frequency = cpuid_read(LEAF_FREQUENCY, 0);
    if (tsc.eax == 0 || tsc.ebx == 0)
        return 0;
    return tsc.ecx != 0 ? (uint64_t)tsc.ecx * tsc.ebx / tsc.eax : (frequency.eax & 0xffff) * 1000000ull;
}

const char *clock_init(void)
{
    unsigned n = 0;
    uint64_t hz = cpuid_hz();
    if (hz != 0)
        rates[n++] = (struct clock_rate){ "cpuid", hz };
    for (size_t i = 0; i < sizeof counters / sizeof *counters && n < CLOCK_SOURCES; i++)
        if ((hz = counter_measure(&counters[i])) != 0)
            rates[n++] = (struct clock_rate){ counters[i].name, hz };
    return n == 0 ? "no source for the rate of the TSC" : NULL;
}
