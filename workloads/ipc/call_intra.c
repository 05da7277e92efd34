/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: ipc.call.intra | round trip of a call to a server thread in the same address space, as the client's loop sees it, stubs of both sides included | Liedtke et al., Achieved IPC Performance (HotOS 1997), table 1
 */
#define IPC_CALL_INTER false
#define IPC_CALL_RELATION "intra"
#define IPC_CALL_ID "ipc.call.intra"
#include "workloads/lib/ipc_call.h"
