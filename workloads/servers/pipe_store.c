/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pipes, descriptors, and who waits for what. Invariant: `readers` and `writers` of a pipe are the descriptors that name its ends, a pipe is
 * free when both are 0, and a connection sleeps only while `waits` says for what. Everything happens under one lock, which is taken
 * by an atomic addition where nobody has it; a thread that sleeps does not hold it. Context: any serving or watching thread.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/text.h"
#include "workloads/servers/pipe.h"

enum direction { DIRECTION_READ, DIRECTION_WRITE };

struct pipe {
    uint64_t taken, put;       /* bytes so far */
    uint32_t ends[2];          /* descriptors, by direction */
    uint32_t waiting[2];       /* connections that sleep, by direction */
    bool nonblock[2];          /* by direction: all descriptors of an end share it, inherited ones, too */
    char bytes[PIPE_BYTES];
};

struct descriptor {
    uint8_t pipe;              /* number + 1; 0: free */
    uint8_t direction;
};

struct connection {
    struct descriptor descriptors[PIPE_DESCRIPTORS];
    bool adopted, dead;
    uint8_t waits;             /* pipe + 1; 0: awake */
    uint8_t waits_direction;
};

struct store {
    uint64_t lock;             /* threads that have it or want it */
    struct connection connections[PIPE_CONNECTIONS];
    struct pipe pipes[PIPE_PIPES];
};
_Static_assert(sizeof(struct store) <= PIPE_STATE_PAGES * PAGE_BYTES, "the state has room");

static struct store *store(void) { return (struct store *)PIPE_STATE_ADDRESS; }

static void lock_take(void)
{
    if (__atomic_fetch_add(&store()->lock, 1, __ATOMIC_ACQUIRE) != 0)
        semaphore_down(PIPE_SELECTOR_LOCK, TIMEOUT_NEVER);
}

static void lock_release(void)
{
    if (__atomic_fetch_sub(&store()->lock, 1, __ATOMIC_RELEASE) != 1)
        semaphore_up(PIPE_SELECTOR_LOCK);
}

void store_connection_init(unsigned connection)
{
    memset(&store()->connections[connection], 0, sizeof store()->connections[connection]);
}

void store_init(void)
{
    for (unsigned i = 0; i < PIPE_CONNECTIONS; i++)
        store_connection_init(i);
    for (unsigned i = 0; i < PIPE_PIPES; i++)
        memset(&store()->pipes[i], 0, offsetof(struct pipe, bytes));
    store()->lock = 0;
}

/* --- sleep --- */

static void connection_wake(unsigned connection)
{
    struct connection *c = &store()->connections[connection];

    store()->pipes[c->waits - 1].waiting[c->waits_direction]--;
    c->waits = 0;
    semaphore_up(PIPE_SELECTOR_SEMAPHORE(connection));
}

/* All of them: each looks by itself whether there is enough for it. */
static void pipe_wake(struct pipe *p, enum direction direction)
{
    for (unsigned i = 0; p->waiting[direction] != 0 && i < PIPE_CONNECTIONS; i++) {
        const struct connection *c = &store()->connections[i];
        if (c->waits != 0 && &store()->pipes[c->waits - 1] == p && c->waits_direction == direction)
            connection_wake(i);
    }
}

/* Until woken. False: the client is gone. */
static bool pipe_sleep(struct pipe *p, enum direction direction, unsigned connection)
{
    struct connection *c = &store()->connections[connection];

    c->waits = (uint8_t)(p - store()->pipes + 1);
    c->waits_direction = (uint8_t)direction;
    p->waiting[direction]++;
    lock_release();
    semaphore_down(PIPE_SELECTOR_SEMAPHORE(connection), TIMEOUT_NEVER);
    lock_take();
    return !c->dead;
}

/* --- descriptors --- */

static struct descriptor *descriptor_find(unsigned connection, uint64_t number)
{
    if (number >= PIPE_DESCRIPTORS)
        return NULL;
    struct descriptor *d = &store()->connections[connection].descriptors[number];
    return d->pipe != 0 ? d : NULL;
}

static struct pipe *descriptor_pipe(const struct descriptor *d) { return &store()->pipes[d->pipe - 1]; }

