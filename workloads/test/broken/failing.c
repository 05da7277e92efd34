/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: a test that fails. Root must end the session as failed.
 */
#include "workloads/lib/test.h"

static const char *never_holds(void)
{
    CHECK_EQUAL(tests[0].run == NULL, 1);
    return NULL;
}

const struct test tests[] = { { "broken: fails", never_holds } };
const size_t test_count = 1;
