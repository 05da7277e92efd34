/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same binary as /init in an initramfs. QEMU's isa-debug-exit device turns the byte b written to port 0xf4 into exit
 * status 2*b+1. Where there is no such device (a real machine) the guest powers off.
 */
#include "baselines/linux/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_OK 0x10
#define DEBUG_EXIT_FAIL 0x11
#define KLOG_CONSOLE_OFF 6
#define SERIAL_LINE "/dev/ttyS0"

bool guest_is_init(const char *name)
{
    return getpid() == 1 && strcmp(name, "/init") == 0;
}

static bool mount_at(const char *type, const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return false;
    return mount(type, path, type, 0, NULL) == 0 || errno == EBUSY;
}

/* Programs of the kind that runs here expect it up; without it there is no TCP and no UDP. */
static bool loopback_up(void)
{
    struct ifreq request = { .ifr_name = "lo" };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;

    request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

/* A serial line that passes bytes as they are: no CR before LF, no echo. */
static bool serial_open(void)
{
    struct termios line;
    int fd = open(SERIAL_LINE, O_RDWR | O_NOCTTY);

    if (fd < 0)
        return false;
    if (tcgetattr(fd, &line) == 0) {
        cfmakeraw(&line);
        tcsetattr(fd, TCSANOW, &line);
    }
    for (int standard = 0; standard < 3; standard++)
        if (dup2(fd, standard) < 0)
            return false;
    if (fd > 2)
        close(fd);
    return true;
}

bool guest_mount(void)
{
    if (!mount_at("devtmpfs", "/dev") || !mount_at("proc", "/proc") || !mount_at("sysfs", "/sys"))
        return false;
    /* A message of the kernel in the middle of a record would spoil it. */
    klogctl(KLOG_CONSOLE_OFF, NULL, 0);
    /* What is missing below is the mechanism's to report: its rows are skipped with the reason. */
    if (mkdir("/tmp", 01777) != 0 && errno != EEXIST)
        perror("linux-baselines: /tmp");
    mkdir("/dev/shm", 01777);
    if (mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL) != 0)
        perror("linux-baselines: /dev/shm");
    if (!loopback_up())
        perror("linux-baselines: loopback interface");
    return true;
}

bool guest_init(void)
{
    return guest_mount() && serial_open();
}

/* Brings a CPU up that the kernel was told (maxcpus=1) to leave alone. QEMU 7.2 under icount lets a CPU run until it halts,
 * pauses or reaches the next timer, and gives what is left to the next CPU: a kernel that waits for a starting CPU without
 * PAUSE starves it. Hence a companion that wakes every millisecond, pre-empts the waiting (nice) thread and pauses once. */
static bool cpu_online(const char *path)
{
    pid_t companion = fork();

    if (companion == 0)
        for (;;) {
            usleep(1000);
            __builtin_ia32_pause();
        }
    if (companion < 0)
        return false;
    setpriority(PRIO_PROCESS, 0, 19);
    int fd = open(path, O_WRONLY);
    bool online = fd >= 0 && write(fd, "1", 1) == 1;
    if (fd >= 0)
        close(fd);
    setpriority(PRIO_PROCESS, 0, 0);
    kill(companion, SIGKILL);
    while (waitpid(companion, NULL, 0) < 0 && errno == EINTR)
        ;
    return online;
}

bool guest_cpus_online(void)
{
    char path[64];
    long configured = sysconf(_SC_NPROCESSORS_CONF);

    for (long cpu = 1; cpu < configured; cpu++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%ld/online", cpu);
        if (access(path, W_OK) == 0 && !cpu_online(path))
            return false;
    }
    return true;
}

bool guest_option(const char *key, char *value, size_t bytes)
{
    char line[4096], prefix[64];
    FILE *f = fopen("/proc/cmdline", "r");

    if (f == NULL)
        return false;
    bool got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    if (!got)
        return false;
    snprintf(prefix, sizeof prefix, "tollgate.%s=", key);
    for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        if (strncmp(word, prefix, strlen(prefix)) != 0)
            continue;
        int n = snprintf(value, bytes, "%s", word + strlen(prefix));
        return n >= 0 && (size_t)n < bytes;
    }
    return false;
}

_Noreturn void guest_exit(bool ok)
{
    tcdrain(1);
    if (ioperm(DEBUG_EXIT_PORT, 4, 1) == 0) {
        outl(ok ? DEBUG_EXIT_OK : DEBUG_EXIT_FAIL, DEBUG_EXIT_PORT);
        sleep(1); /* the device acts asynchronously */
    }
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
