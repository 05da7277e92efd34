/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing is copied: 16 pages of 4 KiB, one flexpage.
 * workload: pipe.mapping.bandwidth | aligned regions of 64 KiB mapped into another task by a call, the reply, and the sender's revocation: synchronous mapping RPC, per region | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (4)
 */
#define MAPPING_ID "pipe.mapping.bandwidth"
#define MAPPING_NAME "bytes=65536"
#define MAPPING_DIRECTION "one_way"
#define MAPPING_SHIFT 16
#include "workloads/lib/mapping_measure.h"
