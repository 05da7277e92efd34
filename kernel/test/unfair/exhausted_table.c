/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: who has no room for a larger table of capabilities is told that the selector is taken.
 */
#include "kernel/core/cap.h"

#define UNFAIR_FUNCTION cap_reserve
#define UNFAIR_TEST "exhaust: exhaustion: capability table"

unsigned __real_cap_reserve(struct task *t, uint64_t selector);
unsigned __wrap_cap_reserve(struct task *t, uint64_t selector);

unsigned __wrap_cap_reserve(struct task *t, uint64_t selector)
{
    unsigned error = __real_cap_reserve(t, selector);
    return error == ERR_NO_MEMORY ? ERR_OCCUPIED : error;
}
