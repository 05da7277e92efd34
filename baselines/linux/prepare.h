/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Conditions of the machine that --prepare sets for the time of a run: governor, turbo, SMT, NUMA balancing, NMI watchdog, wake-up
 * latency. All are recorded, prepared or not.
 */
#ifndef BASELINES_LINUX_PREPARE_H
#define BASELINES_LINUX_PREPARE_H

#include <stdbool.h>

#include "harness/measure/record.h"

/* Sets what can be set. `root` is the prefix of /sys, /proc and /dev: "" but in tests. */
void prepare_set(const char *root);
/* Puts back what prepare_set changed, the last change first. False, with a message each, when something could not be put back. */
bool prepare_restore(void);
/* One context record for each condition: its value, and when prepared what it was before or why it stayed. */
void prepare_context(struct record_writer *w, const char *root);

#endif
