/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.shm_posix_sem.round_trip | message copied into POSIX shared memory and out of it, a POSIX semaphore tells the other process, echoed in the same way: from before the client's copy in to after its copy out | none
 * workload: linux.shm_posix_sem.one_way | messages through a ring of 8 slots in shared memory with POSIX semaphores, in bursts: from before the first copy in to the receiver's word that the last has arrived | none
 *
 * sem_post enters the kernel only when somebody waits, sem_wait only when there is nothing to take: the number of calls varies.
 */
#include "baselines/linux/shared.h"

static inline bool semaphore_wait(struct channel *c, struct shared_count *s)
{
    (void)c;
    return sem_wait(&s->semaphore) == 0;
}

static inline bool semaphore_post(struct channel *c, struct shared_count *s)
{
    (void)c;
    return sem_post(&s->semaphore) == 0;
}

static bool sem_send(struct channel *c) { return shared_send(c, semaphore_wait, semaphore_post); }
static bool sem_receive(struct channel *c) { return shared_receive(c, semaphore_wait, semaphore_post); }

#define SEMAPHORE .calls_vary = 2, .setup = shared_setup, .send = sem_send, .receive = sem_receive

static const struct baseline shm_posix_sem_round_trip = {
    .id = "linux.shm_posix_sem.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, SEMAPHORE,
};
BASELINE_REGISTER(shm_posix_sem_round_trip);

static const struct baseline shm_posix_sem_one_way = {
    .id = "linux.shm_posix_sem.one_way", .bytes = payload_all, .client_calls = 1, .server_calls = 1, .one_way = true, SEMAPHORE,
};
BASELINE_REGISTER(shm_posix_sem_one_way);
