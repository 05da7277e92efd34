/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page; see report_html.h.
 */
#include "harness/tool/report_html.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_audit.h"
#include "harness/tool/report_listing.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"

static const char style[] =
    ":root{color-scheme:light dark;--fg:#1b1b1b;--bg:#fdfdfc;--soft:#5b5b5b;--line:#d5d5d0;--card:#f3f3ef;--accent:#005a8c}\n"
    "@media (prefers-color-scheme:dark){:root{--fg:#e8e8e4;--bg:#16181a;--soft:#a9aca8;--line:#3a3d40;--card:#202326;--accent:#7cc4f0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.2rem 1rem 4rem;max-width:70rem;font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}\n"
    "h1{font-size:1.5rem;line-height:1.2;margin:.5rem 0 1rem}\n"
    "h2{font-size:1.2rem;margin:2.5rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1.4rem 0 .3rem}\n"
    "p,ul,dl{max-width:48rem}\n"
    ".verdict{font-size:1.1rem;border-left:.3rem solid var(--accent);padding:.2rem 0 .2rem 1rem;margin:1rem 0}\n"
    ".note{color:var(--soft);font-size:.88rem;margin:.2rem 0 .5rem}\n"
    ".scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0 1rem}\n"
    "table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;width:100%}\n"
    "th,td{padding:.25rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}\n"
    "tbody tr:last-child td{border-bottom:0}\n"
    "th{background:var(--card);font-weight:600;vertical-align:bottom}\n"
    ".l{text-align:left}\n"
    ".facts td{white-space:normal;overflow-wrap:anywhere;vertical-align:top}\n"
    ".facts td:first-child{white-space:nowrap;width:11rem;color:var(--soft)}\n"
    "figure{margin:1rem 0 2rem}\n"
    ".plot{background:#fff;color:#1b1b1b;border:1px solid var(--line);border-radius:.4rem;padding:.5rem;overflow-x:auto}\n"
    ".plot svg{display:block;width:100%;min-width:30rem;max-width:48rem;height:auto;margin:0 auto}\n"
    "figcaption{color:var(--soft);font-size:.88rem;margin-top:.4rem;white-space:pre-line;overflow-wrap:anywhere}\n"
    "@media (min-width:50rem){.conditions{display:none}}\n" /* the picture itself says them, large enough */
    /* Light and dark change places within a figure, hues stay: what is drawn once serves both. */
    "@media screen and (prefers-color-scheme:dark){.plot{filter:invert(.91) hue-rotate(180deg);border-color:#c5c2bf}}\n"
    "nav{font-size:.88rem;margin:.6rem 0}nav a{color:var(--accent);margin-right:.9rem;display:inline-block}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:.8rem;margin:1rem 0}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;font-size:.85rem;overflow-wrap:anywhere}\n"
    ".card h3{margin:0 0 .3rem}.card p{margin:.1rem 0}.card b{font-weight:600}\n"
    ".audit td{white-space:normal;vertical-align:top}.audit td:nth-child(2){min-width:13rem}.audit td:nth-child(4){min-width:20rem}\n"
    ".state{white-space:nowrap;font-weight:600}\n"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;font-size:.82rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    "summary{cursor:pointer;font-size:.95rem;margin:.3rem 0}\n"
    "dt{font-weight:600;margin-top:.5rem}\ndd{margin:0 0 0 1.2rem}\n"
    "@page wide{size:A4 landscape;margin:8mm}\n"
    "@media print{details::details-content{content-visibility:visible;height:auto}:root{--fg:#000;--bg:#fff;--soft:#333;--line:#bbb;--card:#f3f3f3;--accent:#000}body{max-width:none;padding:0;font-size:10pt}"
    ".scroll,.plot{overflow:visible;border:0}.plot svg{min-width:0;max-width:13.5cm;max-height:21cm}pre{font-size:5.5pt;white-space:pre-wrap!important;overflow:visible}.conditions,nav{display:none}table{font-size:7pt}"
    "th,td{padding:.1rem .25rem;white-space:normal}.rows{page:wide}.rows table{font-size:5pt}"
    "figure,tr{break-inside:avoid}h2,h3{break-after:avoid}}\n";