/* The lowest free one; -PIPE_EMFILE. */
static int64_t descriptor_free(unsigned connection)
{
    for (int64_t i = 0; i < PIPE_DESCRIPTORS; i++)
        if (store()->connections[connection].descriptors[i].pipe == 0)
            return i;
    return -PIPE_EMFILE;
}

static int64_t descriptor_set(unsigned connection, struct descriptor d)
{
    int64_t number = descriptor_free(connection);

    if (number < 0)
        return number;
    store()->connections[connection].descriptors[number] = d;
    descriptor_pipe(&d)->ends[d.direction]++;
    return number;
}

static void descriptor_close(struct descriptor *d)
{
    struct pipe *p = descriptor_pipe(d);

    d->pipe = 0;
    if (--p->ends[d->direction] == 0)
        pipe_wake(p, d->direction == DIRECTION_READ ? DIRECTION_WRITE : DIRECTION_READ);
}

static int64_t pipe_free(void)
{
    for (int64_t i = 0; i < PIPE_PIPES; i++) {
        const struct pipe *p = &store()->pipes[i];
        if (p->ends[DIRECTION_READ] == 0 && p->ends[DIRECTION_WRITE] == 0 && p->waiting[DIRECTION_READ] == 0 && p->waiting[DIRECTION_WRITE] == 0)
            return i;
    }
    return -PIPE_ENFILE;
}

static int64_t open_locked(unsigned connection, int64_t *write_descriptor)
{
    int64_t pipe = pipe_free();

    if (pipe < 0)
        return pipe;
    struct descriptor d = { .pipe = (uint8_t)(pipe + 1), .direction = DIRECTION_READ };
    memset(&store()->pipes[pipe], 0, offsetof(struct pipe, bytes));
    int64_t read_descriptor = descriptor_set(connection, d);
    if (read_descriptor < 0)
        return read_descriptor;
    d.direction = DIRECTION_WRITE;
    *write_descriptor = descriptor_set(connection, d);
    if (*write_descriptor >= 0)
        return read_descriptor;
    descriptor_close(descriptor_find(connection, (uint64_t)read_descriptor));
    return *write_descriptor;
}

int64_t store_open(unsigned connection, int64_t *write_descriptor)
{
    lock_take();
    int64_t result = open_locked(connection, write_descriptor);
    lock_release();
    return result;
}

int64_t store_close(unsigned connection, uint64_t descriptor)
{
    lock_take();
    struct descriptor *d = descriptor_find(connection, descriptor);
    if (d != NULL)
        descriptor_close(d);
    lock_release();
    return d != NULL ? 0 : -PIPE_EBADF;
}

int64_t store_duplicate(unsigned connection, uint64_t descriptor)
{
    lock_take();
    const struct descriptor *d = descriptor_find(connection, descriptor);
    int64_t result = d != NULL ? descriptor_set(connection, *d) : -PIPE_EBADF;
    lock_release();
    return result;
}

int64_t store_nonblock(unsigned connection, uint64_t descriptor, bool nonblock)
{
    lock_take();
    struct descriptor *d = descriptor_find(connection, descriptor);
    if (d != NULL)
        descriptor_pipe(d)->nonblock[d->direction] = nonblock;
    lock_release();
    return d != NULL ? 0 : -PIPE_EBADF;
}

int64_t store_inherit(unsigned connection, uint64_t heir)
{
    int64_t result = -PIPE_EINVAL;

    if (heir >= PIPE_CONNECTIONS)
        return result;
    lock_take();
    struct connection *from = &store()->connections[connection], *to = &store()->connections[heir];
    if (from != to && !to->adopted && !to->dead) {
        for (unsigned i = 0; i < PIPE_DESCRIPTORS; i++) {
            to->descriptors[i] = from->descriptors[i];
            if (to->descriptors[i].pipe != 0)
                descriptor_pipe(&to->descriptors[i])->ends[to->descriptors[i].direction]++;
        }
        to->adopted = true;
        result = 0;
    }
    lock_release();
    return result;
}

void store_adopt(unsigned connection)
{
    store()->connections[connection].adopted = true;
}

void store_end(unsigned connection, bool dead)
{
    struct connection *c = &store()->connections[connection];

    lock_take();
    for (unsigned i = 0; i < PIPE_DESCRIPTORS; i++)
        if (c->descriptors[i].pipe != 0)
            descriptor_close(&c->descriptors[i]);
    c->dead = dead;
    if (dead && c->waits != 0)
        connection_wake(connection);
    lock_release();
}

