/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes and draws the figures; see report_plots.h.
 */
#include "harness/tool/report_plots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/figure.h"
#include "harness/tool/report_figure.h"
#include "harness/tool/report_linux.h"
#include "harness/tool/report_text.h"

#define CONTEXT_WIDTH 90  /* characters of one context value in a caption */

const char *const report_figure_endings[REPORT_FIGURE_ENDINGS] = { "svg", "png", "pdf", "dat", "gp" };

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
    condition_write(out, "scheduling: ", result_context(r, "scheduling"));
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
        fprintf(out, "call %s, %" PRIu64 " word%s, %s path", row->relation, row->words, row->words == 1 ? "" : "s", row->path);
    else {
        const char *name = mechanism_name(row->workload, &length);
        fwrite(name, 1, length, out);
        if (row->words > 0)
            fprintf(out, ", %" PRIu64 " word%s", row->words, row->words == 1 ? "" : "s");
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

static void captions_finish(struct figure_job *job)
{
    for (size_t i = 0; i < job->report->input_count; i++)
        input_caption_write(job->caption, &job->rows, &job->report->inputs[i]);
}

/* Makes one figure of one unit; instructions have the plain name. */
static bool figure_make(const struct figure_kind *kind, struct figure_job *job, const char *plots, struct report_figure *figure,
                        struct error *e)
{
    struct figure_text text;
    struct error why = { "" };
    bool plain = strcmp(job->unit, "instructions") == 0 || kind->unit;
    snprintf(figure->name, sizeof figure->name, "%s%s%s", kind->name, plain ? "" : "_", plain ? "" : job->unit);
    snprintf(figure->title, sizeof figure->title, "%s (%s)", kind->title, job->unit);
    figure_text_open(&text);
    job->data = text.data;
    job->head = text.head;
    job->caption = text.caption;
    bool possible = kind->write(job, &why), good = true;
    if (possible)
        captions_finish(job);
    figure_text_close(&text);
    if (possible) {
        struct figure_parts parts = {
            .script = kind->script, .name = figure->name, .title = figure->title, .unit = job->unit, .caption = text.caption_text,
            .head = text.head_text, .data = text.data_text,
        };
        figure->caption = strdup(text.caption_text);
        good = figure_draw(job->tree, plots, &parts, e);
    } else
        figure->absent = strdup(why.text);
    figure_text_free(&text);
    free(job->rows.items);
    return good;
}

bool report_plots_draw(const struct report *report, const char *tree, const char *plots, struct report_figures *figures,
                       struct error *e)
{
    *figures = (struct report_figures){ calloc((REPORT_UNITS + 1) * figure_kind_count, sizeof *figures->items), 0 };
    if (!figures->items)
        return error_set(e, "out of memory");
    bool good = figure_style_write(tree, plots, e);
    for (size_t u = 0; good && u <= REPORT_UNITS; u++) {
        const char *unit = u < REPORT_UNITS ? report_units[u] : NULL; /* last of all, what has a unit of its own */
        for (size_t k = 0; good && k < figure_kind_count; k++) {
            const struct figure_kind *kind = &figure_kinds[k];
            if (unit ? kind->unit || !report_has_unit(report, unit) : !kind->unit)
                continue;
            struct figure_job job = { .report = report, .tree = tree, .unit = unit ? unit : kind->unit };
            good = figure_make(kind, &job, plots, &figures->items[figures->count++], e);
        }
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