static const char definitions[] =
    "<dl>\n"
    "<dt>Round trip</dt><dd>A message to the partner and its answer: two IPCs, two address-space switches where the relation is <i>inter</i>. "
    "One way is a workload of its own (<i>ipc.oneway</i>); no figure here was doubled or halved.</dd>\n"
    "<dt>Inter, intra</dt><dd>The partner runs in another address space, or in the same one.</dd>\n"
    "<dt>Fast, slow path</dt><dd>The assembly fast path, or the C path that specifies what IPC means.</dd>\n"
    "<dt>Words</dt><dd>Untyped message words of 8 bytes, moved in each direction.</dd>\n"
    "<dt>Single, batched</dt><dd>One operation between two readings of the clock, or <i>batch</i> operations back to back.</dd>\n"
    "<dt>min, p50 ... max, mean, stddev, ci95</dt><dd>Per operation and raw: the sample divided by <i>batch</i>, overhead included. Percentiles are nearest "
    "rank; ci95 bounds the median by order statistics. No sample is left out.</dd>\n"
    "<dt>Overhead, corrected</dt><dd>Overhead is the median of an empty twin of the loop, per sample. Corrected = (raw p50 - overhead) / batch, the one "
    "corrected figure; plots, ratios and the sentences above use it, but for the comparison with other kernels, which takes the raw median.</dd>\n"
    "<dt>Instructions</dt><dd>Instructions are not cycles. Under QEMU with -icount shift=0 and in Bochs the time stamp counter advances by one for each "
    "guest instruction, whatever it would cost: a page-table write and a NOP count one each. Such counts are exact and repeat to the digit; they say how "
    "much work a path does, not how long a processor takes for it.</dd>\n"
    "<dt>Ratios</dt><dd>Only between rows of the same unit and the same direction. Rows of unlike units share neither a table nor an axis.</dd>\n"
    "<dt>Fidelity</dt><dd>What the self-test before the first row found the clock to be: metal, virtual, instructions.</dd>\n"
    "</dl>\n";

/* Each line of `text` as a paragraph of a class. */
static void paragraphs_write(FILE *out, const char *class, const char *text)
{
    char *copy = strdup(text), *save;
    if (!copy)
        abort(); /* a page of text */
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        fprintf(out, "<p class=\"%s\">", class);
        report_html(out, line);
        fputs("</p>\n", out);
    }
    free(copy);
}

static void head_write(FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<title>Tollgate: what does it cost to cross a protection boundary?</title>\n<style>\n", out);
    fputs(style, out);
    fputs("</style>\n</head>\n<body>\n<h1>Tollgate: what does it cost to cross a protection boundary?</h1>\n", out);
}

static void card_line(FILE *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    fprintf(out, "<p><b>%s</b> ", name);
    report_html(out, value);
    fputs("</p>\n", out);
}

/* What decides how far the figures of one result carry, at a glance. */
static void card_write(FILE *out, const struct report_input *input)
{
    static const struct { const char *key, *name; } facts[] = {
        { "unit", "unit" }, { "fidelity", "clock fidelity" }, { "mitigations", "mitigations" }, { "scheduling", "scheduling" }, { "cpu_model", "CPU" },
        { "cpus", "CPUs" }, { "qemu", "emulator" }, { "bochs", "emulator" }, { "compiler", "compiler" }, { "date", "date" },
    };
    const struct result *r = &input->result;
    const char *commit = result_context(r, "commit");
    char text[128];
    fputs("<div class=\"card\">\n<h3>", out);
    report_html(out, input->label);
    fputs("</h3>\n", out);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        card_line(out, facts[i].name, result_context(r, facts[i].key));
    snprintf(text, sizeof text, "%.40s%s", commit ? commit : "not stated", json_is_true(json_object_get(r->context, "dirty")) ? ", with uncommitted changes" : "");
    card_line(out, "commit", text);
    const json_t *boots = json_object_get(r->context, "boots");
    snprintf(text, sizeof text, "%zu, of %.20s boot%s; %zu skipped", r->row_count, json_is_string(boots) ? json_string_value(boots) : "1",
             json_is_string(boots) ? "s" : "", json_array_size(r->skipped));
    card_line(out, "rows", text);
    fputs("</div>\n", out);
}

static void nav_write(FILE *out)
{
    static const struct { const char *id, *name; } places[] = {
        { "plots", "Figures" }, { "tables", "Tables" }, { "audit", "Twelve rules" }, { "fastpath", "Fast path" }, { "environment", "Environment" }, { "rows", "Every row" },
        { "reproduce", "Reproduce" }, { "definitions", "Definitions" },
    };
    fputs("<nav>", out);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        fprintf(out, "<a href=\"#%s\">%s</a>\n", places[i].id, places[i].name);
    fputs("</nav>\n", out);
}

