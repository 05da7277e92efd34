/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions go through one pipe, answers through another. The first one's write end is inherited by every process of the run and by no program
 * that it executes: end of file means that all are gone. An answer carries its question's ticket, since whoever asked may have been killed
 * before it took the answer, which then waits for the next one to ask.
 */
#include "baselines/linux/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "baselines/linux/prepare.h"

#define KEPT_MAX 64
#define ANSWER_LIMIT_S 10

struct question {
    pid_t asker;
    unsigned ticket;
    enum kept_kind kind;
    bool make;
    int number; /* make: the size; else the object to remove */
};

struct answer {
    pid_t asker;
    unsigned ticket;
    int result, error;
};

struct kept {
    bool held;
    enum kept_kind kind;
    int id;
};

static int to_keeper = -1, from_keeper = -1;

static pid_t run_number; /* of the process that started the keeper */
static int names_given;

void kept_path(char path[KEPT_NAME_BYTES], int names)
{
    snprintf(path, KEPT_NAME_BYTES, "/tmp/linux-baselines-%d-%d", (int)run_number, names);
}

void kept_object(char object[KEPT_NAME_BYTES], int names)
{
    snprintf(object, KEPT_NAME_BYTES, "/linux-baselines-%d-%d", (int)run_number, names);
}

/* --- objects: in the keeper, and where there is none --- */

static int object_make(enum kept_kind kind, int size)
{
    switch (kind) {
    case KEPT_QUEUE: return msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    case KEPT_SEMAPHORES: return semget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    case KEPT_SEGMENT: return shmget(IPC_PRIVATE, (size_t)size, IPC_CREAT | 0600);
    case KEPT_NAMES: return ++names_given;
    }
    errno = EINVAL;
    return -1;
}

static int object_remove(enum kept_kind kind, int id)
{
    switch (kind) {
    case KEPT_QUEUE: return msgctl(id, IPC_RMID, NULL);
    case KEPT_SEMAPHORES: return semctl(id, 0, IPC_RMID);
    case KEPT_SEGMENT: return shmctl(id, IPC_RMID, NULL);
    case KEPT_NAMES: return 0; /* who uses them removes them at once; else the keeper: names_clear */
    }
    errno = EINVAL;
    return -1;
}

/* --- the keeper --- */

/* What a process that was killed has left under them, in this run or in one of the same number long ago. */
static void names_clear(int names)
{
    char path[KEPT_NAME_BYTES], object[KEPT_NAME_BYTES], name[KEPT_NAME_BYTES + 2];

    kept_path(path, names);
    kept_object(object, names);
    for (const char *fifo = "ab"; *fifo != '\0'; fifo++) {
        snprintf(name, sizeof name, "%s/%c", path, *fifo);
        unlink(name);
    }
    rmdir(path);
    shm_unlink(object);
    for (int queue = 0; queue < 2; queue++) {
        snprintf(name, sizeof name, "%s-%d", object, queue);
        mq_unlink(name);
    }
}

static int kept_end(const struct kept *k)
{
    if (k->kind == KEPT_NAMES)
        names_clear(k->id);
    return object_remove(k->kind, k->id);
}

/* A run has a set and a segment at a time, its counting pass others. What there is no room for is not made. */
static int kept_make(struct kept kept[KEPT_MAX], const struct question *q)
{
    size_t i = 0;

    while (i < KEPT_MAX && kept[i].held)
        i++;
    errno = ENOSPC;
    int id = i < KEPT_MAX ? object_make(q->kind, q->number) : -1;
    if (id >= 0)
        kept[i] = (struct kept){ true, q->kind, id };
    if (id >= 0 && q->kind == KEPT_NAMES)
        names_clear(id);
    return id;
}

/* No other object than one of the keeper's own. */
static int kept_remove(struct kept kept[KEPT_MAX], const struct question *q)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (kept[i].held && kept[i].kind == q->kind && kept[i].id == q->number) {
            kept[i].held = false;
            return kept_end(&kept[i]);
        }
    errno = ENOENT;
    return -1;
}

