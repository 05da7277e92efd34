/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Linux baselines, as a program of the initramfs.
 */
#ifndef HANDOVER_INIT_BASELINES_H
#define HANDOVER_INIT_BASELINES_H

#include <stdbool.h>

#include "handover/init/bytes.h"

/* Runs them with the options of the kernel's command line; all that they print goes into `records`, what they say into `messages`. False: they
 * failed, or could not be run (then `messages` says so). */
bool baselines_run(struct bytes *records, struct bytes *messages);

#endif
