/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Record decoder. Without a seal, and with CRCs put right first, so that the fuzzer gets past them: the sum of each line is computed anew.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/record.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/result.h"

/* Lines that look like a record and end in " *" and eight characters get the sum that they should have. */
static void sums_correct(char *bytes, size_t size)
{
    for (char *line = bytes, *end = bytes + size; line < end;) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((lf ? lf : end) - line);
        if (length > 14 && memcmp(line, "@tg ", 4) == 0 && line[length - 10] == ' ' && line[length - 9] == '*') {
            char sum[9];
            snprintf(sum, sizeof sum, "%08x", (unsigned)record_crc32(line, length - 10));
            memcpy(line + length - 8, sum, 8);
        }
        line += length + 1;
    }
}

/* What decodes must also make a result, or be refused as one: the rest of the chain sees the log as it is. */
static void result_make(struct rawlog *log)
{
    struct result result;
    struct error e;
    json_t *host = json_pack("{s:s, s:s, s:b, s:s}", "target", "import", "commit", "x", "dirty", 0, "date", "x");
    if (result_from_log(log, host, &result, &e)) {
        for (size_t i = 0; i < result.row_count; i++)
            if (result.rows[i].n == 0 || result.rows[i].summary.min > result.rows[i].summary.max)
                fuzz_fail("a row without samples, or with its smallest above its largest");
        result_free(&result);
    }
    json_decref(host);
}

static bool decode(const char *bytes, size_t size, bool sealed)
{
    struct rawlog log;
    struct error e;
    if (!rawlog_decode(bytes, size, sealed, &log, &e))
        return false;
    result_make(&log);
    rawlog_free(&log);
    return true;
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    bool accepted = decode((const char *)bytes, size, true) || decode((const char *)bytes, size, false);
    char *copy = malloc(size + 1);
    if (!copy)
        return accepted;
    memcpy(copy, bytes, size);
    sums_correct(copy, size);
    decode(copy, size, false);
    free(copy);
    return accepted;
}
