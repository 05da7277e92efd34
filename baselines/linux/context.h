/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of the machine and the run, as context records; and the conditions that are set where permitted.
 */
#ifndef BASELINES_LINUX_CONTEXT_H
#define BASELINES_LINUX_CONTEXT_H

#include "baselines/linux/clock.h"
#include "harness/measure/record.h"

struct conditions {
    char scheduling[64]; /* "fifo", "other", or "other (why not fifo)" */
    char memory[64];     /* "locked", or "not locked (why)" */
};

/* Locked memory and, unless `fifo` is false, real-time priority, where this user may have them. */
void conditions_set(struct conditions *c, bool fifo);
void context_write(struct record_writer *w, const struct fidelity_probe *probe, enum fidelity fidelity,
                   const struct clock *clock, const struct conditions *conditions);

#endif
