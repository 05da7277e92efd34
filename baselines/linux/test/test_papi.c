/* SPDX-License-Identifier: BSD-2-Clause
 *
 * papi-counters against a model of PAPI and of perf's events: what either may say, and what the program makes of it. The model stands in
 * place of the library and, by the linker's --wrap, of the system calls; main() of papi_counters.c is papi_counters_main here.
 */
#include <errno.h>
#include <papi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define MODEL_FD 200 /* of perf's first event; the next follows */

int papi_counters_main(void);
long __wrap_syscall(long number, ...);
ssize_t __real_read(int fd, void *buffer, size_t bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t bytes);
int __real_close(int fd);
int __wrap_close(int fd);

static struct {
    int perf_error;          /* of perf_event_open; 0: it works */
    bool perf_unreadable;
    uint64_t perf[2], perf_read; /* what the events have counted; reads so far */
    int perf_opened;
    int version, create, add, start, stop;
    long long papi[2];
    const char *disabled;    /* reason of a disabled component */
} model;

static char output[1024];

long __wrap_syscall(long number, ...)
{
    (void)number;
    errno = model.perf_error;
    return model.perf_error != 0 ? -1 : MODEL_FD + model.perf_opened++;
}

ssize_t __wrap_read(int fd, void *buffer, size_t bytes)
{
    if (fd < MODEL_FD)
        return __real_read(fd, buffer, bytes);
    if (model.perf_unreadable)
        return 0;
    /* Before the loop some count, behind it that and the loop's. */
    uint64_t value = 777 + (model.perf_read++ % 2 == 0 ? 0 : model.perf[fd - MODEL_FD]);
    memcpy(buffer, &value, sizeof value);
    return sizeof value;
}

int __wrap_close(int fd) { return fd < MODEL_FD ? __real_close(fd) : 0; }

int PAPI_library_init(int version) { return model.version != 0 ? model.version : version; }
int PAPI_create_eventset(int *set) { *set = 1; return model.create; }
int PAPI_add_events(int set, int *events, int n) { (void)set; (void)events; (void)n; return model.add; }
int PAPI_start(int set) { (void)set; return model.start; }
int PAPI_num_components(void) { return 1; }
char *PAPI_strerror(int status) { (void)status; return (char *)"model's error"; }

int PAPI_stop(int set, long long *counts)
{
    (void)set;
    memcpy(counts, model.papi, sizeof model.papi);
    return model.stop;
}

const PAPI_component_info_t *PAPI_get_component_info(int index)
{
    static PAPI_component_info_t component;

    (void)index;
    snprintf(component.name, sizeof component.name, "perf_event");
    component.disabled = model.disabled != NULL;
    snprintf(component.disabled_reason, sizeof component.disabled_reason, "%s", model.disabled != NULL ? model.disabled : "");
    return &component;
}

static int model_reset(void **state)
{
    (void)state;
    memset(&model, 0, sizeof model);
    model.perf[0] = 50000000;
    model.perf[1] = 60000000;
    model.papi[0] = 50000000;
    model.papi[1] = 60000000;
    return 0;
}

/* Status of the program; its line is in `output`. */
static int program_run(void)
{
    int pair[2], saved = dup(STDOUT_FILENO);

    assert_true(pipe(pair) == 0 && saved >= 0);
    fflush(stdout);
    dup2(pair[1], STDOUT_FILENO);
    int status = papi_counters_main();
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(pair[1]);
    ssize_t got = __real_read(pair[0], output, sizeof output - 1);
    close(pair[0]);
    output[got > 0 ? got : 0] = '\0';
    return status;
}

static void says(const char *text)
{
    if (strstr(output, text) == NULL)
        fail_msg("'%s' does not say '%s'", output, text);
}

static void both_count_and_agree(void **state)
{
    (void)state;
    model.papi[0] += 499999; /* just below 1 % */
    assert_int_equal(program_run(), 0);
    says("PAPI_TOT_CYC 50499999, perf 50000000 (+1.00 %)");
    says("PAPI_TOT_INS 60000000, perf 60000000 (+0.00 %)");
}

static void more_than_a_hundredth_apart(void **state)
{
    (void)state;
    model.papi[1] = 60600001;
    assert_int_equal(program_run(), 1);
    model_reset(NULL);
    model.papi[0] = 49400000;
    assert_int_equal(program_run(), 1);
    says("(-1.20 %)");
}

/* Emulators advertise counters that read 0. */
static void a_counter_that_stands_still(void **state)
{
    (void)state;
    model.perf[0] = 0;
    assert_int_equal(program_run(), 1);
    model_reset(NULL);
    model.papi[0] = 0;
    assert_int_equal(program_run(), 1);
}

static void no_counters_of_perf(void **state)
{
    (void)state;
    model.perf_error = ENOENT;
    assert_int_equal(program_run(), 77);
    says("perf_event_open: No such file");
    model_reset(NULL);
    model.perf_unreadable = true;
    assert_int_equal(program_run(), 77);
    says("perf counter of PAPI_TOT_CYC cannot be read");
}

static void a_disabled_component_is_named(void **state)
{
    (void)state;
    model.add = PAPI_ENOEVNT;
    model.disabled = "Error libpfm4 no PMUs found";
    assert_int_equal(program_run(), 77);
    says("perf_event disabled: Error libpfm4 no PMUs found");
    says("PAPI: model's error");
    model_reset(NULL);
    model.create = PAPI_ECMP;
    model.disabled = "no reason given";
    assert_int_equal(program_run(), 77);
    says("no reason given");
}

/* PAPI_add_events returns how many it added when it could not add all. */
static void a_preset_that_is_missing(void **state)
{
    (void)state;
    model.add = 1;
    assert_int_equal(program_run(), 77);
    says("not all presets could be added");
}

static void another_library(void **state)
{
    (void)state;
    model.version = PAPI_VER_CURRENT + 1;
    assert_int_equal(program_run(), 77);
    says("another version");
}

static void counting_that_fails(void **state)
{
    (void)state;
    model.start = PAPI_ESYS;
    assert_int_equal(program_run(), 77);
    model_reset(NULL);
    model.stop = PAPI_ESYS;
    assert_int_equal(program_run(), 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_count_and_agree, model_reset),
        cmocka_unit_test_setup(more_than_a_hundredth_apart, model_reset),
        cmocka_unit_test_setup(a_counter_that_stands_still, model_reset),
        cmocka_unit_test_setup(no_counters_of_perf, model_reset),
        cmocka_unit_test_setup(a_disabled_component_is_named, model_reset),
        cmocka_unit_test_setup(a_preset_that_is_missing, model_reset),
        cmocka_unit_test_setup(another_library, model_reset),
        cmocka_unit_test_setup(counting_that_fails, model_reset),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
