#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The library that keeps QEMU's main loop in step with its CPUs, on a program that imitates both. One TAP line for each check.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
. "$(dirname "$0")/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}

# free <words> and held <words>: the imitation without and with the library, under a limit; "turns N beside N"
free() { timeout 60 "$build/lockstep-imitation" "$@"; }
held() { timeout 60 env LD_PRELOAD="$build/lockstep.so" TOLLGATE_LOCKSTEP="$work/report" "$build/lockstep-imitation" "$@"; }

beside_some() { free 200 | tee "$work/free" | grep -Eq 'beside [1-9]' || { cat "$work/free"; return 1; }; }
beside_none() { held 200 | tee "$work/held" | grep -Eq 'turns [1-9][0-9]+ beside 0$' || { cat "$work/held"; return 1; }; }
report_says() { grep -Eq '^turns of the main loop: [1-9]' "$work/report"; }
ends_though_busy() { held 200 busy | grep -Eq '^turns [1-9]'; }
no_report() { rm -f "$work/report"; held 0; [ ! -e "$work/report" ]; }

tap_check 'left alone, the main loop has turns beside a CPU that runs' beside_some
tap_check 'held, it has none' beside_none
tap_check 'and the report tells that it was held' report_says
tap_check 'CPUs that never sleep do not keep it waiting for ever' ends_though_busy
tap_check 'a program that never polls leaves no report' no_report
tap_done
