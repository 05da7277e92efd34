/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: writes where nothing is. Root must report it and go on with the next program.
 */
#include "workloads/lib/test.h"

static const char *writes_to_nowhere(void)
{
    *(volatile uint64_t *)0x123450 = 1;
    return NULL;
}

const struct test tests[] = { { "never reported", writes_to_nowhere } };
const size_t test_count = 1;
