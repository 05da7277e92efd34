/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: ipc.call.inter | round trip of a call to a server thread in another address space, as the client's loop sees it, stubs of both sides included | Liedtke, Improving IPC by Kernel Design (SOSP 1993), section 5; seL4 and Fiasco.OC ping-pong
 */
#define IPC_CALL_INTER true
#define IPC_CALL_RELATION "inter"
#define IPC_CALL_ID "ipc.call.inter"
#include "workloads/lib/ipc_call.h"
