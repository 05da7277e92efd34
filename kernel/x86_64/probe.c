/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Machine primitives that only the kernel can time: the floor under an IPC. Interrupts are off throughout.
 */
#include "harness/measure/tsc.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"

void arch_probe_page_table(unsigned n, uint64_t *ticks, uint64_t *empty_ticks)
{
    uint64_t own = cr3_read(), other = kernel_map_root(), start;
    start = tsc_begin();
    for (unsigned i = 0; i < n; i += 2) {
        cr3_write(other);
        cr3_write(own);
    }
    *ticks = tsc_end() - start;
    start = tsc_begin();
    for (unsigned i = 0; i < n; i += 2)
        compiler_barrier();
    *empty_ticks = tsc_end() - start;
}
