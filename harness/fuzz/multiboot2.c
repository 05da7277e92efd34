/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot2 tags, in memory aligned to 8 bytes as loaders leave them.
 */
#include "harness/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/boot/multiboot2.h"

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    static struct boot_information out; /* some KiB */
    uint8_t *copy = aligned_alloc(8, (size + 8) & ~(size_t)7);
    if (!copy)
        return false;
    memset(copy, 0xa5, (size + 8) & ~(size_t)7);
    memcpy(copy, bytes, size);
    memset(&out, 0, sizeof out);
    bool good = multiboot2_read(copy, size, &out) == NULL;
    free(copy);
    if (out.ram.n > RANGES_MAX || out.rsdp_bytes > RSDP_BYTES || !memchr(out.command_line, 0, sizeof out.command_line))
        fuzz_fail("more than there is room for");
    for (unsigned i = 0; good && i < out.ram.n; i++)
        if (out.ram.range[i].start >= out.ram.range[i].end || (i > 0 && out.ram.range[i].start < out.ram.range[i - 1].end))
            fuzz_fail("ranges that are empty or overlap");
    return good;
}
