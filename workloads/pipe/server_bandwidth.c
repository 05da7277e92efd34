/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sample is BATCH_OPERATIONS blocks and the reader's word; a row with its warm-up moves 52 MB. Both buffers lie in the windows of their
 * clients, so that the server copies twice, as Linux does, and by the same instruction. Nobody looks at the bytes.
 * workload: pipe.server.bandwidth | blocks of 64 KiB through a pipe of the pipe server, which another task reads: from before the first write to the reader's word that the last has arrived, per block | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (2)
 */
#include "workloads/lib/pipe_measure.h"
#include "workloads/lib/program.h"

static void reader(void *arg)
{
    char *buffer = (char *)PIPE_WINDOW_ADDRESS(PARTNER_CONNECTION);

    (void)arg;
    for (;;) {
        for (uint64_t left = BATCH_OPERATIONS * PIPE_BLOCK_BYTES; left != 0;) {
            int64_t n = pipe_read(PARTNER_CONNECTION, there[0], buffer, PIPE_BLOCK_BYTES);
            if (n <= 0)
                program_trap();
            left -= (uint64_t)n;
        }
        if (pipe_write(PARTNER_CONNECTION, back[1], buffer, 1) != 1)
            program_trap();
    }
}

static bool setup(void) { return pipes_setup(reader); }

static bool blocks_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    char *buffer = (char *)PIPE_WINDOW_ADDRESS(OWN_CONNECTION), word;

    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = BATCH_OPERATIONS; left != 0; left--)
            if (pipe_write(OWN_CONNECTION, there[1], buffer, PIPE_BLOCK_BYTES) != PIPE_BLOCK_BYTES)
                return false;
        if (pipe_read(OWN_CONNECTION, back[0], &word, 1) != 1)
            return false;
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static bool blocks_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = BATCH_OPERATIONS; left != 0; left--)
            invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static const struct variant variants[] = {
    { .name = "bytes=65536", .direction = "one_way", .relation = "inter", .path = "none", .batch = BATCH_OPERATIONS, .ring_samples = 2,
      .fill = blocks_fill, .fill_empty = blocks_fill_empty },
};

const struct workload workload = {
    .id = "pipe.server.bandwidth", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
