/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same for an address space that is not in force.
 * workload: hw.invpcid | INVPCID of one address in context 0, its operand written to memory | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.invpcid", PROBE_INVPCID, "this CPU has no INVPCID");
