/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared memory; see shared.h.
 */
#include "baselines/linux/shared.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baselines/linux/keeper.h"

size_t shared_bytes(const struct channel *c)
{
    size_t stride = (c->bytes + 63) / 64 * 64, slots = c->baseline->one_way ? SHARED_SLOTS : 1;

    return (sizeof(struct shared) + 2 * slots * stride + 4095) / 4096 * 4096;
}

void shared_init(struct channel *c)
{
    struct shared *s = c->memory;

    for (unsigned i = 0; i < 2; i++) {
        atomic_init(&s->lane[i].full.count, 0);
        atomic_init(&s->lane[i].empty.count, SHARED_SLOTS);
        sem_init(&s->lane[i].full.semaphore, 1, 0);
        sem_init(&s->lane[i].empty.semaphore, 1, SHARED_SLOTS);
    }
}

/* shm_open needs /dev/shm; where a minimal system has no such mount, the same kind of memory comes from memfd_create. */
static int memory_object(void)
{
    char name[KEPT_NAME_BYTES];
    int names = keeper_make(KEPT_NAMES, 1);

    if (names < 0)
        return -1;
    kept_object(name, names);
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd >= 0)
        shm_unlink(name);
    keeper_remove(KEPT_NAMES, names);
    return fd >= 0 ? fd : memfd_create("linux-baselines", 0);
}

bool shared_setup(struct channel *c)
{
    size_t bytes = shared_bytes(c);

    c->fd[0] = memory_object();
    if (c->fd[0] < 0 || ftruncate(c->fd[0], (off_t)bytes) != 0)
        return false;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, c->fd[0], 0);
    if (memory == MAP_FAILED)
        return false;
    c->memory = memory;
    c->memory_bytes = bytes;
    shared_init(c);
    return true;
}
