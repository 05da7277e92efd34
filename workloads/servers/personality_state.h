/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the personality server and whoever starts its process both look at.
 */
#ifndef WORKLOADS_SERVERS_PERSONALITY_STATE_H
#define WORKLOADS_SERVERS_PERSONALITY_STATE_H

#include "workloads/servers/personality.h"

#define LINUX_DATA_ADDRESS ABI_CONST(uint64_t, 0x60000000) /* in the starter's and the server's task: what is writable of the process */

struct personality_state {
    int64_t pid;
    volatile int64_t status;   /* of exit; -1: it runs */
    uint64_t data_address, data_bytes; /* as the process has them */
    bool input_ended;
    volatile uint64_t output_bytes;
    char input[PERSONALITY_INPUT_BYTES], output[PERSONALITY_OUTPUT_BYTES];
};
extern struct personality_state personality;

#endif
