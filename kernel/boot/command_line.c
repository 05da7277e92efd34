/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel command line. One table declares every option of kernel and root server, so that a misspelt one is refused before
 * anything runs.
 */
#include "kernel/boot/command_line.h"

#include "kernel/x86_64/mitigations.h"
#include "kernel/x86_64/pmu.h"

struct option {
    const char *name;          /* ends in '=' when it takes a value */
    const char *values[4];     /* that are accepted, NULL-terminated; none: any value, unless option_set knows better */
};

enum option_number { OPTION_NOFAST, OPTION_MITIGATIONS, OPTION_CONSOLE, OPTION_SELECT, OPTION_RUN, OPTION_METHOD, OPTION_SEED, OPTION_ROUNDS,
                     OPTION_LIMIT, OPTION_CPUS, OPTION_TRACE, OPTION_PCID, OPTION_PMU, OPTION_STATES, OPTION_FLOOR, OPTION_SCREEN, OPTION_QR, OPTION_SHELL, OPTION_END, OPTIONS };

static const struct option options[OPTIONS] = {
    [OPTION_NOFAST] = { "nofast", { NULL } },             /* no fast path: every IPC takes the C code */
    [OPTION_MITIGATIONS] = { "mitigations=", { NULL } },    /* guards against speculation (kernel/x86_64/mitigations.h) */
    [OPTION_CONSOLE] = { "console=", { NULL } },           /* devices, with commas: console_parse */
    [OPTION_SCREEN] = { "screen=", { "progress", "log" } },   /* what a screen shows */
    [OPTION_QR] = { "qr=", { "off", "on", "once" } },         /* the log as pictures at the end */
    [OPTION_SHELL] = { "shell", { NULL } },                  /* somebody says what runs */
    [OPTION_END] = { "end=", { "poweroff", "reset" } },     /* what the machine does when all is done */
    [OPTION_SELECT] = { "select=", { NULL } },              /* which workloads, as a pattern */
    [OPTION_RUN] = { "run=", { NULL } },                    /* workloads, tests or all */
    [OPTION_PCID] = { "pcid=", { "on", "off" } },         /* off: each load of a page table empties the TLB */
    [OPTION_SEED] = { "seed=", { NULL } },                  /* of random numbers, for tests */
    [OPTION_ROUNDS] = { "rounds=", { NULL } },              /* how much, for tests that can be long */
    [OPTION_LIMIT] = { "limit=", { NULL } },                /* seconds without a request that end a program */
    [OPTION_METHOD] = { "method=", { "single", "batched", "all" } }, /* which rows of a workload */
    [OPTION_PMU] = { "pmu=", { NULL } },                   /* performance counters for user code (kernel/x86_64/pmu.h) */
    [OPTION_STATES] = { "states=", { "all" } },             /* rows of cold caches even where nothing has caches */
    [OPTION_FLOOR] = { "floor=", { "off", "on" } },          /* off: what IPC cannot avoid is measured only when selected */
    [OPTION_CPUS] = { "cpus=", { NULL } }, /* how many may run */
    [OPTION_TRACE] = { "trace=", { "off", "on" } },        /* tracepoints (kernel/abi/trace.h) */
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static size_t text_bytes(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static bool text_starts(const char *s, size_t n, const char *start)
{
    size_t i = 0;
    while (start[i] && i < n && s[i] == start[i])
        i++;
    return start[i] == 0;
}

static bool text_equals(const char *s, size_t n, const char *other) { return text_bytes(other) == n && text_starts(s, n, other); }

static void error_add(char *error, const char *text, size_t n)
{
    size_t at = text_bytes(error);
    for (size_t i = 0; i < n && at + 1 < COMMAND_LINE_ERROR_BYTES; i++)
        error[at++] = text[i];
    error[at] = 0;
}

static bool takes_value(unsigned option) { return options[option].name[text_bytes(options[option].name) - 1] == '='; }

/* The option that the word is; OPTIONS when there is none. */
static unsigned option_find(const char *word, size_t n)
{
    unsigned i = 0;
    while (i < OPTIONS && !(takes_value(i) ? text_starts(word, n, options[i].name) : text_equals(word, n, options[i].name)))
        i++;
    return i;
}

/* A decimal number without sign or leading zero, at most `max`; 0 when it is none. */
static unsigned number_read(const char *s, size_t n, unsigned max)
{
    unsigned value = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || (value = value * 10 + (unsigned)(s[i] - '0')) == 0 || value > max)
            return 0;
    }
    return value;
}

