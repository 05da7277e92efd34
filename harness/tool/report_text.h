/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers and foreign strings as text of a terminal, of HTML and of gnuplot. Every string of a result is hostile: what these
 * write can neither leave its place in the page or the script nor hold a control character.
 */
#ifndef HARNESS_TOOL_REPORT_TEXT_H
#define HARNESS_TOOL_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_NUMBER_BYTES 64

/* "12,793", "120.25": thousands grouped, at most two decimals, none that are 0. Returns `text`. */
const char *report_number(char text[REPORT_NUMBER_BYTES], double value);
/* The same with as many decimals as it takes, at most six. */
const char *report_number_exact(char text[REPORT_NUMBER_BYTES], double value);
/* "0.93", "84.1", "107": about three digits. */
const char *report_ratio_number(char text[REPORT_NUMBER_BYTES], double ratio);

/* Control characters become blanks, what is longer than `limit` characters ends in "...". Free it. */
char *report_plain(const char *text, size_t limit);
void report_html(FILE *out, const char *text);
/* As gnuplot's single-quoted string, quotes included. */
void report_gnuplot_string(FILE *out, const char *text);
/* As a field of a tab-separated data file. */
void report_data_field(FILE *out, const char *text);
/* Breaks `text` into lines of at most `width` characters at blanks. Free it. */
char *report_wrap(const char *text, size_t width);

#endif
