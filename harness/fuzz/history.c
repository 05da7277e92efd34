/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A series over commits: every row that is accepted has its four figures.
 */
#include "harness/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/history.h"

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct history h;
    struct error e;
    const char *name;
    json_t *entry, *value;
    size_t i;
    char *text = malloc(size + 1);
    if (!text)
        fuzz_fail("no memory");
    memcpy(text, bytes, size);
    text[size] = '\0';
    bool ok = history_decode(text, &h, &e);
    free(text);
    if (!ok)
        return false;
    json_array_foreach(h.entries, i, entry)
        json_object_foreach(json_object_get(entry, "rows"), name, value)
            if (json_array_size(value) != 4)
                fuzz_fail("a row without its figures");
    history_free(&h);
    return true;
}
