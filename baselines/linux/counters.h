/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Core cycles of one CPU, whoever runs on it, read by rdpmc through the mmap page of perf_event_open: the sum of client, server and
 * kernel, which no counter of a process gives. And PAPI's presets beside perf's events over a known loop.
 */
#ifndef BASELINES_LINUX_COUNTERS_H
#define BASELINES_LINUX_COUNTERS_H

#include "baselines/linux/clock.h"

#define COUNTERS_TEXT_BYTES 256

/* Opens the counter of `cpu` and proves that it counts. Returns the clock, or NULL; `text`: what there is, or why there is none. */
const struct clock *counters_open(int cpu, char text[COUNTERS_TEXT_BYTES]);

#endif
