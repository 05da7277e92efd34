/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The command line: every option, and every way to get one wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/boot/command_line.h"

static void accepted(const char *line, bool fast_path)
{
    struct command_line c;
    assert_true(command_line_parse(line, &c));
    assert_int_equal(c.fast_path, fast_path);
    assert_memory_equal(c.mitigations, "off", c.mitigations_bytes);
    assert_string_equal(c.error, "");
}

static void refused(const char *line, const char *error)
{
    struct command_line c;
    assert_false(command_line_parse(line, &c));
    assert_string_equal(c.error, error);
}

static void test_accepted(void **state)
{
    (void)state;
    accepted("", true);
    accepted("  \t ", true);
    accepted("nofast", false);
    accepted(" nofast ", false);
    accepted("select=ipc.* run=tests", true);
    accepted("select=* nofast mitigations=off console=serial run=all", false);
    accepted("select==", true);
    accepted("floor=off", true);
}

static void cpus_are(const char *line, unsigned expected)
{
    struct command_line c;
    assert_true(command_line_parse(line, &c));
    assert_int_equal(c.cpus_max, expected);
}

static void test_cpus(void **state)
{
    (void)state;
    cpus_are("", CPUS_OPTION_MAX);
    cpus_are("cpus=1", 1);
    cpus_are("nofast cpus=16 run=tests", 16);
    cpus_are("cpus=256", 256);
    static const char *const wrong[] = { "cpus=", "cpus=0", "cpus=01", "cpus=257", "cpus=-1", "cpus=1x", "cpus=99999999999999999999" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char error[COMMAND_LINE_ERROR_BYTES] = "option has a value that this kernel does not support: ";
        refused(wrong[i], strcat(error, wrong[i]));
    }
}

static void trace_is(const char *line, bool expected)
{
    struct command_line c;
    assert_true(command_line_parse(line, &c));
    assert_int_equal(c.trace, expected);
}

static void test_trace(void **state)
{
    (void)state;
    trace_is("", false);
    trace_is("nofast trace=on", true);
    trace_is("trace=off cpus=2", false);
    refused("trace=", "option has a value that this kernel does not support: trace=");
    refused("trace=yes", "option has a value that this kernel does not support: trace=yes");
    refused("trace=on trace=off", "option given twice: trace=off");
}

static void console_is(const char *line, enum serial serial, bool framebuffer)
{
    struct command_line c;
    assert_true(command_line_parse(line, &c));
    assert_int_equal(c.serial, serial);
    assert_int_equal(c.framebuffer, framebuffer);
}

static void test_console(void **state)
{
    (void)state;
    console_is("", SERIAL_ANY, true);
    console_is("console=both", SERIAL_ANY, true);
    console_is("console=serial", SERIAL_ANY, false);
    console_is("console=framebuffer", SERIAL_NONE, true);
    console_is("console=serial,framebuffer", SERIAL_ANY, true);
    console_is("console=com1", SERIAL_COM1, false);
    console_is("console=com3 nofast", SERIAL_COM1 + 2, false);
    console_is("console=framebuffer,com4", SERIAL_COM4, true);
    console_is("console=pci,framebuffer", SERIAL_PCI, true);
    static const char *const wrong[] = { "console=", "console=com", "console=com5", "console=com0", "console=com1,", "console=,com1", "console=com1,,framebuffer",
        "console=com1,com2", "console=com1,pci", "console=both,framebuffer", "console=framebuffer,framebuffer", "console=both,com1", "console=com1x", "console=none" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char error[COMMAND_LINE_ERROR_BYTES] = "option has a value that this kernel does not support: ";
        refused(wrong[i], strcat(error, wrong[i]));
    }
}

static void test_end(void **state)
{
    struct command_line c;
    (void)state;
    assert_true(command_line_parse("end=poweroff", &c) && !c.reset);
    assert_true(command_line_parse("run=tests end=reset", &c) && c.reset);
    assert_true(command_line_parse("", &c) && !c.reset);
    refused("end=halt", "option has a value that this kernel does not support: end=halt");
}

static void test_bars(void **state)
{
    uint64_t address;
    bool in_memory;
    (void)state;
    assert_true(uart_bar_read(0xe0e1, 0, &address, &in_memory) && address == 0xe0e0 && !in_memory);
    assert_true(uart_bar_read(0xfebf1000, 7, &address, &in_memory) && address == 0xfebf1000 && in_memory);
    assert_true(uart_bar_read(0xfebf100c, 7, &address, &in_memory) && address == 0x7febf1000 && in_memory);
    assert_false(uart_bar_read(0, 9, &address, &in_memory));
    assert_false(uart_bar_read(1, 9, &address, &in_memory));
    assert_true(uart_bar_read(4, 1, &address, &in_memory) && address == 0x100000000 && in_memory);
}

static void test_refused(void **state)
{
    (void)state;
    refused("bogus", "unknown option: bogus");
    refused("nofast bogus=1 other", "unknown option: bogus=1");
    refused("nofas", "unknown option: nofas");
    refused("nofast=1", "unknown option: nofast=1");
    refused("select", "unknown option: select");
    refused("NOFAST", "unknown option: NOFAST");
    refused("select=", "option has a value that this kernel does not support: select=");
    refused("mitigations=pti,", "option has a value that this kernel does not support: mitigations=pti,");
    refused("mitigations=of", "option has a value that this kernel does not support: mitigations=of");
    refused("mitigations=", "option has a value that this kernel does not support: mitigations=");
    refused("floor=no", "option has a value that this kernel does not support: floor=no");
    refused("console=vga", "option has a value that this kernel does not support: console=vga");
    refused("nofast select=a nofast", "option given twice: nofast");
    refused("run=tests run=all", "option given twice: run=all");
}

static void test_long_option(void **state)
{
    struct command_line c;
    char line[1000];
    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = 0;
    assert_false(command_line_parse(line, &c));
    assert_int_equal(strlen(c.error), COMMAND_LINE_ERROR_BYTES - 1);
}

/* Any bytes at all, from a fixed seed: no crash, and an error exactly when refused. */
static void test_noise(void **state)
{
    static const char alphabet[] = "nofastselect=run mitigations off\t=*\xff";
    uint32_t x = 1;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = round % 60;
        char *line = malloc(n + 1);
        struct command_line c;
        for (size_t i = 0; i < n; i++) {
            x = x * 1664525u + 1013904223u;
            line[i] = alphabet[(x >> 16) % (sizeof alphabet - 1)];
        }
        line[n] = 0;
        assert_true(command_line_parse(line, &c) == (c.error[0] == 0));
        free(line);
    }
}

static void address_space_tags(void **state)
{
    struct command_line c;
    (void)state;
    assert_true(command_line_parse("nofast", &c) && c.address_space_tags);
    assert_true(command_line_parse("pcid=on", &c) && c.address_space_tags);
    assert_true(command_line_parse("run=tests pcid=off", &c) && !c.address_space_tags);
    refused("pcid=", "option has a value that this kernel does not support: pcid=");
    refused("pcid=yes", "option has a value that this kernel does not support: pcid=yes");
    refused("pcid=off pcid=on", "option given twice: pcid=on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_cpus), cmocka_unit_test(test_trace), cmocka_unit_test(test_console),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_long_option), cmocka_unit_test(test_noise),
        cmocka_unit_test(address_space_tags),
    };
    return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
