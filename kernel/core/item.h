/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed items of a message: memory and capabilities that go along, all of them or none.
 */
#ifndef KERNEL_CORE_ITEM_H
#define KERNEL_CORE_ITEM_H

#include "kernel/core/object.h"

/* A flexpage word, taken apart. */
struct flexpage {
    unsigned type, size, rights;
    bool grant;
    uint64_t base;             /* address, selector or port */
};
struct flexpage flexpage_of(uint64_t word);
/* Of memory: whether size and base are those of pages; then `bytes` is right. */
bool flexpage_is_memory(const struct flexpage *f);
static inline uint64_t flexpage_bytes(const struct flexpage *f) { return 1ull << f->size; }
/* Of ports: whether there is such a range. */
bool flexpage_is_ports(const struct flexpage *f);

/* Transfers the `n` items in the sender's UTCB. to_fault: to a thread that waits for the reply to its fault. Returns 0, or what went wrong
 * (abi.h section 6); then nothing has changed. */
unsigned items_transfer(struct thread *sender, struct thread *receiver, unsigned n, bool to_fault);

#endif
