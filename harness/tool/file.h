/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole files: read under a size limit, written atomically (temporary file in the same folder, then rename), so that nobody
 * ever sees half a file.
 */
#ifndef HARNESS_TOOL_FILE_H
#define HARNESS_TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/tool/error.h"

/* Reads all of `path`. *bytes is malloc'ed, with a NUL behind its *size bytes. Larger than `limit`, a folder, unreadable: false. */
bool file_read(const char *path, size_t limit_bytes, char **bytes, size_t *size, struct error *e);

/* CRC-32 and size of a file, "0a1b2c3d:4096". False: it cannot be read. */
#define FILE_DIGEST_BYTES 32
bool file_digest(const char *path, char text[FILE_DIGEST_BYTES]);

struct file_output {
    FILE *stream;
    char *path;
    char *temporary;
    bool straight;
};

/* Nobody can write any more where `path` lies: other programs, emulators for example, lose output there without a word. */
bool file_system_is_full(const char *path);

/* Opens a temporary file beside `path`, or beside the file that it links to; file_commit syncs and renames it, file_abandon removes it. Both free the
 * rest. What is no regular file (/dev/null, a pipe, a link to nothing) is never replaced, but written straight. */
bool file_create(struct file_output *f, const char *path, struct error *e);
bool file_commit(struct file_output *f, struct error *e);
void file_abandon(struct file_output *f);

#endif
