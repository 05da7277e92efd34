/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.create.semaphore | a semaphore, made by a factory that has room for it | seL4 Untyped_Retype of a notification
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.create.semaphore", false, KIND_SEMAPHORE, 0, 0, 0);
