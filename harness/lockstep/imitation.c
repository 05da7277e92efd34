/* SPDX-License-Identifier: BSD-2-Clause
 *
 * QEMU's two threads as lockstep.c sees them: one emulates CPUs with the big lock let go, and now and then sleeps until the main loop
 * wakes it; the main loop polls, takes the lock, does its turn. Prints how many turns there were, and how many met a CPU that ran.
 * usage: imitation ROUNDS [busy]   `busy`: the CPUs' thread never sleeps again, and the main loop must have turns all the same
 */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t halted = PTHREAD_COND_INITIALIZER;
static int event;
static long rounds;
static bool busy, sleeping, work, done; /* under big_lock */

static void pause_us(long us)
{
    const struct timespec time = { .tv_nsec = us * 1000 };

    nanosleep(&time, NULL);
}

static void main_loop_notify(void)
{
    const uint64_t one = 1;

    if (write(event, &one, sizeof one) != sizeof one)
        abort();
}

static void cpus_sleep(void)
{
    sleeping = true;
    while (!work)
        pthread_cond_wait(&halted, &big_lock);
    sleeping = work = false;
}

static void *cpus_run(void *unused)
{
    pthread_mutex_lock(&big_lock);
    main_loop_notify();
    cpus_sleep();
    for (long round = 0; round < rounds; round++) {
        main_loop_notify();
        pthread_mutex_unlock(&big_lock);
        pause_us(500); /* long enough for the main loop to come in between */
        pthread_mutex_lock(&big_lock);
        if (busy)
            continue;
        main_loop_notify();
        cpus_sleep();
    }
    done = true;
    main_loop_notify();
    pthread_mutex_unlock(&big_lock);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t cpus;
    long turns = 0, beside = 0;
    bool ended = false;

    rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    busy = argc > 2 && strcmp(argv[2], "busy") == 0;
    event = eventfd(0, EFD_NONBLOCK);
    if (rounds <= 0 || event < 0 || pthread_create(&cpus, NULL, cpus_run, NULL) != 0)
        return EXIT_FAILURE;
    while (!ended) {
        struct pollfd poll = { .fd = event, .events = POLLIN };
        uint64_t count;
        if (ppoll(&poll, 1, NULL, NULL) > 0 && read(event, &count, sizeof count) < 0)
            return EXIT_FAILURE;
        pthread_mutex_lock(&big_lock);
        turns++;
        ended = done;
        beside += !sleeping && !ended;
        if (sleeping) {
            work = true;
            pthread_cond_broadcast(&halted);
        }
        pthread_mutex_unlock(&big_lock);
    }
    pthread_join(cpus, NULL);
    printf("turns %ld beside %ld\n", turns, beside);
    return EXIT_SUCCESS;
}
