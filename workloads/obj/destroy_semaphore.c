/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.semaphore | a semaphore, gone with its last capability, what it cost given back | seL4 Untyped_Retype of a notification
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.semaphore", true, KIND_SEMAPHORE, 0, 0, 0);
