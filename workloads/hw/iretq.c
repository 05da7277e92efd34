/* SPDX-License-Identifier: BSD-2-Clause
 *
 * With the call of the routine that does it: 9 instructions where the floor of them is told in instructions.
 * workload: hw.iretq | a frame of five words pushed, and IRETQ through it within ring 0 | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.iretq", PROBE_IRETQ, "the kernel knows no such probe");
