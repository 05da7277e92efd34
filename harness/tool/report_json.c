/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See report_json.h.
 */
#include "harness/tool/report_json.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_audit.h"
#include "harness/tool/report_table.h"

/* Each line of a text as a string. */
static json_t *lines_json(char *text)
{
    json_t *list = json_array();
    char *save;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        json_array_append_new(list, json_string(line));
    free(text);
    return list;
}

static json_t *inputs_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->input_count; i++) {
        const struct report_input *input = &report->inputs[i];
        char *conditions = report_conditions(input);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:O, s:i}", "label", input->label, "path", report_path_short(input->path), "conditions", conditions,
                                              "context", input->result.context, "rows", (int)input->result.row_count));
        free(conditions);
    }
    return list;
}

static json_t *columns_json(const char *names)
{
    json_t *list = json_array();
    for (const char *p = names; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL) {
        const char *name = p + (*p == '<');
        json_array_append_new(list, json_stringn(name, strcspn(name, "|")));
    }
    return list;
}

static json_t *tables_json(const struct report *report)
{
    json_t *list = json_array();
    struct report_tables tables = report_tables_make(report);
    for (size_t i = 0; i < tables.count; i++) {
        const struct report_table *table = &tables.items[i];
        json_t *rows = json_array(), *row = NULL;
        for (size_t k = 0; k < table->cell_count; k++) {
            if (k % table->columns == 0)
                json_array_append_new(rows, row = json_array());
            json_array_append_new(row, json_string(table->cells[k]));
        }
        json_array_append_new(list, json_pack("{s:s, s:s?, s:o, s:o}", "title", table->title, "note", table->note, "columns", columns_json(table->names), "rows", rows));
    }
    report_tables_free(&tables);
    return list;
}

static json_t *figures_json(const struct report_figures *figures)
{
    json_t *list = json_array();
    for (size_t i = 0; figures && i < figures->count; i++) {
        const struct report_figure *f = &figures->items[i];
        json_t *files = json_array();
        for (size_t k = 0; !f->absent && k < REPORT_FIGURE_ENDINGS; k++)
            json_array_append_new(files, json_sprintf("plots/%s.%s", f->name, report_figure_endings[k]));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "name", f->name, "title", f->title, "absent", f->absent, "caption", f->caption, "files", files));
    }
    return list;
}

static json_t *audit_json(const struct report *report, const struct report_figures *figures)
{
    struct audit_finding findings[AUDIT_RULES];
    json_t *list = json_array();
    report_audit(report, figures, findings);
    for (int i = 0; i < AUDIT_RULES; i++)
        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s}", "number", i + 1, "rule", findings[i].rule, "verdict",
                                              audit_verdict_name(findings[i].verdict), "evidence", findings[i].evidence));
    report_audit_free(findings);
    return list;
}

json_t *report_json(const struct report *report, const struct report_figures *figures, const char *page)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "schema", "tollgate-report/1", "verdict", lines_json(report_verdict(report)), "absences",
                     lines_json(report_absences(report)), "inputs", inputs_json(report), "tables", tables_json(report), "figures", figures_json(figures),
                     "audit", audit_json(report, figures), "page", page);
}
