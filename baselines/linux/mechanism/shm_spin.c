/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.shm_spin.round_trip | message copied into POSIX shared memory and out of it, the other process polls a counter, echoed in the same way: from before the client's copy in to after its copy out | Barrelfish URPC (SOSP 2009)
 * workload: linux.shm_spin.one_way | messages through a ring of 8 slots in shared memory, both processes poll counters, in bursts: from before the first copy in to the receiver's word that the last has arrived | Barrelfish URPC (SOSP 2009)
 *
 * No system call: both processes keep their CPUs busy while they wait. That is no like of the others; the rows are tainted `polling`
 * and a test record says how much CPU time an operation took.
 */
#include "baselines/linux/guard.h"
#include "baselines/linux/shared.h"

#define SPINS_BETWEEN_CHECKS 100000

static inline bool count_poll(struct channel *c, struct shared_count *s)
{
    (void)c;
    for (unsigned spins = 1; atomic_load_explicit(&s->count, memory_order_acquire) == 0; spins++) {
        __builtin_ia32_pause();
        if (spins % SPINS_BETWEEN_CHECKS == 0 && guard_cause() != NULL)
            return false;
    }
    atomic_fetch_sub_explicit(&s->count, 1, memory_order_acquire);
    return true;
}

static inline bool count_raise(struct channel *c, struct shared_count *s)
{
    (void)c;
    atomic_fetch_add_explicit(&s->count, 1, memory_order_release);
    return true;
}

static bool spin_send(struct channel *c) { return shared_send(c, count_poll, count_raise); }
static bool spin_receive(struct channel *c) { return shared_receive(c, count_poll, count_raise); }

#define SPIN .polls = true, .setup = shared_setup, .send = spin_send, .receive = spin_receive

static const struct baseline shm_spin_round_trip = { .id = "linux.shm_spin.round_trip", .bytes = payload_all, SPIN };
BASELINE_REGISTER(shm_spin_round_trip);

static const struct baseline shm_spin_one_way = { .id = "linux.shm_spin.one_way", .bytes = payload_all, .one_way = true, SPIN };
BASELINE_REGISTER(shm_spin_one_way);
