/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shell (kernel option `shell`): somebody at the keyboard or the serial line says what runs. Input comes from both, output goes to the screen and
 * to the serial line, records as ever to the log.
 */
#ifndef WORKLOADS_SERVERS_ROOT_SHELL_H
#define WORKLOADS_SERVERS_ROOT_SHELL_H

/* Until somebody says poweroff. */
void shell_run(void);

#endif
