#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# What a row counts does not depend on what else was selected: each workload, measured by itself, gives the rows that the whole of target qemu gives
# (results/reference/qemu.json, to the digit). In CI those that keep state of a CPU, a device or a server; all of them (some minutes):
#   ALONE='*' TEST_TMPDIR=$(mktemp -d) ci/test-alone.sh
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:?run me through ci/run-tests}
chosen=${ALONE:-@(hw.null_syscall|ipc.call.fpu|irq.latency|posix.getpid.trampoline|sched.switch|vm.exception)}
shopt -s extglob

# alone <workload>: no row of it may be another one than in the whole, none may be missing.
alone() {
    "$build/tollgate" run --select "$1" --cmdline floor=off --results "$work/results" --output "$work/$1.json" </dev/null >"$work/$1.log" 2>&1 ||
        { cat "$work/$1.log"; return 1; }
    python3 - "$work/$1.json" "$here/../results/reference/qemu.json" "$1" <<'END'
import json, sys
measured, accepted = (json.load(open(f))["rows"] for f in sys.argv[1:3])
def sums(r): return {"corrected": r["corrected"], "p50": r["p50"], "min": r["min"], "max": r["max"], "n": r["n"], "sum": sum(v * n for v, n in r["histogram"])}
alone = {r["workload"] + " " + r["variant"]: sums(r) for r in measured}
whole = {name: {k: row[k] for k in ("corrected", "p50", "min", "max", "n", "sum")} for name, row in accepted.items() if name.split()[0] == sys.argv[3]}
for name in sorted(alone.keys() | whole.keys()):
    if alone.get(name) != whole.get(name):
        print("%s\n  alone: %s\n  whole: %s" % (name, alone.get(name), whole.get(name)))
sys.exit(alone != whole or not whole)
END
}

found=0
while read -r workload; do
    # shellcheck disable=SC2053 # a pattern
    [[ $workload == $chosen ]] || continue
    found=$((found + 1))
    tap_check "$workload counts by itself what it counts among all" alone "$workload"
done < <(python3 -c 'import json, sys; print("\n".join(sorted({k.split()[0] for k in json.load(open(sys.argv[1]))["rows"]})))' "$here/../results/reference/qemu.json")
[ $found -gt 0 ] || tap_fail 'workloads are found' "none matches $chosen"
tap_done
