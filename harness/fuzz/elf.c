/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loader of user programs: what elf_check finds good is walked to its end, and every byte that would be copied is read.
 */
#include "harness/fuzz/fuzz.h"

#include "kernel/abi/abi.h"
#include "kernel/boot/elf.h"

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    const char *error;
    struct elf_segment s;
    unsigned index = 0, segments = 0;
    uint64_t entry, memory = 0;
    volatile uint8_t sum = 0;
    if (!elf_check(bytes, size, &error))
        return false;
    entry = elf_entry(bytes);
    bool entry_mapped = false;
    while (elf_segment_next(bytes, &index, &s)) {
        for (uint64_t i = 0; i < s.file_bytes; i++)
            sum = (uint8_t)(sum + s.data[i]);
        if (s.file_bytes > s.memory_bytes || s.address < USER_BOTTOM || s.memory_bytes > USER_TOP - s.address)
            fuzz_fail("a segment outside of user space");
        if ((s.rights & MEMORY_WRITE) && (s.rights & MEMORY_EXECUTE))
            fuzz_fail("writable and executable");
        entry_mapped |= (s.rights & MEMORY_EXECUTE) && entry >= s.address && entry - s.address < s.memory_bytes;
        memory += s.memory_bytes;
        segments++;
    }
    if (!entry_mapped || segments == 0 || segments > ELF_SEGMENTS_MAX || memory > ELF_MEMORY_BYTES_MAX)
        fuzz_fail("a good program that cannot be started");
    return true;
}
