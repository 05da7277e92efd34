/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Capabilities: tables, lookup, mapping with diminished rights, recursive removal; and what all objects have in common.
 */
#ifndef KERNEL_CORE_CAP_H
#define KERNEL_CORE_CAP_H

#include "kernel/core/object.h"

/* Word of a capability in the thread's task; CAP_EMPTY when the selector names none. */
static inline cap_word cap_word_find(const struct thread *t, uint64_t selector)
{
    return selector < t->cap_limit ? t->cap_words[selector] : CAP_EMPTY;
}
/* What a gate's word leads to (object.h). */
static inline struct thread *cap_word_thread(cap_word word) { return *(struct thread *const *)(word + offsetof(struct gate, threads)); }
static inline uint64_t cap_word_label(cap_word word) { return *(const uint64_t *)(word + offsetof(struct gate, labels)); }

/* Slot of a capability; NULL when the selector names none. */
struct cap_slot *cap_find(const struct task *t, uint64_t selector);
/* Object of that kind behind a selector. Returns ERR_NO_CAPABILITY, ERR_BAD_ARGUMENT (another kind), ERR_NO_RIGHT (a right of
 * `rights` is missing), or 0. */
unsigned cap_lookup(const struct task *t, uint64_t selector, uint8_t kind, unsigned rights, struct object **object);
/* Makes room for a capability at a free selector, growing the table at the expense of the task's factory. Returns
 * ERR_BAD_ARGUMENT (0 or above SELECTOR_MAX), ERR_OCCUPIED, ERR_NO_MEMORY, INVOKE_AGAIN when much is to grow (invoke.h) or 0. */
unsigned cap_reserve(struct task *t, uint64_t selector);
/* Puts a capability at a reserved selector. parent: the one it is derived from, NULL for an object's first. */
void cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent);
/* Removes all that were derived from a capability, and with `self` the capability, each for a unit of *budget; true when that is done.
 * Objects that lose their last one go to the reaper. */
bool cap_remove(struct cap_slot *slot, bool self, unsigned *budget);
/* Removes every capability of a task. */
bool cap_remove_all(struct task *t, unsigned *budget);
/* The capability at `selector`, derived from `slot`, takes its place. */
void cap_grant(struct cap_slot *slot, struct cap_slot *to);
/* Whether a grant to that task would leave a task in the hands of nobody but itself, or of tasks that it owns: nothing would destroy it. At
 * most as many steps as there are tasks. */
bool cap_grant_is_circular(const struct cap_slot *slot, const struct task *to);
/* Rewrites the word of a gate's capability: what the fast path sees. */
cap_word cap_word_of(const struct object *object, unsigned rights);

void object_init(struct object *o, uint8_t kind, struct factory *f);
/* A zeroed object, paid for by f, of a kind that begins with its head; NULL when the quota is out. */
struct object *object_make(struct factory *f, uint8_t kind);
/* Puts an object into the reaper's list. */
void object_reap_later(struct object *o);
/* Destroys objects whose last capability went, as far as *budget goes; true when there are none left. Called at the end of each
 * entry to the kernel, and by operations that are done only when it is (invoke.h). */
bool object_reap(unsigned *budget);
/* Whether some are left. */
bool object_reap_pending(void);

#endif
