/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: pipe.mapping.round_trip | call that maps one page into another task, the reply, and the sender's revocation of the page: synchronous mapping RPC | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (4)
 */
#define MAPPING_ID "pipe.mapping.round_trip"
#define MAPPING_NAME "pages=1"
#define MAPPING_DIRECTION "round_trip"
#define MAPPING_SHIFT 12
#include "workloads/lib/mapping_measure.h"
