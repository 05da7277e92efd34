/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I/O ports that a task may use: ranges, each derived from the range of the task that passed it on, and as their sum a bitmap of two
 * frames, made with the first range, paid for by the task's factory. A bit that is set denies. The threads of a task with a bitmap
 * have EXTRA_PORTS; a CPU knows whose bitmap it has taken over.
 * Invariant: a range is of 2^n ports, aligned; those of a task are disjoint, so that no task has two of one tree.
 */
#ifndef KERNEL_CORE_PORTS_H
#define KERNEL_CORE_PORTS_H

#include "kernel/core/item.h"
#include "kernel/core/object.h"

/* Passes the ports of a flexpage on. Returns ERR_BAD_ARGUMENT (no such range, or a grant of a part of one), ERR_NO_RIGHT, ERR_OCCUPIED,
 * ERR_NO_MEMORY or 0. A grant is not complete before ports_grant, which cannot fail. */
unsigned ports_map(struct task *from, struct task *to, const struct flexpage *f);
void ports_grant(struct task *from, struct task *to, const struct flexpage *f);
/* Takes ranges of which f names any port back from all that they were passed on to, and with `self` from that task. False when
 * *budget is used up: it is then called again. */
bool ports_unmap(struct task *t, const struct flexpage *f, bool self, unsigned *budget);
/* The task dies, its threads are gone; false as above. */
bool ports_release(struct task *t, unsigned *budget);

#endif