/* --- bytes: a ring, so that a copy has one or two parts --- */

static uint64_t ring_part(uint64_t position, uint64_t bytes)
{
    uint64_t to_end = PIPE_BYTES - position % PIPE_BYTES;

    return bytes < to_end ? bytes : to_end;
}

static bool pipe_put(struct pipe *p, const char *from, uint64_t bytes)
{
    uint64_t part = ring_part(p->put, bytes);

    if (!pipe_copy(&p->bytes[p->put % PIPE_BYTES], from, part) || (part != bytes && !pipe_copy(p->bytes, from + part, bytes - part)))
        return false;
    p->put += bytes;
    return true;
}

static bool pipe_take(struct pipe *p, char *to, uint64_t bytes)
{
    uint64_t part = ring_part(p->taken, bytes);

    if (!pipe_copy(to, &p->bytes[p->taken % PIPE_BYTES], part) || (part != bytes && !pipe_copy(to + part, p->bytes, bytes - part)))
        return false;
    p->taken += bytes;
    return true;
}

static int64_t read_locked(unsigned connection, uint64_t descriptor, char *to, uint64_t bytes)
{
    const struct descriptor *d = descriptor_find(connection, descriptor);

    if (d == NULL || d->direction != DIRECTION_READ)
        return -PIPE_EBADF;
    if (bytes == 0)
        return 0;
    struct pipe *p = descriptor_pipe(d);
    while (p->put == p->taken) {
        if (p->ends[DIRECTION_WRITE] == 0)
            return 0;
        if (p->nonblock[DIRECTION_READ])
            return -PIPE_EAGAIN;
        if (!pipe_sleep(p, DIRECTION_READ, connection))
            return -PIPE_EINTR;
    }
    uint64_t there = p->put - p->taken, n = bytes < there ? bytes : there;
    if (!pipe_take(p, to, n))
        return -PIPE_EFAULT;
    pipe_wake(p, DIRECTION_WRITE);
    return (int64_t)n;
}

/* So many bytes must fit before any of them goes in. */
static uint64_t room_needed(uint64_t bytes, uint64_t done)
{
    return done == 0 && bytes <= PIPE_ATOMIC_BYTES ? bytes : 1;
}

/* Waits until so many bytes fit: their number, or a negative error. */
static int64_t room_await(unsigned connection, struct pipe *p, uint64_t needed)
{
    for (;;) {
        uint64_t room = PIPE_BYTES - (p->put - p->taken);
        if (p->ends[DIRECTION_READ] == 0)
            return -PIPE_EPIPE;
        if (room >= needed)
            return (int64_t)room;
        if (p->nonblock[DIRECTION_WRITE])
            return -PIPE_EAGAIN;
        if (!pipe_sleep(p, DIRECTION_WRITE, connection))
            return -PIPE_EINTR;
    }
}

static int64_t write_locked(unsigned connection, uint64_t descriptor, const char *from, uint64_t bytes)
{
    const struct descriptor *d = descriptor_find(connection, descriptor);
    uint64_t done = 0;

    if (d == NULL || d->direction != DIRECTION_WRITE)
        return -PIPE_EBADF;
    if (bytes == 0)
        return 0;
    struct pipe *p = descriptor_pipe(d);
    while (done != bytes) {
        int64_t room = room_await(connection, p, room_needed(bytes, done));
        if (room < 0)
            return done != 0 ? (int64_t)done : room;
        uint64_t n = bytes - done < (uint64_t)room ? bytes - done : (uint64_t)room;
        if (!pipe_put(p, from + done, n))
            return done != 0 ? (int64_t)done : -PIPE_EFAULT;
        done += n;
        pipe_wake(p, DIRECTION_READ);
    }
    return (int64_t)done;
}

int64_t store_read(unsigned connection, uint64_t descriptor, char *to, uint64_t bytes)
{
    lock_take();
    int64_t result = read_locked(connection, descriptor, to, bytes);
    lock_release();
    return result;
}

int64_t store_write(unsigned connection, uint64_t descriptor, const char *from, uint64_t bytes)
{
    lock_take();
    int64_t result = write_locked(connection, descriptor, from, bytes);
    lock_release();
    return result;
}
