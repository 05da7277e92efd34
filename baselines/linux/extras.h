/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done beside the rows, each in a pass of its own so that no row pays for it: PAPI against perf, `perf stat`, a profile.
 * Outcomes are test records: pass, or skip with the reason.
 */
#ifndef BASELINES_LINUX_EXTRAS_H
#define BASELINES_LINUX_EXTRAS_H

#include "harness/measure/record.h"

/* PAPI's presets and perf's events over one loop: record `counters/papi`. False: both count, and disagree. */
bool papi_compare(struct record_writer *w);
/* Runs this program again, with few samples, under `perf stat -d` and under `perf record`: perf-stat.txt and perf.data in `folder`.
 * Records `perf/stat` and `perf/profile`. */
void perf_passes(struct record_writer *w, const char *folder, const char *select);

#endif
