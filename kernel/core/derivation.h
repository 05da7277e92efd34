/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who was derived from whom: capabilities and mappings of memory. A tree is a list in pre-order: what was derived from d, directly
 * or not, are the entries that follow it up to the first whose depth is not greater than d's. So nothing that is done to a tree
 * needs recursion, and each derived entry is found in one step, however deep or wide the tree is. Removing an entry from the middle
 * leaves those below it to the one above: its descendants are never out of reach of its ancestors.
 */
#ifndef KERNEL_CORE_DERIVATION_H
#define KERNEL_CORE_DERIVATION_H

#include <stddef.h>
#include <stdint.h>

struct derivation {
    struct derivation *next, *prev; /* NULL at the ends */
    uint32_t depth;
};

/* Links d behind `at`, in whose tree it is from now on. */
static inline void derivation_link(struct derivation *at, struct derivation *d)
{
    d->prev = at;
    d->next = at->next;
    at->next = d;
    if (d->next)
        d->next->prev = d;
}

/* d is derived from `parent`; without one it is the first of a tree. */
static inline void derivation_add(struct derivation *parent, struct derivation *d)
{
    if (!parent) {
        *d = (struct derivation){0};
        return;
    }
    d->depth = parent->depth + 1;
    derivation_link(parent, d);
}

static inline void derivation_remove(struct derivation *d)
{
    if (d->next)
        d->next->prev = d->prev;
    if (d->prev)
        d->prev->next = d->next;
}

/* d, which was derived from `old`, takes its place, and what was derived from it. */
static inline void derivation_replace(struct derivation *old, struct derivation *d)
{
    derivation_remove(d);
    *d = *old;
    if (d->next)
        d->next->prev = d;
    if (d->prev)
        d->prev->next = d;
}

/* The next entry that was derived from d, directly or not; NULL when there is none. */
static inline struct derivation *derivation_below(const struct derivation *d)
{
    return d->next && d->next->depth > d->depth ? d->next : NULL;
}

#endif
