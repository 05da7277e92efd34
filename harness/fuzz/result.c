/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Result reader. What it accepts must survive being written and read again, and being exported.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/tool/export.h"
#include "harness/tool/result.h"

static void exports_run(const struct result *result)
{
    char *text = NULL;
    size_t size;
    struct error e;
    struct export_job job = { .result = result };
    for (const struct export_format *f = export_formats; f->name; f++) {
        if (f->source == EXPORT_TRACE)
            continue;
        FILE *out = open_memstream(&text, &size);
        if (!out)
            return;
        f->write(out, &job, &e);
        fclose(out);
        free(text);
    }
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct result result;
    struct error e;
    if (!result_decode((const char *)bytes, size, &result, &e))
        return false;
    uint64_t samples = 0;
    for (size_t i = 0; i < result.row_count; i++)
        samples += result.rows[i].n < 1000 ? result.rows[i].n : 1000000;
    if (samples < 10000)
        exports_run(&result);
    result_free(&result);
    return true;
}
