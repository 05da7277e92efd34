/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ends a Linux that hangs, by starting the machine anew: its own clock where processes still run, the machine's watchdog where nothing does.
 */
#ifndef HANDOVER_INIT_WATCH_H
#define HANDOVER_INIT_WATCH_H

/* From now on this Linux has that many seconds. Returns the name of the machine's watchdog, or "none: " and why. */
const char *watch_start(unsigned seconds);
/* All is done in time. */
void watch_stop(void);

#endif
