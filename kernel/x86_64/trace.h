/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rings of tracepoints (kernel/abi/trace.h): made at boot, one for each CPU that runs.
 */
#ifndef KERNEL_X86_64_TRACE_H
#define KERNEL_X86_64_TRACE_H

#include <stdint.h>

/* Makes the rings, all empty. Returns NULL, or what is missing. */
const char *trace_init(void);

#endif
