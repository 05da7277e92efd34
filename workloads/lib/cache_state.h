/* SPDX-License-Identifier: BSD-2-Clause
 *
 * States of caches before an operation, for rows whose `cache` is not warm. What the setting touches itself is warm afterwards: for l1_evicted
 * the loop's own lines, else also the way back from the kernel, which is the slow path's. Not exercised on hardware; in an emulator
 * the footprint model tells what is missed.
 */
#ifndef WORKLOADS_LIB_CACHE_STATE_H
#define WORKLOADS_LIB_CACHE_STATE_H

#include <stdbool.h>

/* "l1_evicted": more lines of data read and of code run than any first-level cache holds. "tlb_flushed": all translations dropped.
 * "cold": that, and WBINVD. False: the kernel refused. */
bool cache_state_set(const char *cache);

#endif
