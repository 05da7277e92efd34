/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables and JSON of footprints; see footprint_report.h.
 */
#include "harness/tool/footprint_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/report_table.h"
#include "harness/tool/terminal.h"

#define LINE_BYTES 64
#define CACHE_COLUMNS "l1i|l1d|itlb|dtlb|l2" /* footprint_cache_names */

/* --- by symbol --- */

struct share {
    const char *name;
    enum footprint_space space;
    uint64_t instructions, bytes;
};

static const char *name_of(const struct footprint_names *names, uint64_t address)
{
    const struct symbols *s = names->space[footprint_space_of(address)];
    const struct symbol *found = s ? symbols_find(s, address) : NULL;
    return found ? found->name : "(no symbol)";
}

static struct share *share_find(struct share *shares, size_t *count, const char *name, enum footprint_space space)
{
    for (size_t i = 0; i < *count; i++)
        if (shares[i].space == space && strcmp(shares[i].name, name) == 0)
            return &shares[i];
    shares[*count] = (struct share){ .name = name, .space = space };
    return &shares[(*count)++];
}

/* In order of the first execution. The caller frees them. */
static struct share *shares_make(const struct footprint_profile *p, const struct footprint_names *names, size_t *count)
{
    struct share *shares = calloc(p->code_count + 1, sizeof *shares);
    if (!shares)
        abort();
    *count = 0;
    for (size_t i = 0; i < p->code_count; i++) {
        const struct footprint_code *c = &p->code[i];
        struct share *s = share_find(shares, count, name_of(names, c->address), footprint_space_of(c->address));
        s->instructions += c->count;
        s->bytes += c->bytes;
    }
    return shares;
}

/* --- for people --- */

static char *title_make(const char *text)
{
    char *title = strdup(text);
    if (!title)
        abort(); /* a line of text */
    return title;
}

static void sides_print(FILE *out, const struct footprint_row *row, const struct footprint_profile *p, const struct result_row *of)
{
    struct report_table table;
    report_table_init(&table, "<side|instructions|code lines|data lines|pages");
    if (asprintf(&table.title, "%s %s", of->workload, of->variant) < 0 ||
        asprintf(&table.note, "one sample (%s%s): %" PRIu64 " instructions in %" PRIu64 " of %" PRIu64 " samples; %" PRIu64 " loads, %" PRIu64 " stores, %" PRIu64
                 " taken transfers of control", of->direction, of->batch == 1 ? "" : ", batched", p->instructions, p->windows, row->windows, p->loads,
                 p->stores, p->transfers) < 0)
        abort(); /* a line of text */
    for (int space = 0; space < SPACES; space++) {
        struct footprint_side s = footprint_side(p, (enum footprint_space)space);
        const uint64_t figures[] = { s.instructions, s.code_lines, s.data_lines, s.pages };
        report_table_cell(&table, "%s", footprint_space_names[space]);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
            report_table_cell(&table, "%" PRIu64, figures[i]);
    }
    report_table_print(out, &table);
    report_table_free(&table);
}

static void share_print(FILE *out, const struct footprint *f, const struct footprint_profile *p)
{
    struct footprint_side s = footprint_side(p, SPACE_KERNEL);
    uint64_t lines = s.code_lines + s.data_lines;
    uint64_t all = f->geometry[0].sets * f->geometry[0].ways + f->geometry[1].sets * f->geometry[1].ways;
    terminal_printf(out, "kernel: %" PRIu64 " lines of %d bytes, %.2f %% of first-level caches of %" PRIu64 " KiB, %.1f %% of 16 KiB\n", lines, LINE_BYTES,
                    100.0 * (double)lines / (double)all, all * LINE_BYTES / 1024, 100.0 * (double)lines * LINE_BYTES / 16384.0);
}

static void misses_print(FILE *out, const struct footprint_row *row, const struct footprint_profile *p)
{
    struct report_table table;
    report_table_init(&table, "<samples|" CACHE_COLUMNS);
    table.title = title_make("misses in the model");
    report_table_cell(&table, "all samples, warm");
    for (size_t k = 0; k < FOOTPRINT_CACHES; k++) {
        uint64_t windows, sum = footprint_row_misses(row, k, &windows);
        report_table_cell(&table, "%.10g", (double)sum / (double)windows);
    }
    for (size_t state = 0; state < FOOTPRINT_STATES; state++) {
        report_table_cell(&table, "cache=%s", footprint_state_names[state]);
        for (size_t k = 0; k < FOOTPRINT_CACHES; k++)
            report_table_cell(&table, "%.10g", footprint_misses(p, state, k));
    }
    report_table_print(out, &table);
    report_table_free(&table);
}

static void symbols_print(FILE *out, const struct footprint_profile *p, const struct footprint_names *names)
{
    size_t count;
    struct share *shares = shares_make(p, names, &count);
    struct report_table table;
    report_table_init(&table, "<symbol|<side|instructions|bytes");
    table.title = title_make("by symbol");
    for (size_t i = 0; i < count; i++) {
        report_table_cell(&table, "%s", shares[i].name);
        report_table_cell(&table, "%s", footprint_space_names[shares[i].space]);
        report_table_cell(&table, "%" PRIu64, shares[i].instructions);
        report_table_cell(&table, "%" PRIu64, shares[i].bytes);
    }
    report_table_print(out, &table);
    report_table_free(&table);
    free(shares);
}

