/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of one figure; see figure.h.
 */
#include "harness/tool/figure.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/report_text.h"

#define GNUPLOT_LIMIT_S 60
#define SCRIPT_BYTES_MAX (1u << 20)
#define CAPTION_WIDTH 100 /* characters of a caption's line that fit below a figure */
#define NAME_BYTES_MAX 200

void figure_text_open(struct figure_text *text)
{
    *text = (struct figure_text){ 0 };
    text->data = open_memstream(&text->data_text, &text->bytes[0]);
    text->head = open_memstream(&text->head_text, &text->bytes[1]);
    text->caption = open_memstream(&text->caption_text, &text->bytes[2]);
    if (!text->data || !text->head || !text->caption)
        abort(); /* pages of text */
}

void figure_text_close(struct figure_text *text)
{
    fclose(text->data);
    fclose(text->head);
    fclose(text->caption);
}

void figure_text_free(struct figure_text *text)
{
    free(text->data_text);
    free(text->head_text);
    free(text->caption_text);
    *text = (struct figure_text){ 0 };
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
    fprintf(out, "%s\ncaption_lines = %zu\n", lines ? "" : "''", lines);
}

static bool file_write(const char *folder, const char *name, const char *ending, const char *const parts[], struct error *e)
{
    char path[4096];
    struct file_output f;
    if (snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending) >= (int)sizeof path)
        return error_set(e, "%.200s: path too long", folder);
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
static char *head_make(const struct figure_parts *parts)
{
    char *text = NULL, *caption = report_wrap(parts->caption, CAPTION_WIDTH);
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a page of text */
    fprintf(out, "# SPDX-License-Identifier: BSD-2-Clause\n# Written by tollgate; `gnuplot %s.gp` in this folder draws it again.\nname = ", parts->name);
    report_gnuplot_string(out, parts->name);
    fputs("\nid = '", out); /* of elements of the SVG: gnuplot takes letters, digits and _ */
    for (const char *c = parts->name; *c; c++)
        putc(isalnum((unsigned char)*c) ? *c : '_', out);
    fputs("'\ndata = name . '.dat'\nunit = ", out);
    report_gnuplot_string(out, parts->unit);
    fputs("\ntitle = ", out);
    report_gnuplot_string(out, parts->title);
    putc('\n', out);
    caption_variable_write(out, caption);
    fprintf(out, "%s\n", parts->head);
    fclose(out);
    free(caption);
    return text;
}

bool figure_style_write(const char *tree, const char *folder, struct error *e)
{
    char *style;
    if (!script_read(tree, "style", &style, e))
        return false;
    bool good = file_write(folder, "style", "gp", (const char *const[]){ style, NULL }, e);
    free(style);
    return good;
}

bool figure_draw(const char *tree, const char *folder, const struct figure_parts *parts, struct error *e)
{
    char *script, *head;
    if (!script_read(tree, parts->script, &script, e))
        return false;
    head = head_make(parts);
    bool good = file_write(folder, parts->name, "dat", (const char *const[]){ parts->data, NULL }, e)
             && file_write(folder, parts->name, "gp", (const char *const[]){ head, script, NULL }, e)
             && figure_gnuplot_run(folder, parts->name, GNUPLOT_LIMIT_S, e);
    free(head);
    free(script);
    return good;
}

bool figure_draw_at(const char *tree, const char *path, struct figure_parts *parts, struct error *e)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    char folder[4096] = ".", name[NAME_BYTES_MAX + 1];
    if (length < 5 || strcmp(base + length - 4, ".svg") != 0 || length > NAME_BYTES_MAX || strpbrk(base, "\"'\\\n"))
        return error_set(e, "%s: the name of a plot must end in .svg, and hold no quote", path);
    if (slash && snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path) >= (int)sizeof folder)
        return error_set(e, "%.200s: path too long", path);
    snprintf(name, sizeof name, "%.*s", (int)(length - 4), base);
    if (strcmp(name, "style") == 0)
        return error_set(e, "%s: style.gp is the file that all figures share", path);
    parts->name = name;
    bool good = figure_style_write(tree, folder, e) && figure_draw(tree, folder, parts, e);
    parts->name = NULL;
    return good;
}
