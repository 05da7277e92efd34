/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Accepted footprints (results/FORMAT.md, "Footprint"): results/reference/footprint.json, compared exactly. */
#ifndef HARNESS_TOOL_FOOTPRINT_GATE_H
#define HARNESS_TOOL_FOOTPRINT_GATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/error.h"

#define FOOTPRINT_REFERENCE_SCHEMA "tollgate-footprint-reference/1"

/* Prints a line for each row that differs, is new or missing; *differ is how many. `rows`: name -> figures. False: the file is no
 * reference. */
bool footprint_gate(const char *path, json_t *rows, FILE *out, size_t *differ, struct error *e);
/* The workloads that the reference holds, separated by commas, to be freed. NULL: the file is no reference. */
char *footprint_gate_selection(const char *path, struct error *e);
/* `caches`: geometry of the models, where their misses are what is accepted; or NULL. */
bool footprint_accept(const char *path, json_t *rows, const json_t *context, const char *caches, const char *reason, struct error *e);

#endif
