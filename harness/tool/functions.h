/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many instructions each function of the kernel consists of: $(BUILD)/functions.txt, which the build takes from the disassembly
 * (harness/functions.awk). It says where the code changed, not how often it ran. A list belongs to one kernel, known by its checksum, which is
 * in the context of every result of that kernel.
 */
#ifndef HARNESS_TOOL_FUNCTIONS_H
#define HARNESS_TOOL_FUNCTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/error.h"

#define KERNEL_ID_BYTES 48

/* Identity of the kernel of this build; false when there is none. */
bool functions_kernel(char id[KERNEL_ID_BYTES]);

/* Object: name -> [instructions, bytes, digest]; refuses anything else. `path` NULL: that of this build. */
json_t *functions_read(const char *path, char id[KERNEL_ID_BYTES], struct error *e);
/* Whether a JSON value is such an object. */
bool functions_check(const json_t *functions);
/* Prints what differs, a line for each function; returns how many do. */
size_t functions_compare(const json_t *before, const json_t *after, FILE *out);

#endif
