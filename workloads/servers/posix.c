/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Processes as clients of the pipe server: a task that shares the program's image, with one thread and one connection. A child that is done
 * says so by a semaphore. Nobody tells the server that one was killed. Context: the first process is the program's first thread.
 */
#include "workloads/servers/posix.h"

#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/servers/pipe_client.h"

#define SELECTOR_CHILD_TASK(child) (SELECTOR_PROGRAM_FREE + 48 + (uint64_t)(child))
#define SELECTOR_CHILD_END(child) (SELECTOR_PROGRAM_FREE + 52 + (uint64_t)(child))
#define WORKER_CHILD(child) ((unsigned)(child))
#define SETTLE_TICKS 2000000

struct process {
    unsigned connection;       /* 0 of the first process, else the child's number */
    posix_main *fn;
    void *arg;
    int status;
};

static struct process processes[PIPE_CONNECTIONS];
static unsigned children;

struct process *posix_start(void)
{
    children = 0;
    processes[0] = (struct process){ .connection = 0 };
    return pipe_server_start() == 0 && pipe_connect(0, SELECTOR_THREAD, SELECTOR_TASK) == 0 ? &processes[0] : NULL;
}

int posix_pipe(struct process *self, int descriptors[2]) { return (int)pipe_open(self->connection, descriptors); }
int posix_close(struct process *self, int descriptor) { return (int)pipe_close(self->connection, descriptor); }
int posix_dup(struct process *self, int descriptor) { return (int)pipe_duplicate(self->connection, descriptor); }

long posix_read(struct process *self, int descriptor, void *to, size_t bytes)
{
    return pipe_read(self->connection, descriptor, to, bytes);
}

long posix_write(struct process *self, int descriptor, const void *from, size_t bytes)
{
    return pipe_write(self->connection, descriptor, from, bytes);
}

int posix_nonblock(struct process *self, int descriptor, bool nonblock)
{
    return (int)pipe_nonblock(self->connection, descriptor, nonblock);
}

static void child_run(void *arg)
{
    struct process *self = arg;

    self->status = self->fn(self, self->arg);
    pipe_exit(self->connection);
    semaphore_up(SELECTOR_CHILD_END(self->connection));
}

/* The task, and the semaphore that tells its end. */
static int32_t child_make(int child)
{
    int32_t error = task_clone(SELECTOR_CHILD_TASK(child));

    if (error == 0)
        error = factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_CHILD_END(child), 0);
    if (error == 0)
        error = task_map_capability(SELECTOR_CHILD_TASK(child), SELECTOR_CHILD_END(child), SELECTOR_CHILD_END(child), RIGHT_SEND | RIGHT_W);
    if (error == 0)
        error = worker_create(WORKER_CHILD(child), SELECTOR_CHILD_TASK(child));
    return error;
}

int posix_spawn(struct process *self, posix_main *fn, void *arg)
{
    int child = (int)children + 1;

    if (self != &processes[0] || child >= PIPE_CONNECTIONS)
        return -PIPE_EAGAIN;
    if (child_make(child) != 0 || pipe_connect((unsigned)child, SELECTOR_WORKER(WORKER_CHILD(child)), SELECTOR_CHILD_TASK(child)) != 0)
        return -PIPE_EAGAIN;
    int64_t inherited = pipe_inherit(0, (unsigned)child);
    if (inherited < 0)
        return (int)inherited;
    children++;
    processes[child] = (struct process){ .connection = (unsigned)child, .fn = fn, .arg = arg };
    return worker_run(WORKER_CHILD(child), child_run, &processes[child], PROGRAM_PRIORITY) == 0 ? child : -PIPE_EAGAIN;
}

static bool is_child(int child) { return child > 0 && child <= (int)children; }

int posix_wait(struct process *self, int child)
{
    (void)self;
    if (!is_child(child) || semaphore_down(SELECTOR_CHILD_END(child), TIMEOUT_NEVER) != 0)
        return -PIPE_EINVAL;
    return processes[child].status;
}

int posix_kill(struct process *self, int child)
{
    (void)self;
    if (!is_child(child))
        return -PIPE_EINVAL;
    worker_destroy(WORKER_CHILD(child));
    task_unmap_capability(SELECTOR_TASK, SELECTOR_CHILD_TASK(child));
    return 0;
}

/* Nobody sends to the first thread. */
void posix_settle(struct process *self)
{
    (void)self;
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = SETTLE_TICKS;
    (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
}
