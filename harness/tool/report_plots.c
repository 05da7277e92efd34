/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes and draws the figures; see report_plots.h.
 */
#include "harness/tool/report_plots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/report_figure.h"
#include "harness/tool/report_linux.h"
#include "harness/tool/report_text.h"

#define GNUPLOT_LIMIT_S 60
#define SCRIPT_BYTES_MAX (1u << 20)
#define CAPTION_WIDTH 100 /* characters of a caption's line that fit below a figure */
#define CONTEXT_WIDTH 90  /* characters of one context value in a caption */

static void condition_write(FILE *out, const char *prefix, const char *value)
{
    if (!value || !*value)
        return;
    char *plain = report_plain(value, CONTEXT_WIDTH);
    fprintf(out, "; %s%s", prefix, plain);
    free(plain);
}

/* As many digits as git prints by itself, rounded up. */
static void commit_write(FILE *out, const char *commit)
{
    char *plain = report_plain(commit ? commit : "not stated", (size_t)-1);
    fprintf(out, "; commit %.12s", plain);
    free(plain);
}

char *report_conditions(const struct report_input *input)
{
    char *text = NULL;
    size_t bytes;
    const struct result *r = &input->result;
    const char *fidelity = result_context(r, "fidelity"), *mitigations = result_context(r, "mitigations");
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a line of text */
    char *plain = report_plain(fidelity ? fidelity : "not stated", CONTEXT_WIDTH);
    fprintf(out, "fidelity %s", plain);
    free(plain);
    condition_write(out, "mitigations: ", mitigations ? mitigations : "not stated");
    condition_write(out, "", result_context(r, "cpu_model"));
    condition_write(out, "", result_context(r, "qemu"));
    condition_write(out, "", result_context(r, "bochs"));
    commit_write(out, result_context(r, "commit"));
    if (json_is_true(json_object_get(r->context, "dirty")))
        fputs(" (dirty)", out);
    fclose(out);
    return text;
}

/* "n = 1,000" or "n = 200 to 1,000" of the input's rows, then its conditions. */
static void input_caption_write(FILE *out, const struct report_rows *rows, const struct report_input *input)
{
    uint64_t low = UINT64_MAX, high = 0;
    char number[2][REPORT_NUMBER_BYTES];
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].input != input)
            continue;
        low = rows->items[i].row->n < low ? rows->items[i].row->n : low;
        high = rows->items[i].row->n > high ? rows->items[i].row->n : high;
    }
    if (high == 0)
        return;
    char *conditions = report_conditions(input), *label = report_plain(input->label, CONTEXT_WIDTH);
    fprintf(out, "\n%s: n = %s", label, report_number(number[0], (double)low));
    if (low != high)
        fprintf(out, " to %s", report_number(number[1], (double)high));
    fprintf(out, " samples; %s", conditions);
    free(conditions);
    free(label);
}

static const char *mechanism_name(const char *workload, size_t *length)
{
    const char *name = report_linux_name(workload);
    *length = strlen(name ? name : workload);
    return name ? name : workload;
}

static const char *placement_name(const char *placement)
{
    if (strcmp(placement, "same_cpu") == 0)
        return "same CPU";
    return strcmp(placement, "two_cpus") == 0 ? "two CPUs" : placement;
}

char *report_row_name(const struct result_row *row)
{
    char *text = NULL;
    size_t bytes, length;
    char rest[256];
    bool call = strncmp(row->workload, "ipc.call.", 9) == 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a line of text */
    if (call)
        fprintf(out, "call %s, %" PRIu64 " words, %s path", row->relation, row->words, row->path);
    else {
        const char *name = mechanism_name(row->workload, &length);
        fwrite(name, 1, length, out);
        if (row->words > 0)
            fprintf(out, ", %" PRIu64 " words", row->words);
    }
    if (row->has_bytes)
        fprintf(out, ", %" PRIu64 " B", row->bytes);
    if (row->placement && strcmp(row->placement, "none") != 0 && !(call && strcmp(row->placement, "same_cpu") == 0))
        fprintf(out, ", %s", placement_name(row->placement));
    if (strcmp(row->cache, "warm") != 0)
        fprintf(out, ", %s", row->cache);
    if (*report_row_rest(row, rest, sizeof rest))
        fprintf(out, ", %s", rest);
    fclose(out);
    return text;
}

