/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pictures of QR codes back into the log that they hold (harness/measure/qr_page.h). Codes are read by zbarimg, which takes what cameras make.
 */
#ifndef HARNESS_TOOL_PICTURES_H
#define HARNESS_TOOL_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

/* Any order, pages several times, several codes on one picture. The caller frees *text. What is missing or damaged is named. */
bool pictures_read(char *const *paths, size_t count, char **text, size_t *bytes, struct error *e);
/* What the codes of one picture hold, one after the other, when they are all. */
bool pictures_decode(const char *codes, size_t n, char **text, size_t *bytes, struct error *e);

#endif
