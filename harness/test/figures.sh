#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every figure that the tool draws of what comes with the tree: no label overlaps another, none is cut at the edge, none is wider than its box
# (harness/test/figures.py). The check is checked with planted faults, and with a browser where there is one. Speaks TAP.
. ci/tap.sh
tool=$(realpath "${BUILD:-build}/tollgate")
work=$(realpath "${TEST_TMPDIR:-$(mktemp -d)}")
python=/usr/bin/python3
[ -x $python ] || python=python3
plots=$work/report/plots
if ! command -v gnuplot >/dev/null; then tap_skip "figures" "no gnuplot"; tap_done; exit; fi

check() { $python harness/test/figures.py "$@"; }
# planted <what the check says> <figure> <sed script>: a fault in a copy of a good figure is told.
planted() {
    local said status=0
    sed "$3" "$2" >"$work/planted.svg" && ! cmp -s "$2" "$work/planted.svg" || return 1
    said=$(check "$work/planted.svg") || status=$?
    [ $status -eq 1 ] && grep -F -- "$1" <<<"$said"
}
not_understood() { check "$1"; [ $? -eq 3 ]; }
drawn() { [ "$(find "$plots" -name '*.svg' | wc -l)" -ge 18 ]; }
# The caption speaks of hatching where there is something published, and nowhere else.
legend_is_true() { [ "$(grep -c 'Hatched: published' "$1")" -eq "$(grep -q 'published, as printed' "$1" && echo 1 || echo 0)" ]; }
# Every word of the names of a table stands in its figure, however many lines a name takes.
names_are_whole() { "$tool" reproduce "$1" --reference --json | $python -c 'import html, json, re, sys
drawn = " ".join(html.unescape(t) for t in re.findall(r"<text>([^<]*)<", open(sys.argv[1], encoding="utf-8").read()))
names = [l["label"] for t in json.load(sys.stdin) for l in t["lines"] if any(l.get(k) and l[k].get("value", 0) > 0 for k in ("measured", "published"))]
sys.exit(not names or any(n not in drawn for n in names))' "$2"; }
reproduced() {
    local table tables
    tables=$("$tool" reproduce --list --json | $python -c 'import json, sys; print(*(t["table"] for t in json.load(sys.stdin)))') || return 1
    for table in $tables; do
        "$tool" reproduce "$table" --reference --plot "$work/reproduce-$table.svg" >/dev/null && legend_is_true "$work/reproduce-$table.svg" &&
            names_are_whole "$table" "$work/reproduce-$table.svg" || { echo "$table"; return 1; }
    done
    [ "$(wc -w <<<"$tables")" -ge 20 ] && check "$work"/reproduce-*.svg
}

tap_check "the sample's figures are drawn" "$tool" report results/sample -o "$work/report"
tap_check "eighteen at least" drawn
for figure in "$plots"/*.svg; do tap_check "$(basename "$figure" .svg): labels" check "$figure"; done
tap_check "tables of papers: labels" reproduced
published() { "$tool" published -o ipc_inter -u cycles -d one_way --plot "$work/published.svg" -s 'l4*' && check "$work/published.svg"; }
tap_check "published numbers: labels" published
series() { "$tool" history --select 'ipc.call.i*words=0,*batched' --plot "$work/series.svg" && check "$work/series.svg"; }
# Which commit descends from which is git's to tell: a shallow clone, or a tree without a repository, has no figure of the series.
newest=$(sed -n '$s/.*"commit": *"\([0-9a-f]*\)".*/\1/p' results/history/qemu.jsonl)
[ -n "$newest" ] || tap_fail "the series has a newest commit"
known() { git cat-file -e "$newest^{commit}" 2>/dev/null; }
tap_known() { if known; then tap_check "$@"; else tap_skip "$1" "commit $newest is not in the repository here"; fi; }
tap_known "a series of one's own choice: labels" series

# --- the check can fail ---
tap_known "planted: labels that are not turned overlap" planted "overlap" "$plots/history.svg" 's/rotate(-55)/rotate(0)/'
tap_check "planted: a label is cut" planted "is cut at the edge" "$plots/literature.svg" 's/Alpha 21064/Alpha 21064, of which more is told here than fits beside it/'
tap_check "planted: a number is wider than its box" planted "and its box" "$plots/breakdown.svg" 's|<text>5</text>|<text>555555555</text>|'
tap_check "planted: a name beside the axis grows into its bar's figure" planted "overlap" "$plots/smp.svg" 's/text-anchor="end"/text-anchor="start"/'
echo '<svg viewBox="0 0 1 1"' >"$work/cut.svg"
tap_check "a cut file is not understood" not_understood "$work/cut.svg"
tap_check "nothing to look at is no success" not_understood "$work/none.svg"

# --- what a browser measures is never more than what the check counts with ---
browser=$(command -v chromium || command -v google-chrome || true)
browse() {
    timeout 100 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync \
        --allow-file-access-from-files --user-data-dir="$work/browser" --dump-dom "$@" 2>"$work/browser.log" || { cat "$work/browser.log" >&2; false; }
}
browser_agrees() {
    $python harness/test/figures.py --page "$plots/ipc_vs_linux.svg" "$plots/literature.svg" >"$work/page.html" &&
        browse "file://$work/page.html" >"$work/dom.html" &&
        grep -o 'widest [0-9.]* of [0-9]*' "$work/dom.html" && grep -qE 'widest (0\.[0-9]+|1\.0[0-4][0-9]*) of [1-9][0-9]+' "$work/dom.html"
}
# At the width of a phone and of a desk nothing but tables and figures, each in a frame of its own that scrolls, is wider than the page.
page_fits() {
    printf '<!DOCTYPE html><iframe id="f" src="report/report.html" style="width:%spx;height:900px"></iframe><p id="said"></p><script>
        document.getElementById("f").onload = e => { const d = e.target.contentDocument.documentElement;
            document.getElementById("said").textContent = "wide " + d.scrollWidth + " of " + d.clientWidth; };</script>' "$1" >"$work/frame.html"
    browse --virtual-time-budget=20000 "file://$work/frame.html" | sed -n 's/.*wide \([0-9]*\) of \([0-9]*\)<.*/\1 \2/p' >"$work/wide"
    cat "$work/wide"
    read -r page window <"$work/wide" && [ "$window" -gt $(($1 - 40)) ] && [ "$page" -le "$window" ]
}
too_wide() { sed 's|<h2 id="plots">|<p style="width:2000px">x</p>&|' "$work/report/report.html" >"$work/report/wide.html" && mv "$work/report/wide.html" "$work/report/report.html" && ! page_fits 390 && [ -s "$work/wide" ]; }
if [ -n "$browser" ]; then
    tap_check "a browser measures no label longer" browser_agrees
    tap_check "the page at 1280 pixels" page_fits 1280
    tap_check "the page at 390 pixels" page_fits 390
    tap_check "planted: a paragraph that a phone does not hold" too_wide
else
    tap_skip "a browser measures no label longer, the page's width" "no chromium"
fi
tap_done
