/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rings of context_switch.c under the names of the cross-check, measured beside lmbench's loop.
 */
#ifndef BASELINES_LINUX_MECHANISM_CONTEXT_SWITCH_H
#define BASELINES_LINUX_MECHANISM_CONTEXT_SWITCH_H

#include "baselines/linux/baseline.h"

extern const struct baseline crosscheck_ring_2, crosscheck_ring_8;

#endif
