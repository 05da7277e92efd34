/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.sysv_sem_shm.round_trip | message copied into System V shared memory and out of it, a System V semaphore tells the other process, echoed in the same way: from before the client's copy in to after its copy out | none
 * workload: linux.sysv_sem_shm.one_way | messages through a ring of 8 slots in System V shared memory with System V semaphores, in bursts: from before the first copy in to the receiver's word that the last has arrived | none
 *
 * One set of four semaphores, full and empty of each lane; every operation on one is a system call. The keeper makes set and segment; the
 * segment is marked for removal as soon as it is attached, the set is removed by teardown, or else by the keeper. A fork inherits the attachment.
 */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "baselines/linux/keeper.h"
#include "baselines/linux/shared.h"

/* Number of a lane's counter in the set: full and empty of lane 0, then of lane 1. */
static inline unsigned short semaphore_number(const struct channel *c, const struct shared_count *s)
{
    return (unsigned short)(s - &((struct shared *)c->memory)->lane[0].full);
}

static inline bool semaphore_add(struct channel *c, struct shared_count *s, short change)
{
    struct sembuf operation = { .sem_num = semaphore_number(c, s), .sem_op = change };

    return semop(c->id, &operation, 1) == 0;
}

static inline bool semaphore_wait(struct channel *c, struct shared_count *s) { return semaphore_add(c, s, -1); }
static inline bool semaphore_post(struct channel *c, struct shared_count *s) { return semaphore_add(c, s, 1); }

static bool segment_attach(struct channel *c)
{
    int segment = keeper_make(KEPT_SEGMENT, (int)shared_bytes(c));

    if (segment < 0)
        return false;
    void *memory = shmat(segment, NULL, 0);
    int error = errno;
    keeper_remove(KEPT_SEGMENT, segment);
    errno = error;
    if (memory == (void *)-1)
        return false;
    c->memory = memory;
    c->memory_bytes = shared_bytes(c);
    memset(memory, 0, c->memory_bytes); /* touched beforehand */
    return true;
}

static bool sysv_setup(struct channel *c)
{
    unsigned short values[4] = { 0, SHARED_SLOTS, 0, SHARED_SLOTS };
    union { int value; struct semid_ds *status; unsigned short *array; } argument = { .array = values };

    if (!segment_attach(c))
        return false;
    c->id = keeper_make(KEPT_SEMAPHORES, 4);
    return c->id >= 0 && semctl(c->id, 0, SETALL, argument) == 0;
}

static bool sysv_teardown(struct channel *c)
{
    if (c->memory != NULL)
        shmdt(c->memory);
    c->memory = NULL;
    return keeper_remove(KEPT_SEMAPHORES, c->id);
}

static bool sysv_send(struct channel *c) { return shared_send(c, semaphore_wait, semaphore_post); }
static bool sysv_receive(struct channel *c) { return shared_receive(c, semaphore_wait, semaphore_post); }

#define SYSV .bytes = payload_all, .setup = sysv_setup, .send = sysv_send, .receive = sysv_receive, .teardown = sysv_teardown

static const struct baseline sysv_sem_round_trip = {
    .id = "linux.sysv_sem_shm.round_trip", .client_calls = 2, .server_calls = 2, SYSV,
};
BASELINE_REGISTER(sysv_sem_round_trip);

static const struct baseline sysv_sem_one_way = {
    .id = "linux.sysv_sem_shm.one_way", .client_calls = 2, .server_calls = 2, .one_way = true, SYSV,
};
BASELINE_REGISTER(sysv_sem_one_way);
