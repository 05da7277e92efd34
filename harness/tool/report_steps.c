/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Breakdowns of the literature: where an IPC of L4 and a bare protected control transfer spend their cycles, and a getpid through L4Linux, as
 * printed. Steps of an IPC are put together as those of ours (kernel/abi/trace.def), in the order of ours.
 */
#include "harness/tool/report_figure.h"

#include <math.h>
#include <string.h>

#include "harness/tool/published.h"
#include "harness/tool/report_text.h"

#define SOURCE "haertig1997"
#define TOTAL "step=total"

struct bar {
    const char *table, *system, *name;
};
static const struct bar bars[] = {
    { "Table 6", "pct-alpha", "control transfer" },
    { "Table 6", "l4-alpha", "L4 IPC" },
    { "Figure 5", "l4linux-libc", "L4Linux getpid" },
};
#define BARS (sizeof bars / sizeof *bars)

/* Those of an IPC, then those of a system call by messages. */
enum kind { ENTRY, DECODE, RENDEZVOUS, COMMIT, SPACE, EXIT, LIBRARY_ENTRY, REQUEST, SERVER, REPLY, LIBRARY_EXIT, KINDS };
static const char *const kind_names[KINDS] = { "entry", "decode", "receiver_checks", "commit_and_thread_switch", "address_space_switch", "exit",
                                               "enter_emulation_library", "request_(IPC)", "Linux_in_the_server", "reply_(IPC)", "leave_emulation_library" };

static const struct {
    const char *step;
    enum kind kind;
} steps[] = {
    { "step=enter PAL mode", ENTRY },
    { "step=open frame", ENTRY },
    { "step=send/receive (determine operation)", DECODE },
    { "step=test receiver valid", RENDEZVOUS },
    { "step=test no chief xfer", RENDEZVOUS },
    { "step=receiver accepts?", RENDEZVOUS },
    { "step=verify queuing status", RENDEZVOUS },
    { "step=find callee entry", RENDEZVOUS },
    { "step=set my rcv timeout", COMMIT },
    { "step=save rcv parameters", COMMIT },
    { "step=set caller id", COMMIT },
    { "step=kernel thread switch", COMMIT },
    { "step=context switch (address-space number)", SPACE },
    { "step=close frame", EXIT },
    { "step=leave PAL mode", EXIT },
    { "step=enter emulation library", LIBRARY_ENTRY },
    { "step=leave emulation library", LIBRARY_EXIT },
    { "step=send system call message (client to server IPC)", REQUEST },
    { "step=send and receive reply (server to client IPC)", REPLY },
    { "step=LINUX part in the server", SERVER },
};

static bool kind_of(const char *step, enum kind *kind)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].step, step) == 0) {
            *kind = steps[i].kind;
            return true;
        }
    return false;
}

static bool is_of(const struct published_number *n, const struct bar *bar)
{
    return strcmp(n->source, SOURCE) == 0 && strcmp(n->table, bar->table) == 0 && strcmp(n->system, bar->system) == 0 && strcmp(n->unit, "cycles") == 0 &&
           strncmp(n->variant, "step=", 5) == 0;
}

/* Sums of one bar by kind, and what the source prints as its total. A step that is not known is an error: nothing is left out in silence. */
static bool bar_sum(const struct published *published, const struct bar *bar, double sums[KINDS], double *total, struct error *why)
{
    enum kind kind;
    *total = NAN;
    for (size_t k = 0; k < KINDS; k++)
        sums[k] = 0;
    for (size_t i = 0; i < published->count; i++) {
        const struct published_number *n = &published->numbers[i];
        if (!is_of(n, bar))
            continue;
        if (strcmp(n->variant, TOTAL) == 0)
            *total = n->value;
        else if (kind_of(n->variant, &kind))
            sums[kind] += n->value;
        else
            return error_set(why, "%s, %s: unknown step \"%s\"", SOURCE, bar->table, n->variant);
    }
    return isfinite(*total) || error_set(why, "%s, %s: no steps of %s", SOURCE, bar->table, bar->system);
}

static double bar_write(FILE *data, size_t number, const struct bar *bar, const double sums[KINDS], size_t first_kind)
{
    char text[REPORT_NUMBER_BYTES];
    double end = 0;
    for (size_t k = 0; k < KINDS; k++) {
        if (!(sums[k] > 0))
            continue;
        fprintf(data, "%zu\t", number);
        report_data_field(data, bar->name);
        fprintf(data, "\t%.17g\t%.17g\t%zu\t%s\n", end, end + sums[k], k - first_kind, report_number(text, sums[k]));
        end += sums[k];
    }
    return end;
}

/* The bars [first, end) and the kinds of step [first_kind, end_kind). */
struct figure_of {
    size_t first, end;
    enum kind first_kind, end_kind;
};

static bool figure_fill(struct figure_job *job, const struct published *published, const struct figure_of *f, struct error *why)
{
    char number[2][REPORT_NUMBER_BYTES];
    double sums[BARS][KINDS], totals[BARS], ends[BARS], high = 0;
    for (size_t i = f->first; i < f->end; i++)
        if (!bar_sum(published, &bars[i], sums[i], &totals[i], why))
            return false;
    for (size_t i = f->first; i < f->end; i++) {
        ends[i] = bar_write(job->data, i - f->first, &bars[i], sums[i], f->first_kind);
        high = fmax(high, ends[i]);
    }
    fputs("\n\n", job->data);
    for (size_t i = f->first; i < f->end; i++) {
        fprintf(job->data, "%zu\t%.17g\t%s", i - f->first, ends[i], report_number(number[0], ends[i]));
        if (totals[i] != ends[i])
            fprintf(job->data, " (printed: %s)", report_number(number[1], totals[i]));
        fputc('\n', job->data);
    }
    fprintf(job->head, "axis = 'cycles'\nbars = %zu\nhigh = %.17g\nsteps = '", f->end - f->first, high);
    for (size_t k = f->first_kind; k < f->end_kind; k++)
        fprintf(job->head, "%s ", kind_names[k]);
    fputs("'\n", job->head);
    return true;
}

static bool published_figure(struct figure_job *job, const struct figure_of *f, const char *what, struct error *why)
{
    struct published published;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/baselines/published", job->tree);
    if (!published_read(folder, &published, why))
        return false;
    bool good = figure_fill(job, &published, f, why);
    published_free(&published);
    fprintf(job->caption, "Haertig, Hohmuth, Liedtke, Schoenberg, Wolter: The Performance of mu-Kernel-Based Systems (SOSP 1997), %s "
            "Cycles as printed; thin: segments too narrow for their number. Tollgate's own steps are in the figure of ipc.breakdown, in the unit of its results: no axis holds two units.", what);
    return good;
}

bool published_steps_write(struct figure_job *job, struct error *why)
{
    static const struct figure_of f = { 0, 2, ENTRY, LIBRARY_ENTRY };
    return published_figure(job, &f, "table 6: Alpha 21164, one way, no TLB or cache misses; a protected control transfer is what an IPC cannot do without.", why);
}

bool published_getpid_write(struct figure_job *job, struct error *why)
{
    static const struct figure_of f = { 2, BARS, LIBRARY_ENTRY, KINDS };
    return published_figure(job, &f, "figure 5: Pentium 133, a system call of Linux as a round trip to a server.", why);
}
