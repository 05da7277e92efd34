/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mitigation pays it at each exit to user mode.
 * workload: hw.verw | VERW that clears the buffers which leak between domains | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.verw", PROBE_VERW, "this CPU's VERW clears no buffers (no MD_CLEAR)");
