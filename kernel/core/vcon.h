/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Vcon: the console, and the end of the session. Output waits for no device: a write that cannot go on comes again (invoke.h). Input is
 * taken from its device by interrupt when an Irq is bound, and by each read, into a buffer.
 */
#ifndef KERNEL_CORE_VCON_H
#define KERNEL_CORE_VCON_H

#include "kernel/core/invoke.h"

/* OP_VCON_*. */
unsigned vcon_invoke(struct invocation *i);
/* Moves input from its device into the buffer. */
void vcon_receive(void);

#endif
