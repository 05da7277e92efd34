/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ACPI tables: those of a good machine, old and new; each cut at every byte and with every byte changed; pointers to anywhere; tables
 * that point at themselves. The memory given lies in a block of exactly its size, so that the sanitizer sees every byte beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/x86_64/acpi_tables.h"

#define MEMORY_BYTES 0x4000
enum { RSDT = 0x1000, XSDT = 0x1200, FADT = 0x1400, DSDT = 0x1800, HPET = 0x2000, MCFG = 0x2200, SPCR = 0x2400, APIC = 0x2600, FADT_2 = 0x2800 };

static uint8_t *memory;
static uint8_t rsdp[36];
static struct acpi_information seen;

static void put(uint64_t at, uint64_t value, unsigned bytes) { memcpy(memory + at, &value, bytes); }

static void sum(uint8_t *from, size_t n, size_t at)
{
    uint8_t total = 0;
    from[at] = 0;
    for (size_t i = 0; i < n; i++)
        total = (uint8_t)(total + from[i]);
    from[at] = (uint8_t)-total;
}

static void table_end(uint64_t at, const char *name, uint32_t bytes)
{
    memcpy(memory + at, name, 4);
    put(at + 4, bytes, 4);
    memcpy(memory + at + 10, "MAKER ", 6);
    sum(memory + at, bytes, 9);
}

static void register_put(uint64_t at, unsigned kind, uint64_t address)
{
    put(at, kind, 1);
    put(at + 4, address, 8);
}

static void rsdp_put(unsigned revision)
{
    uint32_t rsdt = RSDT;
    uint64_t xsdt = XSDT;
    memset(rsdp, 0, sizeof rsdp);
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = (uint8_t)revision;
    memcpy(rsdp + 16, &rsdt, 4);
    memcpy(rsdp + 24, &xsdt, 8);
    sum(rsdp, 20, 8);
    sum(rsdp, 36, 32);
}

static void dsdt_put(const char *code, size_t n)
{
    memset(memory + DSDT, 0, 0x800);
    memcpy(memory + DSDT + 60, code, n);
    table_end(DSDT, "DSDT", 200);
}

static void fadt_put(uint32_t bytes)
{
    put(FADT + 40, DSDT, 4);
    put(FADT + 48, 0xb2, 4);
    put(FADT + 52, 0xf1, 1);
    put(FADT + 64, 0x604, 4);
    put(FADT + 76, 0x608, 4);
    put(FADT + 91, 4, 1);
    put(FADT + 112, 1 << 10, 4);
    register_put(FADT + 116, ACPI_PORTS, 0xcf9);
    put(FADT + 128, 0xf, 1);
    table_end(FADT, "FACP", bytes);
}

static const char s5[] = "\x08_S5_\x12\x06\x04\x0a\x05\x0a\x07\0\0";

static void machine_make(unsigned revision)
{
    memory = calloc(1, MEMORY_BYTES);
    assert_non_null(memory);
    static const uint32_t tables[] = { FADT, HPET, MCFG, SPCR, APIC };
    for (unsigned i = 0; i < 5; i++) {
        put(RSDT + 36 + 4 * i, tables[i], 4);
        put(XSDT + 36 + 8 * i, tables[i], 8);
    }
    table_end(RSDT, "RSDT", 36 + 4 * 5);
    table_end(XSDT, "XSDT", 36 + 8 * 5);
    dsdt_put(s5, sizeof s5 - 1);
    fadt_put(244);
    register_put(HPET + 40, ACPI_MEMORY, 0xfed00000);
    table_end(HPET, "HPET", 56);
    put(MCFG + 44, 0xb0000000, 8);
    put(MCFG + 55, 255, 1);
    table_end(MCFG, "MCFG", 60);
    put(SPCR + 36, 0, 1);
    register_put(SPCR + 40, ACPI_PORTS, 0x2f8);
    table_end(SPCR, "SPCR", 80);
    put(APIC + 44, 0x0800, 2);
    put(APIC + 47, 3, 1);
    put(APIC + 48, 1, 4);
    table_end(APIC, "APIC", 52);
    rsdp_put(revision);
}

static void machine_end(void) { free(memory); }
static void read_all(void) { acpi_tables_read(memory, MEMORY_BYTES, rsdp, sizeof rsdp, &seen); }

