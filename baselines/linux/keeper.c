/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pipe's write end is inherited by every process of the run and by no program that it executes: end of file means that all are gone.
 */
#include "baselines/linux/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/prepare.h"

#define KEPT_MAX 64

struct word {
    enum kept_kind kind;
    int id;
    bool held;
};

static int to_keeper = -1;

static bool object_remove(enum kept_kind kind, int id)
{
    switch (kind) {
    case KEPT_QUEUE: return msgctl(id, IPC_RMID, NULL) == 0;
    case KEPT_SEMAPHORES: return semctl(id, 0, IPC_RMID) == 0;
    case KEPT_CONDITIONS: return prepare_restore();
    }
    return false;
}

/* A run has one object at a time, its counting pass another: there is room. */
static void word_note(struct word kept[KEPT_MAX], const struct word *w)
{
    struct word *place = NULL;

    for (size_t i = 0; i < KEPT_MAX; i++) {
        bool same = kept[i].held && kept[i].kind == w->kind && kept[i].id == w->id;
        if (same || (place == NULL && !kept[i].held))
            place = &kept[i];
        if (same)
            break;
    }
    if (place != NULL)
        *place = *w;
}

static _Noreturn void keeper_run(int from)
{
    struct word kept[KEPT_MAX] = { 0 }, w;
    ssize_t got;

    setsid();
    for (int signal = SIGHUP; signal <= SIGTERM; signal++)
        sigaction(signal, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    /* Who reads what the run prints must not wait for this process. */
    for (int fd = 0; fd < from; fd++)
        close(fd);
    while ((got = read(from, &w, sizeof w)) == sizeof w || (got < 0 && errno == EINTR))
        if (got > 0)
            word_note(kept, &w);
    for (size_t i = 0; i < KEPT_MAX; i++)
        if (kept[i].held)
            object_remove(kept[i].kind, kept[i].id);
    _exit(0);
}

bool keeper_start(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        /* Nobody's child: what ends the children of a run does not end it. */
        if (fork() != 0)
            _exit(0);
        close(ends[1]);
        keeper_run(ends[0]);
    }
    close(ends[0]);
    to_keeper = ends[1];
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return child > 0;
}

static void keeper_tell(enum kept_kind kind, int id, bool held)
{
    struct word w = { kind, id, held };

    /* Without a keeper that reads all is as without one: SIGPIPE is ignored. */
    if (to_keeper >= 0 && write(to_keeper, &w, sizeof w) != sizeof w)
        to_keeper = -1;
}

void keeper_hold(enum kept_kind kind, int id)
{
    if (id >= 0)
        keeper_tell(kind, id, true);
}

bool keeper_remove(enum kept_kind kind, int id)
{
    if (id < 0)
        return true;
    bool removed = object_remove(kind, id);
    int error = errno;
    keeper_tell(kind, id, false);
    errno = error;
    return removed;
}
