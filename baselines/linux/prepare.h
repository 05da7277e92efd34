/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Conditions of the machine that --prepare sets for the time of a run: governor, turbo, SMT, NUMA balancing, NMI watchdog, wake-up
 * latency. All are recorded, prepared or not.
 */
#ifndef BASELINES_LINUX_PREPARE_H
#define BASELINES_LINUX_PREPARE_H

#include <stdbool.h>

#include "harness/measure/record.h"

/* Makes the journal of changes, which all processes forked from here on share. False with errno. */
bool prepare_init(void);
/* Sets what can be set. `root` is the prefix of /sys, /proc and /dev: "" but in tests. After prepare_init. */
void prepare_set(const char *root);
/* Puts back what any process that shares the journal has changed, the last change first; without a journal, nothing. False, with a message each,
 * when something could not be put back. */
bool prepare_restore(void);
/* One context record for each condition: its value, and when prepared what it was before or why it stayed. */
void prepare_context(struct record_writer *w, const char *root);

#endif
