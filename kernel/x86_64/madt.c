/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A CPU has one entry, or two when its number fits both kinds.
 */
#include "kernel/x86_64/madt.h"

#include <stdbool.h>

enum {
    MADT_ENTRIES = 44,
    LOCAL_APIC = 0, LOCAL_APIC_ID = 3, LOCAL_APIC_FLAGS = 4, LOCAL_APIC_BYTES = 8,
    LOCAL_X2APIC = 9, LOCAL_X2APIC_ID = 4, LOCAL_X2APIC_FLAGS = 8, LOCAL_X2APIC_BYTES = 16,
};
#define FLAG_ENABLED 1u
#define APIC_ID_NONE 0xffu
#define X2APIC_ID_NONE 0xffffffffu

static uint32_t read32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

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

void madt_read(const uint8_t *table, size_t n, struct madt *out)
{
    *out = (struct madt){ 0 };
    for (size_t at = MADT_ENTRIES; at < n && n - at >= 2;) {
        const uint8_t *entry = table + at;
        size_t bytes = entry[1];
        if (bytes < 2 || bytes > n - at)
            return;
        if (entry[0] == LOCAL_APIC && bytes >= LOCAL_APIC_BYTES && entry[LOCAL_APIC_ID] != APIC_ID_NONE)
            cpu_add(out, entry[LOCAL_APIC_ID], read32(entry + LOCAL_APIC_FLAGS));
        if (entry[0] == LOCAL_X2APIC && bytes >= LOCAL_X2APIC_BYTES && read32(entry + LOCAL_X2APIC_ID) != X2APIC_ID_NONE)
            cpu_add(out, read32(entry + LOCAL_X2APIC_ID), read32(entry + LOCAL_X2APIC_FLAGS));
        at += bytes;
    }
}
