/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: obj.destroy.factory | a factory without quota of its own, gone with its last capability, what it cost given back | none
 */
#include "workloads/lib/object_measure.h"

OBJECT_WORKLOAD("obj.destroy.factory", true, KIND_FACTORY, 0, 0, 0);
