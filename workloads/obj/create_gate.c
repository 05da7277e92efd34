/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.create.gate | a gate bound to a thread, made by a factory that has room for it | seL4 Untyped_Retype of an endpoint
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.create.gate", false, KIND_GATE, SELECTOR_THREAD, 0, 0);
