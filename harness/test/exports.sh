#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every exporter read by its consumer where Debian has it (promtool, prometheus_client, xmllint, prove, ci/tap.awk, Python's csv and json), else checked
# against the consumer's documented grammar (harness/test/exports.py). Speaks TAP.
. ci/tap.sh
tool=$(realpath "${BUILD:-build}/sanitized/tollgate")
work=${TEST_TMPDIR:-$(mktemp -d)}
corpus=harness/fuzz/corpus/result
python=/usr/bin/python3
[ -x $python ] || python=python3

# A result in ns with two rows, odd characters, a boot level and few samples beside the small ones of the corpus.
export_to() { "$tool" export --format "$1" "$2" -o "$work/$1.out" "${@:3}"; }
python_check() { export_to "$1" "$2" && $python harness/test/exports.py "$1" "$2" "$work/$1.out"; }
metrics_check() { export_to openmetrics "$1" && promtool check metrics <"$work/openmetrics.out"; }
# The strict OpenMetrics reader of a Prometheus server: makes its data base from the file.
backfill_check() { export_to openmetrics "$1" && promtool tsdb create-blocks-from openmetrics "$work/openmetrics.out" "$work/tsdb" && [ -n "$(ls "$work/tsdb")" ]; }
junit_check() { export_to junit "$1" --reference "$work/reference.json" && xmllint --noout --schema harness/test/junit.xsd "$work/junit.out" && grep -c '<testcase' "$work/junit.out"; }
junit_fails() { junit_check "$1" && grep -q 'failures="1"' "$work/junit.out" && grep -q '<failure message="changed' "$work/junit.out"; }
tap_equal() { export_to tap "$1" --reference "$work/reference.json" && awk -f ci/tap.awk "$work/tap.out" >"$work/verdict" && ! grep -qE '^(fail|broken)' "$work/verdict" && prove -e cat "$work/tap.out"; }
tap_differs() { export_to tap "$1" --reference "$work/reference.json" && awk -f ci/tap.awk "$work/tap.out" | grep -q '^fail'; }
# An exporter that writes a wrong figure must go red: the check itself is checked.
check_can_fail() {
    export_to "$1" "$2" && sed -i "s/$3/$4/" "$work/$1.out" || return 1
    ! $python harness/test/exports.py "$1" "$2" "$work/$1.out" 2>/dev/null
}
unknown_format() { "$tool" export --format frob "$1" 2>&1 | grep -q 'unknown format'; }
no_gate() { ! "$tool" export --format junit "$1" --reference /nonexistent 2>/dev/null && [ -z "$("$tool" export --format tap "$1" 2>/dev/null)" ]; }
full_disk() { ! "$tool" export --format csv "$1" >/dev/full 2>/dev/null; }

cp $corpus/good-instructions "$work/a.json"
cp $corpus/good-boots "$work/b.json"
sed 's/\[120,997\]/[120,996]/; s/\[121,2\]/[121,3]/; s/"mean":[0-9.]*/"mean":120.223/; s/"stddev":[0-9.]*/"stddev":6.957/' "$work/a.json" >"$work/changed.json"
# The writer computes: the changed result is made from a changed log, so that its summaries hold.
sed -n '/^/p' harness/fuzz/corpus/rawlog/good-unsealed >"$work/a.log"
$python - "$work" <<'PYTHON'
import sys, zlib
work = sys.argv[1]
lines = open(work + "/a.log", newline="").read().replace("120:997 121:2", "120:996 121:3").splitlines(True)
out = []
for line in lines:
    if line.startswith("@tg "):
        body = line[:-11]
        line = body + " *%08x\n" % zlib.crc32(body.encode())
    out.append(line)
open(work + "/changed.log", "w", newline="").write("".join(out))
PYTHON
"$tool" decode --unsealed "$work/changed.log" -o "$work/changed.json" -t qemu --commit abc --clean -c compiler=gcc >/dev/null
"$tool" gate "$work/a.json" --accept --reason test --reference "$work/reference.json" >/dev/null 2>&1

for f in csv benchstat github-action-benchmark sel4bench openmetrics; do
    for r in a b; do tap_check "$f of $r is what its reader expects" python_check $f "$work/$r.json"; done
