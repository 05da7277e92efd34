/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Target `metal`: a real machine at a serial line. harness/serial/capture.c takes one session off it; what is measured is what the machine was booted with
 * (menu of the image, or its command line), and `--select` must say the same. Not exercised on hardware: tested with a pseudo-terminal and with QEMU's.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/target.h"

#define CAPTURE "serial-capture"
#define MESSAGE_BYTES_MAX (1u << 20)

static void metal_check(const struct target *target, const char *emulator, struct finding *finding)
{
    (void)target;
    (void)emulator;
    if (target_needs_built(CAPTURE, "all", finding))
        finding_works(finding);
}

static bool metal_prepare(const struct target *target, const struct run_plan *plan, struct launch *launch, struct error *e)
{
    (void)target;
    char *capture = target_file(CAPTURE);
    if (!plan->device) {
        free(capture);
        return error_set(e, "which serial line? --serial DEVICE, /dev/ttyUSB0 for example");
    }
    arguments_add(&launch->arguments, "%s%s", strchr(capture, '/') ? "" : "./", capture);
    arguments_add(&launch->arguments, "%s", plan->device);
    if (plan->power_cycle)
        arguments_add(&launch->arguments, "%s", plan->power_cycle);
    launch->output_is_serial = true;
    free(capture);
    return true;
}

static bool metal_judge(const struct run_plan *plan, int status, struct error *e)
{
    char *text;
    size_t size;
    if (status == 0)
        return true;
    if (!file_read(plan->log, MESSAGE_BYTES_MAX, &text, &size, e))
        return false;
    while (size > 0 && text[size - 1] == '\n')
        text[--size] = '\0';
    const char *last = strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
    error_set(e, "%s", *last ? last : "the capture ended without a word");
    free(text);
    return false;
}

const struct target target_metal = {
    .name = "metal",
    .system = "tollgate",
    .summary = "a real machine at a serial line (--serial DEVICE), booted from the image",
    .time_limit_s = 1800,
    .check = metal_check,
    .prepare = metal_prepare,
    .judge = metal_judge,
};
