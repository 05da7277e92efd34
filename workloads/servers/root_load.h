/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Puts the image of a program into its task. Context: after the task was created, before anything else was mapped into it.
 */
#ifndef WORKLOADS_SERVERS_ROOT_LOAD_H
#define WORKLOADS_SERVERS_ROOT_LOAD_H

#include <stdint.h>

/* Checks the ELF file, copies its segments to fresh pages and maps them into ROOT_SELECTOR_TASK. NULL, or why it was refused. */
const char *image_load(const void *elf, uint64_t elf_bytes, uint64_t *entry);

#endif
