/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What unmapping one page costs the TLB's owner.
 * workload: hw.invlpg | INVLPG of an address of the kernel's that is used by nobody meanwhile | none
 */
#include "workloads/lib/probe_measure.h"

PROBE_WORKLOAD("hw.invlpg", PROBE_INVLPG, "the kernel knows no such probe");