done
tap_check "csv: a wrong median is seen" check_can_fail csv "$work/a.json" ',120,' ',119,'
tap_check "openmetrics: a wrong count is seen" check_can_fail openmetrics "$work/a.json" '_count\(.*\) 1000' '_count\1 999'
tap_check "openmetrics: a missing end is seen" check_can_fail openmetrics "$work/a.json" '# EOF' ''
tap_check "benchstat: a name with a blank is seen" check_can_fail benchstat "$work/a.json" 'BenchmarkI' 'Benchmark I'
# benchstat is in no package of Debian's; benchcmp, by its authors, has the same reader of lines, and compares in ns alone.
benchcmp_check() { export_to benchstat "$1" && benchcmp "$work/benchstat.out" "$work/benchstat.out" | tee "$work/benchcmp.out" | grep -q '^Benchmark.* +0.00%'; }
if command -v benchcmp >/dev/null; then
    tap_check "benchcmp reads the benchstat text" benchcmp_check "$work/b.json"
else
    tap_skip "benchcmp reads the benchstat text" "no benchcmp (package golang-golang-x-tools)"
fi
if command -v promtool >/dev/null; then
    tap_check "promtool reads the metrics" metrics_check "$work/a.json"
    tap_check "promtool reads those in seconds" metrics_check "$work/b.json"
    tap_check "Prometheus takes them into its data base" backfill_check "$work/a.json"
else
    tap_skip "promtool reads the metrics" "no promtool (package prometheus)"
fi
if command -v xmllint >/dev/null; then
    tap_check "junit holds its schema, all passed" junit_check "$work/a.json"
    tap_check "junit holds its schema, one failure" junit_fails "$work/changed.json"
else
    tap_skip "junit holds its schema" "no xmllint (package libxml2-utils)"
fi
tap_check "tap is read by prove and by ci/tap.awk" tap_equal "$work/a.json"
tap_check "tap: one row changed" tap_differs "$work/changed.json"
# The log of a traced run of this kernel, as shipped.
traced=results/sample/traced/raw.log
trace_check() { export_to perfetto $traced && $python harness/test/trace.py chrome "$work/perfetto.out" && $python harness/test/exports.py perfetto $traced "$work/perfetto.out"; }
trace_same() { "$tool" trace $traced --chrome "$work/trace.json" >/dev/null && cmp "$work/trace.json" "$work/perfetto.out"; }
trace_can_fail() { sed -i '0,/"dur": *[0-9.]*/s//"dur":0.0005/' "$work/perfetto.out" && ! $python harness/test/exports.py perfetto $traced "$work/perfetto.out" 2>/dev/null; }
# refuses_saying <text> <command...>: refused, and that is why
refuses_saying() { local text=$1 said; shift; ! said=$("$@" 2>&1) && grep -qF -- "$text" <<<"$said"; }
unsealed() { sed '$d' $traced >"$work/unsealed.log" && "$tool" export -f perfetto --unsealed "$work/unsealed.log" | cmp - <("$tool" export -f perfetto $traced); }
tap_check "perfetto: the points of a log, in the trace event format" trace_check
tap_check "perfetto: what tollgate trace writes" trace_same
tap_check "perfetto: a wrong length is seen" trace_can_fail
tap_check "perfetto: a log without seal, when that is said" unsealed
tap_check "perfetto: a log without seal is refused" refuses_saying "seal" "$tool" export -f perfetto "$work/unsealed.log"
tap_check "perfetto: a log without tracepoints" refuses_saying "no tracepoints" "$tool" export -f perfetto results/sample/raw.log
tap_check "perfetto: a result is no trace" refuses_saying "$work/a.json" "$tool" export -f perfetto "$work/a.json"
tap_check "unknown format" unknown_format "$work/a.json"
tap_refuses_saying "a gate without a reference" "/nonexistent: No such file" "$tool" export -f junit "$work/a.json" --reference /nonexistent
tap_check "full disk" full_disk "$work/a.json"
tap_check "results hold the JSON Schema, and broken ones do not" $python harness/test/exports.py schema "$work/a.json" results/tollgate-result-1.schema.json
tap_check "so do those of several boots" $python harness/test/exports.py schema "$work/b.json" results/tollgate-result-1.schema.json
tap_done
