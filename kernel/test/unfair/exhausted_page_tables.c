/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a page that there are no tables for is told to be mapped.
 */
#include "kernel/core/mapdb.h"

#define UNFAIR_FUNCTION mapdb_map
#define UNFAIR_TEST "exhaust: exhaustion: page tables"

unsigned __real_mapdb_map(const struct map_request *r, uint64_t done, uint64_t *bytes);
unsigned __wrap_mapdb_map(const struct map_request *r, uint64_t done, uint64_t *bytes);

unsigned __wrap_mapdb_map(const struct map_request *r, uint64_t done, uint64_t *bytes)
{
    unsigned error = __real_mapdb_map(r, done, bytes);
    return error == ERR_NO_MEMORY ? 0 : error;
}
