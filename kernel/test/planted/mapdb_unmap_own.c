/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: the page of a UTCB stays mapped in the task of its dead thread.
 */
#include "kernel/core/mapdb.h"
#include "kernel/test/planted/planted.h"

void __real_mapdb_unmap_own(struct task *t, uint64_t address);
void __wrap_mapdb_unmap_own(struct task *t, uint64_t address);

void __wrap_mapdb_unmap_own(struct task *t, uint64_t address)
{
    if (!planted_now(3))
        __real_mapdb_unmap_own(t, address);
}
