#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 120
# KTAP of guest tests, and the LAVA job: its pattern finds each of them in the log of a real session.
set -u
here=$(dirname "$0")
. "$here/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:?run me through ci/run-tests}

"$build/tollgate" run --cmdline run=tests --select 'cap*' --results "$work/results" >"$work/run.out" 2>&1 || { cat "$work/run.out"; exit 1; }
log=$(find "$work/results" -name raw.log | head -n 1)
tests=$(grep -c '^@tg [0-9]* test ' "$log")

ktap() { "$here/ktap" "$1" >"$work/ktap"; }
all_pass() { ktap "$log" && [ "$(sed -n 1p "$work/ktap")" = 'KTAP version 1' ] && [ "$(sed -n 2p "$work/ktap")" = "1..$tests" ] && [ "$(grep -c "^ok [0-9]* [a-z]" "$work/ktap")" -eq "$tests" ]; }
one_fails() {
    sed '0,/result=pass/s//result=fail detail=line%201:%20#/' "$log" >"$work/failed.log"
    local status=0
    ktap "$work/failed.log" || status=$?
    [ $status -eq 1 ] && [ "$(grep -c '^not ok 1 ' "$work/ktap")" -eq 1 ] && grep -q '^# line 1: #$' "$work/ktap"
}
skipped() { sed '0,/result=pass/s//result=skip detail=none%20here/' "$log" >"$work/skip.log"; ktap "$work/skip.log" && grep -q '^ok 1 .* # SKIP none here$' "$work/ktap"; }
# not_whole <sed program> <reason>
not_whole() { local status=0; sed "$1" "$log" >"$work/part.log"; ktap "$work/part.log" || status=$?; [ $status -eq 3 ] && grep -q "^Bail out! $2$" "$work/ktap"; }

tap_check 'KTAP: a good session' all_pass
tap_check 'KTAP: a failed test, with its reason' one_fails
tap_check 'KTAP: a skipped test' skipped
tap_check 'KTAP: no end' not_whole '/^@tg [0-9]* end /d' 'the log has no end'
tap_check 'KTAP: a record is missing' not_whole '/^@tg 5 /d' 'records are missing'
tap_check 'KTAP: no test' not_whole '/^@tg/d' 'the log has no end'
job_reads() {
    python3 - ci/lava/tollgate.yml "$log" "$tests" <<'PYTHON'
import re, sys, yaml
job = yaml.safe_load(open(sys.argv[1]))
text = open(sys.argv[2]).read()
kinds = [next(iter(a)) for a in job["actions"]]
assert kinds == ["deploy", "boot", "test"], kinds
monitor = job["actions"][2]["test"]["monitors"][0]
start, end = re.search(monitor["start"], text), re.search(monitor["end"], text)
assert start and end and start.end() < end.start(), "start or end is not found"
found = [m.groupdict() for m in re.finditer(monitor["pattern"], text[start.end():end.start()])]
assert len(found) == int(sys.argv[3]), f"{len(found)} tests found of {sys.argv[3]}"
assert all(f["result"] in monitor["fixupdict"] for f in found)
assert re.search(job["actions"][1]["boot"]["prompts"][0], text), "the prompt never comes"
PYTHON
}
tap_check 'LAVA: the job finds every test in the log' job_reads
tap_done
