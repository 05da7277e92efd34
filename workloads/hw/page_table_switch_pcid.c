/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the kernel runs without context identifiers it turns them on for the loop alone.
 * workload: hw.page_table_switch_pcid | one write of CR3 to another page table with context identifiers, keeping the translations of both | Liedtke, Improved Address-Space Switching on Pentium Processors (GMD 933, 1995)
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.page_table_switch_pcid", PROBE_PAGE_TABLE_PCID, "this CPU has no PCID");
