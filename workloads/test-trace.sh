#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 240
# Tracing in a guest: the parts of ipc.breakdown are those of the ordinary kernel's listing and add up to ipc.call.*, which has no points in it, those of
# posix.getpid.steps to posix.getpid.libc; what
# tracing costs is seen; exports are what their formats say. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(realpath "$(dirname "$0")")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
tool=$build/tollgate
check=$here/../harness/test/trace.py

run() { "$tool" run --results "$work/results" "$@"; }

trace() { "$tool" trace --results "$work/results" --chrome "$work/trace.json" --folded "$work/trace.folded" >"$work/table.txt"; }
tap_check 'tollgate trace runs ipc.breakdown' trace
tap_check 'and its events are in the Chrome trace event format' python3 "$check" chrome "$work/trace.json"
tap_check 'and its stacks are folded' python3 "$check" folded "$work/trace.folded"
sums=$(awk '$1 == "sum" { printf "%s ", $5 }' "$work/table.txt")
if [ "$sums" = '100 102 ' ]; then tap_ok 'and its tables are of one round trip'; else tap_fail 'and its tables are of one round trip' "sums: $sums"$'\n'"$(cat "$work/table.txt")"; fi

tap_check 'steps are measured' run --select 'ipc.breakdown,posix.getpid.steps' --cmdline trace=on --output "$work/breakdown.json"
tap_check 'round trips without points are measured' run --select 'ipc.call.int*' --cmdline method=batched --output "$work/calls.json"
tap_check 'the steps add up to the whole' python3 "$check" sum "$work/breakdown.json" "$work/calls.json"
tap_check 'a getpid by message is measured without points' run --select posix.getpid.libc --output "$work/getpid.json"
tap_check 'the steps of library, kernel and server add up to it' python3 "$check" getpid "$work/breakdown.json" "$work/getpid.json"
objdump -d --no-show-raw-insn "$build/kernel/tollgate.elf" >"$work/listing.txt"
tap_check 'each step has the instructions of the listing' python3 "$check" listing "$work/breakdown.json" "$work/listing.txt"
tap_check 'and the table of BENCHMARKS.md is of them' python3 "$check" document "$work/breakdown.json" "$here/../BENCHMARKS.md"
fast=$here/../kernel/x86_64/fastpath.S
# By address: a function of C may begin where the fast path ends, and then objdump names the place by that.
address() { nm "$build/kernel/tollgate.elf" | awk -v name="$1" '$3 == name { print "0x" $1 }'; }
objdump -d -w -M intel --no-show-raw-insn --start-address="$(address syscall_entry)" --stop-address="$(address fastpath_end)" \
    "$build/kernel/tollgate.elf" >"$work/binary.txt"
