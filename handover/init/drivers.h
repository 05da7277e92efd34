/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The distribution's modules that lie in the initramfs (handover/fetch-linux).
 */
#ifndef HANDOVER_INIT_DRIVERS_H
#define HANDOVER_INIT_DRIVERS_H

/* Loads them in their order; returns how many the kernel took. */
unsigned drivers_load(void);

#endif