/* Devices with commas between them, one serial port at most: serial (the first that there is), com1..com4, pci, framebuffer; or both. */
static bool console_parse(const char *value, size_t n, struct command_line *out)
{
    static const char *const names[] = { [SERIAL_ANY] = "serial", "com1", "com2", "com3", "com4", "pci" };
    out->serial = SERIAL_NONE;
    out->framebuffer = false;
    while (n) {
        size_t length = 0;
        unsigned serial = SERIAL_PCI;
        while (length < n && value[length] != ',')
            length++;
        bool both = text_equals(value, length, "both"), screen = both || text_equals(value, length, "framebuffer");
        while (serial > SERIAL_NONE && !(both ? serial == SERIAL_ANY : text_equals(value, length, names[serial])))
            serial--;
        if ((!serial && !screen) || (serial && out->serial) || (screen && out->framebuffer) || length + 1 == n)
            return false;
        out->serial |= serial;
        out->framebuffer |= screen;
        value += length + (length < n);
        n -= length + (length < n);
    }
    return out->serial || out->framebuffer;
}

/* Takes over the value, when the option may have it: what the kernel does not want of an option is root's. */
static bool option_set(unsigned option, const char *value, size_t n, struct command_line *out)
{
    const char *const *accepted = options[option].values;
    unsigned choice = 0;
    switch (option) {
    case OPTION_CONSOLE:
        return console_parse(value, n, out);
    case OPTION_MITIGATIONS:
        out->mitigations = value;
        out->mitigations_bytes = n;
        return mitigations_parse(value, n, &(struct speculation){ 0 }, &(unsigned){ 0 });
    case OPTION_PMU:
        return pmu_wanted_parse(value, n, &out->pmu);
    case OPTION_CPUS:
        return (out->cpus_max = number_read(value, n, CPUS_OPTION_MAX)) != 0;
    default:
        break;
    }
    if (!accepted[0])
        return n > 0 || !takes_value(option);
    while (accepted[choice] && !text_equals(value, n, accepted[choice]))
        choice++;
    if (option == OPTION_END)
        out->reset = choice;
    if (option == OPTION_PCID)
        out->address_space_tags = !choice;
    if (option == OPTION_TRACE)
        out->trace = choice;
    return accepted[choice];
}

static const char *word_error(const char *word, size_t n, unsigned *seen, struct command_line *out)
{
    unsigned i = option_find(word, n);
    if (i == OPTIONS)
        return "unknown option: ";
    if (*seen & 1u << i)
        return "option given twice: ";
    *seen |= 1u << i;
    size_t name_bytes = text_bytes(options[i].name);
    return option_set(i, word + name_bytes, n - name_bytes, out) ? NULL : "option has a value that this kernel does not support: ";
}

bool command_line_parse(const char *line, struct command_line *out)
{
    unsigned seen = 0;
    *out = (struct command_line){ .address_space_tags = true, .mitigations = "off", .mitigations_bytes = 3, .cpus_max = CPUS_OPTION_MAX,
                                  .serial = SERIAL_ANY, .framebuffer = true };
    while (*line) {
        size_t n = 0;
        while (line[n] && !is_blank(line[n]))
            n++;
        const char *error = n > 0 ? word_error(line, n, &seen, out) : NULL;
        if (error) {
            error_add(out->error, error, text_bytes(error));
            error_add(out->error, line, n);
            return false;
        }
        line += n > 0 ? n : 1;
    }
    out->fast_path = !(seen & 1u << OPTION_NOFAST);
    return true;
}
