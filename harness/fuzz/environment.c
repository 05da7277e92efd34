/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GRUB's block of variables on a stick, tollgate.env: what is told of boots that did not end, and that nothing of it is left when it is taken out.
 */
#include "harness/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "handover/init/series.h"

/* The report of such a boot is a joined log, whatever its options hold. */
static void report_make(const struct bytes *failed)
{
    struct bytes joined = { 0 }, identity = { 0 };
    if (!bytes_print(&identity, "commit: x\n") || !series_report(&joined, &identity, failed->at, failed->used) || joined.used <= failed->used)
        fuzz_fail("no report");
    free(joined.at);
    free(identity.at);
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct bytes failed = { 0 }, after = { 0 };
    char *block = malloc(size ? size : 1);
    if (!block)
        fuzz_fail("no memory");
    memcpy(block, bytes, size);
    bool accepted = series_failed(block, size, &failed);
    if (failed.used > size)
        fuzz_fail("more than there was");
    if (accepted) {
        report_make(&failed);
        series_forget(block, size);
        if (!series_failed(block, size, &after) || after.used > 0)
            fuzz_fail("a boot is told twice");
    }
    free(failed.at);
    free(after.at);
    free(block);
    return accepted;
}
