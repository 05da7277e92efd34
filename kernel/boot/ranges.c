/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sets of physical memory. Firmware tells overlapping, unsorted and empty ranges; here they become a proper set.
 */
#include "kernel/boot/ranges.h"

static void range_delete(struct ranges *set, unsigned i)
{
    set->n--;
    for (; i < set->n; i++)
        set->range[i] = set->range[i + 1];
}

static void range_insert(struct ranges *set, unsigned i, uint64_t start, uint64_t end)
{
    for (unsigned k = set->n; k > i; k--)
        set->range[k] = set->range[k - 1];
    set->range[i] = (struct range){ start, end };
    set->n++;
}

bool ranges_add(struct ranges *set, uint64_t start, uint64_t end)
{
    unsigned i = 0;
    if (start >= end)
        return true;
    while (i < set->n && set->range[i].end < start)
        i++;
    if (set->n == RANGES_MAX && (i == set->n || set->range[i].start > end))
        return false;
    while (i < set->n && set->range[i].start <= end) { /* touching or overlapping: swallow */
        start = set->range[i].start < start ? set->range[i].start : start;
        end = set->range[i].end > end ? set->range[i].end : end;
        range_delete(set, i);
    }
    range_insert(set, i, start, end);
    return true;
}

bool ranges_remove(struct ranges *set, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; start < end && i < set->n;) {
        struct range r = set->range[i];
        if (r.end <= start || r.start >= end) {
            i++;
            continue;
        }
        if (r.start < start && r.end > end && set->n == RANGES_MAX) /* a hole in the middle: the only way to grow, and all that is to do */
            return false;
        range_delete(set, i);
        if (r.start < start)
            range_insert(set, i++, r.start, start);
        if (r.end > end)
            range_insert(set, i++, end, r.end);
    }
    return true;
}

bool ranges_add_pages(struct ranges *set, uint64_t start, uint64_t end, uint64_t page_bytes)
{
    return ranges_add(set, start & ~(page_bytes - 1), (end + page_bytes - 1) & ~(page_bytes - 1));
}

void ranges_align(struct ranges *set, uint64_t page_bytes)
{
    unsigned i = 0;
    while (i < set->n) {
        struct range *r = &set->range[i];
        uint64_t up = (r->start + page_bytes - 1) & ~(page_bytes - 1);
        uint64_t down = r->end & ~(page_bytes - 1);
        if (up < r->start || up >= down) {
            range_delete(set, i);
            continue;
        }
        *r = (struct range){ up, down };
        i++;
    }
}

uint64_t ranges_bytes(const struct ranges *set)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < set->n; i++)
        sum += set->range[i].end - set->range[i].start;
    return sum;
}
