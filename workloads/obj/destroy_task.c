/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.task | an empty address and capability space, gone with its last capability, what it cost given back | Mach task_create (Draves 1991, continuations); seL4 untyped Retype of VSpace and CNode
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.task", true, KIND_TASK, 0, 0, 0);
