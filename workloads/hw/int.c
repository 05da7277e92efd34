/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The older way into a kernel, without a change of ring.
 * workload: hw.int | INT to a handler within ring 0 that is one IRETQ | Liedtke, Improving IPC by Kernel Design (SOSP 1993), trap costs
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.int", PROBE_INT, "the kernel knows no such probe");
