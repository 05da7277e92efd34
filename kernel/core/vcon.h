/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Vcon: the console, and the end of the session.
 */
#ifndef KERNEL_CORE_VCON_H
#define KERNEL_CORE_VCON_H

#include "kernel/core/invoke.h"

/* OP_VCON_*. */
unsigned vcon_invoke(struct invocation *i);

#endif
