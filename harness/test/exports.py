# SPDX-License-Identifier: BSD-2-Clause
# Checks of exported files against the result that they came from, with the readers that Python and its packages have.
#   exports.py FORMAT RESULT.json EXPORTED      (perfetto: RAW.LOG EXPORTED)
import csv, json, math, re, sys

def rows_of(result):
    return {(r["workload"], r["variant"]): r for r in result["rows"]}

def check_csv(result, path):
    with open(path, newline="") as f:
        lines = list(csv.DictReader(f, strict=True))
    rows = rows_of(result)
    assert len(lines) == len(rows)
    for line in lines:
        row = rows[line["workload"], line["variant"]]
        assert line["target"] == result["context"]["target"] and None not in line.values() and None not in line
        for key in ("min", "p50", "p99", "mean", "stddev", "corrected"):
            assert float(line[key]) == row[key], key
        assert [[int(x) for x in p.split(":")] for p in line["histogram"].split()] == row["histogram"]

# The grammar of golang.org/design/14313-benchmark-format.
def check_benchstat(result, path):
    names, unit_lines, config = {}, 0, {}
    for line in open(path, encoding="utf-8"):
        assert line.endswith("\n")
        if line.startswith("#"):
            continue
        if m := re.fullmatch(r"Unit (\S+)((?: [a-z]+=[a-z]+)+)\n", line):
            unit_lines += 1
        elif m := re.fullmatch(r"(Benchmark[A-Z]\S*)[ \t]+(\d+)((?:[ \t]+[0-9.eE+-]+[ \t]+\S+)+)\n", line):
            assert int(m[2]) >= 1
            value, unit = m[3].split()
            names.setdefault((m[1], unit), []).append(float(value))
        else:
            m = re.fullmatch(r"([a-z][^\sA-Z:]*):(?:[ \t]+(.*))?\n", line)
            assert m, line
            config[m[1]] = m[2]
    assert unit_lines and config["target"] == result["context"]["target"] and len(names) == len(result["rows"])
    for row in result["rows"]:
        name = "Benchmark" + row["workload"][0].upper() + row["workload"][1:] + "/" + row["variant"].replace(",", "/")
        values = sorted(names[name, row["unit"] + "/op"])
        if "boots" not in row:
            assert len(values) == min(row["n"], 1000) and values[0] == row["min"] and values[-1] == row["max"]

# README of benchmark-action/github-action-benchmark: name, unit, value needed; range and extra strings.
def check_action(result, path):
    items = json.load(open(path))
    assert isinstance(items, list) and len(items) == len(result["rows"]) and len({i["name"] for i in items}) == len(items)
    for item, row in zip(items, result["rows"]):
        assert set(item) <= {"name", "unit", "value", "range", "extra"}
        assert isinstance(item["name"], str) and isinstance(item["unit"], str) and isinstance(item["value"], (int, float))
        assert item["value"] == row["p50"] and all(isinstance(item[k], str) for k in ("range", "extra") if k in item)

# What sel4bench's json.c writes.
def check_sel4bench(result, path):
    rows, seen = rows_of(result), 0
    for benchmark in json.load(open(path)):
        assert set(benchmark) == {"Benchmark", "Results"}
        for item in benchmark["Results"]:
            row = rows[benchmark["Benchmark"], item["Variant"]]
            seen += 1
            for key in ("Min", "Max", "Mean", "Stddev", "Variance", "Mode", "Median", "1st quantile", "3rd quantile"):
                assert isinstance(item[key], (int, float)), key
            assert item["Samples"] == row["n"] == len(item["Raw results"]) and item["Median"] == row["p50"]
            assert item["1st quantile"] <= item["Median"] <= item["3rd quantile"]
            assert math.isclose(sum(item["Raw results"]) / item["Samples"], row["mean"], rel_tol=1e-9)
    assert seen == len(rows)

def check_openmetrics(result, path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    families = {f.name: f for f in text_string_to_metric_families(open(path, encoding="utf-8").read())}
    assert families["tollgate_run_info"].type == "gauge"
    scale = {"instructions": ("tollgate_operation_instructions", 1), "cycles": ("tollgate_operation_cycles", 1),
             "ns": ("tollgate_operation_seconds", 1e-9)}
    for row in result["rows"]:
        name, factor = scale[row["unit"]]
        assert families[name].type == "summary"
        values = {s.labels.get("quantile", s.name): s.value for s in families[name].samples
                  if (s.labels["workload"], s.labels["variant"]) == (row["workload"], row["variant"])}
        assert math.isclose(values["0.5"], row["p50"] * factor) and values[name + "_count"] == row["n"]
        assert math.isclose(values[name + "_sum"], row["mean"] * row["n"] * factor, rel_tol=1e-9)

# Against the log itself: an event begins at a point of its CPU and ends at the next one there.
def check_perfetto(log, path):
    points, rate = {}, None
    for line in log:
        fields = dict(f.split("=", 1) for f in line.split()[3:-1] if "=" in f)
        if line.startswith("@tg ") and line.split()[2] == "context" and "tsc_hz" in fields:
            rate = int(fields["tsc_hz"]) / 1e6
        if line.startswith("@tg ") and line.split()[2] == "trace":
            points.setdefault(int(fields["cpu"]), []).extend(int(p.split(":")[0], 16) for p in fields["data"].split(","))
    follows = {cpu: dict(zip(sorted(all), sorted(all)[1:])) for cpu, all in points.items()}
    slices = [e for e in json.load(open(path))["traceEvents"] if e["ph"] == "X"]
    assert slices and rate
    for event in slices:
        begin, end = round(event["ts"] * rate), round((event["ts"] + event["dur"]) * rate)
        assert follows[event["pid"]][begin] == end and event["args"]["ticks"] == end - begin, event

def check_schema(result, path):
    import jsonschema
    schema = json.load(open(path))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(result)
    for break_it in (lambda r: r.pop("context"), lambda r: r["rows"][0].pop("p50"), lambda r: r["rows"][0].update(frob=1),
                     lambda r: r["rows"][0].update(unit="parsecs"), lambda r: r.update(schema="tollgate-result/2"),
                     lambda r: r["rows"][0]["histogram"].append([1, 0])):
        bad = json.loads(json.dumps(result))
        break_it(bad)
        assert not jsonschema.Draft202012Validator(schema).is_valid(bad)

checks = {"csv": check_csv, "benchstat": check_benchstat, "github-action-benchmark": check_action, "sel4bench": check_sel4bench,
          "openmetrics": check_openmetrics, "perfetto": check_perfetto, "schema": check_schema}
checks[sys.argv[1]](open(sys.argv[2]) if sys.argv[1] == "perfetto" else json.load(open(sys.argv[2])), sys.argv[3])
