/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mitigation pays it at each switch between tasks.
 * workload: hw.ibpb | the indirect branch predictor barrier, a WRMSR | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.ibpb", PROBE_IBPB, "this CPU has no IBPB");
