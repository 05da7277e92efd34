/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs files through one fuzz target, as TAP: good-* must be accepted, bad-* refused, and others only be survived. Each file's bytes lie in
 * memory of exactly their size, so that the sanitizer sees one byte too many.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"

static bool file_runs(const char *path, const char *name)
{
    char *text;
    size_t size;
    struct error e;
    if (!file_read(path, 1 << 24, &text, &size, &e)) {
        printf("# %s\n", e.text);
        return false;
    }
    uint8_t *bytes = malloc(size ? size : 1);
    if (bytes && size)
        memcpy(bytes, text, size);
    free(text);
    bool accepted = bytes && fuzz_accepts(bytes, size);
    free(bytes);
    return strncmp(name, "good-", 5) == 0 ? accepted : strncmp(name, "bad-", 4) == 0 ? !accepted : true;
}

int main(int argc, char **argv)
{
    int failed = 0;
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/'), *name = slash ? slash + 1 : argv[i];
        bool ok = file_runs(argv[i], name);
        failed += !ok;
        printf("%sok %d - %s\n", ok ? "" : "not ", i, argv[i]);
    }
    return argc > 1 && failed == 0 ? 0 : 1;
}
