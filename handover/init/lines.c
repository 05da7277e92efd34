/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A serial port with hardware that nobody listens to still takes bytes; one that takes none for SEND_LIMIT_MS is left alone from then on.
 */
#include "handover/init/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PORTS_MAX 32
#define SEND_LIMIT_MS 10000

static int screen = -1;
static int ports[PORTS_MAX];
static unsigned port_count;

static int port_open(unsigned number)
{
    struct serial_struct serial;
    struct termios line;
    char path[32];
    snprintf(path, sizeof path, "/dev/ttyS%u", number);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (ioctl(fd, TIOCGSERIAL, &serial) != 0 || serial.type == PORT_UNKNOWN || tcgetattr(fd, &line) != 0) {
        close(fd);
        return -1;
    }
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL;
    cfsetspeed(&line, B115200);
    tcsetattr(fd, TCSANOW, &line);
    return fd;
}

void lines_open(void)
{
    screen = open("/dev/tty0", O_WRONLY | O_NOCTTY);
    for (unsigned i = 0; i < PORTS_MAX; i++) {
        int fd = port_open(i);
        if (fd >= 0)
            ports[port_count++] = fd;
    }
}

unsigned lines_serial(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < port_count; i++)
        n += ports[i] >= 0;
    return n;
}

static void port_send(int *port, const char *bytes, size_t n)
{
    while (n != 0 && *port >= 0) {
        struct pollfd ready = { .fd = *port, .events = POLLOUT };
        ssize_t done = write(*port, bytes, n);
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        } else if ((done < 0 && errno != EAGAIN && errno != EINTR) || poll(&ready, 1, SEND_LIMIT_MS) == 0) {
            close(*port);
            *port = -1;
        }
    }
    if (*port >= 0)
        tcdrain(*port);
}

void lines_send(const char *bytes, size_t n)
{
    for (unsigned i = 0; i < port_count; i++)
        port_send(&ports[i], bytes, n);
}

void lines_say(const char *format, ...)
{
    char text[1024] = "tollgate: ";
    size_t start = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text + start, sizeof text - start - 1, format, arguments);
    va_end(arguments);
    size_t used = start + (n < 0 ? 0 : (size_t)n < sizeof text - start - 1 ? (size_t)n : sizeof text - start - 2);
    text[used++] = '\n';
    if (screen >= 0 && write(screen, text, used) < 0)
        screen = -1;
    lines_send(text, used);
}
