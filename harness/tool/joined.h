/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The joined log that a boot of the image leaves on its stick, and on serial lines: results/FORMAT.md section 9. Strict, as the decoder of raw
 * logs is: a byte that is changed, missing or too many is an error that names the part.
 */
#ifndef HARNESS_TOOL_JOINED_H
#define HARNESS_TOOL_JOINED_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

#define JOINED_PARTS_MAX 3
#define JOINED_NAME_BYTES 16
#define JOINED_FACTS_BYTES 128

struct joined_part {
    char name[JOINED_NAME_BYTES];   /* identity, tollgate, linux */
    char facts[JOINED_FACTS_BYTES]; /* "key=value ...", or "" */
    const char *bytes;
    size_t size;
};

struct joined {
    struct joined_part part[JOINED_PARTS_MAX];
    size_t count;
};

/* Whether a joined log begins anywhere at or behind *at, which becomes its first byte. */
bool joined_find(const char *bytes, size_t size, size_t *at);
/* Takes the one that begins at *at apart; *at becomes the first byte behind it. Parts point into `bytes`. */
bool joined_read(const char *bytes, size_t size, size_t *at, struct joined *joined, struct error *e);
/* NULL when there is none. */
const struct joined_part *joined_part_find(const struct joined *joined, const char *name);

#endif
