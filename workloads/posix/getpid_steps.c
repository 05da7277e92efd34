/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Five steps, told by clock readings at each border: into the library up to its `syscall`; the message, until the server has it; the server's part; the
 * reply; out of the library. Overhead is that of two readings back to back. The readings stand between the instructions of one function, so
 * that the steps add up to posix.getpid.libc give or take what the compiler makes of them: BENCHMARKS.md shows both.
 * workload: posix.getpid.steps | where a getpid by message to the personality server goes: the steps of the paper's figure | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), figure 5
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/servers/personality_state.h"

enum border { BORDER_ENTER, BORDER_SEND, BORDER_SERVER, BORDER_REPLY, BORDER_LEAVE, BORDER_END, BORDERS };
static volatile uint64_t ends[BORDERS], begins[BORDERS]; /* of the step before it, of the step behind it */

ALWAYS_INLINE void border_pass(enum border b)
{
    ends[b] = tsc_end();
    begins[b] = tsc_begin();
}

static void server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            border_pass(BORDER_SERVER);
            int64_t result = personality_call((uint64_t)(uint32_t)tag_label(m.tag), m.w.w0, m.w.w1, m.w.w2);
            border_pass(BORDER_REPLY);
            m = ipc_reply_and_wait(0, 1, (struct message_words){ .w0 = (uint64_t)result });
        }
    }
}

/* library_getpid with borders. */
__attribute__((noinline)) static int64_t stamped_getpid(void)
{
    border_pass(BORDER_SEND);
    struct message m = ipc_call(SELECTOR_SERVER_GATE, tag_make(0, LINUX_getpid, 3), MESSAGE_EMPTY);
    border_pass(BORDER_LEAVE);
    return tag_failed(m.tag) ? -LINUX_EFAULT : (int64_t)m.w.w0;
}

static bool setup(void)
{
    personality.pid = PERSONALITY_PID;
    return ipc_partner_create(true) && ipc_server_start(true, server, 0);
}

extern const struct variant variants[];

static bool step_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    const enum border step = (enum border)(v - variants);

    for (size_t i = 0; i < n; i++) {
        border_pass(BORDER_ENTER);
        if (stamped_getpid() != PERSONALITY_PID)
            return false;
        border_pass(BORDER_END);
        ring[i] = ends[step + 1] - begins[step];
    }
    return true;
}

static bool step_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        border_pass(BORDER_ENTER);
        border_pass(BORDER_SEND);
        ring[i] = ends[BORDER_SEND] - begins[BORDER_ENTER];
    }
    return true;
}

#define ROW(step) \
    { .name = "step=" step, .direction = "one_way", .relation = "inter", .path = "none", .batch = 1, .window = WINDOW_NONE, .fill = step_fill, \
      .fill_empty = step_fill_empty }

const struct variant variants[] = { ROW("enter"), ROW("send"), ROW("server"), ROW("reply"), ROW("leave") };

const struct workload workload = {
    .id = "posix.getpid.steps", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
