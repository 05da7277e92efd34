/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel leaves for the instruction by which it was asked, interrupts off, and is back after it. One instruction runs in user mode.
 * workload: hw.syscall_sysret | SYSRET to a SYSCALL instruction in user mode and back into the kernel, nothing else: what every IPC pays once in each direction | Liedtke, Improving IPC by Kernel Design (SOSP 1993), minimal kernel entry and exit
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.syscall_sysret", PROBE_SYSCALL, "times it on one CPU alone, and not under page-table isolation: start the machine with one CPU, without mitigations=pti");
