/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel command line. One table declares every option of kernel and root server, so that a misspelt one is refused before
 * anything runs.
 */
#include "kernel/boot/command_line.h"

#include "kernel/x86_64/mitigations.h"
#include "kernel/x86_64/pmu.h"

enum owner { OWNER_KERNEL, OWNER_ROOT };

struct option {
    const char *name;          /* ends in '=' when it takes a value */
    enum owner owner;
    const char *values[4];     /* that are accepted, NULL-terminated; none: any value */
    unsigned number_max;       /* not 0: the value is a decimal number from 1 to this */
};

enum option_number { OPTION_NOFAST, OPTION_MITIGATIONS, OPTION_CONSOLE, OPTION_SELECT, OPTION_RUN, OPTION_METHOD, OPTION_SEED, OPTION_ROUNDS,
                     OPTION_LIMIT, OPTION_CPUS, OPTION_TRACE, OPTION_PCID, OPTION_PMU, OPTION_STATES, OPTION_FLOOR, OPTION_SCREEN, OPTION_QR, OPTION_SHELL, OPTION_END, OPTIONS };

static const struct option options[OPTIONS] = {
    [OPTION_NOFAST] = { "nofast", OWNER_KERNEL, { NULL }, 0 },             /* no fast path: every IPC takes the C code */
    [OPTION_MITIGATIONS] = { "mitigations=", OWNER_KERNEL, { NULL }, 0 },    /* guards against speculation (kernel/x86_64/mitigations.h) */
    [OPTION_CONSOLE] = { "console=", OWNER_KERNEL, { NULL }, 0 },           /* devices, with commas: console_parse */
    [OPTION_SCREEN] = { "screen=", OWNER_ROOT, { "progress", "log" }, 0 },   /* what a screen shows */
    [OPTION_QR] = { "qr=", OWNER_ROOT, { "off", "on", "once" }, 0 },         /* the log as pictures at the end */
    [OPTION_SHELL] = { "shell", OWNER_ROOT, { NULL }, 0 },                  /* somebody says what runs */
    [OPTION_END] = { "end=", OWNER_KERNEL, { "poweroff", "reset" }, 0 },     /* what the machine does when all is done */
    [OPTION_SELECT] = { "select=", OWNER_ROOT, { NULL }, 0 },              /* which workloads, as a pattern */
    [OPTION_RUN] = { "run=", OWNER_ROOT, { NULL }, 0 },                    /* workloads, tests or all */
    [OPTION_PCID] = { "pcid=", OWNER_KERNEL, { "on", "off" }, 0 },         /* off: each load of a page table empties the TLB */
    [OPTION_SEED] = { "seed=", OWNER_ROOT, { NULL }, 0 },                  /* of random numbers, for tests */
    [OPTION_ROUNDS] = { "rounds=", OWNER_ROOT, { NULL }, 0 },              /* how much, for tests that can be long */
    [OPTION_LIMIT] = { "limit=", OWNER_ROOT, { NULL }, 0 },                /* seconds without a request that end a program */
    [OPTION_METHOD] = { "method=", OWNER_ROOT, { "single", "batched", "all" }, 0 }, /* which rows of a workload */
    [OPTION_PMU] = { "pmu=", OWNER_KERNEL, { NULL }, 0 },                   /* performance counters for user code (kernel/x86_64/pmu.h) */
    [OPTION_STATES] = { "states=", OWNER_ROOT, { "all" }, 0 },             /* rows of cold caches even where nothing has caches */
    [OPTION_FLOOR] = { "floor=", OWNER_ROOT, { "off", "on" }, 0 },          /* off: what IPC cannot avoid is measured only when selected */
    [OPTION_CPUS] = { "cpus=", OWNER_KERNEL, { NULL }, CPUS_OPTION_MAX }, /* how many may run */
    [OPTION_TRACE] = { "trace=", OWNER_KERNEL, { "off", "on" }, 0 },        /* tracepoints (kernel/abi/trace.h) */
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

/* The option that the word is; OPTIONS when there is none. */
static unsigned option_find(const char *word, size_t n)
{
    for (unsigned i = 0; i < OPTIONS; i++) {
        bool takes_value = options[i].name[text_bytes(options[i].name) - 1] == '=';
        if (takes_value ? text_starts(word, n, options[i].name) : text_equals(word, n, options[i].name))
            return i;
    }
    return OPTIONS;
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

static bool value_is_accepted(const struct option *o, const char *value, size_t n)
{
    if (o == &options[OPTION_CONSOLE])
        return console_parse(value, n, &(struct command_line){ 0 });
    if (o == &options[OPTION_MITIGATIONS])
        return mitigations_parse(value, n, &(struct speculation){ 0 }, &(unsigned){ 0 });
    if (o == &options[OPTION_PMU])
        return pmu_wanted_parse(value, n, &(uint32_t){ 0 });
    if (o->number_max)
        return number_read(value, n, o->number_max) != 0;
    if (!o->values[0])
        return n > 0 || o->name[text_bytes(o->name) - 1] != '=';
    for (unsigned i = 0; o->values[i]; i++)
        if (text_equals(value, n, o->values[i]))
            return true;
    return false;
}

static const char *word_error(const char *word, size_t n, unsigned *seen, unsigned *found)
{
    unsigned i = option_find(word, n);
    if (i == OPTIONS)
        return "unknown option: ";
    if (*seen & 1u << i)
        return "option given twice: ";
    const size_t name_bytes = text_bytes(options[i].name);
    if (!value_is_accepted(&options[i], word + name_bytes, n - name_bytes))
        return "option has a value that this kernel does not support: ";
    *seen |= 1u << i;
    *found = i;
    return NULL;
}

bool command_line_parse(const char *line, struct command_line *out)
{
    unsigned seen = 0, found = OPTIONS;
    *out = (struct command_line){ .fast_path = true, .address_space_tags = true, .mitigations = "off", .mitigations_bytes = 3, .cpus_max = CPUS_OPTION_MAX,
                                  .serial = SERIAL_ANY, .framebuffer = true };
    while (*line) {
        size_t n = 0;
        while (line[n] && !is_blank(line[n]))
            n++;
        const char *error = n > 0 ? word_error(line, n, &seen, &found) : NULL;
        if (error) {
            error_add(out->error, error, text_bytes(error));
            error_add(out->error, line, n);
            return false;
        }
        if (n > 0 && found == OPTION_MITIGATIONS) {
            out->mitigations = line + 12;
            out->mitigations_bytes = n - 12;
        }
        if (n > 0 && found == OPTION_CPUS)
            out->cpus_max = number_read(line + 5, n - 5, CPUS_OPTION_MAX);
        if (n > 0 && found == OPTION_CONSOLE)
            (void)console_parse(line + 8, n - 8, out);
        if (n > 0 && found == OPTION_END)
            out->reset = text_equals(line, n, "end=reset");
        if (n > 0 && found == OPTION_PCID)
            out->address_space_tags = text_equals(line + 5, n - 5, "on");
        if (n > 0 && found == OPTION_PMU)
            (void)pmu_wanted_parse(line + 4, n - 4, &out->pmu);
        if (n > 0 && found == OPTION_TRACE)
            out->trace = text_equals(line, n, "trace=on");
        line += n > 0 ? n : 1;
    }
    out->fast_path = !(seen & 1u << OPTION_NOFAST);
    return true;
}
