/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Strict readings of short texts: one spelling per value, nothing skipped, nothing guessed.
 */
#ifndef HARNESS_TOOL_TEXT_H
#define HARNESS_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, no leading zero, at most 2^63 - 1 (what JSON readers hold exactly). */
bool text_to_count(const char *text, size_t length, uint64_t *value);
/* Digits, or digits "." digits. */
bool text_to_decimal(const char *text, double *value);
/* Whether `text` is one of the words of a list separated by blanks. */
bool text_is_word_of(const char *text, const char *words);
/* [a-z0-9_]+ with at least one "." between parts. */
bool text_is_workload_id(const char *text);
/* [a-z0-9_]+ */
bool text_is_key(const char *text, size_t length);

#endif
