/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seal of a raw log; see rawlog_seal.h. There is exactly one valid spelling of the seal for given bytes, so checking it is comparing.
 */
#include "harness/tool/rawlog_seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/tool/file.h"
#include "harness/tool/rawlog.h"

#define SEAL_BYTES_MAX 80

static size_t seal_format(char seal[SEAL_BYTES_MAX], const char *bytes, size_t size)
{
    unsigned long crc = crc32_z(0, (const Bytef *)bytes, size);
    return (size_t)snprintf(seal, SEAL_BYTES_MAX, RAWLOG_SEAL_PREFIX "bytes=%zu crc32=%08lx\n", size, crc);
}

bool rawlog_is_seal(const char *line, size_t line_bytes)
{
    size_t prefix = strlen(RAWLOG_SEAL_PREFIX);
    return line_bytes >= prefix && memcmp(line, RAWLOG_SEAL_PREFIX, prefix) == 0;
}

/* Start of the last line, whether or not it has a line end. */
static size_t last_line(const char *bytes, size_t size)
{
    const char *lf = size < 2 ? NULL : memrchr(bytes, '\n', size - 1);
    return lf ? (size_t)(lf - bytes) + 1 : 0;
}

bool rawlog_seal_check(const char *bytes, size_t size, size_t *covered, struct error *e)
{
    char seal[SEAL_BYTES_MAX];
    size_t start = last_line(bytes, size);
    if (!rawlog_is_seal(bytes + start, size - start))
        return error_set(e, "no seal (@tgsum) in the last line: the log is cut, or was captured by other means (decode --unsealed)");
    size_t seal_bytes = seal_format(seal, bytes, start);
    if (seal_bytes != size - start || memcmp(seal, bytes + start, seal_bytes) != 0)
        return error_set(e, "the seal in the last line does not hold: the log was changed or cut after it was captured");
    *covered = start;
    return true;
}

bool rawlog_seal(const char *path, struct error *e)
{
    char *bytes, seal[SEAL_BYTES_MAX];
    size_t size;
    if (!file_read(path, RAWLOG_BYTES_MAX, &bytes, &size, e))
        return false;
    size_t start = last_line(bytes, size);
    if (rawlog_is_seal(bytes + start, size - start)) {
        free(bytes);
        return error_set(e, "%s: is sealed already", path);
    }
    bool complete_line = size > 0 && bytes[size - 1] == '\n';
    if (!complete_line)
        bytes[size++] = '\n'; /* file_read leaves room for a terminator */
    size_t seal_bytes = seal_format(seal, bytes, size);
    free(bytes);
    FILE *out = fopen(path, "ab");
    if (!out)
        return error_set(e, "%s: %s", path, strerror(errno));
    bool ok = complete_line || fputc('\n', out) == '\n';
    ok = fwrite(seal, 1, seal_bytes, out) == seal_bytes && ok;
    ok = fclose(out) == 0 && ok;
    return ok ? true : error_set(e, "%s: %s", path, strerror(errno));
}
