#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What one does with results: compare, summarize, view, boots, gate with its diffs, history, published numbers; the library, the manual page and the
# completion. Drives the sanitized tool from outside. Speaks TAP.
. ci/tap.sh
tree=$PWD build=${BUILD:-build}
tool=$(realpath "$build/sanitized/tollgate")
work=${TEST_TMPDIR:-$(mktemp -d)}
work=$(realpath "$work")

# make_log FILE UNIT HISTOGRAM SAMPLES: a raw log of one row, through the CRC of gzip.
crc() { gzip -c | tail -c 8 | od -An -tx4 -N4 --endian=little | tr -d ' \n'; }
record() { local line="@tg $seq $1"; printf '%s *%s\n' "$line" "$(printf '%s' "$line" | crc)"; seq=$((seq + 1)); }
make_log() {
    local fidelity=virtual seq=0
    [ "$2" = instructions ] && fidelity=instructions
    { record "begin format=1 system=${5:-tollgate}"
      record "context fidelity=$fidelity unit=$2 cpu_model=x clock=tsc tsc_hz=1 tsc_hz_source=none cmdline= mitigations=off nops1000=1 empty_pair=1"
      record "row workload=${6:-ipc.call.inter} variant=words=0 direction=round_trip relation=inter words=0 path=fast cache=warm method=single batch=1 unit=$2 warmup=1 overhead=2 first=$((${3%%:*} + 900))"
      record "hist $3"; record "endrow samples=$4"; record "end records=$((seq + 1)) status=ok"; } >"$1"
}
# make_result NAME UNIT HISTOGRAM SAMPLES [COMMIT [TARGET]]
make_result() {
    mkdir -p "$work/$1"
    make_log "$work/$1/raw.log" "$2" "$3" "$4"
    "$tool" decode --seal "$work/$1/raw.log" -o "$work/$1/result.json" -t "${6:-qemu}" --commit "${5:-abc}" --clean -c compiler=gcc -c kernel=1-2 >/dev/null
}
# says STATUS TEXT ARGUMENTS...: the tool ends in STATUS and prints TEXT
says() {
    local status=$1 text=$2 got=0; shift 2
    timeout 100 "$tool" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
    cat "$work/out" "$work/err"
    [ "$got" -eq "$status" ] && cat "$work/out" "$work/err" | grep -qF -- "$text"
}
# tap_drawn <name> <command>: a check of what gnuplot draws.
tap_drawn() { if command -v gnuplot >/dev/null; then tap_check "$@"; else tap_skip "$1" "no gnuplot"; fi; }
cd "$work" || exit 1

# --- compare ---
make_result a instructions "120:1000" 1000
make_result again instructions "120:1000" 1000
make_result one instructions "121:1000" 1000 abd
make_result sample instructions "120:999 121:1" 1000
make_result bochs instructions "120:1000" 1000 abc bochs
tap_check "a result and itself: identical" says 0 "1 rows: 1 identical" compare a a
tap_check "a result and its rerun: identical" says 0 "1 rows: 1 identical" compare a again
tap_check "one instruction more: slower" says 1 "+1 (+0.83 %)" compare a one
tap_check "one instruction in one sample of a thousand: slower" says 1 "1 slower" compare a sample
tap_check "unlike targets are refused" says 3 "unlike in target (A: qemu, B: bochs)" compare a bochs
tap_check "forced, they are compared" says 0 "1 identical" compare --force a bochs
make_result ns ns "120:10 121:10" 20
tap_check "unlike units, forced: no arithmetic" says 1 "unlike in unit" compare --force a ns
no_ratio() { says 1 unlike compare --force --json a ns && grep -q '"change":null' out && grep -q '"ratio95":null' out; }
tap_check "and none in JSON" no_ratio
tap_check "what differs in the environment" says 1 'commit               A: "abc"' compare a one
sed 's|tollgate-result/1|tollgate-result/7|' a/result.json >future.json
tap_check "a future version is refused by name" says 3 "written by a newer tollgate" compare a future.json

