/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One record line taken apart: frame (sequence number, CRC), kind, and its key=value fields. Private to the raw-log decoder.
 */
#ifndef HARNESS_TOOL_RAWLOG_RECORD_H
#define HARNESS_TOOL_RAWLOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/record.h"
#include "harness/tool/error.h"

#define RECORD_FIELDS_MAX 64

struct record {
    uint64_t seq;
    char kind[16];
    const char *body; /* fields as they stand in the line, without kind; NOT terminated */
    size_t body_bytes;
    size_t field_count;
    const char *keys[RECORD_FIELDS_MAX];
    const char *values[RECORD_FIELDS_MAX]; /* unescaped */
    bool taken[RECORD_FIELDS_MAX];
    char text[RECORD_LINE_BYTES_MAX + 1]; /* what keys and values point into */
};

/* Takes the frame off a line that starts with "@tg " (no line end) and checks length, CRC and sequence number. */
bool record_open(struct record *r, const char *line, size_t line_bytes, uint64_t seq_expected, struct error *e);
/* Splits the body into key=value fields. A key given twice is an error. */
bool record_split(struct record *r, struct error *e);
/* Value of a key, NULL when it is not there. */
const char *record_find(struct record *r, const char *key);
/* Value of a key that must be there. */
const char *record_take(struct record *r, const char *key, struct error *e);
/* Fails on a field that nobody took. */
bool record_all_taken(const struct record *r, struct error *e);

#endif
