#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The kernel is below its limits, and ci/size refuses one that is not, a list of instruments that is not true, and sources that nobody counts.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
kernel=$(realpath "${BUILD:-build}/kernel/tollgate.elf")
work=${TEST_TMPDIR:-$(mktemp -d)}

# tree: a copy of what is counted. own: lists of instruments.
tree() { rm -rf "$work/tree" && mkdir -p "$work/tree" && cp -r kernel ci "$work/tree"; }
lines() { for i in $(seq "$1"); do echo "int line_$i;"; done; }
tree
lines 2000 >"$work/tree/kernel/core/more.c"
mkdir -p "$work/elsewhere" && cp -r "$work/tree/ci" "$work/elsewhere" && cp -r kernel "$work/elsewhere" && mkdir "$work/elsewhere/kernel/other" &&
    lines 1 >"$work/elsewhere/kernel/other/one.c"
{ cat kernel/INSTRUMENTS; echo 'core/gone.c  nothing'; } >"$work/stale"
{ cat kernel/INSTRUMENTS; echo 'x86_64/pmu.c  again'; } >"$work/twice"
grep -v 'pmu\.c' kernel/INSTRUMENTS >"$work/less"

tap_check 'the kernel is below 64 KiB of text and 10,000 lines, its instruments apart' ci/size "$kernel"
tap_refuses_saying 'text over the limit is refused' '^over the limit: [0-9]+ bytes' env SIZE_TEXT_MAX=20000 ci/size "$kernel"
tap_refuses_saying 'lines over the limit are refused' '^over the limit: [0-9]+ lines' env SIZE_LINES_MAX=5000 ci/size "$kernel"
tap_refuses_saying 'a file of the core that no list names counts as kernel' '^over the limit: 1[12][0-9]{3} lines' "$work/tree/ci/size" "$kernel"
tap_refuses_saying 'sources in a folder that nobody counts are refused' 'in no group: kernel/other/one.c$' "$work/elsewhere/ci/size" "$kernel"
tap_refuses_saying 'an instrument that is no file is refused' 'no such file, or twice: .*core/gone.c' env SIZE_INSTRUMENTS="$work/stale" ci/size "$kernel"
tap_refuses_saying 'an instrument listed twice is refused' 'no such file, or twice: .*x86_64/pmu.c' env SIZE_INSTRUMENTS="$work/twice" ci/size "$kernel"
kernel_text() { ci/size "$kernel" | awk '$1 == "ordinary" { print $3 }'; }
counts_as_kernel() { [ "$(SIZE_INSTRUMENTS=$work/less kernel_text)" -gt "$(kernel_text)" ]; }
tap_check 'what leaves the list is counted as kernel' counts_as_kernel
tap_refuses_saying 'what is no kernel is refused' '^usage:' ci/size /dev/null
tap_done
