#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Drives the commands of the host tool from outside: exit statuses, one-line errors, files written. Speaks TAP.
#   harness/test/commands.sh [TOLLGATE]      (default: the sanitized one)
set -u
tool=$(realpath "${1:-${BUILD:-build}/sanitized/tollgate}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
number=0

# report <name> <command...>: runs a check
report() {
    local name=$1; shift
    number=$((number + 1))
    if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; sed 's/^/# /' out err 2>/dev/null; fi
}

# expect <status> <text that stdout or stderr must hold> <arguments...>; errors must be exactly one line that begins "tollgate: "
expect() {
    local status=$1 text=$2 got=0; shift 2
    timeout 60 "$tool" "$@" >out 2>err </dev/null || got=$?
    [ "$got" -eq "$status" ] || { echo "exit status $got, expected $status: $*" >>err; return 1; }
    cat out err | grep -qF -- "$text" || { echo "\"$text\" not printed: $*" >>err; return 1; }
    if [ "$status" -ge 3 ]; then
        [ "$(wc -l <err)" -eq 1 ] && grep -q '^tollgate: ' err || { echo "not one line of error: $*" >>err; return 1; }
    fi
}

# CRC-32 by way of gzip's trailer: a third implementation beside zlib's interface and the guests' own.
crc() { gzip -c | tail -c 8 | od -An -tx4 -N4 --endian=little | tr -d ' \n'; }

seq=0
record() { local line="@tg $seq $1"; printf '%s *%s\n' "$line" "$(printf '%s' "$line" | crc)"; seq=$((seq + 1)); }

# write_log <unit> <fidelity> <samples> <number of samples>
write_log() {
    seq=0
    record "begin format=1 system=tollgate"
    record "context fidelity=$2 unit=$1 cpu_model=x clock=tsc tsc_hz=1 tsc_hz_source=none cmdline= mitigations=off nops1000=1 empty_pair=1"
    echo "console"
    record "row workload=ipc.call.inter variant=words=0 direction=round_trip relation=inter words=0 path=fast cache=warm method=single batch=1 unit=$1 warmup=1 overhead=2"
    record "hist $3"
    record "endrow samples=$4"
    record "end records=$((seq + 1)) status=ok"
}

decoded() { write_log "$2" "$3" "$4" "$5" >"$1.log" && expect 0 "1 rows" decode --seal "$1.log" -o "$1.json" -t qemu --commit abc --clean -c compiler=gcc; }
no_file() { [ ! -e "$1" ]; }

every_cut() {
    local size n; size=$(stat -c %s a.log)
    for ((n = 0; n < size; n += 97)); do
        head -c "$n" a.log >cut.log
        expect 3 "cut.log" decode cut.log -o cut.json && no_file cut.json || return 1
    done
    head -c $((size - 1)) a.log >cut.log && expect 3 "seal" decode cut.log
}

changed_byte() { sed 's/^console$/consale/' a.log >changed.log && expect 3 "the seal in the last line does not hold" decode changed.log; }
dropped_end() { grep -v ' end records=' a.log | grep -v @tgsum >dropped.log && expect 3 "without an end record" decode --unsealed dropped.log; }
no_log_untouched() {
    local f
    echo "no log" >other.txt; printf '{}' >other.json; cp a.json kept.json; : >other.empty; grep -v ' end records=' a.log | grep -v @tgsum >other.cut
    for f in other.txt other.json kept.json other.empty other.cut; do
        cp "$f" before && expect 3 "$f" decode --seal "$f" && cmp before "$f" >>err || return 1
    done
    grep -v @tgsum a.log >open.log && truncate -s -1 open.log && expect 0 "1 rows" decode --seal open.log && tail -n 1 open.log | grep -q '^@tgsum'
}
huge() { truncate -s 300M huge.log && expect 3 "larger than the limit" decode huge.log; }
json_parses() { expect 1 '"regressed": true' compare --json a.json b.json && expect 0 '"rows": [' compare --json a.json a.json; }
tampered() { sed 's/"p50":120/"p50":119/' a.json >t.json && expect 3 "the histogram gives" compare t.json a.json; }
gate_options() { sed 's/"cmdline": ""/"cmdline": "select=a.b trace=on"/' a.json >asked.json && expect 0 "; options select=a.b trace=on)" gate asked.json --reference ref.json; }
gate_changed() { expect 1 "ipc.call.inter words=0:  corrected 118 -> 119 (+1)  p50 120 -> 121 (+1)" gate b.json --reference ref.json; }
other_compiler() { sed 's/"compiler": "gcc"/"compiler": "clang"/' a.json >c.json && expect 0 "COMPILER DIFFERS" gate c.json --reference ref.json; }
odd_target() { sed 's|"target": "qemu"|"target": "../x"|' a.json >o.json && expect 3 "is not the name of a target" gate o.json --accept --reason x; }
full_disk() { [ -c /dev/full ] || return 0; "$tool" --help >/dev/full 2>err; [ $? -eq 4 ]; }
index_missing() { expect 3 "workloads.txt" list; }
list_shows() {
    cp "$tool" tollgate.copy && printf 'a.b\tx.c\tSentence.\tTable 1\n' >workloads.txt || return 1
    ./tollgate.copy list 'a.*' >out 2>err && grep -q 'a.b.*Sentence' out || return 1
    ./tollgate.copy list 'z.*' >out 2>err; [ $? -eq 1 ] || return 1
    printf 'a.b\tx.c\tSentence.\n' >workloads.txt
    ./tollgate.copy list >out 2>err; [ $? -eq 3 ]
}
newest_found() {
    mkdir -p tree/build tree/results/local/{20240101T000000-a,20240102T000000-b}/qemu tree/results/reference || return 1
    touch tree/results/FORMAT.md && cp "$tool" tree/build/tollgate
    cp a.json tree/results/local/20240101T000000-a/qemu/result.json && cp b.json tree/results/local/20240102T000000-b/qemu/result.json
    local tool=$scratch/tree/build/tollgate
    expect 3 "gate --accept" gate && expect 0 "accepted" gate --accept --reason first && expect 0 "gate passed: 1 rows" gate &&
        rm -r tree/results/local/20240102T000000-b && expect 1 "gate FAILED" gate &&
        expect 3 "no result for target" gate --target bochs
}

echo "1..54"
report "no command is a usage error" expect 2 "Usage: tollgate"
report "--help lists the commands" expect 0 "compare two results" --help
report "unknown command" expect 2 'unknown command "frob"' frob
# joined <file> <parts>...: the joined log of a stick with these raw logs, as NAME=FILE
part() { printf '@tgpart name=%s bytes=%d crc32=%s%s\n' "$1" "$(stat -c %s "$2")" "$(crc <"$2")" "${3:-}"; cat "$2"; }
joined() {
    local to=$1 p; shift
    { printf '@tgjoin 1 parts=%d\n' $#; for p in "$@"; do part "${p%%=*}" "${p#*=}" ' status=ok'; done; } >"$to.body"
    { cat "$to.body"; printf '@tgjoined bytes=%d crc32=%s\n' "$(stat -c %s "$to.body")" "$(crc <"$to.body")"; } >"$to"
}
stick_make() {
    mkdir -p stick
    write_log instructions instructions "120:1000" 1000 >tollgate.part
    sed 's/system=tollgate/system=linux/; s/ipc.call.inter/linux.pipe/' tollgate.part | while IFS= read -r line; do # their checksums anew
        case $line in @tg\ *) line=${line% \**}; printf '%s *%s\n' "$line" "$(printf '%s' "$line" | crc)" ;; *) printf '%s\n' "$line" ;; esac
    done >linux.part
    printf 'commit: abc\ndirty: no\nmachine: a box\ncpu flags: many\n' >identity.part
    joined stick/RUN00001.LOG identity=identity.part tollgate=tollgate.part linux=linux.part
}
results_of() { find "$1" -name "$2" -path "*$3*" | grep -c .; }
import_both() {
    stick_make && expect 0 "both: 2 rows, 0 skipped" import stick -o home &&
        [ "$(results_of home result.json /image/)" -eq 1 ] && [ "$(results_of home result.json /linux-image/)" -eq 1 ] && [ "$(results_of home both.json '')" -eq 1 ] &&
        expect 0 "2 identical" compare "$(find home -name both.json)" "$(find home -name both.json)"
}
import_metal() { # the name says metal where the guest's self-test does
    write_log cycles metal "120:1000" 1000 >metal.part && joined m.log tollgate=metal.part && expect 0 "m.log: metal: 1 rows" import m.log -o metal
}
import_capture() { # in the midst of what a serial line brought, twice
    { printf 'noise @tgjoin 1 parts=1\n'; cat tollgate.part stick/RUN00001.LOG; printf 'noise\n'; cat stick/RUN00001.LOG; } >serial.log
    expect 0 "both" import serial.log -o serial && [ "$(results_of serial both.json '')" -eq 2 ]
}
import_nowhere() { # a folder in which nobody makes another
    expect 3 "cannot make the folder /proc/" import m.log -o /proc
}
import_every_cut() {
    local size n; size=$(stat -c %s stick/RUN00001.LOG)
    for ((n = 1; n < size; n += 61)); do
        head -c "$n" stick/RUN00001.LOG >cut.log
        expect 3 "cut.log" import cut.log -o cut || return 1
    done
    [ "$(results_of cut '*.json' '' 2>/dev/null)" -eq 0 ]
}
import_damaged() {
    sed 's/120:1000/120:1001/' stick/RUN00001.LOG >bad.log && expect 3 "part \"tollgate\" is damaged" import bad.log -o bad &&
        sed 's/status=ok$/status=no/' stick/RUN00001.LOG >bad.log && expect 3 "damaged" import bad.log -o bad
}
import_one_bad() { # the other system's result is made all the same
    write_log instructions instructions "120:999" 1000 >wrong.part
    joined half.log tollgate=wrong.part linux=linux.part && expect 3 "half.log: " import half.log -o half && [ "$(results_of half result.json /linux-image/)" -eq 1 ]
}
# Boots of one stick: those that asked the same are one result.
import_series() {
    local k
    mkdir -p series
    for k in 1 2 3; do write_log cycles metal "12$k:1000" 1000 >boot.part && joined series/RUN0000$k.LOG tollgate=boot.part; done
    expect 0 "3 boots in one result" import series -o merged && [ "$(results_of merged result.json /boots-3/metal/)" -eq 1 ] &&
        python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
assert result["context"]["boots"] == "3" and [row["n"] for row in result["rows"]] == [3000], result["context"]' "$(find merged -path '*/boots-3/*' -name result.json)"
}
import_unlike() { # another build: no series
    write_log cycles metal "130:1000" 1000 >unlike.part
    printf 'commit: other\n' >other.part
    mkdir -p unlike && joined unlike/RUN00001.LOG tollgate=unlike.part && joined unlike/RUN00002.LOG identity=other.part tollgate=unlike.part &&
        expect 0 "RUN00002.LOG: metal: 1 rows" import unlike -o apart && [ "$(find apart -path '*boots-*' | grep -c .)" -eq 0 ]
}
import_inexact() { # instructions are identical, or not one result
    mkdir -p inexact && cp stick/RUN00001.LOG inexact/ && write_log instructions instructions "121:1000" 1000 >boot.part &&
        joined inexact/RUN00002.LOG identity=identity.part tollgate=boot.part && expect 3 "boot 2 differs from boot 1, and instructions must not" import inexact -o inexact.out &&
        [ "$(results_of inexact.out result.json /image/)" -eq 2 ] && [ "$(results_of inexact.out result.json /boots-)" -eq 0 ]
}
import_units() { # of unlike units there is no result of both; each has its own
    write_log cycles metal "120:1000" 1000 >metal.part
    joined units.log tollgate=metal.part linux=linux.part && expect 3 "cycles and instructions are not put into one result" import units.log -o units &&
        [ "$(results_of units result.json '')" -eq 2 ] && [ "$(results_of units both.json '')" -eq 0 ]
}
import_namesakes() { # sticks of two machines: neither takes the other's place
    mkdir -p other && write_log cycles metal "140:1000" 1000 >boot.part && joined other/RUN00001.LOG tollgate=boot.part && cp other/RUN00001.LOG other/RUN00002.LOG &&
        expect 0 "RUN00001.LOG: metal: 1 rows" import series other series -o sticks && [ "$(results_of sticks result.json /metal/)" -eq 11 ] &&
        [ "$(find sticks -name result.json -exec grep -lF '"p50":140,' {} + | wc -l)" -eq 3 ]
}
import_nothing() {
    mkdir -p empty && expect 3 "no file RUNnnnnn.LOG" import empty && expect 3 "No such file" import nowhere && expect 2 "missing" import && expect 3 "empty log" import /dev/null
}

report "import makes results of both systems" import_both
report "import calls metal what is metal" import_metal
report "import finds joined logs in a capture" import_capture
report "import where no folder can be made" import_nowhere
report "import refuses every cut" import_every_cut
report "import refuses damage" import_damaged
report "import takes the system that is whole" import_one_bad
report "import makes one result of a series of boots" import_series
report "import keeps boots of unlike builds apart" import_unlike
report "import says why boots are not one result" import_inexact
report "import of several sticks" import_namesakes
report "import puts no unlike units into one result" import_units
report "import of nothing" import_nothing
report "unknown option" expect 2 "unrecognized option" decode --frob
report "each command explains itself" expect 0 "Exit status" gate --help
report "full output device is an error" full_disk
report "decode writes a result" decoded a instructions instructions "120:1000" 1000
report "one instruction more, another result" decoded b instructions instructions "121:1000" 1000
report "a result in cycles" decoded v cycles virtual "120:1000" 1000
report "decode refuses every cut" every_cut
report "decode refuses a changed byte of console text" changed_byte
report "decode refuses a log without its end record" dropped_end
report "decode --seal leaves alone what is no complete log" no_log_untouched
report "decode refuses a huge file" huge
report "decode refuses an empty file" expect 3 "empty log" decode /dev/null
report "decode refuses a missing file" expect 3 "No such file" decode nothing.log
report "decode cannot write" expect 4 "No such file" decode a.log -o nowhere/result.json
report "compare: identical" expect 0 "1 identical" compare a.json a.json
report "compare: slower" expect 1 "1 slower" compare a.json b.json
report "compare: faster" expect 0 "1 faster" compare b.json a.json
report "compare --json" json_parses
report "compare refuses unlike units" expect 3 "unlike in unit" compare a.json v.json
report "compare refuses a tampered result" tampered
for geometry in 0:0 32K 32K:0 33:8 -1:8 99999999999999999999:8; do report "footprint: a cache of $geometry is a usage error" expect 2 "no geometry of a cache" footprint --l1d "$geometry"; done
report 'footprint: code in a cache of more than 64 sets is a usage error' expect 2 'no geometry of a cache' footprint --l1i 256K:1
footprints_kept() { # accepting without a selection is of what is accepted; what holds nothing accepted is not written over
    echo '{}' >footprints.json && expect 3 "is not of schema" footprint --accept --reason "first counts" --reference footprints.json && [ "$(cat footprints.json)" = '{}' ]
}
report "footprint: no reference is written over that is none" footprints_kept
report "gate needs a reason" expect 2 "reason" gate --accept a.json --reference ref.json
report "gate --accept" expect 0 "accepted" gate --accept --reason "first counts" a.json --reference ref.json
report "gate says what changed" gate_changed
report "gate says what the result was asked" gate_options
report "gate passes with another compiler, and says so" other_compiler
report "gate refuses cycles" expect 3 "only exact counts" gate v.json --reference ref.json
report "gate refuses a target that is a path" odd_target
report "gate takes the newest result of the tree" newest_found
report "list without index" index_missing
report "list shows the index" list_shows
