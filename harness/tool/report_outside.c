/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figures of what was not measured in this run: the series over commits, and the numbers of the literature.
 */
#include "harness/tool/report_figure.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/history.h"
#include "harness/tool/history_figure.h"
#include "harness/tool/published.h"
#include "harness/tool/published_figure.h"
#include "harness/tool/report_text.h"

/* --- history --- */

static const char *const history_names[] = {
    "ipc.call.inter words=1,path=fast,method=batched", "ipc.call.inter words=63,path=fast,method=batched",
    "ipc.call.inter words=1,path=slow,method=batched", "hw.null_syscall method=batched", "vm.fault reply=item,method=single",
    "irq.latency source=software,method=single",
};

bool history_write(struct figure_job *job, struct error *why)
{
    const struct report_input *input = report_kernel_input(job->report, job->unit);
    const char *target = input ? result_context(&input->result, "target") : NULL;
    struct history history;
    char path[4096];
    if (!target || strchr(target, '/'))
        return error_set(why, "no row of Tollgate in %s", job->unit);
    snprintf(path, sizeof path, "%s/results/history/%s.jsonl", job->tree, target);
    if (access(path, F_OK) != 0)
        return error_set(why, "there is no series of target %s (build/tollgate history --add RESULT begins one)", target);
    if (!history_read(path, &history, why))
        return false;
    if (!history_relate(&history, job->tree, why)) {
        history_free(&history);
        return false;
    }
    const char *names[HISTORY_FIGURE_ROWS];
    size_t count = 0;
    for (size_t i = 0; i < sizeof history_names / sizeof *history_names; i++)
        if (history_has_row(&history, history_names[i]))
            names[count++] = history_names[i];
    bool good = json_array_size(history.entries) > 1 && count > 0
             && strcmp(json_string_value(json_object_get(json_array_get(history.entries, 0), "unit")), job->unit) == 0;
    if (good) {
        good = history_figure_write(job->data, job->head, &history, names, count, why);
        fprintf(job->caption, "Medians per operation, raw, of target %s at the commits of results/history. ", target);
        history_figure_caption(job->caption, &history);
    } else
        error_set(why, "the series of target %s has fewer than two commits, or other rows", target);
    history_free(&history);
    return good;
}

/* --- literature --- */

/* What of the collection stands in the figure: kernel IPC between address spaces, one way, in cycles as printed. One table of the field's
 * classics, the kernels' own pages of today; of these x86-64 alone, plain configuration, core clock where both clocks are given. */
static const struct published_choice literature[] = {
    { "liedtke1995", "*", "*", "*" },
    { "klein2009", "*", "*", "*" },
    { "elphinstone2013", "*", "*", "*" },
    { "barrelfish2009", "*", "*", "*" },
    { "sel4page2026", "performance page", "sel4-default", "arch=x86-64; skim=*; counter=tsc; leg=*; len=0; fpu=client-only" },
    { "l4re2026", "*", "l4re", "arch=x86-64; len=0; counter=core-clock" },
};

/* Own one-way messages, where the results are in the same unit. */
static size_t own_write(struct figure_job *job, double *low, double *high)
{
    const struct report_pattern pattern = {
        .workload = "ipc.oneway.inter", .unit = job->unit, .direction = "one_way", .path = "fast", .cache = "warm", .has_words = true, .words = 0,
    };
    char number[REPORT_NUMBER_BYTES];
    job->rows = report_select_main(job->report, &pattern);
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct report_row *row = &job->rows.items[i];
        char rest[256];
        fprintf(job->data, "%zu\t0\t%.17g\t", i, row->row->corrected);
        report_data_field(job->data, report_row_rest(row->row, rest, sizeof rest));
        fputs(", ", job->data);
        report_data_field(job->data, row->input->label);
        fprintf(job->data, "\t%s\n", report_number(number, row->row->corrected));
        *low = fmin(*low, row->row->corrected);
        *high = fmax(*high, row->row->corrected);
    }
    return job->rows.count;
}

bool literature_write(struct figure_job *job, struct error *why)
{
    struct published published;
    char folder[4096];
    double low = INFINITY, high = 0;
    snprintf(folder, sizeof folder, "%s/baselines/published", job->tree);
    if (!published_read(folder, &published, why))
        return false;
    const struct published_number *shown[PUBLISHED_FIGURE_BARS];
    size_t count = published_choose(&published, literature, sizeof literature / sizeof *literature, "ipc_inter", "one_way", job->unit, shown);
    bool good = count > 0 || error_set(why, "%s holds none of the numbers that the figure shows", folder);
    if (good) {
        size_t own = own_write(job, &low, &high);
        published_figure_write(job->data, job->head, job->caption, shown, count, own, low, high);
    }
    published_free(&published);
    return good;
}
