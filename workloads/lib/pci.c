/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Registers of the card are reached through a pair of its ports: index, then data (82574L datasheet, 10.2.1).
 */
#include "workloads/lib/pci.h"

#include "workloads/lib/instructions.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_SIZE 3          /* 2^n ports */
#define CONFIG_ENABLE 0x80000000u
#define DEVICES 32
#define DEVICE_SHIFT 11
#define CONFIG_ID 0
#define CONFIG_COMMAND 4
#define CONFIG_BAR_PORTS 0x18
#define CONFIG_CAPABILITIES 0x34
#define COMMAND_PORTS 1
#define COMMAND_MASTER 4
#define CAPABILITY_MSI 5
#define CAPABILITIES_MAX 48
#define MSI_ENABLE (1u << 16)
#define BAR_IS_PORTS 1
#define CARD_ID 0x10d38086u
#define CARD_PORTS_SIZE 5
#define CARD_CAUSE_READ 0xc0
#define CARD_CAUSE_SET 0xc8
#define CARD_MASK_SET 0xd0
#define CARD_MASK_CLEAR 0xd8
#define CARD_CAUSE 4           /* change of link */
#define CARD_INTERVALS_HZ 8000 /* 500 units of 256 ns are 128 us; a little less, as the clock's rate is measured */

static uint32_t config_read(uint32_t device, uint32_t offset)
{
    port_write32(CONFIG_ADDRESS, CONFIG_ENABLE | device << DEVICE_SHIFT | offset);
    return port_read32(CONFIG_DATA);
}

static void config_write(uint32_t device, uint32_t offset, uint32_t value)
{
    port_write32(CONFIG_ADDRESS, CONFIG_ENABLE | device << DEVICE_SHIFT | offset);
    port_write32(CONFIG_DATA, value);
}

static uint32_t card_read(const struct card *card, uint32_t index)
{
    port_write32(card->ports, index);
    return port_read32(card->ports + 4);
}

static void card_write(const struct card *card, uint32_t index, uint32_t value)
{
    port_write32(card->ports, index);
    port_write32(card->ports + 4, value);
}

static uint32_t msi_find(uint32_t device)
{
    uint32_t at = config_read(device, CONFIG_CAPABILITIES) & 0xfc;

    for (unsigned i = 0; at != 0 && i < CAPABILITIES_MAX; i++) {
        uint32_t head = config_read(device, at);
        if ((head & 0xff) == CAPABILITY_MSI)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

bool card_find(struct card *card)
{
    if (service_ports(CONFIG_ADDRESS, CONFIG_SIZE) != 0)
        return false;
    for (card->device = 0; card->device < DEVICES; card->device++)
        if (config_read(card->device, CONFIG_ID) == CARD_ID)
            break;
    if (card->device == DEVICES)
        return false;
    uint32_t bar = config_read(card->device, CONFIG_BAR_PORTS);
    card->ports = bar & ~31u;
    card->msi = msi_find(card->device);
    if ((bar & BAR_IS_PORTS) == 0 || card->ports == 0 || card->msi == 0 || service_ports(card->ports, CARD_PORTS_SIZE) != 0)
        return false;
    config_write(card->device, CONFIG_COMMAND, COMMAND_PORTS | COMMAND_MASTER);
    card_msi_off(card);
    card_write(card, CARD_MASK_CLEAR, ~0u);
    card_clear(card);
    card_write(card, CARD_MASK_SET, CARD_CAUSE);
    return true;
}

void card_msi_on(const struct card *card, uint64_t address, uint32_t data)
{
    uint32_t head = config_read(card->device, card->msi);

    config_write(card->device, card->msi + 4, (uint32_t)address);
    config_write(card->device, card->msi + 8, (uint32_t)(address >> 32));
    config_write(card->device, card->msi + 12, data);
    config_write(card->device, card->msi, head | MSI_ENABLE);
}

void card_msi_off(const struct card *card)
{
    config_write(card->device, card->msi, config_read(card->device, card->msi) & ~MSI_ENABLE);
}

void card_raise(const struct card *card)
{
    card_write(card, CARD_CAUSE_SET, CARD_CAUSE);
}

void card_clear(const struct card *card)
{
    (void)card_read(card, CARD_CAUSE_READ);
}

uint64_t card_interval_ticks(void)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_INFO, 0, &w) == 0 ? w.w2 / CARD_INTERVALS_HZ : 0;
}
