/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preloaded into QEMU (icount, one thread for all CPUs): its main loop has its turns only while that thread sleeps, so that nothing of the
 * host's timing reaches the guest. Free running, the main loop may see all CPUs halted before their thread has got to sleep, and move the
 * clock on; then the periodic timer that ends a CPU's turn, which going to sleep stops, keeps its old phase, and two CPUs interleave otherwise.
 * Invariant: after a poll the main thread holds QEMU's big lock only when `asleep` is set; that changes under this lock alone.
 * The wait is bounded: a guest that never halts must not keep QEMU from ending. A turn then meets a CPU that runs, and does nothing to it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REPORT_VARIABLE "TOLLGATE_LOCKSTEP"
#define WAIT_SECONDS_MAX 10

typedef int poll_fn(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
typedef int lock_fn(pthread_mutex_t *);
typedef int wait_fn(pthread_cond_t *, pthread_mutex_t *);

/* This library's, in place of the C library's. */
poll_fn ppoll;
lock_fn pthread_mutex_lock;
wait_fn pthread_cond_wait;

static struct {
    poll_fn *poll;
    lock_fn *lock;
    wait_fn *wait;
} real;

static pthread_t main_thread;
static _Atomic(pthread_mutex_t *) big_lock; /* what the CPUs' thread sleeps with; NULL until it has done so once */
static atomic_int asleep;                   /* the CPUs' thread waits to be woken; a futex */
static bool polled;                         /* main thread: back from a poll, the lock not yet taken */
static unsigned long turns, turns_beside;   /* main thread: all, and those beside a CPU that runs */

/* The first lock is taken before any constructor has run. */
static void real_find(void)
{
    main_thread = pthread_self();
    real.poll = (poll_fn *)dlsym(RTLD_NEXT, "ppoll");
    /* Its oldest version, which an unversioned search may find, is another interface. */
    real.wait = (wait_fn *)dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
    real.lock = (lock_fn *)dlsym(RTLD_NEXT, "pthread_mutex_lock");
    if (real.poll == NULL || real.wait == NULL || real.lock == NULL)
        abort();
}

__attribute__((constructor)) static void lockstep_begin(void)
{
    if (real.lock == NULL)
        real_find();
}

/* Says that it was at work: QEMU may be of a kind that calls none of this. */
__attribute__((destructor)) static void lockstep_end(void)
{
    const char *path = getenv(REPORT_VARIABLE);
    FILE *f = path != NULL && turns != 0 ? fopen(path, "w") : NULL;

    if (f == NULL)
        return;
    fprintf(f, "turns of the main loop: %lu, beside a CPU that ran: %lu\n", turns, turns_beside);
    fclose(f);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
    int ready = real.poll(fds, count, limit, mask);

    /* After a signal the main loop may be wanted to end QEMU. */
    if (pthread_equal(pthread_self(), main_thread))
        polled = ready >= 0;
    return ready;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    if (pthread_equal(pthread_self(), main_thread))
        return real.wait(condition, mutex);
    big_lock = mutex;
    asleep = 1;
    syscall(SYS_futex, &asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    int result = real.wait(condition, mutex);
    asleep = 0;
    return result;
}

/* False when the wait is not to go on: it took too long, or a signal came. */
static bool asleep_await(void)
{
    const struct timespec limit = { .tv_sec = WAIT_SECONDS_MAX };

    return syscall(SYS_futex, &asleep, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0) == 0 || errno == EAGAIN;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (real.lock == NULL)
        real_find();
    if (!pthread_equal(pthread_self(), main_thread) || !polled || mutex != big_lock)
        return real.lock(mutex);

    int result = real.lock(mutex);
    for (bool wait = true; result == 0 && wait && !asleep; result = real.lock(mutex)) {
        pthread_mutex_unlock(mutex);
        wait = asleep_await();
    }
    polled = false;
    turns++;
    turns_beside += !asleep;
    return result;
}
