/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A process of its own feeds the watchdog as long as there is time; it wakes once in FEED_S seconds, so that measuring hardly sees it. A kernel
 * that no longer runs it feeds nothing.
 */
#include "handover/init/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handover/init/drivers.h"

#define DEVICE "/dev/watchdog"
#define FEED_S 10
#define HUNGRY_S 60            /* unfed so long, the watchdog acts */

static pid_t keeper = -1;
static char name[128];

static int device_open(void)
{
    struct watchdog_info facts = { 0 };
    int seconds = HUNGRY_S, fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        snprintf(name, sizeof name, "none: %s", errno == ENOENT ? "no driver knows one here" : strerror(errno));
    else if (ioctl(fd, WDIOC_SETTIMEOUT, &seconds) != 0)
        snprintf(name, sizeof name, "none: it does not take %d s", HUNGRY_S);
    else
        snprintf(name, sizeof name, "%.*s, %d s", (int)sizeof facts.identity - 1,
                 ioctl(fd, WDIOC_GETSUPPORT, &facts) == 0 ? (const char *)facts.identity : "unknown", seconds);
    return fd;
}

static void feed(int fd)
{
    if (fd >= 0)
        ioctl(fd, WDIOC_KEEPALIVE, 0);
}

/* SIGTERM ends the waiting: then the watchdog is disarmed, which closing it without the letter would not do. */
static _Noreturn void keep(int fd, unsigned seconds, const sigset_t *end)
{
    static const struct sched_param first = { .sched_priority = 99 };
    sched_setscheduler(0, SCHED_FIFO, &first);
    for (unsigned left = seconds; left > 0;) {
        struct timespec step = { .tv_sec = left < FEED_S ? left : FEED_S };
        feed(fd);
        left -= (unsigned)step.tv_sec;
        if (sigtimedwait(end, NULL, &step) != SIGTERM)
            continue;
        if (fd >= 0 && write(fd, "V", 1) == 1)
            close(fd);
        _exit(0);
    }
    reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}

const char *watch_start(unsigned seconds)
{
    sigset_t end;
    drivers_load("watchdog");
    int fd = device_open();
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    keeper = fork();
    if (keeper == 0)
        keep(fd, seconds, &end);
    sigprocmask(SIG_UNBLOCK, &end, NULL);
    if (fd >= 0)
        close(fd);
    return name;
}

void watch_stop(void)
{
    if (keeper <= 0)
        return;
    kill(keeper, SIGTERM);
    while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
        ;
}
