/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The registry (a linker section, bounded by symbols that the linker makes) and what mechanisms share.
 */
#include "baselines/linux/baseline.h"

#include <errno.h>
#include <unistd.h>

const size_t payload_small[] = { 1, 64, 0 };

extern const struct baseline *const __start_baselines[];
extern const struct baseline *const __stop_baselines[];

const struct baseline *const *baseline_first(void) { return __start_baselines; }
const struct baseline *const *baseline_end(void) { return __stop_baselines; }

bool message_write(int fd, const unsigned char *bytes, size_t n)
{
    while (n != 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

bool message_read(int fd, unsigned char *bytes, size_t n)
{
    while (n != 0) {
        ssize_t done = read(fd, bytes, n);
        if (done <= 0) {
            if (done == 0)
                errno = 0;
            return false;
        }
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}