static _Noreturn void keeper_run(int questions, int answers)
{
    struct kept kept[KEPT_MAX] = { 0 };
    struct question q;
    ssize_t got;

    setsid();
    for (int signal = SIGHUP; signal <= SIGTERM; signal++)
        sigaction(signal, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    /* Who reads what the run prints must not wait for this process. */
    for (int fd = 0; fd < questions; fd++)
        close(fd);
    while ((got = read(questions, &q, sizeof q)) == sizeof q || (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        struct answer a = { .asker = q.asker, .ticket = q.ticket, .result = q.make ? kept_make(kept, &q) : kept_remove(kept, &q) };
        a.error = errno;
        if (write(answers, &a, sizeof a) < 0)
            continue; /* nobody waits for it any more: then the next read is the last */
    }
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (kept[i].held)
            kept_end(&kept[i]);
    prepare_restore();
    _exit(0);
}

/* It ends at once, unless somebody stops it. */
static void intermediate_reap(pid_t child)
{
    for (int ms = 0; ms < ANSWER_LIMIT_S * 1000 && waitpid(child, NULL, WNOHANG) == 0; ms++)
        usleep(1000);
}

bool keeper_start(void)
{
    int questions[2], answers[2];

    run_number = getpid();
    if (pipe2(questions, O_CLOEXEC) != 0)
        return false;
    if (pipe2(answers, O_CLOEXEC) != 0) {
        close(questions[0]);
        close(questions[1]);
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        /* Nobody's child: what ends the children of a run does not end it. */
        if (fork() != 0)
            _exit(0);
        close(questions[1]);
        close(answers[0]);
        keeper_run(questions[0], answers[1]);
    }
    close(questions[0]);
    close(answers[1]);
    to_keeper = questions[1];
    from_keeper = answers[0];
    if (child > 0)
        intermediate_reap(child);
    return child > 0;
}

/* --- who asks --- */

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for the answer to this question. False with errno: the keeper is gone, or stopped. */
static bool answer_await(const struct question *q, struct answer *a)
{
    for (long until = now_ms() + ANSWER_LIMIT_S * 1000, left; (left = until - now_ms()) > 0;) {
        struct pollfd wait = { .fd = from_keeper, .events = POLLIN };
        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        ssize_t got = read(from_keeper, a, sizeof *a);
        if (got < 0 && errno == EINTR)
            continue;
        errno = EPIPE;
        if (got != sizeof *a)
            return false;
        if (a->asker == q->asker && a->ticket == q->ticket)
            return true;
    }
    errno = ETIMEDOUT;
    return false;
}

/* Asks the keeper. False: there is none, or no more, and whoever needs the object does without. */
static bool keeper_asked(const struct question *q, struct answer *a)
{
    /* SIGPIPE is ignored: guard.c. */
    if (to_keeper >= 0 && write(to_keeper, q, sizeof *q) == sizeof *q && answer_await(q, a))
        return true;
    a->result = -1;
    a->error = errno;
    if (to_keeper < 0 || errno == EPIPE)
        to_keeper = -1;
    return to_keeper >= 0; /* one that is stopped has the question and may yet do what it says */
}

static int object_ask(enum kept_kind kind, bool make, int number)
{
    static unsigned ticket;
    struct question q = { .asker = getpid(), .ticket = ++ticket, .kind = kind, .make = make, .number = number };
    struct answer a;

    if (!keeper_asked(&q, &a))
        return make ? object_make(kind, number) : object_remove(kind, number);
    errno = a.error;
    return a.result;
}

int keeper_make(enum kept_kind kind, int size)
{
    return object_ask(kind, true, size);
}

bool keeper_remove(enum kept_kind kind, int id)
{
    return id < 0 || object_ask(kind, false, id) == 0;
}
