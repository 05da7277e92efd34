/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Distances to the floor; see floor.h. Rows of the floor are batched: a single primitive drowns in the clock reads.
 */
#include "harness/tool/floor.h"

#include <math.h>
#include <string.h>

#include "harness/tool/ladder.h"
#include "harness/tool/text.h"

#define FLOOR_VARIANT "operations=100,method=batched"
#define TOLERANCE 1e-9

struct floor floor_find(const struct result *result, const char *variant)
{
    const char *features = result_context(result, "cpu_features");
    bool pcid = features && strstr(features, "pcid");
    const char *wanted = ladder_prefix_bytes(variant) > 0 ? LADDER_MARK "off," FLOOR_VARIANT : FLOOR_VARIANT;
    return (struct floor){ result_find(result, "hw.syscall_sysret", wanted),
                           result_find(result, pcid ? "hw.page_table_switch_pcid" : "hw.page_table_switch", wanted) };
}

/* Directions of an IPC that the floor is defined for; 0: none. Between CPUs it is an interrupt's, not a system call's. */
static double directions(const struct result_row *row)
{
    if (strncmp(row->workload, "ipc.", 4) != 0 || !text_is_word_of(row->relation, "intra inter"))
        return 0;
    return strcmp(row->direction, "round_trip") == 0 ? 2 : strcmp(row->direction, "one_way") == 0 ? 1 : 0;
}

static bool floor_distance(const struct result *result, const struct result_row *row, double *distance)
{
    bool inter = strcmp(row->relation, "inter") == 0;
    double n = directions(row);
    if (n == 0)
        return false;
    struct floor f = floor_find(result, row->variant);
    if (!f.system_call || (inter && !f.page_table) || strcmp(f.system_call->unit, row->unit) != 0)
        return false;
    double sum = n * (f.system_call->corrected + (inter ? f.page_table->corrected : 0));
    *distance = row->corrected / sum;
    return sum > 0 && isfinite(*distance);
}

void floors_derive(struct result *result)
{
    for (size_t i = 0; i < result->row_count; i++) {
        struct result_row *row = &result->rows[i];
        row->has_floor_distance = floor_distance(result, row, &row->floor_distance);
    }
}

bool floors_check(struct result *result, struct error *e)
{
    for (size_t i = 0; i < result->row_count; i++) {
        struct result_row *row = &result->rows[i];
        double distance, stated = row->floor_distance;
        bool has = floor_distance(result, row, &distance);
        if (row->has_floor_distance && (!has || fabs(stated - distance) > TOLERANCE * fabs(distance)))
            return error_set(e, "row %zu: \"floor_distance\" is %.17g, the rows give %.17g", i, stated, has ? distance : NAN);
        row->has_floor_distance = has;
        row->floor_distance = has ? distance : 0;
    }
    return true;
}
