/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPC of other microkernels, counted in the same emulator: baselines/published/measured_peers.csv (its README says how). Only
 * round trips between address spaces in instructions are taken; anything else in the file is none of a figure's business.
 */
#ifndef HARNESS_TOOL_REPORT_PEERS_H
#define HARNESS_TOOL_REPORT_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"

struct peer_value {
    char *system, *variant, *note;
    uint64_t words_low, words_high; /* message sizes that the value holds for */
    double value;                   /* instructions per round trip */
};

struct peers {
    struct peer_value *values;
    size_t count;
};

/* Refuses a file that is missing, has another header, or a line that does not have its seven columns. */
bool peers_read(const char *path, struct peers *peers, struct error *e);
void peers_free(struct peers *peers);
/* The system's lowest value for this size: each peer in its fastest configuration. NULL when it was not measured. */
const struct peer_value *peers_best(const struct peers *peers, const char *system, uint64_t words);
/* Names of the systems in order of the file, at most `limit`; returns how many there are. */
size_t peers_systems(const struct peers *peers, const char *names[], size_t limit);

#endif
