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

/* programs: how many will run. False: there is nothing to draw on. */
bool screen_start(uint64_t programs);
/* The next program runs. */
void screen_program(const char *name);
/* A record that was written. */
void screen_record(const char *body, size_t body_bytes);
/* All is done. */
void screen_end(bool ok);
/* One line in the last row but one, until the next drawing. */
void screen_note(const char *text);

#endif