/* Caption as gnuplot's string expression, one quoted string for each line. */
static void caption_variable_write(FILE *out, char *caption)
{
    size_t lines = 0;
    char *save;
    fputs("caption = ", out);
    for (char *line = strtok_r(caption, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++) {
        fputs(lines ? " . \"\\n\" . " : "", out);
        report_gnuplot_string(out, line);
    }
    fprintf(out, "\ncaption_lines = %zu\n", lines);
}

static bool file_write(const char *folder, const char *name, const char *ending, const char *const parts[], struct error *e)
{
    char path[4096];
    struct file_output f;
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    if (!file_create(&f, path, e))
        return false;
    for (size_t i = 0; parts[i]; i++)
        fputs(parts[i], f.stream);
    return file_commit(&f, e);
}

static bool script_read(const char *tree, const char *script, char **text, struct error *e)
{
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, "%s/plots/%s.gp", tree, script);
    return file_read(path, SCRIPT_BYTES_MAX, text, &size, e);
}

/* Variables that every figure's script opens with. */
static char *head_make(const struct report_figure *figure, const char *unit, const char *more)
{
    char *text = NULL, *caption = report_wrap(figure->caption, CAPTION_WIDTH);
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a page of text */
    fprintf(out, "# SPDX-License-Identifier: BSD-2-Clause\n# Written by `tollgate report`; `gnuplot %s.gp` in this folder draws it again.\n",
            figure->name);
    fprintf(out, "name = '%s'\ndata = '%s.dat'\nunit = '%s'\ntitle = ", figure->name, figure->name, unit);
    report_gnuplot_string(out, figure->title);
    putc('\n', out);
    caption_variable_write(out, caption);
    fprintf(out, "%s\n", more);
    fclose(out);
    free(caption);
    return text;
}

static bool figure_draw(const struct figure_kind *kind, const struct figure_job *job, const struct report_figure *figure,
                        const char *data, const char *more, const char *plots, struct error *e)
{
    char *script, *head;
    if (!script_read(job->tree, kind->script, &script, e))
        return false;
    head = head_make(figure, job->unit, more);
    bool good = file_write(plots, figure->name, "dat", (const char *const[]){ data, NULL }, e)
             && file_write(plots, figure->name, "gp", (const char *const[]){ head, script, NULL }, e)
             && report_gnuplot_run(plots, figure->name, GNUPLOT_LIMIT_S, e);
    free(head);
    free(script);
    return good;
}

static void captions_finish(struct figure_job *job)
{
    for (size_t i = 0; i < job->report->input_count; i++)
        input_caption_write(job->caption, &job->rows, &job->report->inputs[i]);
}

/* Makes one figure of one unit; instructions have the plain name. */
static bool figure_make(const struct figure_kind *kind, struct figure_job *job, const char *plots, struct report_figure *figure,
                        struct error *e)
{
    char *data = NULL, *head = NULL;
    size_t data_bytes, head_bytes, caption_bytes;
    struct error why = { "" };
    bool plain = strcmp(job->unit, "instructions") == 0;
    snprintf(figure->name, sizeof figure->name, "%s%s%s", kind->script, plain ? "" : "_", plain ? "" : job->unit);
    snprintf(figure->title, sizeof figure->title, "%s (%s)", kind->title, job->unit);
    job->data = open_memstream(&data, &data_bytes);
    job->head = open_memstream(&head, &head_bytes);
    job->caption = open_memstream(&figure->caption, &caption_bytes);
    if (!job->data || !job->head || !job->caption)
        abort(); /* pages of text */
    bool possible = kind->write(job, &why);
    if (possible)
        captions_finish(job);
    fclose(job->data);
    fclose(job->head);
    fclose(job->caption);
    bool good = true;
    if (possible)
        good = figure_draw(kind, job, figure, data, head, plots, e);
    else
        figure->absent = strdup(why.text);
    free(data);
    free(head);
    free(job->rows.items);
    return good;
}

bool report_plots_draw(const struct report *report, const char *tree, const char *plots, struct report_figures *figures,
                       struct error *e)
{
    char *style;
    *figures = (struct report_figures){ calloc(REPORT_UNITS * FIGURE_KINDS, sizeof *figures->items), 0 };
    if (!figures->items || !script_read(tree, "style", &style, e))
        return figures->items ? false : error_set(e, "out of memory");
    bool good = file_write(plots, "style", "gp", (const char *const[]){ style, NULL }, e);
    free(style);
    for (size_t u = 0; good && u < REPORT_UNITS; u++)
        for (size_t k = 0; good && report_has_unit(report, report_units[u]) && k < FIGURE_KINDS; k++) {
            struct figure_job job = { .report = report, .tree = tree, .unit = report_units[u] };
            good = figure_make(&figure_kinds[k], &job, plots, &figures->items[figures->count++], e);
        }
    return good;
}

void report_figures_free(struct report_figures *figures)
{
    for (size_t i = 0; i < figures->count; i++) {
        free(figures->items[i].absent);
        free(figures->items[i].caption);
    }
    free(figures->items);
    *figures = (struct report_figures){ 0 };
}
