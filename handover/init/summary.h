/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a raw log says, for the screen: medians of its main rows. The log itself is what counts; nothing is derived from this.
 */
#ifndef HANDOVER_INIT_SUMMARY_H
#define HANDOVER_INIT_SUMMARY_H

#include "handover/init/bytes.h"

/* Hands lines for people to `say`; returns how many rows the log holds. */
unsigned summary_make(const struct bytes *log, void (*say)(const char *line));

#endif
