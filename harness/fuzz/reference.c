/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Accepted counts. What is accepted equals itself, and differs from nothing by all that it holds.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>

#include "harness/tool/reference.h"

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct reference reference;
    struct error e;
    if (!reference_decode((const char *)bytes, size, &reference, &e))
        return false;
    FILE *sink = fopen("/dev/null", "w");
    struct reference nothing = { json_pack("{s:{}}", "rows") };
    if (!sink || !nothing.root)
        fuzz_fail("no /dev/null, or no memory");
    struct reference_difference same = reference_compare(&reference, &reference, sink), all = reference_compare(&reference, &nothing, sink);
    if (same.changed + same.added + same.missing != 0 || all.missing != same.same || all.changed + all.added != 0)
        fuzz_fail("it is not what it is");
    fclose(sink);
    reference_free(&nothing);
    reference_free(&reference);
    return true;
}
