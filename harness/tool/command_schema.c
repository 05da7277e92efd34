/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate schema`: the shape of a result, for programs (JSON Schema) and for documents (a table).
 */
#include <argp.h>

#include "harness/tool/json_file.h"
#include "harness/tool/schema.h"
#include "harness/tool/tool.h"

static const struct argp_option options[] = {
    { "markdown", 'm', NULL, 0, "Print the table of a row's fields, as results/FORMAT.md holds it", 0 },
    { "json", 'j', NULL, 0, "Print the JSON Schema (the default)", 0 },
    { 0 },
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    bool *markdown = state->input;
    switch (key) {
    case 'm': *markdown = true; return 0;
    case 'j': *markdown = !tool_json_wanted(); return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", text); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int schema_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, NULL,
        "Prints the JSON Schema of results, as results/tollgate-result-1.schema.json holds it.\v"
        "Exit status: 0; 2 usage.",
        NULL, NULL, NULL
    };
    bool markdown = false;
    argp_parse(&argp, argc, argv, 0, NULL, &markdown);
    if (markdown) {
        schema_print_markdown(stdout);
        return TOOL_OK;
    }
    json_t *schema = schema_result();
    if (!schema) {
        tool_error("out of memory");
        return TOOL_FAILED;
    }
    json_print(stdout, schema, 5);
    json_decref(schema);
    return TOOL_OK;
}

const struct command command_schema = { "schema", "print the shape of a result: JSON Schema, or a table", schema_run };
