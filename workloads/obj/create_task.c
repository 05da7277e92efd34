/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.create.task | an empty address and capability space, made by a factory that has room for it | Mach task_create (Draves 1991, continuations); seL4 untyped Retype of VSpace and CNode
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.create.task", false, KIND_TASK, 0, 0, 0);
