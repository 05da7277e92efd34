/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The model of caches. Invariant: the valid entries of a set come before the others, and no key is in twice.
 */
#include "harness/plugin/cache_model.h"

#include <stdlib.h>
#include <string.h>

#define CODE_SETS_MAX 64
#define DATA_SETS_MAX 65536
#define L2_SETS_MAX 32768 /* 2 MiB: QEMU aligns the guest's memory so, and lines of code are known by their place there */
#define TLB_SETS_MAX 4096
#define WAYS_MAX 64
#define SIZE_MAX_UNITS (1ul << 24)

bool cache_geometry_parse(const char *text, unsigned unit, unsigned sets_max, struct cache_geometry *out)
{
    char *end;
    if (text[0] < '1' || text[0] > '9')
        return false;
    unsigned long size = strtoul(text, &end, 10);
    if (size > SIZE_MAX_UNITS)
        return false;
    if (*end == 'K') {
        size *= 1024;
        end++;
    }
    if (*end != ':' || end[1] < '1' || end[1] > '9')
        return false;
    unsigned long ways = strtoul(end + 1, &end, 10);
    if (*end != '\0' || ways > WAYS_MAX || size % (ways * unit) != 0)
        return false;
    unsigned long sets = size / (ways * unit);
    if (sets == 0 || sets > sets_max || (sets & (sets - 1)) != 0)
        return false;
    *out = (struct cache_geometry){ (unsigned)sets, (unsigned)ways };
    return true;
}

bool cache_geometry_parse_kind(const char *text, enum cache_kind kind, struct cache_geometry *out)
{
    bool is_tlb = kind == CACHE_ITLB || kind == CACHE_DTLB;
    /* Of code the place is known, not the address in memory: a set must be chosen by bits that translation leaves alone. Lines of data are known
     * by their physical address: that cache may be one of any level. */
    unsigned sets_max = is_tlb ? TLB_SETS_MAX : kind == CACHE_L1I ? CODE_SETS_MAX : kind == CACHE_L1D ? DATA_SETS_MAX : L2_SETS_MAX;
    return cache_geometry_parse(text, is_tlb ? 1 : 1u << LINE_SHIFT, sets_max, out);
}

bool cache_init(struct cache_model *m, struct cache_geometry geometry)
{
    m->geometry = geometry;
    m->entries = calloc((size_t)geometry.sets * geometry.ways, sizeof *m->entries);
    return m->entries != NULL;
}

void cache_free(struct cache_model *m)
{
    free(m->entries);
    m->entries = NULL;
}

static struct cache_entry *cache_set(struct cache_model *m, uint64_t key)
{
    return m->entries + (key & (m->geometry.sets - 1)) * m->geometry.ways;
}

bool cache_access(struct cache_model *m, uint64_t key, bool global)
{
    struct cache_entry *set = cache_set(m, key);
    unsigned last = m->geometry.ways - 1, i = 0;
    while (i < last && set[i].valid && set[i].key != key)
        i++;
    bool miss = !set[i].valid || set[i].key != key;
    memmove(set + 1, set, i * sizeof *set);
    set[0] = (struct cache_entry){ key, true, global };
    return miss;
}

void cache_flush(struct cache_model *m)
{
    memset(m->entries, 0, (size_t)m->geometry.sets * m->geometry.ways * sizeof *m->entries);
}

static void set_remove(struct cache_entry *set, unsigned ways, unsigned at)
{
    memmove(set + at, set + at + 1, (ways - 1 - at) * sizeof *set);
    set[ways - 1].valid = false;
}

void cache_flush_local(struct cache_model *m)
{
    for (unsigned s = 0; s < m->geometry.sets; s++) {
        struct cache_entry *set = m->entries + (size_t)s * m->geometry.ways;
        for (unsigned i = m->geometry.ways; i-- > 0;)
            if (set[i].valid && !set[i].global)
                set_remove(set, m->geometry.ways, i);
    }
}

void cache_drop(struct cache_model *m, uint64_t key)
{
    struct cache_entry *set = cache_set(m, key);
    for (unsigned i = 0; i < m->geometry.ways; i++)
        if (set[i].valid && set[i].key == key) {
            set_remove(set, m->geometry.ways, i);
            return;
        }
}
