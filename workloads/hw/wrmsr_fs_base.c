/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a switch between threads with thread-local storage cannot avoid without FSGSBASE.
 * workload: hw.wrmsr_fs_base | WRMSR of the FS base, with the value that it has | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.wrmsr_fs_base", PROBE_FS_BASE, "the kernel knows no such probe");
