/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot archive: every entry's name and data are read to their ends; looking a file up agrees with walking.
 */
#include "harness/fuzz/fuzz.h"

#include <string.h>

#include "kernel/boot/archive.h"

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct archive a;
    struct archive_entry entry, found;
    enum archive_result result;
    volatile uint8_t sum = 0;
    size_t entries = 0;
    archive_open(&a, bytes, size);
    while ((result = archive_next(&a, &entry)) == ARCHIVE_ENTRY) {
        for (size_t i = 0; i < entry.bytes; i++)
            sum = (uint8_t)(sum + entry.data[i]);
        if (strlen(entry.name) > size || ++entries > size)
            fuzz_fail("more than there is");
        if ((entry.mode & ARCHIVE_MODE_TYPE) == ARCHIVE_MODE_FILE && entries < 16 &&
            archive_find(bytes, size, entry.name, &found, NULL) != ARCHIVE_ENTRY)
            fuzz_fail("a file is walked over, yet not found");
    }
    if (archive_next(&a, &entry) != result)
        fuzz_fail("another answer at the end");
    if ((archive_check(bytes, size) == NULL) != (result == ARCHIVE_END))
        fuzz_fail("check and walk disagree");
    return result == ARCHIVE_END;
}
