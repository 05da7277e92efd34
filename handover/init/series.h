/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GRUB's block of variables on TOLLGATE, tollgate.env, where the menu notes which boot runs and which did not end (ci/image/grub.cfg): lines
 * "name=value", a backslash before each character that is one of the block's own, filled up with '#'.
 */
#ifndef HANDOVER_INIT_SERIES_H
#define HANDOVER_INIT_SERIES_H

#include "handover/init/bytes.h"

/* Adds the options of each boot that did not end, a line for each, to *out. False: out of memory, or the block is none of GRUB's. */
bool series_failed(const char *block, size_t n, struct bytes *out);
/* Takes out what was noted of boots: all are told, the running one has ended. Leaves all else, and the size. */
void series_forget(char *block, size_t n);
/* A joined log that says no more than that the boot with those options did not end. */
bool series_report(struct bytes *joined, struct bytes *identity, const char *options, size_t n);

#endif