static void good_tables_are_read(void **state)
{
    (void)state;
    for (unsigned revision = 0; revision <= 2; revision += 2) {
        machine_make(revision);
        memset(memory + (revision ? RSDT : XSDT), 0xaa, 0x100); /* the other one is not looked at */
        read_all();
        assert_true(seen.power.can_power_off && seen.power.pm1_control[0] == 0x604 && seen.power.pm1_control[1] == 0);
        assert_true(seen.power.sleep_type[0] == 5 && seen.power.sleep_type[1] == 7);
        assert_true(seen.pm_timer_port == 0x608 && seen.power.smi_command == 0xb2 && seen.power.acpi_enable == 0xf1);
        assert_true(seen.power.reset_port == 0xcf9 && seen.power.reset_value == 0xf);
        assert_true(seen.hpet == 0xfed00000 && seen.mcfg == 0xb0000000);
        assert_true(seen.serial.address == 0x2f8 && seen.serial.kind == ACPI_PORTS);
        assert_true(seen.madt.cpus == 1 && seen.madt.apic_id[0] == 3 && !seen.is_bochs);
        machine_end();
    }
}

static void new_fields_tell_where_old_ones_do_not(void **state)
{
    (void)state;
    machine_make(2);
    put(FADT + 40, 0, 4);
    put(FADT + 64, 0, 4);
    put(FADT + 76, 0, 4);
    put(FADT + 140, DSDT, 8);
    register_put(FADT + 172, ACPI_PORTS, 0x1804);
    register_put(FADT + 184, ACPI_MEMORY, 0x1806); /* not a port */
    register_put(FADT + 208, ACPI_PORTS, 0x1808);
    table_end(FADT, "FACP", 244);
    read_all();
    assert_true(seen.power.can_power_off && seen.power.pm1_control[0] == 0x1804 && seen.power.pm1_control[1] == 0 && seen.pm_timer_port == 0x1808);
    fadt_put(116); /* of ACPI 1: neither reset register nor new fields */
    read_all();
    assert_true(seen.power.pm1_control[0] == 0x604 && seen.power.reset_port == 0);
    fadt_put(115);
    read_all();
    assert_true(seen.power.pm1_control[0] == 0 && !seen.power.can_power_off);
    machine_end();
}

/* The second one tells of no reset register and no S5: nothing of the first one is left. */
static void of_two_fixed_tables_the_last_is_believed(void **state)
{
    (void)state;
    machine_make(2);
    memcpy(memory + FADT_2, memory + FADT, 244);
    put(FADT_2 + 40, 0, 4);
    put(FADT_2 + 112, 0, 4);
    table_end(FADT_2, "FACP", 244);
    put(XSDT + 36 + 8 * 4, FADT_2, 8); /* in the place of the last */
    table_end(XSDT, "XSDT", 36 + 8 * 5);
    read_all();
    assert_true(seen.power.pm1_control[0] == 0x604 && !seen.power.can_power_off);
    assert_true(seen.power.sleep_type[0] == 0 && seen.power.reset_port == 0);
    machine_end();
}

static void sleep_type_is(const char *code, size_t n, bool found, unsigned a, unsigned b)
{
    dsdt_put(code, n);
    read_all();
    assert_int_equal(seen.power.can_power_off, found);
    assert_true(!found || (seen.power.sleep_type[0] == a && seen.power.sleep_type[1] == b));
}

static void the_sleep_type_is_found_where_it_is_defined_alone(void **state)
{
    (void)state;
    machine_make(2);
    sleep_type_is("\x08_S5_\x12\x06\x04\x00\x00\0\0", 12, true, 0, 0);
    sleep_type_is("\x08\\_S5_\x12\x06\x04\x01\x0a\x02\0\0", 14, true, 1, 2);
    sleep_type_is("\x08_S5_\x12\x46\x00\x04\x0a\x05\x0a\x05\0\0", 15, true, 5, 5);  /* length of two bytes */
    sleep_type_is("\x70_S5_\x12\x06\x04\x0a\x05\x0a\x07", 12, false, 0, 0);         /* a use of the name */
    sleep_type_is("\x08_S5_\x11\x06\x04\x0a\x05\x0a\x07", 12, false, 0, 0);         /* no package */
    sleep_type_is("\x08_S4_\x12\x06\x04\x0a\x05\x0a\x07", 12, false, 0, 0);
    /* At the very end of the table it is cut, never read beyond. */
    for (uint32_t bytes = 62; bytes < 80; bytes++) {
        dsdt_put(s5, sizeof s5 - 1);
        table_end(DSDT, "DSDT", bytes);
        read_all();
    }
    machine_end();
}

