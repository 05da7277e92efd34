/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A CPU has one entry, or two when its number fits both kinds.
 */
#include "kernel/x86_64/madt.h"

#include "kernel/x86_64/acpi_reader.h"

enum {
    MADT_ENTRIES = 44,
    LOCAL_APIC = 0, LOCAL_APIC_ID = 3, LOCAL_APIC_FLAGS = 4, LOCAL_APIC_BYTES = 8,
    IOAPIC = 1, IOAPIC_ADDRESS = 4, IOAPIC_LINE = 8, IOAPIC_BYTES = 12,
    OVERRIDE = 2, OVERRIDE_SOURCE = 3, OVERRIDE_LINE = 4, OVERRIDE_FLAGS = 8, OVERRIDE_BYTES = 10,
    LOCAL_X2APIC = 9, LOCAL_X2APIC_ID = 4, LOCAL_X2APIC_FLAGS = 8, LOCAL_X2APIC_BYTES = 16,
};
#define FLAG_ENABLED 1u
#define FLAGS_LOW 3u           /* in bits 1..0 */
#define FLAGS_LEVEL 12u        /* in bits 3..2 */
#define APIC_ID_NONE 0xffu
#define X2APIC_ID_NONE 0xffffffffu

static bool is_known(const struct madt *m, uint32_t id)
{
    for (unsigned i = 0; i < m->cpus; i++)
        if (m->apic_id[i] == id)
            return true;
    return false;
}

static void cpu_add(struct madt *m, uint32_t id, uint32_t flags)
{
    if (!(flags & FLAG_ENABLED))
        m->offline++;
    else if (is_known(m, id))
        return;
    else if (m->cpus == MADT_CPUS_MAX)
        m->surplus++;
    else
        m->apic_id[m->cpus++] = id;
}

static void line_read(struct madt *m, const uint8_t *entry, size_t bytes)
{
    if (entry[0] == IOAPIC && bytes >= IOAPIC_BYTES && m->ioapics < MADT_IOAPICS_MAX) {
        m->ioapic[m->ioapics].address = acpi_read32(entry + IOAPIC_ADDRESS);
        m->ioapic[m->ioapics++].first_line = acpi_read32(entry + IOAPIC_LINE);
    }
    if (entry[0] == OVERRIDE && bytes >= OVERRIDE_BYTES && entry[OVERRIDE_SOURCE] < MADT_ISA_LINES) {
        unsigned isa = entry[OVERRIDE_SOURCE];
        m->isa[isa].line = acpi_read32(entry + OVERRIDE_LINE);
        m->isa[isa].overridden = true;
        m->isa[isa].low = (entry[OVERRIDE_FLAGS] & FLAGS_LOW) == FLAGS_LOW;
        m->isa[isa].level = (entry[OVERRIDE_FLAGS] & FLAGS_LEVEL) == FLAGS_LEVEL;
    }
}

void madt_read(const uint8_t *table, size_t n, struct madt *out)
{
    *out = (struct madt){ 0 };
    for (unsigned isa = 0; isa < MADT_ISA_LINES; isa++)
        out->isa[isa].line = isa;
    for (size_t at = MADT_ENTRIES; at < n && n - at >= 2;) {
        const uint8_t *entry = table + at;
        size_t bytes = entry[1];
        if (bytes < 2 || bytes > n - at)
            return;
        if (entry[0] == LOCAL_APIC && bytes >= LOCAL_APIC_BYTES && entry[LOCAL_APIC_ID] != APIC_ID_NONE)
            cpu_add(out, entry[LOCAL_APIC_ID], acpi_read32(entry + LOCAL_APIC_FLAGS));
        if (entry[0] == LOCAL_X2APIC && bytes >= LOCAL_X2APIC_BYTES && acpi_read32(entry + LOCAL_X2APIC_ID) != X2APIC_ID_NONE)
            cpu_add(out, acpi_read32(entry + LOCAL_X2APIC_ID), acpi_read32(entry + LOCAL_X2APIC_FLAGS));
        line_read(out, entry, bytes);
        at += bytes;
    }
}
