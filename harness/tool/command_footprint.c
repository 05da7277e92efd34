/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate footprint`: runs workloads on target qemu under the footprint plugin and tells what a sample executes and touches. The run is
 * judged like any other, its samples must be those that the plugin counted, and the result is kept beside the plugin's output.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/plugin/cache_model.h"
#include "harness/tool/footprint_gate.h"
#include "harness/tool/footprint_report.h"
#include "harness/tool/json_file.h"
#include "harness/tool/session.h"
#include "harness/tool/target.h"
#include "harness/tool/target_run.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"
#include "harness/tool/workload_expected.h"
#include "harness/tool/workload_index.h"

enum { OPTION_LINES = 256, OPTION_BATCHED, OPTION_GATE, OPTION_ACCEPT, OPTION_REASON, OPTION_REFERENCE, OPTION_RESULTS, OPTION_CMDLINE,
       OPTION_L1I, OPTION_L1D, OPTION_ITLB, OPTION_DTLB, OPTION_L2, OPTION_MISSES };

static const struct argp_option options[] = {
    { "select", 's', "GLOB", 0, "Workloads, patterns separated by commas (default: ipc.call.inter; with --gate, --accept: those accepted)", 1 },
    { "output", 'o', "FILE", 0, "Write JSON to FILE", 1 },
    { "json", 'j', NULL, 0, "Print JSON instead of tables", 1 },
    { "lines", OPTION_LINES, NULL, 0, "List every cache line too", 1 },
    { "batched", OPTION_BATCHED, NULL, 0, "Rows of 100 operations a sample too", 1 },
    { "l1i", OPTION_L1I, "SIZE:WAYS", 0, "Model of the instruction cache (default: 32K:8; at most 64 sets of 64 bytes)", 2 },
    { "l1d", OPTION_L1D, "SIZE:WAYS", 0, "Model of the data cache (default: 32K:8), chosen by physical address: may stand for a larger one of another level", 2 },
    { "itlb", OPTION_ITLB, "ENTRIES:WAYS", 0, "Model of the instruction TLB (default: 128:8)", 2 },
    { "dtlb", OPTION_DTLB, "ENTRIES:WAYS", 0, "Model of the data TLB (default: 64:4)", 2 },
    { "l2", OPTION_L2, "SIZE:WAYS", 0, "Model of the second level, of code and data (default: 256K:8; at most 2 MiB a way)", 2 },
    { "misses", OPTION_MISSES, NULL, 0, "With --gate, --accept: of the misses of the models, summed over all samples of a row, instead of what is touched", 3 },
    { "gate", OPTION_GATE, NULL, 0, "Compare with the accepted footprints; any difference fails", 3 },
    { "accept", OPTION_ACCEPT, NULL, 0, "Make these footprints the accepted ones", 3 },
    { "reason", OPTION_REASON, "TEXT", 0, "Why they are right; needed with --accept", 3 },
    { "reference", OPTION_REFERENCE, "FILE", 0, "Accepted footprints (default: results/reference/footprint.json)", 3 },
    { "results", OPTION_RESULTS, "FOLDER", 0, "Where to keep the run (default: results/local)", 4 },
    { "cmdline", OPTION_CMDLINE, "OPTIONS", 0, "Further options for the guest's command line, `nofast` for example", 4 },
    { 0 },
};

struct footprint_arguments {
    const char *select, *output, *reason, *reference, *results, *cmdline, *caches[FOOTPRINT_CACHES];
    bool json, lines, batched, gate, accept, misses;
};

static const char *text_checked(const char *what, const char *text, const char *allowed, struct argp_state *state)
{
    if (text[0] == '\0' || text[strspn(text, allowed)] != '\0' || strlen(text) > 512)
        argp_error(state, "%s: \"%s\" is empty, too long or holds a character that is not allowed", what, text);
    return text;
}

static void geometry_check(const char *text, enum cache_kind kind, struct argp_state *state)
{
    struct cache_geometry geometry;
    if (!cache_geometry_parse_kind(text, kind, &geometry))
        argp_error(state, "\"%.80s\" is no geometry of a cache: SIZE:WAYS (32K:8), or ENTRIES:WAYS of a TLB (64:4), that gives whole sets, a power of two of them, "
                   "no more than there are", text);
}

static void arguments_check(const struct footprint_arguments *a, struct argp_state *state)
{
    if (a->accept && (!a->reason || !a->reason[strspn(a->reason, " \t\r\n")]))
        argp_error(state, "--accept needs --reason TEXT, and a text that says something");
    if (!a->accept && a->reason)
        argp_error(state, "--reason without --accept");
    if (a->misses && (!a->reference || a->accept == a->gate))
        argp_error(state, "--misses goes with --gate or --accept, and a --reference of its own");
    if (a->accept && a->gate)
        argp_error(state, "--accept and --gate exclude one another");
    if (a->accept && a->json)
        argp_error(state, "--accept and --json exclude one another");
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct footprint_arguments *a = state->input;
    switch (key) {
    case 's': a->select = text_checked("--select", text, "abcdefghijklmnopqrstuvwxyz0123456789._-*?[]!,", state); return 0;
    case 'o': a->output = text; return 0;
    case 'j': a->json = tool_json_wanted(); return 0;
    case OPTION_LINES: a->lines = true; return 0;
    case OPTION_BATCHED: a->batched = true; return 0;
    case OPTION_L1I: case OPTION_L1D: case OPTION_ITLB: case OPTION_DTLB: case OPTION_L2:
        geometry_check(text, (enum cache_kind)(key - OPTION_L1I), state);
        a->caches[key - OPTION_L1I] = text;
        return 0;
    case OPTION_MISSES: a->misses = true; return 0;
    case OPTION_GATE: a->gate = true; return 0;
    case OPTION_ACCEPT: a->accept = true; return 0;
    case OPTION_REASON: a->reason = text; return 0;
    case OPTION_REFERENCE: a->reference = text; return 0;
    case OPTION_RESULTS: a->results = text; return 0;
    case OPTION_CMDLINE: a->cmdline = text_checked("--cmdline", text, "abcdefghijklmnopqrstuvwxyz0123456789.=_-, ", state); return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", text); return 0;
    case ARGP_KEY_END: arguments_check(a, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static char *reference_path(const struct footprint_arguments *a)
{
    char *path;
    if (asprintf(&path, "%s%s", a->reference ? a->reference : tool_tree_dir(), a->reference ? "" : "/results/reference/footprint.json") < 0)
        abort();
    return path;
}

/* Who asks for the gate alone, or accepts anew, means all that is accepted. */
static int selection_default(struct footprint_arguments *a, char **selection, struct error *e)
{
    *selection = NULL;
    if (a->select)
        return TOOL_OK;
    char *path = a->gate || a->accept ? reference_path(a) : NULL;
    bool accepted = a->gate || (path && access(path, F_OK) == 0);
    *selection = accepted ? footprint_gate_selection(path, e) : strdup("ipc.call.inter");
    free(path);
    a->select = *selection;
    return a->select ? TOOL_OK : TOOL_BAD_INPUT;
}

/* --- one run --- */

static char *caches_text(const struct footprint_arguments *a)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        abort();
    for (size_t k = 0, n = 0; k < FOOTPRINT_CACHES; k++)
        if (a->caches[k])
            fprintf(f, "%s%s=%s", n++ ? "," : "", footprint_cache_names[k], a->caches[k]);
    fclose(f);
    return text;
}

struct measured {
    char *folder;
    struct result result;
    struct footprint footprint;
};

static int target_measure(const struct footprint_arguments *a, const struct tree_state *tree, struct measured *m, struct error *e)
{
    char *output, *cmdline, *caches = caches_text(a);
    bool interrupted;
    if (asprintf(&output, "%s/footprint.txt", m->folder) < 0 ||
        asprintf(&cmdline, "%s%sfloor=off%s", a->cmdline, a->cmdline[0] ? " " : "", a->batched ? "" : " method=single") < 0)
        abort();
    struct run_request request = { .target = target_find("qemu"), .select = a->select, .cmdline = cmdline, .cpus = 1, .folder = m->folder,
                                   .tree = tree, .footprint = output, .caches = caches };
    int status = target_run(&request, &m->result, &interrupted);
    e->text[0] = '\0'; /* target_run has told already */
    if (status == TOOL_OK && !footprint_read(output, &m->footprint, e))
        status = TOOL_BAD_INPUT;
    if (status == TOOL_OK && !footprint_agrees(&m->footprint, &m->result, e))
        status = TOOL_FAILED;
    free(output);
    free(cmdline);
    free(caches);
    return status;
}

static int measure(const struct footprint_arguments *a, struct measured *m, struct error *e)
{
    struct tree_state tree;
    struct finding finding;
    char *session;
    const struct target *target = target_find("qemu");
    target->check(target, NULL, &finding);
    if (finding.works)
        target_needs_built("footprint.so", "all", &finding);
    if (!finding.works) {
        error_set(e, "target qemu does not work here: %s; remedy: %s", finding.reason, finding.remedy);
        return TOOL_FAILED;
    }
    int any = workload_expected_any(target, a->select, a->cmdline, e);
    if (any != TOOL_OK)
        return any;
    tree_state_read(&tree);
    if (!session_folder_make(a->results, &tree, &session, e))
        return TOOL_FAILED;
    if (asprintf(&m->folder, "%s/footprint", session) < 0)
        abort();
    free(session);
    return folder_make(m->folder, false, e) ? target_measure(a, &tree, m, e) : TOOL_FAILED;
}

/* --- names --- */

static bool kernel_symbols(const char *scratch, struct symbols *s, struct error *e)
{
    char *elf = target_file("kernel/tollgate.elf");
    bool ok = symbols_read(elf, scratch, s, e);
    free(elf);
    return ok;
}

/* The program that measured a workload: workloads/x/y.c is guest/workloads/x/y.elf of the build. */
static bool program_symbols(const char *id, const char *scratch, struct symbols *s, struct error *e)
{
    struct workload_index index;
    bool ok = false;
    if (!workload_index_read(NULL, &index, e))
        return false;
    for (size_t i = 0; i < index.count && !ok; i++) {
        char name[512];
        if (strcmp(index.entries[i].id, id) != 0)
            continue;
        int n = snprintf(name, sizeof name, "guest/%s", index.entries[i].file);
        if (n > 2 && (size_t)n < sizeof name - 3)
            strcpy(name + n - 1, "elf");
        char *elf = target_file(name);
        ok = symbols_read(elf, scratch, s, e);
        free(elf);
        if (!ok)
            break;
    }
    workload_index_free(&index);
    return ok || (e->text[0] ? false : error_set(e, "nobody knows the program of %.120s", id));
}

/* --- output --- */

struct output {
    json_t *rows;    /* for JSON */
    json_t *figures; /* name -> figures */
};

static void row_tell(const struct footprint_arguments *a, const struct measured *m, size_t i, const struct footprint_names *names,
                     struct output *out)
{
    const struct result_row *row = &m->result.rows[i];
    char *name;
    if (asprintf(&name, "%s %s", row->workload, row->variant) < 0)
        abort();
    /* C code that moves, as any change of the kernel makes it, begins in other lines: only the fast path is laid out on purpose. */
    if (m->footprint.rows[i].windows > 0)
        json_object_set_new(out->figures, name, a->misses ? footprint_misses_figures(&m->footprint.rows[i])
                                                          : footprint_figures_json(&m->footprint.rows[i], strcmp(row->path, "fast") == 0));
    json_array_append_new(out->rows, footprint_row_json(&m->footprint.rows[i], row, names));
    if (!a->json && !a->gate && !a->accept)
        footprint_row_print(stdout, &m->footprint, &m->footprint.rows[i], row, names, a->lines);
    free(name);
}

static bool rows_tell(const struct footprint_arguments *a, const struct measured *m, struct output *out, struct error *e)
{
    struct symbols kernel, program = { 0 };
    char *scratch;
    const char *of = "";
    if (asprintf(&scratch, "%s/symbols.txt", m->folder) < 0)
        abort();
    bool ok = kernel_symbols(scratch, &kernel, e);
    for (size_t i = 0; ok && i < m->result.row_count; i++) {
        if (strcmp(of, m->result.rows[i].workload) != 0) {
            symbols_free(&program);
            of = m->result.rows[i].workload;
            ok = program_symbols(of, scratch, &program, e);
        }
        struct footprint_names names = { .space = { [SPACE_KERNEL] = &kernel, [SPACE_USER] = &program } };
        if (ok)
            row_tell(a, m, i, &names, out);
    }
    remove(scratch);
    free(scratch);
    symbols_free(&kernel);
    symbols_free(&program);
    return ok;
}

/* Which rows differ, a line each: as text, or "gate" of the document that --json prints. */
static int gate_tell(const struct footprint_arguments *a, const char *path, const struct output *out, json_t *root, struct error *e)
{
    size_t differ, bytes;
    char *text = NULL;
    FILE *lines = open_memstream(&text, &bytes);
    if (!lines)
        abort(); /* a line for each row */
    bool read = footprint_gate(path, out->figures, lines, &differ, e);
    fclose(lines);
    if (read && a->json)
        json_object_set_new(root, "gate", json_pack("{s:s, s:b, s:i, s:i, s:s}", "reference", path, "passed", differ == 0, "rows",
                                                    (int)json_object_size(out->figures), "differ", (int)differ, "lines", text));
    else if (read)
        terminal_printf(stdout, "%sfootprint gate %s: %zu rows, %zu differ\n", text, differ ? "FAILED" : "passed", json_object_size(out->figures), differ);
    free(text);
    return !read ? TOOL_BAD_INPUT : differ ? TOOL_NEGATIVE : TOOL_OK;
}

static int footprints_judge(const struct footprint_arguments *a, const struct measured *m, const struct output *out, json_t *root, struct error *e)
{
    int status = TOOL_OK;
    char *path = reference_path(a);
    if (a->accept) {
        char *caches = a->misses ? caches_text(a) : NULL;
        status = footprint_accept(path, out->figures, m->result.context, caches, a->reason, e) ? TOOL_OK : TOOL_FAILED;
        free(caches);
        if (status == TOOL_OK)
            printf("accepted: %s\n", path);
    } else if (a->gate)
        status = gate_tell(a, path, out, root, e);
    free(path);
    return status;
}

static int footprints_tell(const struct footprint_arguments *a, const struct measured *m, struct error *e)
{
    struct output out = { json_array(), json_object() };
    int status = rows_tell(a, m, &out, e) ? TOOL_OK : TOOL_FAILED;
    json_t *root = json_pack("{s:s, s:O, s:o, s:o}", "schema", FOOTPRINT_SCHEMA, "context", m->result.context, "geometry",
                             footprint_geometry_json(&m->footprint), "rows", out.rows);
    if (status == TOOL_OK && a->output && !json_file_write(a->output, root, 3, e))
        status = TOOL_FAILED;
    if (status == TOOL_OK)
        status = footprints_judge(a, m, &out, root, e);
    if (status <= TOOL_NEGATIVE && a->json)
        json_print(stdout, root, 3);
    if (status == TOOL_OK && !a->json && !a->gate && !a->accept)
        terminal_printf(stdout, "\nkept: %s\n", m->folder);
    json_decref(root);
    json_decref(out.figures);
    return status;
}

static int footprint_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, NULL,
        "Tells what one sample of each row executes and touches, from clock read to clock read: instructions by symbol, loads, stores, taken "
        "transfers of control, distinct 64-byte lines of code and data, distinct pages of 4 KiB, and misses in models of first-level caches "
        "and TLBs (set-associative, LRU; results/FORMAT.md). Target qemu, one CPU; the samples must be those that the plugin counted.\v"
        "Exit status: 0; 1 no workload matches, or with --gate a footprint differs from the accepted one; 2 usage; 3 bad input, no reference; 4 the run failed.",
        NULL, NULL, NULL
    };
    struct footprint_arguments arguments = { .cmdline = "" };
    struct measured m = { 0 };
    struct error e = { "" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    char *selection;
    int status = selection_default(&arguments, &selection, &e);
    if (status == TOOL_OK)
        status = measure(&arguments, &m, &e);
    if (status == TOOL_OK)
        status = footprints_tell(&arguments, &m, &e);
    if (status != TOOL_OK && e.text[0])
        tool_error("%s", e.text);
    footprint_free(&m.footprint);
    result_free(&m.result);
    free(m.folder);
    free(selection);
    return status;
}

const struct command command_footprint = { "footprint", "cache lines, pages and instructions of a sample, by symbol", footprint_run };