# --- summarize ---
tap_check "summarize agrees with the result" says 0 "1 rows summarized from the raw log; 0 differ" summarize a
cp -r a swapped && cp sample/raw.log swapped/raw.log
tap_check "summarize sees that a result is not of its log" says 1 "1 differ" summarize swapped
tap_check "summarize of a bare log writes a result" says 0 "1 rows" summarize a/raw.log -o anew.json
same_bytes() { cmp anew.json a/result.json; }
tap_check "which is the one that was there, to the byte" same_bytes
rm -rf cut && cp -r a cut && truncate -s -5 cut/raw.log
tap_check "summarize refuses a cut log" says 3 "seal" summarize cut

# --- boots: an emulator that gives other figures each time ---
mkdir -p tree/build/kernel
touch tree/build/kernel/tollgate.elf
cp "$tool" tree/build/tollgate
printf 'linux.x\tx.c\tA sentence.\tA table\n' >tree/build/workloads.txt
for i in 1 2 3 4 5 6 7 8; do make_log "boot-$i.log" ns "$((1000 + i % 3 * 40)):30 $((1005 + i % 3 * 40)):31" 61 linux linux.x; done
cat >emulator.sh <<'SCRIPT'
#!/bin/bash
n=$(($(cat "$COUNT" 2>/dev/null || echo 0) + 1)); echo $n >"$COUNT"; cat "$LOGS/boot-$((n % 8 + 1)).log"
SCRIPT
chmod +x emulator.sh
export COUNT=$work/count LOGS=$work
boots() { rm -rf "$1" count; CI=1 timeout 100 tree/build/tollgate run --target linux --boots "$2" --emulator "$work/emulator.sh" --results "$1" -o "$1.json"; }
tap_check "eight boots" boots eight 8
tap_check "the spread of their medians is told" says 0 "medians of 8 boots 1005..1085" view eight.json
tap_check "summarize merges the boots again" says 0 "0 differ" summarize eight/*/linux
tap_check "boots are the samples of compare" says 0 "8 boots" compare eight.json eight.json
tap_check "odd boots against even ones: no change" says 0 "1 rows: 1 indistinguishable" compare --self eight.json
tap_check "one boot has no halves" says 3 "four or more are needed" compare --self ns
mkdir -p exact-boots/boot-2 && cp a/raw.log exact-boots/ && cp one/raw.log exact-boots/boot-2/
tap_check "two boots of a counting target that differ are refused" says 3 "boot 2 differs from boot 1" summarize exact-boots

# --- two builds in turns: tools that hand out results made before, some of them 2 % dearer ---
for i in 1 2 3 4 5 6 7 8 9 10; do
    make_result "plain-$i" ns "$((1000 + i * 7 % 5)):40 $((1003 + i * 7 % 5)):41" 81 p kvm
    make_result "dear-$i" ns "$((1021 + i * 7 % 5)):40 $((1024 + i * 7 % 5)):41" 81 d kvm
done
for side in plain again-plain dear; do
    mkdir -p "builds/$side"
    cat >"builds/$side/tollgate" <<SCRIPT
#!/bin/bash
n=\$((\$(cat "$work/builds/$side/count" 2>/dev/null || echo 0) + 1)); echo \$n >"$work/builds/$side/count"; echo $side >>"$work/order"
for a; do case \$a in --output=*) cp "$work/${side#again-}-\$n/result.json" "\${a#--output=}" ;; esac; done
SCRIPT
done
mkdir builds/broken && printf '#!/bin/bash\necho "tollgate: no emulator" >&2; exit 4\n' >builds/broken/tollgate
chmod +x builds/*/tollgate
turns() { rm -f order builds/*/count; says "$1" "$2" compare --run "builds/$3" "builds/$4" --target kvm --boots "$5"; }
tap_check "compare --run: two builds alike, ten boots each" turns 0 "1 rows: 1 indistinguishable" plain again-plain 10
in_turns() { [ "$(head -n 8 order | cut -c1 | tr -d '\n')" = paappaap ]; }
tap_check "in turns that a steady drift does not favour" in_turns
tap_check "compare --run: 2 % is found" turns 1 "1 slower" plain dear 10
tap_check "compare --run: three boots cannot convict" turns 0 "too few boots to show any shift" plain dear 3
tap_check "compare --run: a build that fails" turns 4 "run failed: no emulator" plain broken 2
tap_check "compare --run: no such build" turns 4 "could not be run" plain nowhere 2

# --- view ---
tap_check "view shows percentiles and the cold value" says 0 "1020" view a
tap_check "view --markdown is a table" says 0 '| `ipc.call.inter` | words=0 | round_trip | instructions | 120 | 120 .. 120 | 120 | 118 | - | 1000 |' view --markdown a
view_json() { says 0 '"tollgate-view/1"' view --json a && /usr/bin/env python3 -m json.tool out >/dev/null && ! grep -q histogram out; }
tap_check "view --json" view_json
tap_check "view of nothing that matches" says 1 "no row matches" view --select 'x.*' a

# --- narrow terminals: nothing that has a blank to break at is wider ---
narrow() { COLUMNS=40 says 0 "$1" "${@:2}" && LC_ALL=C awk '{ gsub(/[\200-\277]/, "") } length($0) > 40 && $0 ~ /[^ ] +[^ ].*/ && $0 !~ /^ *[^ ]+ +[^ ]+$/ { print; bad = 1 } END { exit bad }' "$work/out"; }
narrow_any() { COLUMNS=40 "$tool" "${@:2}" >"$work/out"; awk 'length($0) > 40 && $0 ~ /[^ ] +[^ ]/ { print; bad = 1 } END { exit bad || NR < 20 }' "$work/out"; }
tap_check "view on 40 columns" narrow "median 120" view a
tap_check "compare on 40 columns" narrow "identical" compare a again
tap_check "report on 40 columns" narrow "corrected 118" report --table a
tap_check "doctor on 40 columns" narrow_any "" doctor
tap_check "decode on 40 columns" narrow "1 rows" decode a/raw.log
tap_check "summarize on 40 columns" narrow "summarized" summarize a
wide() { COLUMNS=300 says 0 "p99.9" view a && grep -q 'words=0 .* 120 .* 1000 ' out; }
tap_check "a wide terminal has a table" wide

# --- gate ---
mkdir -p tree2/build tree2/results && touch tree2/results/FORMAT.md && cp "$tool" tree2/build/tollgate
tool2=$work/tree2/build/tollgate
functions() { printf 'kernel\t%s\nfast_call\t%s\t210\t0123abcd\nipc_send\t90\t333\t%s\n' "$1" "$2" "$3" >tree2/build/functions.txt; }
with_tool2() { local tool=$tool2; "$@"; }
functions 1-2 57 0123abce
tap_check "the first reference, with its functions" with_tool2 says 0 accepted gate a --accept --reason first --reference ref.json
has_functions() { grep -q '"fast_call"' ref.json && grep -q '"reason": "first"' ref.json; }
tap_check "the reason and the functions are in it" has_functions
tap_check "gate passes on a rerun" with_tool2 says 0 "gate passed" gate again --reference ref.json
functions 1-2 58 0123abcf
tap_check "gate: by row" with_tool2 says 1 "p50 120 -> 121 (+1)" gate one --reference ref.json
tap_check "gate: by path" with_tool2 says 1 "fast     1 of 1 rows changed, corrected medians by +1 to +1" gate one --reference ref.json
tap_check "gate: by function" with_tool2 says 1 "57 -> 58 instructions (+1)" gate one --reference ref.json
tap_check "gate: same count, other instructions" with_tool2 says 1 "90 instructions, some of them others" gate one --reference ref.json
narrow_gate() { COLUMNS=40 says 1 "gate FAILED" gate one --reference ref.json && awk 'length($0) > 40 && $0 ~ /[^ ] +[^ ]/ { print; bad = 1 } END { exit bad }' out; }
tap_check "gate on 40 columns" with_tool2 narrow_gate
functions 9-9 58 0123abcf
tap_check "gate: functions of another kernel are not told" with_tool2 says 1 "no longer the one that was measured" gate one --reference ref.json
tap_check "gate --json" with_tool2 says 1 '"passed": false' gate one --json --reference ref.json
sed 's/"fast_call": \[57/"fast_call": ["x"/' ref.json >bad-ref.json
tap_check "gate refuses a reference with broken functions" with_tool2 says 3 "not what they should be" gate a --reference bad-ref.json
tap_check "gate --accept wants a reason" says 2 "needs --reason" gate one --accept --reference ref.json
tap_check "a blank is no reason" says 2 "needs --reason" gate one --accept --reason " " --reference ref.json

# --- history ---
# Commits of a repository: a line c1 .. c24, and beside it two branches and their merge: fork - left - left_2 - merge, fork - right - merge, merge - top.
git_quiet() { git -C repository -c user.name=x -c user.email=x@y -c commit.gpgsign=false "$@" >/dev/null 2>&1; }
commit_new() { git_quiet commit --allow-empty -m "$1" && printf -v "$1" %s "$(git -C repository rev-parse --short=12 HEAD)"; }
git init -q -b line repository
for i in $(seq 1 24); do commit_new "c$i"; done
git_quiet checkout --orphan fork && commit_new fork && git_quiet checkout -b right && commit_new right
git_quiet checkout fork && commit_new left && commit_new left_2
git_quiet merge --no-ff -m merge right && merge=$(git -C repository rev-parse --short=12 HEAD) && commit_new top
history() { says "$1" "$2" history --folder series --git repository "${@:3}"; }
for r in a one; do sed -i "s/\"commit\": \"abc\"/\"commit\": \"$c1\"/; s/\"commit\": \"abd\"/\"commit\": \"$c2\"/" $r/result.json; done
tap_check "history: first" history 0 "one entry added" --add a
tap_check "history: the same once more is nothing" history 0 "is there already, with the same figures" --add a
tap_check "history: one instruction is a step" history 0 "+1 (120 -> 121)" --add one
make_result forged instructions "119:1000" 1000 "$c1"
tap_check "history: a commit with other figures is refused" history 3 "is there already, with other figures" --add forged
sed 's/"dirty": false/"dirty": true/' a/result.json >dirty.json
tap_check "history: a dirty tree is refused" history 3 "uncommitted changes" --add dirty.json
# A full disk, played by a limit on the size of files: whole lines stay, and that they are all is told.
full_series() {
    local n status=0
    for n in 1 2 3 4 5; do
        make_result "full-$n" instructions "120:1000" 1000 "${!n}" bochs
        (trap '' XFSZ; ulimit -f 1; "$tool" history --folder full --git repository --add "full-$n") >out 2>err || { status=$?; break; }
    done
    cat out err
    [ "$status" -eq 4 ] && grep -q '^tollgate: full/bochs.jsonl: ' err && [ "$(tail -c 1 full/bochs.jsonl | tr '\n' x)" = x ] && [ "$(wc -l <full/bochs.jsonl)" -eq $((n - 1)) ]
}
tap_check "history: what finds no room leaves the series whole" full_series "$c1" "$c2" "$c3" "$c4" "$c5"
lines_kept() { [ "$(wc -l <series/qemu.jsonl)" -eq 2 ]; }
tap_check "history: two lines, appended" lines_kept
plot() { (cd "$tree" && says 0 changes history --folder "$work/series" --git "$work/repository" --plot "$work/h.svg") && grep -q '<svg' h.svg && [ -s h.pdf ] && [ -s h.gp ]; }
tap_drawn "history: plot" plot
# In the order of the file the values are 120 121 119 121 122 125: neighbours there are no relatives.
branches() {
    local at
    for at in "fork 120" "left 121" "right 119" "left_2 121" "merge 121" "top 125"; do
        set -- $at
        make_result "branch-$1" instructions "$2:1000" 1000 "${!1}" bochs && "$tool" history --folder series --git repository --add "branch-$1" >/dev/null || return 1
    done
    says 0 "3 changes" history --folder series --git repository --target bochs && cut -d' ' -f1,5-9 out | sort >told
    grep -q "^$left +1 (120 -> 121)" told && grep -q "^$right -1 (120 -> 119)" told && grep -q "^$top +4 (121 -> 125)" told
}
tap_check "history: branches are compared with their ancestors alone" branches
lines_of_descent() { (cd "$tree" && says 0 changes history --folder "$work/series" --git "$work/repository" --target bochs --plot "$work/b.svg") && grep -q "1 commits of branches beside it" b.gp && grep -q "commits = '.*${merge::7} ${top::7} '" b.gp; }
tap_drawn "history: plot of branches, ancestors first" lines_of_descent
tap_check "history: no row matches" history 1 'no row matches "zzz*"' --target bochs --select 'zzz*'
mkdir nowhere
no_repository() { GIT_CEILING_DIRECTORIES=$work says 4 "git does not tell" history --folder series --git nowhere; } # though this folder lies in one
tap_check "history: without a repository nothing is compared" no_repository
for i in $(seq 1 24); do n=c$i; make_result "h$i" ns "$((1000 + i * 7 % 5 + (i > 14) * 20)):40 $((1003 + i * 7 % 5 + (i > 14) * 20)):41" 81 "${!n}" kvm; "$tool" history --folder series --git repository --add "h$i" >/dev/null 2>&1; done
tap_check "history: 2 % in a noisy series is found, at its commit" history 0 "$c15  " --target kvm
tap_check "history: and nothing else" history 0 "1 changes" --target kvm
printf '{"schema":"tollgate-history/1"' >>series/kvm.jsonl
tap_check "history: a cut line is refused" history 3 "cut off" --target kvm

# --- what a report was not asked for, what its commit did not have yet, and what is missing: rule 2 of the audit ---
mkdir -p audit/build audit/results audit/w && touch audit/results/FORMAT.md && cp "$tool" audit/build/tollgate
printf '%s\t%s\tA sentence.\t-\n' ipc.call.inter w/call.c linux.x w/x.c t.gone w/gone.c t.new w/new.c >audit/build/workloads.txt
echo ' * workload: t.gone | a sentence | -' >audit/w/gone.c
git init -q audit && git -C audit add w && git -C audit -c user.name=x -c user.email=x@y -c commit.gpgsign=false commit -qm measured
make_result measured instructions "120:1000" 1000 "$(git -C audit rev-parse --short=12 HEAD)"
audit() { timeout 100 audit/build/tollgate report --table --json "$1" >out && grep -A3 '"number": 2,' out | tee rule && shift && for said; do grep -qF -- "$said" rule || return 1; done; }
tap_check "audit: not asked for, newer, missing" audit measured '"verdict": "broken"' "Of 4 workloads of this tree 1 have rows" "1 no selection of these results asks for: linux.x;" \
    "1 are newer than the commits that were measured: t.new;" "1 were asked for and have neither a row nor a reason: t.gone."
tap_check "audit: of an unknown commit it cannot be told" audit a '"verdict": "partly kept"' "2 selections match, and whether their commits had them cannot be told here"

# --- published ---
cd "$tree" || exit 1
tap_check "published: operations" says 0 "ipc_inter" published
tap_check "published: a number has its source" says 0 "elphinstone2013" published -o ipc_inter -s sel4 -d one_way
tap_check "published on 40 columns" narrow "Section" published -o ipc_inter -s sel4 -d one_way
published_json() { says 0 '"source":' published -o null_rpc --json && python3 -m json.tool "$work/out" >/dev/null; }
tap_check "published --json" published_json
tap_check "published: unlike directions share no axis" says 3 "unlike units or directions" published --plot "$work/p.svg" -s 'l4*'
published_plot() { says 0 "" published -o ipc_inter -u cycles -d one_way -s 'l4*' --plot "$work/p.svg" && grep -q 'not measured here' "$work/p.svg"; }
tap_drawn "published: plot" published_plot
tap_check "published: nothing matches" says 1 "no published number" published -o no_such
cp -r baselines/published "$work/published"
awk -F, -v OFS=, 'NR == 5 { $10 = "nan" } 1' baselines/published/numbers.csv >"$work/published/numbers.csv"
tap_check "published: a value that is no number" says 3 "is not a number" published --folder "$work/published"

# --- papers' tables ---
tap_check "reproduce --list" says 0 "haertig1997-table4" reproduce --list
tap_check "reproduce: there and here, side by side" says 0 "at least 5.80 there" reproduce haertig1997-table4 --reference
tap_check "reproduce: a table that is not there" says 3 "no-such" reproduce no-such --reference
tap_check "reproduce: a path is no table" says 3 "is not the name of a table" reproduce ../numbers --reference
tap_check "reproduce: a result without the rows says which are missing" says 0 "no such row" reproduce haertig1997-table4 --from results/sample
reproduce_json() { says 0 '"verdict":' reproduce haertig1997-table4 haertig1997-table5 --reference --json && python3 -m json.tool "$work/out" >/dev/null; }
tap_check "reproduce --json" reproduce_json
tap_check "reproduce --claims tells all" says 0 "six times better latency" reproduce --claims --reference --markdown
tap_check "reproduce --all: every table, and how many claims hold" says 0 "not measured: 0." reproduce --all --reference
tap_check "reproduce: misses of a model of caches" says 0 "misses of l2" reproduce haertig1997-section6 --reference
tap_check "reproduce: a rung of the ladder" says 0 "mitigations=pti" reproduce skybridge-components --reference
tap_check "reproduce: --all and a table are a usage error" says 2 "exclude one another" reproduce --all haertig1997-table4
# A terminal of 60 columns: no line is longer.
reproduce_narrow() {
    timeout 100 python3 - "$tool" <<'EOF'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
    os.execv(sys.argv[1], [sys.argv[1], "reproduce", "design-principles", "haertig1997-table6", "--reference"])
text = b""
try:
    while part := os.read(fd, 65536): text += part
except OSError:
    pass
lines = text.decode().replace("\r", "").split("\n")
long = [l for l in lines if len(l) > 60 and " " in l.strip()]
print(len(lines), *long, sep="\n")
sys.exit(len(lines) < 100 or len(long) > 0)
EOF
}
tap_check "reproduce: fits a narrow terminal" reproduce_narrow
reproduce_plot() { says 0 "" reproduce elphinstone2013-table1 --reference --plot "$work/elphinstone2013-table 1.svg" && grep -q "measured here, instructions" "$work/elphinstone2013-table 1.svg" && grep -q "published, as printed, cycles" "$work/elphinstone2013-table 1.svg"; }
tap_drawn "reproduce: plot, a panel for each unit" reproduce_plot
cp -r baselines/published/tables "$work/published" && cp baselines/published/numbers.csv "$work/published"
sed -i 's/"at_least"/"more"/' "$work/published/tables/haertig1997-table4.json"
tap_check "reproduce: a malformed definition" says 3 '"sense" is none of' reproduce haertig1997-table4 --reference --folder "$work/published"
cp -r baselines/published "$work/many" && for i in $(seq 50); do cp baselines/published/tables/haertig1997-table4.json "$work/many/tables/copy-$i.json"; done
tap_check "reproduce: more tables than there is room for" says 3 "more than 64 tables" reproduce --all --reference --folder "$work/many"

# --- the sample that comes with the tree ---
tap_check "the sample is what its raw log gives" says 0 "; 0 differ" summarize results/sample
parts=(results/sample/*/raw.log)
for part in "${parts[@]%/raw.log}"; do tap_check "so is $part" says 0 "; 0 differ" summarize "$part"; done
# A ladder is of several runs and has no log of its own.
tap_check "all of it was taken from a clean tree" test "$(cat results/sample/result.json results/sample/*/result.json | grep -c '"dirty": false')" = "$(ls results/sample/result.json results/sample/*/result.json | wc -l)"
tap_check "report finds Linux beside it" says 0 "linux.pipe.round_trip" report --table results/sample
tap_check "results of one target are told apart by what they are" says 0 "qemu, ladder" report --table results/sample
tap_check "and by their CPUs" says 0 "qemu, 2 CPUs" report --table results/sample
report_json() { says 0 '"tollgate-report/1"' report --table --json results/sample && python3 -m json.tool "$work/out" >/dev/null; }
tap_check "report --json" report_json
tap_check "report of a folder without results" says 3 "result.json" report --table "$work/tree"
# A selection that matches nothing is told by status 1, whoever selects.
list_narrow() { COLUMNS=40 "$build/tollgate" list | awk 'length($0) > 40 { bad = 1 } END { exit bad || NR < 500 }'; }
tap_check "list on 40 columns" list_narrow
nothing_matches() {
    local command tool=$build/tollgate # which has the index of workloads beside it
    for command in run trace footprint; do timeout 60 "$tool" $command --select 'zzz*' >"$work/out" 2>"$work/err"; [ $? -eq 1 ] || return 1; done
    says 1 zzz list 'zzz*' && says 1 zzz view -s 'zzz*' results/sample && says 1 "no published number" published -o 'zzz*' && says 1 zzz history -s 'zzz*' --folder "$work/series" --git "$work/repository"
}
trace_narrow() { COLUMNS=40 says 0 "share" trace results/sample/traced/raw.log && awk 'length($0) > 40 && $0 ~ /[^ ] +[^ ]/ { print; bad = 1 } END { exit bad }' "$work/out"; }
tap_check "trace on 40 columns" trace_narrow
tap_check "compare: an option of --run without it" says 2 "--select goes with --run" compare -s x results/sample results/sample
tap_check "a selection that matches nothing: status 1" nothing_matches
# Commands of terminals, by a control character of ASCII and by one of Unicode.
no_control() {
    local escape=$'\x1b[2J' c1=$'\xc2\x9b31m' command
    sed "s/\"compiler\": \"gcc\"/\"compiler\": \"g\\\\u001b[2J\\\\u009b31m\"/; s/words=0/w\\\\u001b[2J\\\\u009b31m/" "$work/a/result.json" >"$work/control.json"
    grep -q 'u001b' "$work/control.json" || return 1
    for command in view "view --markdown" "compare $work/a" "report --table" "gate --reference $tree/results/reference/qemu.json" "decode"; do
        "$tool" $command "$work/control.json" >"$work/out" 2>&1
        ! grep -qF -e "$escape" -e "$c1" "$work/out" && [ -s "$work/out" ] || return 1
    done
}
tap_check "what a file says does not drive the terminal" no_control
closed_output() {
    local status=0
    "$tool" decode "$work/a/raw.log" -o "$work/closed.json" >&- 2>"$work/err" || status=$?
    [ $status -eq 4 ] && [ ! -e "$work/closed.json" ] && [ "$(cat "$work/err")" = "tollgate: standard output is closed" ]
}
tap_check "a closed standard output ends a command at once" closed_output
# documents STATUS ARGUMENTS...: standard output holds one JSON document, whatever becomes of the command.
documents() {
    local want=$1 status=0; shift
    timeout 100 "$tool" "$@" --json >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ $status -eq "$want" ] && python3 -m json.tool "$work/out" >/dev/null && return
    echo "$*: status $status"; cat "$work/err"
    return 1
}
one_document() {
    local w=$work
    documents 0 schema && documents 0 export && documents 0 published -o null_rpc && documents 3 published --folder "$w/nowhere" &&
        documents 0 decode "$w/a/raw.log" && documents 3 decode "$w/cut/raw.log" && documents 0 compare "$w/a" "$w/again" && documents 1 compare "$w/a" "$w/one" &&
        documents 3 compare "$w/a" "$w/ns" && documents 4 compare --run "$w/nowhere" "$w/nowhere" && documents 3 compare --self "$w/a" && documents 3 gate "$w/ns" && documents 3 gate "$w/nowhere" &&
        documents 0 history --folder "$w/series" --git "$w/repository" && documents 1 history --folder "$w/series" --git "$w/repository" -s zzz && documents 3 history --folder "$w/nowhere" &&
        documents 3 import "$w/nowhere" && documents 3 report --table "$w/future.json" && documents 0 report --table "$w/a" && documents 0 reproduce --list &&
        documents 3 reproduce no-such --reference && documents 0 summarize "$w/a" && documents 1 summarize "$w/swapped" && documents 3 summarize "$w/cut" &&
        documents 0 trace results/sample/traced/raw.log && documents 3 trace "$w/a/raw.log" && documents 0 view "$w/a" && documents 1 view -s zzz "$w/a" && documents 3 view "$w/future.json"
}
tap_check "--json: one document, of an error too" one_document
nothing_json() { # those that have the index of workloads beside them
    local command tool=$build/tollgate
    for command in run trace footprint; do documents 1 $command -s 'zzz*' && grep -q tollgate-error/1 "$work/out" || return 1; done
    documents 0 list && documents 1 list 'zzz*'
}
tap_check "--json: runs that match nothing" nothing_json
every_command_json() { local c; for c in $("$tool" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do "$tool" "$c" --help | grep -q -- --json || { echo "$c" >"$work/out"; return 1; }; done; }
tap_check "every command has --json" every_command_json

# --- library, manual page, completion ---
library() {
    ${HOSTCC:-cc} -std=c17 -Wall -Wextra -Werror -I. harness/api/example.c "$build/libtollgate-result.a" -ljansson -lz -lm -o "$work/example" &&
        "$work/example" "$work/a" | grep -qx 'ipc.call.inter words=0: 120 instructions' && ! "$work/example" "$work/future.json" 2>"$work/err" &&
        grep -q 'newer tollgate' "$work/err"
}
tap_check "the library reads, and refuses" library
cxx_header() { command -v c++ >/dev/null || return 0; echo '#include "harness/api/tollgate_result.h"' | c++ -I. -x c++ -fsyntax-only -; }
tap_check "its header is C++ too" cxx_header
manual() { [ -z "$(LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l "$build/tollgate.1" 2>&1 >/dev/null)" ] && for c in compare gate history export view; do grep -q "^.SS tollgate $c" "$build/tollgate.1" || return 1; done; }
if command -v man >/dev/null; then tap_check "manual page: no warning, every command" manual; else tap_skip "manual page" "no man"; fi
completes() { bash -c "source $build/tollgate.bash; COMP_WORDS=(tollgate $2 '$3'); COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1)); _tollgate; echo \"\${COMPREPLY[*]}\"" | grep -q -- "$1"; }
# Each option of each command, as its --help has it: in its section of the page, and completed.
every_option() {
    local command option words
    for command in $("$tool" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
        words=" $(bash -c "source $build/tollgate.bash; COMP_WORDS=(tollgate $command -); COMP_CWORD=2; _tollgate; echo \${COMPREPLY[*]}") "
        sed -n "/^\.SS tollgate $command\$/,/^\.S[SH] /p" "$build/tollgate.1" | sed 's/\\-/-/g' >"$work/section"
        for option in $("$tool" "$command" --help | sed -n 's/^ *\(-.,\)\{0,1\} *\(--[a-z0-9-]*\).*/\2/p'); do
            [[ $words == *" $option "* ]] && grep -q -- "$option\b" "$work/section" || { echo "$command $option"; return 1; }
        done
    done
}
tap_check "each option is in the manual page and completed" every_option
tap_check "completion: commands" completes compare "" comp
tap_check "completion: options" completes --reference gate --ref
tap_check "completion: targets" completes qemu-uefi "run --target" qemu-
tap_check "completion: formats" completes openmetrics "export --format" open
tap_done
