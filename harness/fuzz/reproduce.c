/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Definitions of papers' tables: the bytes are one, over three published numbers. What is accepted is measured (by nothing) and printed in every form.
 */
#include "harness/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/tool/reproduce.h"

static const char numbers[] = "source,table,system,variant,machine,mhz,operation,direction,unit,value,stddev,note\n"
                              "a1993,T1,l4,len=0,i486,50,ipc_inter,one_way,cycles,250,,\n"
                              "a1993,T1,mach,len=0,i486,50,ipc_inter,one_way,cycles,5750,,\n"
                              "a1993,T2,l4,speed-up,i486,50,ipc_speedup,one_way,ratio,23,,\n";
static const char sources[] = "id,authors,title,venue,year,kind,where\na1993,A. Author,Title,SOSP,1993,primary,here\n";
static const char peers[] = "system,variant,operation,direction,unit,value,note\nx,len=0,ipc_inter,round_trip,instructions,1,n\n";

static void numbers_make(struct published *published)
{
    struct csv files[3];
    struct error e;
    const char *const texts[] = { numbers, sources, peers };
    for (size_t i = 0; i < 3; i++)
        if (!csv_decode(texts[i], strlen(texts[i]), &files[i], &e))
            fuzz_fail("the fixed files are not read");
    if (!published_make(files, published, &e))
        fuzz_fail("the fixed numbers are not read");
}

static void table_use(struct reproduce_table *table)
{
    struct error e;
    struct reproduce_style style = { .command = "x" };
    FILE *sink = fopen("/dev/null", "w");
    if (!sink || !reproduce_measure(table, NULL, 0, &e))
        fuzz_fail("no rows are refused");
    for (size_t i = 0; i < table->line_count; i++)
        if (table->lines[i].measured.there || !table->lines[i].measured.why[0])
            fuzz_fail("a figure without a row");
    for (size_t i = 0; i < table->claim_count; i++)
        if (table->claims[i].verdict != NOT_MEASURED || !(table->claims[i].published > 0) || !isfinite(table->claims[i].published))
            fuzz_fail("a verdict without figures");
    reproduce_print(sink, table, NULL, 0, &style);
    style.markdown = true;
    reproduce_print(sink, table, NULL, 0, &style);
    fclose(sink);
    json_decref(reproduce_json(table));
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct published published;
    struct reproduce_table table;
    struct error e;
    numbers_make(&published);
    bool ok = reproduce_decode((const char *)bytes, size, "t", &published, &table, &e);
    if (ok) {
        table_use(&table);
        reproduce_free(&table);
    }
    published_free(&published);
    return ok;
}
