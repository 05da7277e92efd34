/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a capability is taken back, and what was derived from it stays.
 */
#include "kernel/core/cap.h"

#define UNFAIR_FUNCTION cap_remove
#define UNFAIR_TEST "inversion: revocation: what was derived goes, in another task, too"

bool __real_cap_remove(struct cap_slot *slot, bool self, unsigned *budget);
bool __wrap_cap_remove(struct cap_slot *slot, bool self, unsigned *budget);

bool __wrap_cap_remove(struct cap_slot *slot, bool self, unsigned *budget)
{
    return !self || __real_cap_remove(slot, self, budget);
}
