/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Prints the median of every row of a result: how to use tollgate_result.h.
 *   cc -I. harness/api/example.c build/libtollgate-result.a -ljansson -lz -lm
 */
#include <stdio.h>

#include "harness/api/tollgate_result.h"

int main(int argc, char **argv)
{
    char error[512] = "usage: example RESULT";
    struct tollgate_result *result = argc == 2 ? tollgate_result_open(argv[1], error, sizeof error) : NULL;
    if (!result) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    printf("target %s, commit %s\n", tollgate_result_context(result, "target"), tollgate_result_context(result, "commit"));
    for (size_t i = 0; i < tollgate_result_row_count(result); i++) {
        const struct tollgate_row *row = tollgate_result_row(result, i);
        printf("%s %s: %.10g %s\n", row->workload, row->variant, row->p50, row->unit);
    }
    tollgate_result_close(result);
    return 0;
}
