/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.thread | a thread that has not run, with its UTCB mapped, gone with its last capability, what it cost given back | Härtig 1997 Table 3, thread and process creation; seL4 Untyped_Retype of a TCB
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.thread", true, KIND_THREAD, SELECTOR_TASK, WORKER_UTCB_ADDRESS, WORKER_UTCB_ADDRESS + 2 * PAGE_BYTES);
