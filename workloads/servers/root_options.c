/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Root's options on the kernel's command line: select=GLOB run=workloads|tests|all seed=N rounds=N limit=SECONDS.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

#define NUMBER_MAX ABI_CONST(uint64_t, 1000000000)
#define LIMIT_S_MAX 100000

static bool word_copy(char *to, size_t to_bytes, const char *word, size_t word_bytes)
{
    if (word_bytes >= to_bytes)
        return false;
    memcpy(to, word, word_bytes);
    to[word_bytes] = '\0';
    return true;
}

static const char *run_parse(const char *value, struct root_options *out)
{
    if (text_equal(value, "all"))
        out->run_workloads = out->run_tests = true;
    else if (text_equal(value, "tests"))
        out->run_tests = true;
    else if (text_equal(value, "workloads"))
        out->run_workloads = true;
    else
        return "run= takes workloads, tests or all";
    return NULL;
}

static bool number_parse(const char *digits, size_t n, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9' || *out > NUMBER_MAX)
            return false;
        *out = *out * 10 + (uint64_t)(digits[i] - '0');
    }
    return *out != 0 && *out <= NUMBER_MAX;
}

/* The kernel has refused every other value. */
static uint64_t methods_parse(const char *value)
{
    if (text_starts(value, "single"))
        return METHOD_SINGLE;
    return text_starts(value, "batched") ? METHOD_BATCHED : METHOD_SINGLE | METHOD_BATCHED;
}

static const char *word_parse(const char *word, size_t word_bytes, struct root_options *out)
{
    char value[32];

    if (text_starts(word, "select=") && word_bytes > 7) {
        if (!word_copy(out->select, sizeof out->select, word + 7, word_bytes - 7))
            return "select= is too long (255 bytes at most)";
    } else if (text_starts(word, "method=")) {
        out->methods = (out->methods & METHOD_STATES) | methods_parse(word + 7);
    } else if (text_starts(word, "states=all")) {
        out->methods |= METHOD_STATES;
    } else if (text_starts(word, "floor=off")) {
        out->no_floor = true;
    } else if (text_starts(word, "screen=log")) {
        out->screen_log = true;
    } else if (word_bytes == 5 && text_starts(word, "shell")) {
        out->shell = true;
    } else if (text_starts(word, "qr=")) {
        out->qr_once = text_starts(word, "qr=once");
        out->qr = out->qr_once || text_starts(word, "qr=on");
    } else if (text_starts(word, "run=")) {
        if (out->run_workloads || out->run_tests)
            return "run= is given twice";
        if (!word_copy(value, sizeof value, word + 4, word_bytes - 4))
            return "run= takes workloads, tests or all";
        return run_parse(value, out);
    } else if (text_starts(word, "seed=") && !number_parse(word + 5, word_bytes - 5, &out->seed)) {
        return "seed= takes a number from 1 to 1000000000";
    } else if (text_starts(word, "rounds=") && !number_parse(word + 7, word_bytes - 7, &out->rounds)) {
        return "rounds= takes a number from 1 to 1000000000";
    } else if (text_starts(word, "limit=") && (!number_parse(word + 6, word_bytes - 6, &out->limit_s) || out->limit_s > LIMIT_S_MAX)) {
        return "limit= takes a number of seconds from 1 to 100000";
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *root_options_parse(const char *command_line, struct root_options *out)
{
    *out = (struct root_options){ .select = "*", .methods = METHOD_SINGLE | METHOD_BATCHED };
    while (*command_line != '\0') {
        size_t n = 0;
        while (command_line[n] != '\0' && !is_blank(command_line[n]))
            n++;
        const char *wrong = word_parse(command_line, n, out);
        if (wrong != NULL)
            return wrong;
        command_line += n;
        while (is_blank(*command_line))
            command_line++;
    }
    if (!out->run_workloads && !out->run_tests)
        out->run_workloads = true;
    return NULL;
}
