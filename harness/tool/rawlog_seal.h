/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seal of a raw log, its last line: "@tgsum bytes=<n> crc32=<8 hex digits>" over the n bytes before it. The records protect
 * themselves; the seal protects the console text between them and the end of the file.
 */
#ifndef HARNESS_TOOL_RAWLOG_SEAL_H
#define HARNESS_TOOL_RAWLOG_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

#define RAWLOG_SEAL_PREFIX "@tgsum "

bool rawlog_is_seal(const char *line, size_t line_bytes);
/* Demands that the last line is the seal of all before it; *covered becomes the number of bytes before it. */
bool rawlog_seal_check(const char *bytes, size_t size, size_t *covered, struct error *e);
/* Appends the seal to a completed capture (a line end first, when the last line has none). Refuses a sealed file. */
bool rawlog_seal(const char *path, struct error *e);

#endif
