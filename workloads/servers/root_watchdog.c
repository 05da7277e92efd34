/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Intel's TCO timer, by I/O ports (ICH9 datasheet, 13.9; 100 Series PCH datasheet vol. 2, chapters 3 and 4). It runs out twice before it
 * resets. Chipsets up to the 9 series also have a bit No Reboot, in memory, which GRUB's menu clears. Not exercised on hardware.
 */
#include "workloads/servers/root_watchdog.h"

#include "workloads/lib/instructions.h"
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_SIZE 3          /* 2^n ports */
#define CONFIG_ENABLE 0x80000000u
#define BRIDGE 0xf800u         /* bus 0, device 31, function 0: LPC */
#define BRIDGE_CLASS 0x0601u
#define BRIDGE_POWER_BASE 0x40
#define BRIDGE_POWER_CONTROL 0x44
#define POWER_ENABLED 0x80u
#define POWER_BASE_MASK 0xff80u
#define POWER_TCO_OFFSET 0x60
#define SMBUS 0xfc00u          /* device 31, function 4, since the 100 series */
#define SMBUS_CLASS 0x0c05u
#define SMBUS_TCO_BASE 0x50
#define SMBUS_TCO_CONTROL 0x54
#define SMBUS_TCO_ENABLED 0x100u
#define SMBUS_BASE_MASK 0xffe0u
#define CONFIG_ID 0
#define CONFIG_CLASS 8
#define VENDOR_INTEL 0x8086u

#define TCO_SIZE 5             /* 2^n ports */
#define TCO_RELOAD 0x00
#define TCO_STATUS_1 0x04
#define TCO_STATUS_2 0x06
#define TCO_CONTROL_1 0x08
#define TCO_TIMER 0x12
#define STATUS_1_TIMEOUT 0x08
#define STATUS_2_SECOND 0x02   /* it has run out twice; stays over the reset */
#define CONTROL_1_HALT 0x0800u
#define CONTROL_1_NO_REBOOT 0x0001u
#define TICKS_MIN 2
#define TICKS_MAX 1023
#define TICK_MS 600

static uint64_t tco;           /* first port; 0: not armed */

static uint32_t config_read(uint32_t device, uint32_t offset)
{
    port_write32(CONFIG_ADDRESS, CONFIG_ENABLE | device | offset);
    return port_read32(CONFIG_DATA);
}

static bool is_there(uint32_t device, uint32_t class)
{
    return (config_read(device, CONFIG_ID) & 0xffff) == VENDOR_INTEL && config_read(device, CONFIG_CLASS) >> 16 == class;
}

static uint64_t tco_find(void)
{
    if (!is_there(BRIDGE, BRIDGE_CLASS))
        return 0;
    uint32_t power = config_read(BRIDGE, BRIDGE_POWER_BASE) & POWER_BASE_MASK;
    if (power != 0 && (config_read(BRIDGE, BRIDGE_POWER_CONTROL) & POWER_ENABLED) != 0)
        return power + POWER_TCO_OFFSET;
    if (!is_there(SMBUS, SMBUS_CLASS) || (config_read(SMBUS, SMBUS_TCO_CONTROL) & SMBUS_TCO_ENABLED) == 0)
        return 0;
    return config_read(SMBUS, SMBUS_TCO_BASE) & SMBUS_BASE_MASK;
}

/* Which ports it has; 0: none, or they are not to be had. */
static uint64_t tco_open(void)
{
    if (task_map_flexpage(SELECTOR_TASK, flexpage_ports(CONFIG_ADDRESS, CONFIG_SIZE), 0) != 0)
        return 0;
    uint64_t at = tco_find();
    task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(CONFIG_ADDRESS, CONFIG_SIZE), 0);
    return at != 0 && task_map_flexpage(SELECTOR_TASK, flexpage_ports(at, TCO_SIZE), 0) == 0 ? at : 0;
}

static void tco_halt(bool halted)
{
    uint16_t control = port_read16(tco + TCO_CONTROL_1) & (uint16_t)~(CONTROL_1_HALT | CONTROL_1_NO_REBOOT);

    port_write16(tco + TCO_CONTROL_1, (uint16_t)(control | (halted ? CONTROL_1_HALT : 0)));
}

static void tco_arm(uint64_t ticks)
{
    tco_halt(true);
    port_write16(tco + TCO_STATUS_1, STATUS_1_TIMEOUT);
    port_write16(tco + TCO_STATUS_2, STATUS_2_SECOND);
    port_write16(tco + TCO_TIMER, (uint16_t)ticks);
    watchdog_feed();
    tco_halt(false);
}

void watchdog_start(uint64_t limit_s)
{
    uint64_t ticks = limit_s * 1000 / TICK_MS; /* two of its rounds are twice the limit */
    struct text t;

    ticks = ticks < TICKS_MIN ? TICKS_MIN : ticks;
    if (ticks > TICKS_MAX) {
        record_context(&root_records, "watchdog", "none: limit= is longer than it can wait");
        return;
    }
    tco = tco_open();
    if (tco == 0) {
        record_context(&root_records, "watchdog", "none: the chipset has no TCO timer that is known");
        return;
    }
    bool fired = (port_read16(tco + TCO_STATUS_2) & STATUS_2_SECOND) != 0;
    tco_arm(ticks);
    text_init(&t);
    text_add(&t, "tco, ");
    text_add_decimal(&t, 2 * ticks * TICK_MS / 1000);
    text_add(&t, fired ? " s; it has started this machine anew" : " s");
    record_context(&root_records, "watchdog", t.bytes);
}

void watchdog_feed(void)
{
    if (tco != 0)
        port_write16(tco + TCO_RELOAD, 1);
}

void watchdog_stop(void)
{
    if (tco == 0)
        return;
    tco_halt(true);
    task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(tco, TCO_SIZE), 0);
    tco = 0;
}
