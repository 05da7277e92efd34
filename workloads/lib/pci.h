/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A PCI device at user level, by I/O ports alone: configuration space (PCI Local Bus Specification 3.0, 3.2.2.3.2), and the network
 * card e1000e (Intel 82574L), which raises its own interrupt when it is told to. Not more of it than interrupts need.
 */
#ifndef WORKLOADS_LIB_PCI_H
#define WORKLOADS_LIB_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* Where the card is. */
struct card {
    uint32_t device;           /* in configuration space, bus 0 */
    uint32_t ports;            /* first of 32 */
    uint32_t msi;              /* offset of the capability */
};

/* Finds the card, asks root for its ports and makes it silent; false when there is none, or no ports for it. */
bool card_find(struct card *card);
/* It interrupts by writing data to the address; card_msi_off: by its line again. */
void card_msi_on(const struct card *card, uint64_t address, uint32_t data);
void card_msi_off(const struct card *card);
/* Raises its interrupt; takes it back, which ends what it asserts. Between two interrupts it lets an interval pass (82574L datasheet, 10.2.4.2:
 * interrupt throttling), after which what was raised meanwhile comes; QEMU's also says again, then, what nobody has taken back. */
void card_raise(const struct card *card);
void card_clear(const struct card *card);
uint64_t card_interval_ticks(void);

#endif
