/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Life as init of a guest: mounts, serial line, selection from the kernel command line, and the way out.
 */
#ifndef BASELINES_LINUX_GUEST_H
#define BASELINES_LINUX_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* `name`: argv[0]. The first process of a container has the number 1, too, but not the name under which a kernel starts the one of its archive. */
bool guest_is_init(const char *name);
/* Mounts proc, sysfs, devtmpfs and shared memory, starts the loopback interface, silences the kernel's own messages. */
bool guest_mount(void);
/* The same, and makes ttyS0 standard input, output and error. */
bool guest_init(void);
/* Starts the CPUs that `maxcpus=` held back. False with errno when one does not come up. */
bool guest_cpus_online(void);
/* Value of `tollgate.<key>=` on the kernel command line into `value`; false when it is not there or too long. */
bool guest_option(const char *key, char *value, size_t bytes);
/* Ends the emulator: exit status 33 of QEMU for success, 35 for failure. Does not return. */
_Noreturn void guest_exit(bool ok);

#endif
