/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes that grow, and the joined log that is made of them (results/FORMAT.md, section 9).
 */
#ifndef HANDOVER_INIT_BYTES_H
#define HANDOVER_INIT_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes { char *at; size_t used, room; };

/* False: out of memory; the bytes are as before. */
bool bytes_add(struct bytes *b, const void *from, size_t n);
__attribute__((format(printf, 2, 3))) bool bytes_print(struct bytes *b, const char *format, ...);
/* One part of the joined log; `facts`: "key=value ..." or "". A part ends in a newline: it gets one where it does not. */
bool joined_part(struct bytes *joined, const char *name, const char *facts, struct bytes *part);
bool joined_begin(struct bytes *joined, unsigned parts);
bool joined_end(struct bytes *joined);

#endif
