/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.create.factory | a factory without quota of its own, made by a factory that has room for it | none
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.create.factory", false, KIND_FACTORY, 0, 0, 0);
