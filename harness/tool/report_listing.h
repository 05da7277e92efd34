/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fast path, instruction by instruction, as a section of the page: build/fastpath.txt (harness/fastpath_listing.awk).
 */
#ifndef HARNESS_TOOL_REPORT_LISTING_H
#define HARNESS_TOOL_REPORT_LISTING_H

#include <stdio.h>

#include "harness/tool/report.h"

void report_listing_write(FILE *out, const struct report *report);

#endif