static void lines_print(FILE *out, const struct footprint_profile *p, const struct footprint_names *names)
{
    uint64_t last = 0;
    fputc('\n', out);
    for (size_t i = 0; i < p->code_count; i++) {
        uint64_t line = p->code[i].place / LINE_BYTES;
        if (i == 0 || line != last)
            terminal_printf(out, "  code %016" PRIx64 "  %s\n", p->code[i].address & ~(uint64_t)(LINE_BYTES - 1), name_of(names, p->code[i].address));
        last = line;
    }
    for (size_t i = 0; i < p->data_count; i++)
        terminal_printf(out, "  data %016" PRIx64 "  %" PRIu64 " loads, %" PRIu64 " stores, first by %s\n",
                        p->data[i].address & ~(uint64_t)(LINE_BYTES - 1), p->data[i].loads, p->data[i].stores, name_of(names, p->data[i].pc));
}

void footprint_row_print(FILE *out, const struct footprint *f, const struct footprint_row *row, const struct result_row *of,
                         const struct footprint_names *names, bool with_lines)
{
    const struct footprint_profile *p = footprint_typical(row);
    if (!p) {
        terminal_printf(out, "\n%s %s\n  not told: its samples are no pairs of clock reads\n", of->workload, of->variant);
        return;
    }
    sides_print(out, row, p, of);
    share_print(out, f, p);
    misses_print(out, row, p);
    symbols_print(out, p, names);
    if (with_lines)
        lines_print(out, p, names);
}

/* --- as JSON --- */

json_t *footprint_figures_json(const struct footprint_row *row, bool with_layout)
{
    const struct footprint_profile *p = footprint_typical(row);
    json_t *o = json_object();
    for (int space = 0; p && space < SPACES; space++) {
        struct footprint_side s = footprint_side(p, (enum footprint_space)space);
        const struct { const char *what; uint64_t value; } figures[] = {
            { "instructions", s.instructions }, { "code_lines", s.code_lines }, { "data_lines", s.data_lines }, { "pages", s.pages } };
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
            char key[64];
            snprintf(key, sizeof key, "%s_%s", footprint_space_names[space], figures[i].what);
            json_object_set_new(o, key, json_integer((json_int_t)figures[i].value));
        }
    }
    if (p && !with_layout) {
        static const char *const of_layout[] = { "kernel_code_lines", "kernel_data_lines", "kernel_pages",
                                                 "user_code_lines", "user_data_lines", "user_pages" };
        for (size_t i = 0; i < sizeof of_layout / sizeof *of_layout; i++)
            json_object_del(o, of_layout[i]);
    }
    if (p) {
        json_object_set_new(o, "loads", json_integer((json_int_t)p->loads));
        json_object_set_new(o, "stores", json_integer((json_int_t)p->stores));
        json_object_set_new(o, "transfers", json_integer((json_int_t)p->transfers));
    }
    return o;
}

json_t *footprint_misses_figures(const struct footprint_row *row)
{
    json_t *o = json_object();
    for (size_t k = 0; k < FOOTPRINT_CACHES; k++) {
        uint64_t windows, sum = footprint_row_misses(row, k, &windows);
        char key[32];
        snprintf(key, sizeof key, "%s_misses", footprint_cache_names[k]);
        json_object_set_new(o, key, json_integer((json_int_t)sum));
        json_object_set_new(o, "windows", json_integer((json_int_t)windows));
    }
    return o;
}

static json_t *misses_json(const struct footprint_profile *p)
{
    json_t *all = json_object();
    for (size_t state = 0; state < FOOTPRINT_STATES; state++) {
        json_t *one = json_object();
        for (size_t k = 0; k < FOOTPRINT_CACHES; k++)
            json_object_set_new(one, footprint_cache_names[k], json_number(footprint_misses(p, state, k)));
        json_object_set_new(all, footprint_state_names[state], one);
    }
    return all;
}

static json_t *symbols_json(const struct footprint_profile *p, const struct footprint_names *names)
{
    size_t count;
    struct share *shares = shares_make(p, names, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I}", "symbol", shares[i].name, "space", footprint_space_names[shares[i].space],
                                              "instructions", (json_int_t)shares[i].instructions, "bytes", (json_int_t)shares[i].bytes));
    free(shares);
    return list;
}

static json_t *data_json(const struct footprint_profile *p, const struct footprint_names *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->data_count; i++) {
        char address[20];
        snprintf(address, sizeof address, "%016" PRIx64, p->data[i].address & ~(uint64_t)(LINE_BYTES - 1));
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:s}", "address", address, "space",
                                              footprint_space_names[footprint_space_of(p->data[i].address)], "loads", (json_int_t)p->data[i].loads,
                                              "stores", (json_int_t)p->data[i].stores, "first_by", name_of(names, p->data[i].pc)));
    }
    return list;
}

json_t *footprint_row_json(const struct footprint_row *row, const struct result_row *of, const struct footprint_names *names)
{
    const struct footprint_profile *p = footprint_typical(row);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "workload", of->workload, "variant", of->variant, "direction", of->direction, "path",
                          of->path, "batch", (json_int_t)of->batch, "windows", (json_int_t)row->windows);
    if (!p)
        return o;
    json_object_set_new(o, "typical_windows", json_integer((json_int_t)p->windows));
    json_object_set_new(o, "instructions", json_integer((json_int_t)p->instructions));
    json_object_set_new(o, "figures", footprint_figures_json(row, true));
    json_object_set_new(o, "misses", misses_json(p));
    json_object_set_new(o, "symbols", symbols_json(p, names));
    json_object_set_new(o, "data", data_json(p, names));
    return o;
}

json_t *footprint_geometry_json(const struct footprint *f)
{
    json_t *o = json_object();
    for (size_t k = 0; k < FOOTPRINT_CACHES; k++)
        json_object_set_new(o, footprint_cache_names[k],
                            json_pack("{s:I, s:I}", "sets", (json_int_t)f->geometry[k].sets, "ways", (json_int_t)f->geometry[k].ways));
    return o;
}
