/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate doctor [TARGET...]`: which targets work here, why the others do not and what to do about it, and what of this machine
 * makes cycles worth less.
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/probe.h"
#include "harness/tool/target.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

#define DOCTOR_TARGETS_MAX 16

static const struct argp_option options[] = {
    { "json", 'j', NULL, 0, "Print JSON: {\"targets\": [...], \"machine\": [...]}", 0 },
    { 0 },
};

struct doctor_arguments {
    bool json;
    const struct target *named[DOCTOR_TARGETS_MAX];
    size_t named_count;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct doctor_arguments *arguments = state->input;
    switch (key) {
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG: {
        const struct target *target = target_find(text);
        if (!target)
            argp_error(state, "unknown target \"%s\" (%s)", text, target_names());
        else if (arguments->named_count == DOCTOR_TARGETS_MAX)
            argp_error(state, "too many targets");
        else
            arguments->named[arguments->named_count++] = target;
        return 0;
    }
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void target_print(const struct target *target, const struct finding *f)
{
    terminal_printf(stdout, "  %-23s %s  %s\n", target->name, f->works ? "works" : "NO   ", target->summary);
    if (f->works)
        return;
    terminal_printf(stdout, "%33swhy:    %s\n", "", f->reason);
    if (f->remedy[0])
        terminal_printf(stdout, "%33sremedy: %s\n", "", f->remedy);
}

static void fact_print(const struct fact *f)
{
    terminal_printf(stdout, "  %-16s %-7s  %s\n", f->name, fact_grade_name(f->grade), f->value);
    if (f->effect)
        terminal_printf(stdout, "%27seffect: %s\n", "", f->effect);
    if (f->remedy)
        terminal_printf(stdout, "%27sremedy: %s\n", "", f->remedy);
}

static json_t *target_json(const struct target *target, const struct finding *f)
{
    json_t *object = json_pack("{s:s, s:b, s:b, s:s}", "name", target->name, "works", (int)f->works, "exact", (int)target->exact,
                               "summary", target->summary);
    if (!f->works) {
        json_object_set_new(object, "reason", json_string(f->reason));
        json_object_set_new(object, "remedy", json_string(f->remedy));
    }
    return object;
}

static json_t *fact_json(const struct fact *f)
{
    return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "name", f->name, "grade", fact_grade_name(f->grade), "value", f->value, "effect",
                     f->effect, "remedy", f->remedy);
}

/* Whether `target` counts for the exit status: the named ones, or the default target. */
static bool target_counts(const struct doctor_arguments *arguments, const struct target *target)
{
    if (arguments->named_count == 0)
        return target == target_table[0];
    for (size_t i = 0; i < arguments->named_count; i++)
        if (arguments->named[i] == target)
            return true;
    return false;
}

/* Checks and shows the targets; true when all that count work. `list` is NULL for text. */
static bool targets_show(const struct doctor_arguments *arguments, json_t *list)
{
    bool all_work = true;
    for (const struct target *const *t = target_table; *t; t++) {
        struct finding finding;
        if (arguments->named_count > 0 && !target_counts(arguments, *t))
            continue;
        (*t)->check(*t, NULL, &finding);
        all_work = all_work && (finding.works || !target_counts(arguments, *t));
        if (list)
            json_array_append_new(list, target_json(*t, &finding));
        else
            target_print(*t, &finding);
        fflush(stdout); /* the next check may take its time */
    }
    return all_work;
}

static int doctor_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[TARGET...]",
        "Says which targets work here, why the others do not, and what to do about it; then which facts of this machine bear on "
        "figures that are taken on its own CPU (targets kvm and linux; the others count instructions and do not depend on them).\v"
        "Grades of facts: fine; note: changes figures, compare like with like; noise: makes figures spread or wrong; unknown: the "
        "machine does not tell.\n\n"
        "Exit status: 0 when every TARGET named works (with none named: when the default target, qemu, does); 1 when not.",
        NULL, NULL, NULL
    };
    struct doctor_arguments arguments = { 0 };
    struct fact facts[FACTS_MAX];
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    json_t *targets = arguments.json ? json_array() : NULL, *machine = arguments.json ? json_array() : NULL;
    if (!arguments.json)
        puts("Targets");
    bool works = targets_show(&arguments, targets);
    if (!arguments.json)
        terminal_printf(stdout, "\nThis machine (matters to kvm and linux alone)\n");
    size_t count = host_facts("", facts);
    for (size_t i = 0; i < count; i++) {
        if (arguments.json)
            json_array_append_new(machine, fact_json(&facts[i]));
        else
            fact_print(&facts[i]);
    }
    if (arguments.json) {
        json_t *all = json_pack("{s:o, s:o}", "targets", targets, "machine", machine);
        json_print(stdout, all, 3);
        json_decref(all);
    }
    return works ? TOOL_OK : TOOL_NEGATIVE;
}

const struct command command_doctor = { "doctor", "say which targets work here, why the others do not, and how good this machine is",
                                        doctor_run };
