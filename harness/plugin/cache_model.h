/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Set-associative cache with true LRU replacement, for caches (keys are line numbers) and TLBs (keys are page numbers); the second level sees
 * what misses in the first. What it leaves out: prefetching, speculation, write-back, inclusion, pseudo-LRU, page-walk caches; so its misses
 * are those that the sequence of accesses forces on caches of that geometry, not a prediction of time.
 */
#ifndef HARNESS_PLUGIN_CACHE_MODEL_H
#define HARNESS_PLUGIN_CACHE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SHIFT 6
enum cache_kind { CACHE_L1I, CACHE_L1D, CACHE_ITLB, CACHE_DTLB, CACHE_L2, CACHE_KINDS };

struct cache_geometry {
    unsigned sets, ways; /* each at least 1; sets a power of two */
};

struct cache_entry {
    uint64_t key;
    bool valid, global;
};

struct cache_model {
    struct cache_geometry geometry;
    struct cache_entry *entries; /* of a set side by side, used last first */
};

/* "SIZE:WAYS", SIZE in units of `unit` (64: bytes of a cache, 1: entries of a TLB) with an optional K behind it. False unless it gives
 * whole sets, a power of two of them, at most `sets_max`. */
bool cache_geometry_parse(const char *text, unsigned unit, unsigned sets_max, struct cache_geometry *out);
/* The same with unit and limit of a kind: what the plugin takes, and the tool accepts. */
bool cache_geometry_parse_kind(const char *text, enum cache_kind kind, struct cache_geometry *out);
/* False when memory is out. */
bool cache_init(struct cache_model *m, struct cache_geometry geometry);
void cache_free(struct cache_model *m);
/* True when it missed; the key is in afterwards. `global` entries survive cache_flush_local. */
bool cache_access(struct cache_model *m, uint64_t key, bool global);
void cache_flush(struct cache_model *m);
void cache_flush_local(struct cache_model *m);
/* One key goes, if it is in. */
void cache_drop(struct cache_model *m, uint64_t key);

#endif