static void a_table_with_a_wrong_byte_is_not_believed(void **state)
{
    (void)state;
    static const struct { uint32_t at, bytes; } tables[] = { { FADT, 244 }, { HPET, 56 }, { MCFG, 60 }, { SPCR, 80 }, { APIC, 52 }, { DSDT, 200 } };
    machine_make(2);
    for (unsigned t = 0; t < 6; t++)
        for (uint32_t at = tables[t].at; at < tables[t].at + tables[t].bytes; at++) {
            memory[at] ^= 0x10;
            read_all();
            assert_int_equal(seen.pm_timer_port == 0x608, t != 0);
            assert_int_equal(seen.hpet != 0, t != 1);
            assert_int_equal(seen.mcfg != 0, t != 2);
            assert_int_equal(seen.serial.address != 0, t != 3);
            assert_int_equal(seen.madt.cpus == 1, t != 4);
            assert_int_equal(seen.power.can_power_off, t != 0 && t != 5);
            memory[at] ^= 0x10;
        }
    machine_end();
}

static void roots_that_lie_are_survived(void **state)
{
    (void)state;
    machine_make(2);
    for (size_t at = 0; at < sizeof rsdp; at++) { /* where the new pointer is broken the old one serves */
        rsdp[at] ^= 0x40;
        read_all();
        assert_int_equal(seen.hpet != 0, at >= 20);
        rsdp[at] ^= 0x40;
    }
    static const uint64_t wild[] = { 0, 1, XSDT + 1, MEMORY_BYTES - 1, MEMORY_BYTES - 35, MEMORY_BYTES, UINT32_MAX, UINT64_MAX, UINT64_MAX - 35 };
    for (unsigned i = 0; i < sizeof wild / sizeof *wild; i++) {
        memcpy(rsdp + 24, &wild[i], 8);
        sum(rsdp, 36, 32);
        read_all();
        assert_true(seen.hpet == 0xfed00000); /* by the old one */
        put(RSDT + 40, wild[i], 4);
        table_end(RSDT, "RSDT", 36 + 4 * 5);
        read_all();
        assert_true(seen.hpet == 0 && seen.mcfg != 0);
        put(RSDT + 40, HPET, 4);
        table_end(RSDT, "RSDT", 36 + 4 * 5);
    }
    for (unsigned i = 0; i < 5; i++)
        put(RSDT + 36 + 4 * i, RSDT, 4);
    table_end(RSDT, "RSDT", 36 + 4 * 5);
    read_all();
    assert_true(seen.hpet == 0);
    machine_end();
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    machine_make(2);
    for (uint64_t bytes = 0; bytes <= MEMORY_BYTES; bytes += 7) {
        uint8_t *cut = malloc(bytes ? bytes : 1);
        memcpy(cut, memory, bytes);
        acpi_tables_read(cut, bytes, rsdp, sizeof rsdp, &seen);
        assert_int_equal(seen.mcfg != 0, bytes >= MCFG + 60);
        free(cut);
    }
    for (size_t n = 0; n <= sizeof rsdp; n++) {
        acpi_tables_read(memory, MEMORY_BYTES, rsdp, n, &seen);
        assert_int_equal(seen.hpet != 0, n >= 20);
    }
    machine_end();
}

static void other_serial_ports_are_not_taken_for_a_16550(void **state)
{
    (void)state;
    machine_make(2);
    for (unsigned kind = 0; kind < 256; kind++) {
        put(SPCR + 36, kind, 1);
        table_end(SPCR, "SPCR", 80);
        read_all();
        assert_int_equal(seen.serial.address != 0, kind == 0 || kind == 1 || kind == 2 || kind == 18);
    }
    put(SPCR + 36, 0, 1);
    register_put(SPCR + 40, 2, 0x2f8); /* configuration space of PCI */
    table_end(SPCR, "SPCR", 80);
    read_all();
    assert_true(seen.serial.address == 0);
    machine_end();
}

static void a_bios_leaves_the_root_pointer_in_its_area(void **state)
{
    (void)state;
    machine_make(0);
    uint8_t *large = calloc(1, 0x100000);
    memcpy(large, memory, MEMORY_BYTES);
    memcpy(large + 0xf5a40, rsdp, 20);
    acpi_tables_read(large, 0x100000, NULL, 0, &seen);
    assert_true(seen.hpet != 0);
    acpi_tables_read(large, 0xf5a00, NULL, 0, &seen);
    assert_true(seen.hpet == 0);
    free(large);
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tables_are_read),
        cmocka_unit_test(new_fields_tell_where_old_ones_do_not),
        cmocka_unit_test(of_two_fixed_tables_the_last_is_believed),
        cmocka_unit_test(the_sleep_type_is_found_where_it_is_defined_alone),
        cmocka_unit_test(a_table_with_a_wrong_byte_is_not_believed),
        cmocka_unit_test(roots_that_lie_are_survived),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(other_serial_ports_are_not_taken_for_a_16550),
        cmocka_unit_test(a_bios_leaves_the_root_pointer_in_its_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