static void verdict_write(FILE *out, const struct report *report)
{
    char *verdict = report_verdict(report), *absences = report_absences(report);
    paragraphs_write(out, "verdict", verdict);
    nav_write(out);
    fputs("<div class=\"cards\">\n", out);
    for (size_t i = 0; i < report->input_count; i++)
        card_write(out, &report->inputs[i]);
    fputs("</div>\n", out);
    if (*absences) {
        size_t lines = 0;
        for (const char *line = absences; *line; line += strcspn(line, "\n"), line += *line == '\n')
            lines++;
        fprintf(out, "<h2 id=\"absent\">Absent or doubtful</h2>\n<details>\n<summary>%zu remark%s: what was skipped and why, which figures do not agree, unlike commits</summary>\n",
                lines, lines == 1 ? "" : "s");
        paragraphs_write(out, "note", absences);
        fputs("</details>\n", out);
    }
    free(verdict);
    free(absences);
}

static void audit_write(FILE *out, const struct report_page *page)
{
    struct audit_finding findings[AUDIT_RULES];
    report_audit(page->report, page->figures, findings);
    fputs("<h2 id=\"audit\">Twelve rules</h2>\n<p class=\"note\">T. Hoefler and R. Belli, <i>Scientific Benchmarking of Parallel Computing Systems</i>, SC 2015, "
          "asked of these results; verdict and evidence are computed from them.</p>\n<div class=\"scroll\"><table class=\"audit\">\n<thead><tr><th scope=\"col\">rule</th>"
          "<th scope=\"col\" class=\"l\">what it asks</th><th scope=\"col\" class=\"l\">verdict</th><th scope=\"col\" class=\"l\">how these results stand to it</th></tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < AUDIT_RULES; i++) {
        fprintf(out, "<tr><td>%d</td><td class=\"l\">%s</td><td class=\"l state\">%s</td><td class=\"l\">", i + 1, findings[i].rule,
                audit_verdict_name(findings[i].verdict));
        report_html(out, findings[i].evidence);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    report_audit_free(findings);
}

static void context_value_write(FILE *out, const json_t *value)
{
    if (json_is_string(value))
        report_html(out, json_string_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", out);
    else {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        report_html(out, text ? text : "?");
        free(text);
    }
}

static void fact_write(FILE *out, const char *key, const json_t *value)
{
    fputs("<tr><td class=\"l\">", out);
    report_html(out, key);
    fputs("</td><td class=\"l\">", out);
    context_value_write(out, value);
    fputs("</td></tr>\n", out);
}

/* What decides how far a figure carries comes first, then every other key in its order. */
static void environment_write(FILE *out, const struct report_input *input)
{
    static const char *const first[] = { "target", "unit", "fidelity", "mitigations", "scheduling", "commit", "dirty", "date", "compiler", "qemu", "bochs",
                                         "cpu_model" };
    const size_t first_count = sizeof first / sizeof *first;
    const char *key;
    json_t *value, *context = input->result.context;
    fputs("<h3>", out);
    report_html(out, input->label);
    fputs("</h3>\n<p class=\"note\">", out);
    report_html(out, report_path_short(input->path));
    fputs("</p>\n<div class=\"scroll\"><table class=\"facts\"><tbody>\n", out);
    for (size_t i = 0; i < first_count; i++)
        if ((value = json_object_get(context, first[i])))
            fact_write(out, first[i], value);
    json_object_foreach(context, key, value) {
        bool shown = false;
        for (size_t i = 0; i < first_count; i++)
            shown |= strcmp(key, first[i]) == 0;
        if (!shown)
            fact_write(out, key, value);
    }
    fputs("</tbody></table></div>\n", out);
}

static bool figure_write(FILE *out, const struct report_page *page, const struct report_figure *figure, struct error *e)
{
    char path[4096];
    fprintf(out, "<figure id=\"figure-%s\">\n", figure->name);
    snprintf(path, sizeof path, "%s/%s.svg", page->plots, figure->name);
    fputs("<div class=\"plot\">\n", out);
    if (!report_svg_inline(out, path, figure->name, figure->title, e))
        return false;
    fputs("</div>\n<figcaption><span class=\"conditions\">", out);
    char *save, *caption = strdup(figure->caption ? figure->caption : "");
    for (char *line = caption ? strtok_r(caption, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
        report_html(out, line);
        putc('\n', out);
    }
    free(caption);
    fprintf(out, "</span>Files: plots/%s", figure->name);
    for (size_t i = 0; i < REPORT_FIGURE_ENDINGS; i++)
        fprintf(out, "%s.%s", i ? ", " : "", report_figure_endings[i]);
    fputs("</figcaption>\n</figure>\n", out);
    return true;
}

static void absent_write(FILE *out, const struct report_figures *figures)
{
    size_t absent = 0;
    for (size_t i = 0; i < figures->count; i++) {
        const struct report_figure *figure = &figures->items[i];
        if (!figure->absent)
            continue;
        fputs(absent++ ? "<li>" : "<h3>Not drawn</h3>\n<ul class=\"note\">\n<li>", out);
        report_html(out, figure->title);
        fputs(": ", out);
        report_html(out, figure->absent);
        fputs(".</li>\n", out);
    }
    fputs(absent ? "</ul>\n" : "", out);
}

static bool figures_write(FILE *out, const struct report_page *page, struct error *e)
{
    fputs("<h2 id=\"plots\">Figures</h2>\n", out);
    for (size_t i = 0; i < page->figures->count; i++)
        if (!page->figures->items[i].absent && !figure_write(out, page, &page->figures->items[i], e))
            return false;
    absent_write(out, page->figures);
    return true;
}

static void tables_write(FILE *out, const struct report *report)
{
    struct report_tables tables = report_tables_make(report);
    fputs("<h2 id=\"tables\">In short</h2>\n", out);
    for (size_t i = 0; i < tables.count; i++) {
        fputs("<h3>", out);
        report_html(out, tables.items[i].title);
        fputs("</h3>\n", out);
        if (tables.items[i].note)
            paragraphs_write(out, "note", tables.items[i].note);
        report_table_html(out, &tables.items[i]);
    }
    if (tables.count == 0)
        fputs("<p>No rows.</p>\n", out);
    report_tables_free(&tables);
}

static void rows_write(FILE *out, const struct report *report)
{
    fputs("<div class=\"rows\">\n<h2 id=\"rows\">Every row</h2>\n<p class=\"note\">min to ci95: per operation, raw, overhead included. Overhead: per sample of <i>batch</i> "
          "operations.</p>\n", out);
    for (size_t i = 0; i < report->input_count; i++) {
        struct report_table table = report_table_of_rows(&report->inputs[i]);
        fputs("<h3>", out);
        report_html(out, report->inputs[i].label);
        fputs("</h3>\n", out);
        if (table.cell_count)
            report_table_html(out, &table);
        else
            fputs("<p>No rows.</p>\n", out);
        report_table_free(&table);
    }
    fputs("</div>\n", out);
}

static void reproduction_write(FILE *out, const struct report_page *page)
{
    fputs("<h2 id=\"reproduce\">How to reproduce</h2>\n<pre>", out);
    for (size_t i = 0; i < page->report->input_count; i++) {
        const struct result *r = &page->report->inputs[i].result;
        const char *commit = result_context(r, "commit"), *target = result_context(r, "target"), *command = result_context(r, "command");
        fputs("git checkout ", out);
        report_html(out, commit ? commit : "(commit not stated)");
        if (json_is_true(json_object_get(r->context, "dirty")))
            fputs("    # the tree had uncommitted changes", out);
        fputs("\nmake &amp;&amp; build/tollgate run --target ", out);
        report_html(out, target ? target : "(target not stated)");
        fputs("\n", out);
        if (command) {
            fputs("# which ran: ", out);
            report_html(out, command);
            fputs("\n", out);
        }
    }
    report_html(out, page->command);
    fputs("\n</pre>\n<p class=\"note\">Each plot's script stands beside its data: <code>cd plots &amp;&amp; gnuplot ipc_vs_linux.gp</code> draws it again, as SVG, PNG and PDF.</p>\n",
          out);
}

bool report_html_write(FILE *out, const struct report_page *page, struct error *e)
{
    head_write(out);
    verdict_write(out, page->report);
    if (!figures_write(out, page, e))
        return false;
    tables_write(out, page->report);
    audit_write(out, page);
    report_listing_write(out, page->report);
    fputs("<h2 id=\"environment\">Environment</h2>\n", out);
    for (size_t i = 0; i < page->report->input_count; i++)
        environment_write(out, &page->report->inputs[i]);
    rows_write(out, page->report);
    reproduction_write(out, page);
    fputs("<h2 id=\"definitions\">Definitions</h2>\n", out);
    fputs(definitions, out);
    fputs("</body>\n</html>\n", out);
    return true;
}
