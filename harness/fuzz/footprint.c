/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the footprint plugin of QEMU wrote: what is accepted is told in every form, with no symbols.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>

#include "harness/tool/footprint_report.h"

static void row_tell(FILE *sink, const struct footprint *f, struct footprint_row *row)
{
    static struct result_row of = { .workload = "w", .variant = "v", .direction = "op", .path = "fast", .batch = 1 };
    const struct footprint_names names = { { NULL, NULL } };
    const struct footprint_profile *p = footprint_typical(row);
    uint64_t windows = 0;
    for (size_t i = 0; i < row->profile_count; i++)
        windows += row->profiles[i].windows;
    if (p && (p->windows > row->windows || windows > row->windows))
        fuzz_fail("profiles of more windows than there were");
    footprint_row_print(sink, f, row, &of, &names, true);
    json_decref(footprint_row_json(row, &of, &names));
    json_decref(footprint_misses_figures(row));
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct footprint f;
    struct error e;
    if (!footprint_decode((const char *)bytes, size, &f, &e))
        return false;
    FILE *sink = fopen("/dev/null", "w");
    if (!sink)
        fuzz_fail("no /dev/null");
    for (size_t i = 0; i < f.row_count; i++)
        row_tell(sink, &f, &f.rows[i]);
    json_decref(footprint_geometry_json(&f));
    fclose(sink);
    footprint_free(&f);
    return true;
}
