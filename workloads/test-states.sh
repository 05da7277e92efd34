#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# States of caches: every workload that has them gives its rows, marked; what evicts first-level caches on a real machine leaves the model of the
# footprint plugin as emptying it does, but for the line of the loop itself. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(realpath "$(dirname "$0")")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
tool=$build/tollgate

# A pattern that needs root's floor and its own rows alone.
rows() { "$tool" run --results "$work/results" --select "$1" --cmdline 'states=all method=single floor=off' --output "$work/$1.json"; }
marked() {
    rows "$1" && python3 - "$work/$1.json" <<'END'
import collections, json, sys
of = collections.defaultdict(dict)
for r in json.load(open(sys.argv[1]))["rows"]:
    name = ",".join(f for f in r["variant"].split(",") if not f.startswith("cache="))
    assert ("cache=" + r["cache"] in r["variant"]) == (r["cache"] != "warm") == (r["taints"] == ["no_caches"]), r["variant"]
    of[name][r["cache"]] = r["corrected"]
states = [s for s in of.values() if len(s) > 1]
assert states and all(set(s) == {"warm", "l1_evicted", "tlb_flushed", "cold"} and len(set(s.values())) == 1 for s in states), of
END
}
for workload in hw.null_syscall ipc.call.intra ipc.oneway.inter sem.up_down vm.fault vm.map; do tap_check "$workload has rows of every state, marked" marked "$workload"; done

"$tool" footprint --results "$work/results" --json --select ipc.call.inter --cmdline states=all >"$work/footprint.json"
evicted=$(python3 - "$work/footprint.json" 2>&1 <<'END'
import json, sys
rows = {r["variant"]: r["misses"] for r in json.load(open(sys.argv[1]))["rows"]}
for path in ("fast", "slow"):
    emptied = rows["words=0,path=%s,method=single" % path]["l1_evicted"]
    real = rows["words=0,path=%s,cache=l1_evicted,method=single" % path]["warm"]
    for cache, spare in (("l1i", 2), ("l1d", 0)):
        assert emptied[cache] - spare <= real[cache] <= emptied[cache] and real[cache] > 5, (path, cache, emptied, real)
END
) && tap_ok 'eviction leaves first-level caches as emptying does' || tap_fail 'eviction leaves first-level caches as emptying does' "$evicted"
tap_done
