/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/tool/report_listing.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/report_text.h"
#include "harness/tool/tool.h"

#define LISTING_BYTES_MAX (1u << 20)
#define KERNEL_LINE "kernel "

/* Whether any result was measured with the kernel of that name. */
static bool kernel_was_measured(const struct report *report, const char *kernel, size_t length)
{
    for (size_t i = 0; i < report->input_count; i++) {
        const char *measured = result_context(&report->inputs[i].result, "kernel");
        if (measured && strlen(measured) == length && strncmp(measured, kernel, length) == 0)
            return true;
    }
    return false;
}

/* Line by line: a page's text has no line breaks of its own. */
static void lines_write(FILE *out, char *text)
{
    for (char *end; *text; text = end) {
        end = text + strcspn(text, "\n");
        bool broken = *end == '\n';
        *end = 0;
        report_html(out, text);
        putc('\n', out);
        end += broken;
    }
}

void report_listing_write(FILE *out, const struct report *report)
{
    char path[4096], *text;
    size_t size;
    struct error e;
    snprintf(path, sizeof path, "%s/fastpath.txt", tool_build_dir());
    fputs("<h2 id=\"fastpath\">The fast path, instruction by instruction</h2>\n", out);
    if (!file_read(path, LISTING_BYTES_MAX, &text, &size, &e)) {
        fputs("<p class=\"note\">Not shown: ", out);
        report_html(out, e.text);
        fputs(" (<code>make</code> writes it).</p>\n", out);
        return;
    }
    char *body = strchr(text, '\n');
    bool named = strncmp(text, KERNEL_LINE, sizeof KERNEL_LINE - 1) == 0 && body;
    const char *kernel = text + sizeof KERNEL_LINE - 1;
    fputs("<p class=\"note\">Each instruction of the binary, from <code>syscall_entry</code> on, beside the line of kernel/x86_64/fastpath.S that it comes from, "
          "macros expanded, and what it is for; the build fails when these do not agree. L1, L2, ...: a load, and how many loads it takes one after the other to have its address; "
          "the longest chains, and why none of their links can go, are told at the end. Nothing is written to memory before a step P4. ", out);
    if (named && kernel_was_measured(report, kernel, (size_t)(body - kernel)))
        fputs("This is the kernel that was measured.", out);
    else
        fputs("This is the kernel of this build; no result here names it as the one that was measured.", out);
    fputs("</p>\n<div class=\"scroll\" style=\"width:96vw;max-width:1500px;margin-left:calc(50% - min(48vw, 750px))\"><pre style=\"white-space:pre;overflow-wrap:normal;border:0;margin:0\">\n", out);
    lines_write(out, named ? body + 1 : text);
    fputs("</pre></div>\n", out);
    free(text);
}
