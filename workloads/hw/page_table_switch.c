/* SPDX-License-Identifier: BSD-2-Clause
 *
 * User space cannot load a page table, and inter-task minus intra-task IPC is more than that load. Half of the loads are to the kernel's
 * own table, half back; the caller's own has to be loaded again before anything else can run, so there is no single load.
 * workload: hw.page_table_switch | one write of CR3 to another page table, in the kernel, from before a loop of writes to after it | Liedtke, Improved Address-Space Switching on Pentium Processors (GMD 933, 1995)
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.page_table_switch", PROBE_PAGE_TABLE, "the kernel knows no such probe");