annotated() { awk -f "$here/../ci/fastpath-expand.awk" -f "$here/../harness/fastpath_listing.awk" "${2:-$here/../harness/fastpath_notes.def}" "$here/../kernel/x86_64/plain/crossing.h" "$1" "$work/binary.txt"; }
tap_check 'the fast path is listed beside its source' annotated "$fast"
sed 's/^    test    bl, CAP_WORD_NOT_FAST/&\n    nop/' "$fast" >"$work/other.S"
tap_refuses_saying 'a listing beside another source is refused' 'fastpath_listing: instruction [0-9]+ is ".*", the source has "nop"' annotated "$work/other.S"
notes=$here/../harness/fastpath_notes.def
mkdir "$work/without" "$work/longer" "$work/stale"
grep -v '^xor edi, edi' "$notes" >"$work/without/fastpath_notes.def"
tap_refuses_saying 'an instruction of which no note tells what it is for is refused' 'no note tells what "xor edi, edi" is for' annotated "$fast" "$work/without/fastpath_notes.def"
sed 's/^chain fast_call 5/chain fast_call 4/' "$notes" >"$work/longer/fastpath_notes.def"
tap_refuses_saying 'a chain of loads of another length is refused' 'fast_call: a chain of 5 loads, fastpath_notes.def says 4: ' annotated "$fast" "$work/longer/fastpath_notes.def"
{ cat "$notes"; echo 'hlt = no'; } >"$work/stale/fastpath_notes.def"
tap_refuses_saying 'a note of no instruction is refused' 'no such instruction: hlt' annotated "$fast" "$work/stale/fastpath_notes.def"
# The page of the report holds it line by line.
page() {
    "$tool" report --output "$work/report" "$work/calls.json" &&
        python3 - "$work/report/report.html" "$build/fastpath.txt" <<'END'
import html, re, sys
page, listing = (open(f, encoding="utf-8").read() for f in sys.argv[1:])
shown = html.unescape(re.search(r'<h2 id="fastpath">.*?<pre[^>]*>\n?(.*?)</pre>', page, re.S)[1]).splitlines()
assert shown == listing.splitlines()[1:] and len(shown) > 100, len(shown)
END
}
tap_check 'and the report shows it, line by line' page
# Each direction of a call passes nine points, of which two stand where GS base is user mode's. A ring that filled up would show in what a row costs.
tap_check 'round trips with points are measured' run --select ipc.call.inter --cmdline 'trace=on' --output "$work/traced.json"
"$tool" trace --json "$(find "$work/results" -path '*trace/raw.log')" >"$work/points.json"
compared=$(python3 - "$work/calls.json" "$work/traced.json" "$work/points.json" 2>&1 <<'END'
import json, sys
rows = [[r for r in json.load(open(f))["rows"] if r["workload"] == "ipc.call.inter"] for f in sys.argv[1:3]]
calls = {(r["words"], "slow" in r["variant"]): r["corrected"] for r in rows[0]}
point = json.load(open(sys.argv[3]))["samples"][0]["point_cost"]
added = {False: set(), True: set()}
assert len(rows[1]) == 32 and point > 40
for r in rows[1]:
    assert r["path"] == "traced" and "path=traced,steps=" in r["variant"] and not r["taints"] and r["min"] == r["max"], r["variant"]
    slow = "slow" in r["variant"]
    added[slow].add(r["corrected"] - calls[r["words"], slow])
assert added[False] == {18 * point + 4 * 2}, (added, point)
assert len(added[True]) == 1 and min(added[True]) > 20 * point, added
END
) && tap_ok 'a traced round trip costs what its points cost' || tap_fail 'a traced round trip costs what its points cost' "$compared"
floor() { run --select hw.null_syscall --cmdline 'trace=on' --output "$work/floor.json" && python3 -c 'import json, sys
for r in json.load(open(sys.argv[1]))["rows"]: assert r["path"] == "none" and r["taints"] == ["traced"], r' "$work/floor.json"; }
tap_check 'rows that name no path are marked' floor

# What tracing must refuse, in one line.
refused() {
    local name=$1 status=$2 text=$3 output
    shift 3
    output=$("$@" 2>&1 >/dev/null); local got=$?
    if [ $got -eq "$status" ] && [ "$(wc -l <<<"$output")" -eq 1 ] && grep -q "$text" <<<"$output"; then tap_ok "$name"; else tap_fail "$name" "status $got: $output"; fi
}
log=$(find "$work/results" -path '*trace/raw.log')
refused 'a log without points is refused' 3 'no tracepoints' "$tool" trace "$(find "$work/results" -name raw.log -path '*qemu*' | while read -r f; do grep -q 'ipc.call.intra' "$f" && echo "$f"; done | head -n 1)"
sed '/^@tgsum/d; s/first=0 data=[0-9a-f]*:/first=0 data=xyz:/' "$log" >"$work/bad.log"
refused 'a changed log is refused' 3 'CRC' "$tool" trace --unsealed "$work/bad.log"
head -c 3000 "$log" >"$work/cut.log"
refused 'a cut log is refused' 3 'line' "$tool" trace --unsealed "$work/cut.log"
refused 'a breakdown without the fast path is refused' 2 'nofast: .*steps=slow' "$tool" trace --cmdline 'pcid=off nofast' --results "$work/slow"
run --select ipc.call.inter --cmdline 'trace=on method=single nofast' --output "$work/slow.json" >"$work/slow.txt" 2>&1
log_of() { grep -l "cmdline=[^ ]*nofast" $(find "$work/results" -name raw.log) | head -n 1; }
refused 'and so is a log of such a run' 3 'nofast: ' "$tool" trace "$(log_of)"
: >"$work/empty.log"
refused 'an empty log is refused' 3 'empty' "$tool" trace --unsealed "$work/empty.log"
tap_done
