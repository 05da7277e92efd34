/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.gate | a gate bound to a thread, gone with its last capability, what it cost given back | seL4 Untyped_Retype of an endpoint
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.gate", true, KIND_GATE, SELECTOR_THREAD, 0, 0);
