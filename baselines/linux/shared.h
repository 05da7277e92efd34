/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages through memory that both processes map. A lane is one direction: slots for messages and two counting semaphores, `full`
 * (messages to take) and `empty` (slots to fill). A round trip has one message under way and needs `full` alone; a burst is the
 * classical bounded buffer and needs both. What waits and posts is the mechanism's; send and receive are made of these here,
 * inlined, so that no call through a pointer is measured with them.
 */
#ifndef BASELINES_LINUX_SHARED_H
#define BASELINES_LINUX_SHARED_H

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "baselines/linux/baseline.h"

#define SHARED_SLOTS 8

struct shared_count {
    _Alignas(64) _Atomic uint32_t count;
    _Atomic uint32_t waiting;
    sem_t semaphore;
};

struct shared_lane {
    struct shared_count full, empty;
};

struct shared {
    struct shared_lane lane[2]; /* 0: client to server */
    _Alignas(4096) unsigned char slots[]; /* of lane 0, then of lane 1 */
};

typedef bool shared_wait(struct channel *c, struct shared_count *s);

/* Bytes of the mapping for this channel. */
size_t shared_bytes(const struct channel *c);
/* Sets the counters of a fresh mapping: nothing full, all slots empty. */
void shared_init(struct channel *c);
/* setup: POSIX shared memory, whose name is gone at once. */
bool shared_setup(struct channel *c);

static inline unsigned char *shared_slot(const struct channel *c, unsigned lane, size_t turn)
{
    struct shared *s = c->memory;
    size_t stride = (c->bytes + 63) / 64 * 64, slots = c->baseline->one_way ? SHARED_SLOTS : 1;

    return s->slots + (lane * slots + turn % slots) * stride;
}

static inline bool shared_send(struct channel *c, shared_wait *wait, shared_wait *post)
{
    struct shared_lane *lane = &((struct shared *)c->memory)->lane[c->server];

    if (c->baseline->one_way && !wait(c, &lane->empty))
        return false;
    memcpy(shared_slot(c, c->server, c->turn[0]++), c->out, c->bytes);
    return post(c, &lane->full);
}

static inline bool shared_receive(struct channel *c, shared_wait *wait, shared_wait *post)
{
    struct shared_lane *lane = &((struct shared *)c->memory)->lane[!c->server];

    if (!wait(c, &lane->full))
        return false;
    memcpy(c->in, shared_slot(c, !c->server, c->turn[1]++), c->bytes);
    return !c->baseline->one_way || post(c, &lane->empty);
}

#endif
