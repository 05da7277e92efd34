/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The partition TOLLGATE: found by its GPT name or its FAT label, written, and read back.
 */
#ifndef HANDOVER_INIT_STICK_H
#define HANDOVER_INIT_STICK_H

#include <stdbool.h>
#include <stddef.h>

#include "handover/init/bytes.h"

struct stick {
    char device[64];           /* /dev/sda3 */
    char file[32];             /* RUN00001.LOG, when it was saved */
    char reason[200];          /* why not */
};

/* Looks for it until it is there or `seconds` are over. */
bool stick_find(struct stick *s, unsigned seconds);
/* Puts the bytes into a new file, which is complete or not there, and proves that the device has them. */
bool stick_save(struct stick *s, const char *bytes, size_t n);
/* Adds the options of the boots that did not end (series.h), a line for each; nothing where the partition tells of none. */
void stick_failed(struct stick *s, struct bytes *out);
/* They are reported, and this boot has ended. False: that could not be written. */
bool stick_forget(struct stick *s);

#endif
