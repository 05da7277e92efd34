/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each kernel entry and each exit has one.
 * workload: hw.swapgs | SWAPGS, there and back by turns | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.swapgs", PROBE_SWAPGS, "the kernel knows no such probe");
