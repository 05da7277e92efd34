/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.irq | an Irq that no device has, gone with its last capability, what it cost given back | none
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.irq", true, KIND_IRQ, 0, 0, 0);
