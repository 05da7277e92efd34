/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The distribution's modules that lie in the initramfs (handover/fetch-linux).
 */
#ifndef HANDOVER_INIT_DRIVERS_H
#define HANDOVER_INIT_DRIVERS_H

/* Loads those of a list ("order": what leads to a stick; "watchdog") in its order; returns how many the kernel took. */
unsigned drivers_load(const char *list);

#endif
