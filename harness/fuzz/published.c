/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Published numbers: the bytes are numbers.csv, beside small sources.csv and measured_peers.csv.
 */
#include "harness/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#include "harness/tool/published.h"

static const char sources[] = "id,authors,title,venue,year,kind,where\na1993,A. Author,\"Title, quoted\",SOSP,1993,primary,here\n";
static const char peers[] = "system,variant,operation,direction,unit,value,note\nx,len=0,ipc_inter,round_trip,instructions,1,n\n";

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct csv files[3];
    struct published published;
    struct error e;
    if (!csv_decode((const char *)bytes, size, &files[0], &e))
        return false;
    if (!csv_decode(sources, strlen(sources), &files[1], &e) || !csv_decode(peers, strlen(peers), &files[2], &e))
        fuzz_fail("the fixed files are not read");
    if (!published_make(files, &published, &e))
        return false;
    for (size_t i = 0; i < published.count; i++)
        if (!isfinite(published.numbers[i].value) || !published.numbers[i].system[0])
            fuzz_fail("a number that is none");
    published_free(&published);
    return true;
}
