/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log as QR codes on the screen, for machines from which nothing else gets it off (kernel option qr=): kept while the session runs, compressed at
 * its end, page after page (harness/measure/qr_page.h).
 */
#ifndef WORKLOADS_SERVERS_ROOT_PAGES_H
#define WORKLOADS_SERVERS_ROOT_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Keeps a copy of the log from now on. */
void pages_start(void);
void pages_log(const char *bytes, size_t n);
/* Shows them: all once, or again and again until somebody presses q (blank: the next one at once). */
void pages_show(bool once);

#endif
