/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Context of a result; see target_context.h. A fact that cannot be had is told as "unknown".
 */
#include "harness/tool/target_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/tool/file.h"
#include "harness/tool/functions.h"
#include "harness/tool/probe.h"
#include "harness/tool/tool.h"

static bool git_capture(char *text, size_t bytes, const char *command, const char *option)
{
    struct arguments a = { 0 };
    arguments_add(&a, "git");
    arguments_add(&a, "--no-optional-locks");
    arguments_add(&a, "-C");
    arguments_add(&a, "%s", tool_tree_dir());
    arguments_add(&a, "%s", command);
    arguments_add(&a, "%s", option);
    if (strcmp(command, "rev-parse") == 0)
        arguments_add(&a, "HEAD");
    bool ok = process_capture(&a, text, bytes);
    arguments_free(&a);
    return ok;
}

void tree_state_read(struct tree_state *state)
{
    char text[4096], option[32];
    snprintf(option, sizeof option, "--short=%d", COMMIT_DIGITS);
    *state = (struct tree_state){ .commit = "unknown", .dirty = true };
    if (!git_capture(text, sizeof text, "rev-parse", option))
        return;
    snprintf(state->commit, sizeof state->commit, "%.*s", (int)strcspn(text, "\r\n"), text);
    state->dirty = !git_capture(text, sizeof text, "status", "--porcelain") || text[0] != '\0';
}

static void context_set(json_t *context, const char *key, const char *value)
{
    if (json_object_set_new(context, key, json_string(value)) != 0)
        abort(); /* out of memory, or not UTF-8: see value_clean */
}

/* JSON wants UTF-8; what the machine tells about itself may be anything. */
static const char *value_clean(char *value)
{
    for (char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            *c = '?';
    return value;
}

static void context_set_compiler(json_t *context)
{
    char *path = target_file("compiler.txt"), *text;
    size_t size;
    if (file_read(path, 4096, &text, &size, NULL)) {
        text[strcspn(text, "\r\n")] = '\0';
        context_set(context, "compiler", value_clean(text));
        free(text);
    } else {
        context_set(context, "compiler", "unknown");
    }
    free(path);
}

static void context_set_machine(json_t *context, const struct target *target)
{
    struct fact facts[FACTS_MAX];
    struct utsname system;
    char value[256];
    size_t count = host_facts("", facts);
    static const char *const clock_facts[] = { "hypervisor", "governor", "turbo", "smt", "tsc", "isolation", "host_mitigations" };
    context_set(context, "host_cpu", host_cpuinfo("", "model name", value, sizeof value) ? value_clean(value) : "unknown");
    context_set(context, "microcode", host_cpuinfo("", "microcode", value, sizeof value) ? value_clean(value) : "unknown");
    context_set(context, "host_kernel", uname(&system) == 0 ? system.release : "unknown");
    for (size_t i = 0; target->on_host_cpu && i < sizeof clock_facts / sizeof *clock_facts; i++) {
        snprintf(value, sizeof value, "%s", fact_value(facts, count, clock_facts[i]));
        context_set(context, clock_facts[i], value_clean(value));
    }
}

/* What was started, each file with its checksum. */
static void context_set_images(json_t *context, const struct launch *launch)
{
    char text[1024] = "";
    for (size_t i = 0, used = 0; i < launch->images.used && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", launch->images.item[i]);
    context_set(context, "images", text);
}

/* Environment and arguments, as a shell reads them. */
static char *command_line(const struct launch *launch)
{
    struct arguments all = { 0 };
    for (size_t i = 0; i < launch->environment.used; i++)
        arguments_add(&all, "%s", launch->environment.item[i]);
    for (size_t i = 0; i < launch->arguments.used; i++)
        arguments_add(&all, "%s", launch->arguments.item[i]);
    char *line = arguments_quoted(&all);
    arguments_free(&all);
    return line;
}

json_t *host_context(const struct target *target, const char *emulator, const struct tree_state *tree, time_t start,
                     const struct launch *launch)
{
    char text[256];
    struct tm utc;
    json_t *context = json_object();
    char *line = command_line(launch);
    if (!context)
        abort();
    context_set(context, "target", target->name);
    context_set(context, "commit", tree->commit);
    json_object_set_new(context, "dirty", json_boolean(tree->dirty));
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&start, &utc));
    context_set(context, "date", text);
    if (target->version_key)
        context_set(context, target->version_key,
                    target->version(emulator, text, sizeof text) ? value_clean(text) : "unknown");
    context_set_compiler(context);
    char kernel[KERNEL_ID_BYTES];
    if (strncmp(target->name, "linux", 5) != 0 && functions_kernel(kernel))
        context_set(context, "kernel", kernel);
    context_set_images(context, launch);
    context_set_machine(context, target);
    context_set(context, "command", value_clean(line));
    if (launch->lockstep)
        context_set(context, "lockstep", access(launch->lockstep, F_OK) == 0 ? "on" : "off");
    context_set(context, "tool", "tollgate " TOOL_VERSION);
    free(line);
    return context;
}
