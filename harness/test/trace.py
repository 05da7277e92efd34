# SPDX-License-Identifier: BSD-2-Clause
# Checks of what tracing says, with nothing of the tool's own code.
#   trace.py chrome FILE                 the Chrome trace event format, as its description has it ("Trace Event Format", JSON Object Format)
#   trace.py sum BREAKDOWN CALLS         the steps of ipc.breakdown add up to ipc.call.* (results), exactly
#   trace.py getpid STEPS CALLS          the steps of posix.getpid.steps add up to posix.getpid.libc, exactly; the kernel's two are those of ipc.breakdown
#   trace.py listing BREAKDOWN LISTING   each step of the kernel has as many instructions as the ordinary kernel's listing (objdump -d)
#   trace.py folded FILE
#   trace.py document BREAKDOWN BENCHMARKS.md   its table is what was measured
import json, re, sys

def load(path):
    return json.load(open(path, encoding="utf-8"))

# Phases and the members that each must have; further ones are legal by the format, and none are expected here.
PHASES = {"X": {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"}, "i": {"name", "cat", "ph", "ts", "pid", "tid", "s", "args"},
          "M": {"name", "ph", "pid", "args"}}

def check_chrome(path):
    root = load(path)
    assert set(root) <= {"traceEvents", "displayTimeUnit", "otherData", "stackFrames", "samples", "systemTraceEvents", "controllerTraceDataKey"}
    assert root["displayTimeUnit"] in ("ms", "ns") and isinstance(root["otherData"], dict)
    events, last, kinds = root["traceEvents"], {}, set()
    assert isinstance(events, list) and events
    for event in events:
        assert isinstance(event["name"], str) and event["name"] and event["ph"] in PHASES, event
        assert set(event) == PHASES[event["ph"]], event
        assert type(event["pid"]) is int and type(event.get("tid", 0)) is int and isinstance(event["args"], dict)
        kinds.add(event["ph"])
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "process_labels", "process_sort_index", "thread_sort_index")
            assert isinstance(event["args"]["name"], str)
            continue
        assert isinstance(event["cat"], str) and isinstance(event["ts"], (int, float)) and event["ts"] >= 0
        if event["ph"] == "i":
            assert event["s"] in ("g", "p", "t")
            continue
        assert isinstance(event["dur"], (int, float)) and event["dur"] >= 0
        # Complete events of one CPU follow one another: none begins before the one before has ended.
        assert event["ts"] >= last.get(event["pid"], 0) - 1e-6, event
        last[event["pid"]] = event["ts"] + event["dur"]
    assert kinds == {"X", "i", "M"}, kinds
    print(len(events), "events")

STEPS = ["entry", "decode", "capability", "rendezvous", "commit", "message", "space", "exit", "stub"]

def parts_of(breakdown):
    parts = {}
    for row in load(breakdown)["rows"]:
        if row["workload"] != "ipc.breakdown":
            continue
        assert row["path"] == "traced" and row["min"] == row["max"]
        fields = dict(f.split("=") for f in row["variant"].split(","))
        assert fields["relation"] == row["relation"]
        parts[row["relation"], fields["leg"], fields["step"]] = row["corrected"]
    assert set(parts) == {(r, l, s) for r in ("intra", "inter") for l in ("call", "reply") for s in STEPS}, sorted(parts)
    return parts

def check_sum(breakdown, calls):
    parts = parts_of(breakdown)
    whole = {r["relation"]: r["corrected"] for r in load(calls)["rows"] if r["workload"] == "ipc.call." + r["relation"] and r["words"] == 0 and
             r["path"] == "fast" and r["method"] == "batched"}
    for relation in ("intra", "inter"):
        total = sum(v for (r, _, _), v in parts.items() if r == relation)
        print(relation, "steps", total, "whole", whole[relation])
        assert total == whole[relation], relation

def check_getpid(steps, calls):
    rows = {r["variant"].split(",")[0]: r for r in load(steps)["rows"] if r["workload"] == "posix.getpid.steps"}
    assert list(rows) == ["step=" + s for s in ("enter", "send", "server", "reply", "leave")], list(rows)
    assert all(r["path"] == "traced" and r["min"] == r["max"] and not r["taints"] for r in rows.values())
    total = sum(r["corrected"] for r in rows.values())
    whole, = (r["corrected"] for r in load(calls)["rows"] if r["workload"] == "posix.getpid.libc" and r["method"] == "single")
    print("steps", total, "whole", whole)
    assert total == whole
    parts = parts_of(steps)
    for step, leg in (("send", "call"), ("reply", "reply")):
        assert rows["step=" + step]["corrected"] == sum(v for (r, l, s), v in parts.items() if r == "inter" and l == leg and s != "stub"), step

# Instructions behind each label, as mnemonics, up to the next one; padding behind the way out is none.
def listing_read(path):
    blocks, label = {}, None
    for line in open(path, encoding="utf-8", errors="replace"):
        if m := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            label = m[1]
            blocks[label] = []
        elif label and (m := re.match(r" *[0-9a-f]+:\t(\S+)", line)):
            blocks[label].append(m[1])
            if m[1].startswith("sysret"):
                label = None
    return blocks

# The way into the kernel, behind the look at the tag; the system call itself is one more.
ENTER = ["swapgs", "mov", "mov"]

def check_listing(breakdown, listing):
    parts, blocks = parts_of(breakdown), listing_read(listing)
    n = {label: len(block) for label, block in blocks.items()}
    for relation in ("intra", "inter"):
        for leg, p2, p3 in (("call", "capability", "receiver"), ("reply", "reply", "senders")):
            f = "fast_" + leg
            # The tail of page tables: `mov cr3` where they differ; then up to the `je` that skips a write of FS base.
            assert blocks[f"{f}_p2_{p2}"][:len(ENTER)] == ENTER
            space = n[f"{f}_p6_space"] - (relation == "intra") + blocks[f"{f}_same_table"].index("je") + 1
            want = {"entry": 1 + len(ENTER), "decode": n["syscall_entry"] + (n["fast_reply_p1_tag"] if leg == "reply" else 0),
                    "capability": n[f"{f}_p2_{p2}"] - len(ENTER), "rendezvous": n[f"{f}_p3_{p3}"], "commit": n[f"{f}_p4_commit"],
                    "message": n[f"{f}_p5_message"], "space": space, "exit": n[f"{f}_no_fs_base"]}
            for step, instructions in want.items():
                assert parts[relation, leg, step] == instructions, (relation, leg, step, parts[relation, leg, step], instructions)
    print("the same in both")

def check_folded(path):
    lines = open(path, encoding="utf-8").read().splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"[^;]+;thread \d+;[^;]+(;[^;]+)? \d+", line), line
    print(len(lines), "stacks")

def check_document(breakdown, document):
    parts, columns = parts_of(breakdown), [(r, l) for r in ("intra", "inter") for l in ("call", "reply")]
    table = open(document, encoding="utf-8").read().split("<!-- steps of ipc.breakdown -->")[1].split("<!-- end of steps -->")[0]
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in table.split("\n") if line.startswith("|")][2:]
    assert len(lines) == len(STEPS) + 1
    for step, line in zip(STEPS, lines):
        assert [float(c) for c in line[1:]] == [parts[r, l, step] for r, l in columns], (step, line)
    assert [float(c) for c in lines[-1][1:]] == [sum(parts[r, l, s] for s in STEPS) for r, l in columns]

{"chrome": check_chrome, "document": check_document, "sum": check_sum, "getpid": check_getpid, "listing": check_listing, "folded": check_folded}[sys.argv[1]](*sys.argv[2:])
