/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.create.irq | an Irq that no device has, made by a factory that has room for it | none
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.create.irq", false, KIND_IRQ, 0, 0, 0);
