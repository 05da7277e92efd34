/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The screen for people: what runs, how far it is, the latest results; in the end the table of main rows, and what to do next. Nothing is
 * drawn while a program measures, and nothing at all where there is no screen or the option screen=log leaves it to the log.
 */
#ifndef WORKLOADS_SERVERS_ROOT_SCREEN_H
#define WORKLOADS_SERVERS_ROOT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/lib/text.h"

/* programs: how many will run. False: there is nothing to draw on. */
bool screen_start(uint64_t programs);
/* The next program runs. */
void screen_program(const char *name);
/* A record that was written. */
void screen_record(const char *body, size_t body_bytes);
/* All is done. */
void screen_end(bool ok);
/* What was seen in records: how many workloads have a result, each as a line of text (false: there are not as many), and the CPU. */
size_t screen_results(void);
bool screen_result(size_t index, struct text *t);
const char *screen_cpu(void);

#endif
