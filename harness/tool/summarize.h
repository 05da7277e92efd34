/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results anew from raw logs: no run, no emulator.
 */
#ifndef HARNESS_TOOL_SUMMARIZE_H
#define HARNESS_TOOL_SUMMARIZE_H

#include "harness/tool/result.h"

/* `path`: a raw log, or a folder that holds raw.log (and boot-2/raw.log and so on, whose boots are then merged). The host's context comes
 * from the result.json beside it, which need not be valid otherwise, or is a minimum: target import, commit unknown. */
bool summarize(const char *path, bool sealed, struct result *result, struct error *e);

/* Number of rows of the two results that differ in any field, figure or sample; their names are printed on `out`, if not NULL. */
size_t results_differ(const struct result *a, const struct result *b, FILE *out);

#endif
