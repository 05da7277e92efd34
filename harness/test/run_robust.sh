#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `tollgate run` and `doctor` against emulators that misbehave: each must give one clear line, its exit status, no result and no
# process left behind. Speaks TAP.
#   harness/test/run_robust.sh [TOLLGATE]      (default: the sanitized one)
set -u
export FAKE_LOGS FAKE_FOLDER FAKE FAKE_STATUS FAKE_LOG
FAKE_LOGS=$(realpath "$(dirname "$0")")
fake=$FAKE_LOGS/run_fake_emulator.sh
scratch=$(mktemp -d)
# Should the tool fail to end something, this does (and looks first: numbers of processes are used again).
clean_up() {
    local pid
    for pid in $(cat "$FAKE_FOLDER/all" "$FAKE_FOLDER/pids" 2>/dev/null); do
        grep -qsF "$fake" "/proc/$pid/cmdline" && kill -KILL "$pid"
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
FAKE_FOLDER=$scratch/fake
number=0 failed=0

# A build folder with nothing in it that could run: the tool looks for files beside itself.
mkdir -p "$scratch/build/kernel" "$scratch/build/boot" "$scratch/build/linux-guest" "$FAKE_FOLDER"
cp "${1:-${BUILD:-build}/sanitized/tollgate}" "$scratch/build/tollgate"
cp "${BUILD:-build}/lockstep.so" "$scratch/build/lockstep.so"
echo stand-in | tee "$scratch/build/kernel/tollgate.elf" "$scratch/build/boot/archive.cpio" "$scratch/build/boot/disk.img" \
    "$scratch/build/linux-guest/vmlinuz" "$scratch/build/linux-guest/initramfs.cpio" >/dev/null
touch "$scratch/build/boot/disk.img" # made last
echo "sample compiler 1.0" >"$scratch/build/compiler.txt"
index() { printf '%s\tx.c\tSentence.\tTable 1\n' "$@" >build/workloads.txt; }
cd "$scratch" || exit 1
index ipc.call.inter linux.pipe.round_trip

check() { # check <name> <command...>
    local name=$1; shift
    number=$((number + 1))
    if "$@" 2>shell; then echo "ok $number - $name"; else failed=$((failed + 1)); echo "not ok $number - $name"; sed 's/^/# /' why out err 2>/dev/null | head -n 40; fi
}
fresh() { cat "$FAKE_FOLDER/pids" >>"$FAKE_FOLDER/all" 2>/dev/null; rm -rf results why out err wanted.json "$FAKE_FOLDER/pids" "$FAKE_FOLDER/second"; FAKE_STATUS= FAKE_LOG=; }
why() { echo "$*" >why; return 1; }

# A zombie, which waits for some init to collect it, is dead.
is_alive() { [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null && kill -0 "$1" 2>/dev/null; }

# Nothing that the fake emulator started may be alive. A dying process gets a moment.
nobody_left() {
    local pid
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        local alive=
        for pid in $(cat "$FAKE_FOLDER/pids" 2>/dev/null); do is_alive "$pid" && alive=$pid; done
        [ -z "$alive" ] && return 0
        sleep 0.1
    done
    why "process $alive is still there"
}

# run <behaviour> <arguments of tollgate run...>: leaves the exit status in $got
run() {
    FAKE=$1; shift
    got=0
    timeout 60 build/tollgate run --emulator "$fake" "$@" >out 2>err </dev/null || got=$?
}

# refused <status> <text of the error line>: what holds after every failure
refused() {
    [ "$got" -eq "$1" ] || { why "exit status $got, not $1"; return; }
    [ "$(grep -c '^tollgate: ' err)" -eq 1 ] || { why "not one error line"; return; }
    [ "$(head -n 1 err | grep -c '^tollgate: ')" -eq 1 ] || { why "the error line is not the first"; return; }
    grep '^tollgate: ' err | grep -qF -- "$2" || { why "the error line lacks: $2"; return; }
    [ -z "$(find . -name result.json 2>/dev/null)" ] || { why "a result was written"; return; }
    nobody_left
}
case_refused() { # <behaviour> <status> <text> <arguments...>
    local behaviour=$1 status=$2 text=$3; shift 3
    run "$behaviour" "$@"
    refused "$status" "$text"
}

good_run() {
    fresh; run good -o wanted.json --select 'ipc.*' --cmdline nofast
    [ "$got" -eq 0 ] || { why "exit status $got"; return; }
    local folder; folder=$(echo results/local/*Z-*/qemu)
    [ -s "$folder/raw.log" ] && cmp "$folder/result.json" wanted.json || { why "not raw.log and result.json, or -o differs"; return; }
    tail -n 1 "$folder/raw.log" | grep -q '^@tgsum ' || { why "the log is not sealed"; return; }
    local text
    for text in '"target": "qemu"' '"compiler": "sample compiler 1.0"' "select=ipc.* nofast" '"tool": "tollgate' '"images": "kernel/tollgate.elf=7a45a459:9 boot/archive.cpio=' '"dirty": ' '"host_kernel": "'; do
        grep -qF -- "$text" wanted.json || { why "the result lacks $text"; return; }
    done
    nobody_left
}
clinging() { fresh; run clinging; [ "$got" -eq 0 ] || { why "exit status $got"; return; }; nobody_left; }
hang() {
    fresh; local start=$SECONDS
    case_refused hang 4 "time limit" --timeout 1 || return
    grep -q '| booting' err || { why "the console's last lines are not shown"; return; }
    [ $((SECONDS - start)) -le 8 ] || why "took $((SECONDS - start)) s"
}
half() { fresh; case_refused half 3 "log ends without"; }
cut_short() { fresh; case_refused cut 3 "cut off"; }
changed() { fresh; case_refused changed 3 "line 18: CRC"; }
empty() { fresh; case_refused empty 3 "empty log"; }
text() { fresh; case_refused text 3 "ends without any record" && { grep -q '| hello, world' err || why "the console's last lines are not shown"; }; }
garbage() { fresh; case_refused garbage 3 ""; }
flood() { fresh; case_refused flood 4 "grew beyond the limit" --timeout 50 && small_enough; }
chatter() { fresh; case_refused chatter 4 "grew beyond the limit" --timeout 50 && small_enough; }
small_enough() { [ "$(du -sm results | cut -f 1)" -lt 400 ] || why "kept $(du -sm results)"; }
panic() { fresh; FAKE_STATUS=35; case_refused good 4 "panicked (exit status 35)"; }
unknown_status() { fresh; FAKE_STATUS=99; case_refused good 4 "exit status 99"; }
odd_status() { fresh; FAKE_STATUS=0; case_refused good 4 "exit status 0"; }
linux_status() { fresh; FAKE_STATUS=1; case_refused good 4 "baselines failed (exit status 1)" --target linux; }
linux_damaged() { # <target> <exit status of success>: its log is refused as any other
    local behaviour text
    while read -r behaviour text; do
        fresh; FAKE_STATUS=$2
        case_refused "$behaviour" 3 "$text" --target "$1" || return
    done <<'END'
half log ends without
cut cut off
changed CRC
empty empty log
text ends without any record
garbage
END
}
linux_places() { # folders that take nothing: below a file, in a file system without, a full one
    fresh; touch blocked
    case_refused good 4 "cannot make the folder" --target linux --results blocked/here && no_session || return
    case_refused good 4 "cannot make the folder" --target linux --results /proc/here && no_session || return
    [ ! -e "$FAKE_FOLDER/pids" ] || why "something was started"
}
linux_disk_full() {
    fresh; FAKE=good FAKE_STATUS=1 got=0; mkdir -p small
    FAKE_LOGS=$FAKE_LOGS timeout 60 unshare --user --map-root-user --mount bash -c 'mount -t tmpfs -o size=4k none small && exec "$@"' - \
        build/tollgate run --emulator "$fake" --target linux --results small >out 2>err </dev/null || got=$?
    refused 4 "no space is left where the run is kept"
}
linux_good() { fresh; FAKE_STATUS=0; run good --target linux; [ "$got" -eq 0 ] && nobody_left || why "exit status $got"; }
linux_cmdline() { fresh; case_refused good 4 "only tollgate.KEY=VALUE has a meaning" --target linux --cmdline nofast; }
index_grown() { # <workload> <text> <arguments...>: one more in the tree, which the guest does not know
    fresh; index ipc.call.inter linux.pipe.round_trip "$1"; shift
    case_refused good 4 "$@"; local outcome=$?
    index ipc.call.inter linux.pipe.round_trip
    return $outcome
}
missing_row() { index_grown ipc.call.intra "neither a row nor a reason to skip for 1 workload: ipc.call.intra"; }
missing_linux() { FAKE_STATUS=0 index_grown linux.fifo.one_way "reason to skip for 1 workload: linux.fifo.one_way" --target linux-qemu; }
missing_elsewhere() { # what is not selected, or another system's, or not asked for, is not missed
    local arguments outcome=0
    index ipc.call.inter linux.pipe.round_trip ipc.call.intra linux.fifo.one_way
    for arguments in "--select *.inter" "--cmdline run=tests" "--target linux-qemu --select linux.p*"; do
        fresh; run good $arguments
        [ "$got" -eq 0 ] || { why "exit status $got for: $arguments"; outcome=1; break; }
    done
    index ipc.call.inter linux.pipe.round_trip
    return $outcome
}
no_index() {
    fresh; mv build/workloads.txt kept; case_refused good 4 "workloads.txt"; local outcome=$?
    mv kept build/workloads.txt; no_session && return $outcome
}
nothing_selected() {
    local target
    for target in qemu linux; do
        fresh; case_refused good 1 "target $target has no workload that matches \"zzz\"" --select zzz --target $target && no_session || return
        [ "$(cat out err | wc -l)" -eq 1 ] || { why "not one line"; return; }
    done
}
other_system() { fresh; FAKE_LOG=run_linux.log; case_refused log 4 "system=linux, not tollgate"; }
failed_test() {
    fresh; FAKE_STATUS=37 FAKE_LOG=run_failed.log
    case_refused log 4 "exit status 37" && { grep -q 'failed test ipc.call.timeout: expected ERR_TIMEOUT, got 0' err || why "the failed test is not named"; }
}
lying_status() { fresh; FAKE_LOG=run_failed.log; case_refused log 4 "end record says that it failed"; }
wrong_clock() { fresh; FAKE_LOG=run_virtual.log; case_refused log 4 "fidelity=virtual, not instructions"; }
crash() { fresh; case_refused crash 4 "signal 11"; }
missing() { fresh; FAKE=good; got=0; build/tollgate run --emulator /nonexistent/qemu >out 2>err || got=$?; refused 4 "/nonexistent/qemu is not installed" && no_session; }
not_executable() { fresh; FAKE=good; got=0; build/tollgate run --emulator build/boot/disk.img >out 2>err || got=$?; refused 4 "is not installed" && no_session; }
no_session() { [ ! -e results ] || why "a folder was made"; }
missing_kernel() {
    fresh; mv build/kernel/tollgate.elf kept
    case_refused good 4 "build/kernel/tollgate.elf is missing; remedy: make"; local outcome=$?
    mv kept build/kernel/tollgate.elf
    return $outcome
}
stale_image() {
    fresh; touch -d '1 minute' build/kernel/tollgate.elf
    case_refused good 4 "build/boot/disk.img is older than build/kernel/tollgate.elf; remedy: make disk" --target qemu-uefi
    local outcome=$?
    touch -d '1 minute ago' build/kernel/tollgate.elf
    return $outcome
}
unwritable() {
    fresh; touch blocked
    case_refused good 4 "cannot make the folder" --results blocked/here || return
    [ ! -e "$FAKE_FOLDER/pids" ] || why "the emulator was started"
}
read_only() {
    fresh
    case_refused good 4 "cannot make the folder" --results /proc/here || return
    [ ! -e "$FAKE_FOLDER/pids" ] || why "the emulator was started"
}
output_unwritable() {
    fresh; run good -o /dev/null/folder/result.json
    [ "$got" -eq 4 ] && grep -q '^tollgate: /dev/null/folder' err || why "exit status $got"
}
two_targets() {
    fresh; run good --target qemu --target linux-qemu
    [ "$got" -eq 0 ] || { why "exit status $got"; return; }
    [ "$(ls results/local | wc -l)" -eq 1 ] && [ -s results/local/*/qemu/result.json ] && [ -s results/local/*/linux-qemu/result.json ] ||
        why "not one folder with both targets"
}
boots_equal() { fresh; run good --runs 3; [ "$got" -eq 0 ] && grep -q "3 boots, 2 rows identical" out || why "exit status $got"; }
boots_differ() {
    fresh; run other --runs 2
    [ "$got" -eq 4 ] && grep -q 'boot 2 differs from boot 1 in ipc.call.inter .*p50 101, not 100' err || why "exit status $got"
}
boots_rebuilt() { # somebody runs make between two boots: equal rows do not make them boots of one image
    fresh; run rebuild --runs 2
    echo stand-in >build/kernel/tollgate.elf
    touch build/boot/disk.img
    [ "$got" -eq 4 ] && grep -q 'boot 2 did not run what boot 1 ran .*kernel/tollgate.elf=' err || { why "exit status $got"; return; }
    ! grep -q '"boots"' results/local/*/qemu/result.json || why "a result of both was written"
}
ladder_refused() { # the stand-in says mitigations=off to every rung
    fresh; run good --ladder
    [ "$got" -eq 4 ] && grep -q 'asked for mitigations=verw, but in force was "off"' err || { why "exit status $got"; return; }
    [ ! -e results/local/*/qemu-ladder/result.json ] && [ -s results/local/*/qemu-ladder/mitigations=pti+verw/result.json ] || why "not what is kept"
}
usage() { # each of these is a usage error, and starts nothing
    local arguments
    fresh
    for arguments in "--target vax" "--select a;b" "--select" "--cmdline a\"b" "--timeout 0" "--timeout nan" "--timeout 1x" "--runs 0" \
        "--runs -1" "--target qemu --target qemu" "--target qemu --target linux -o x" "qemu" "--nonsense" "--cmdline select=x" "--ladder --cmdline mitigations=pti" "--ladder --target linux-qemu"; do
        run good $arguments
        [ "$got" -eq 2 ] && [ ! -e results ] && [ ! -e "$FAKE_FOLDER/pids" ] || { why "exit status $got for: $arguments"; return; }
    done
}
interrupt() { # <signal>: the tool is told to end
    fresh; FAKE=hang
    build/tollgate run --emulator "$fake" --target qemu --target linux-qemu >out 2>err </dev/null & local running=$!
    for _ in $(seq 50); do [ "$(cat "$FAKE_FOLDER/pids" 2>/dev/null | wc -l)" = 2 ] && break; sleep 0.1; done
    kill "-$1" "$running"
    got=0; wait "$running" 2>/dev/null || got=$?
    if [ "$1" = KILL ]; then sleep 0.5; emulator_left; return; fi
    refused 4 "interrupted" && { [ "$(ls results/local/* | wc -l)" -eq 1 ] || why "the second target was started"; }
}
# A tool that is killed cannot clean up behind its emulator, but the emulator itself goes with it.
emulator_left() {
    local emulator; emulator=$(head -n 1 "$FAKE_FOLDER/pids")
    kill -KILL "$(tail -n 1 "$FAKE_FOLDER/pids")" 2>/dev/null # the child that clings, which QEMU does not have
    ! is_alive "$emulator" || why "the emulator $emulator is still there"
}
bochs_good() { fresh; run bochs --target bochs; [ "$got" -eq 0 ] && nobody_left || why "exit status $got"; }
bochs_panic() { fresh; FAKE_STATUS=0x11; case_refused bochs 4 "panicked" --target bochs; }
bochs_silent() { fresh; FAKE_STATUS=none; case_refused bochs 4 "never said with what status" --target bochs; }
bochs_gave_up() { fresh; case_refused bochs-bad 4 "no such disk" --target bochs; }
bochs_hang() { fresh; case_refused hang 4 "time limit" --target bochs --timeout 1; }
bochs_tidy() { fresh; run bochs --target bochs; [ -z "$(find results -name '*.img' -o -name '*.lock')" ] || why "left $(find results)"; }
doctor_says() {
    fresh; rm -f build/kernel/tollgate.elf; got=0
    timeout 60 build/tollgate doctor >out 2>err || got=$?
    echo stand-in >build/kernel/tollgate.elf
    [ "$got" -eq 1 ] || { why "exit status $got"; return; }
    grep -q 'why: .*kernel/tollgate.elf is missing' out && grep -q 'remedy: make' out && grep -q '^  governor ' out || why "something is not said"
}
doctor_named() {
    fresh; got=0
    timeout 60 build/tollgate doctor --json linux >out 2>err || got=$?
    [ "$got" -eq 1 ] && grep -q '"works": *false' out && ! grep -q '"name": *"qemu"' out || why "exit status $got"
}
doctor_kvm() { # the stand-in for a kernel does not boot under KVM, whatever this machine has: refused, and in time
    fresh; local start=$SECONDS; got=0
    timeout 60 build/tollgate doctor kvm >out 2>err || got=$?
    [ "$got" -eq 1 ] && [ $((SECONDS - start)) -le 40 ] && grep -q 'why:' out || why "exit status $got after $((SECONDS - start)) s"
}

check "a good run: raw log, sealed; result; copy of -o; context" good_run
check "a child that clings after a good end is ended" clinging
check "hang: time limit, the whole group is ended" hang
check "half of a log" half
check "a log cut within its last line" cut_short
check "one byte of a record changed" changed
check "status 33 without records" empty
check "status 33 with text only: the text is shown" text
check "a megabyte of random bytes" garbage
check "console without end: bounded" flood
check "emulator's own output without end: bounded" chatter
check "status 35 after good records: panic" panic
check "unknown status after good records" unknown_status
check "status 0 after good records: not success in QEMU" odd_status
check "target linux: status 1 after good records" linux_status
check "target linux: status 0 is success" linux_good
check "target linux: --cmdline is refused" linux_cmdline
check "target linux: a log that is cut, changed, empty or none" linux_damaged linux 0
check "target linux-qemu: a log that is cut, changed, empty or none" linux_damaged linux-qemu 33
check "target linux: folders that take nothing" linux_places
if unshare --user --map-root-user --mount true 2>/dev/null; then check "target linux: the disk is full" linux_disk_full; fi
check "a workload of the tree without row and skip record" missing_row
check "likewise on a Linux target" missing_linux
check "no other workload is missed" missing_elsewhere
check "no index of workloads: refused before the start" no_index
check "a selection that matches nothing: one line, nothing started" nothing_selected
check "a log of another system" other_system
check "status 37: the failed test is named" failed_test
check "status 33, but the end record says fail" lying_status
check "a clock that the target does not promise" wrong_clock
check "emulator killed by a signal" crash
check "emulator missing" missing
check "emulator not executable" not_executable
check "kernel not built: the remedy is told" missing_kernel
check "disk image older than the kernel" stale_image
check "results folder below a file" unwritable
check "results folder in a file system that takes none" read_only
check "-o into a folder that does not exist" output_unwritable
check "two targets in one folder" two_targets
check "three boots alike" boots_equal
check "two boots that differ" boots_differ
check "a kernel that changes between two boots" boots_rebuilt
check "rungs under other guards than asked for are no ladder" ladder_refused
check "usage errors start nothing" usage
check "SIGINT" interrupt INT
check "SIGTERM" interrupt TERM
check "SIGKILL: the emulator goes too" interrupt KILL
if command -v mformat >/dev/null && [ -e /usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so ]; then
    check "bochs: good run" bochs_good
    check "bochs: status of a panic on the console" bochs_panic
    check "bochs: no status on the console" bochs_silent
    check "bochs: gives up" bochs_gave_up
    check "bochs: hang" bochs_hang
    check "bochs: temporary disks are removed" bochs_tidy
fi
check "doctor: what is missing and how to get it" doctor_says
check "doctor: named target, JSON" doctor_named
check "doctor: KVM is refused where the probe guest fails, in time" doctor_kvm
echo "1..$number"
[ $failed -eq 0 ]
