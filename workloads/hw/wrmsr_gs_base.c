/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Its FS counterpart is on the path of calls; this one is for comparison.
 * workload: hw.wrmsr_gs_base | WRMSR of the user's GS base, with the value that it has | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.wrmsr_gs_base", PROBE_GS_BASE, "the kernel knows no such probe");
