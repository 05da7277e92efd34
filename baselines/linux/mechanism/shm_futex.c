/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.shm_futex.round_trip | message copied into POSIX shared memory and out of it, a futex tells the other process, echoed in the same way: from before the client's copy in to after its copy out | none
 * workload: linux.shm_futex.one_way | messages through a ring of 8 slots in shared memory with futexes, in bursts: from before the first copy in to the receiver's word that the last has arrived | none
 *
 * A counting semaphore as futex(7) suggests: the waker enters the kernel only when somebody waits. So a wait that finds its message
 * there makes no call, and the number of calls varies with who is faster.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "baselines/linux/shared.h"

static inline bool count_wait(struct channel *c, struct shared_count *s)
{
    (void)c;
    for (;;) {
        uint32_t count = atomic_load_explicit(&s->count, memory_order_acquire);
        if (count != 0) { /* one taker: nobody else can take it meanwhile */
            atomic_fetch_sub(&s->count, 1);
            return true;
        }
        atomic_store(&s->waiting, 1);
        if (syscall(SYS_futex, &s->count, FUTEX_WAIT, 0, NULL, NULL, 0) != 0 && errno != EAGAIN)
            return false;
    }
}

static inline bool count_post(struct channel *c, struct shared_count *s)
{
    (void)c;
    atomic_fetch_add(&s->count, 1);
    if (atomic_load(&s->waiting) == 0)
        return true;
    atomic_store(&s->waiting, 0);
    return syscall(SYS_futex, &s->count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) >= 0;
}

static bool futex_send(struct channel *c) { return shared_send(c, count_wait, count_post); }
static bool futex_receive(struct channel *c) { return shared_receive(c, count_wait, count_post); }

#define FUTEX .calls_vary = 2, .setup = shared_setup, .send = futex_send, .receive = futex_receive

static const struct baseline shm_futex_round_trip = {
    .id = "linux.shm_futex.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, FUTEX,
};
BASELINE_REGISTER(shm_futex_round_trip);

static const struct baseline shm_futex_one_way = {
    .id = "linux.shm_futex.one_way", .bytes = payload_all, .client_calls = 1, .server_calls = 1, .one_way = true, FUTEX,
};
BASELINE_REGISTER(shm_futex_one_way);
