#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# Boots the test programs (workloads/test) with and without the fast path, one TAP line for each test; then sessions with programs
# that are malformed, crash or fail: root must name them, go on, and end as failed. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
guest=$build/guest
work=${TEST_TMPDIR:-$(mktemp -d)}

# boot <archive> <log> <command line>: leaves the exit status of the emulator in `status`.
boot() {
    status=0
    timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max \
        -accel tcg,thread=single -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -device e1000e,romfile= -monitor none \
        -serial "file:$2" -kernel "$build/kernel/tollgate.elf" -initrd "$1" -append "$3" </dev/null || status=$?
}

# records <log>: "result name detail" of the tests in it, blanks restored.
records() { sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\)\(.*\) \*[0-9a-f]*\r*$/\2 \1\3/p' "$1" | sed 's/%20/ /g'; }

# session <prefix> <command line>: every test of a session as a TAP line, and the session's own end.
session() {
    local result name log=$work/$1.log
    boot "$build/boot/archive.cpio" "$log" "$2"
    while read -r result name; do
        if [ "$result" = pass ]; then tap_ok "$1: $name"
        elif [ "$result" = skip ]; then tap_skip "$1: ${name%% detail=*}" "${name#* detail=}"
        else tap_fail "$1: ${name%% detail=*}" "${name#* detail=}"; fi
    done < <(records "$log")
    if [ $status -eq 33 ] && "$build/tollgate" decode --unsealed --target qemu --output "$work/$1.json" "$log" >"$work/$1.decode" 2>&1; then
        tap_ok "$1: the session ends well and its records are whole"
    else
        tap_fail "$1: the session ends well and its records are whole" "exit status $status; $(cat "$work/$1.decode" 2>/dev/null; tail -n 3 "$log")"
    fi
}

# archive <output> <name=file>...: root and these programs.
archive() {
    local output=$1 pair stage
    shift
    stage=$(mktemp -d "$work/stage.XXXXXX")
    strip -s -o "$stage/root" "$guest/workloads/servers/root.elf"
    for pair in "$@"; do
        mkdir -p "$stage/$(dirname "${pair%%=*}")"
        cp "${pair#*=}" "$stage/${pair%%=*}"
    done
    (cd "$stage" && find . -type f -printf '%P\n' | LC_ALL=C sort | cpio --quiet -o -H newc) >"$output"
}

# patch <file> <offset> <bytes as \xNN...>
patch() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# refused <name> <words of the detail> <file>: run before a good program; named, the good one measured, the session failed.
refused() {
    local log=$work/$1.log
    archive "$work/$1.cpio" "test/$1=$3" "workload/hw.null_syscall=$good"
    boot "$work/$1.cpio" "$log" 'run=all'
    if [ $status -eq 37 ] && records "$log" | grep -q "^fail test/$1 .*$2" &&
        grep -q '^@tg [0-9]* row workload=hw.null_syscall ' "$log" && grep -q '^@tg [0-9]* end records=[0-9]* status=fail ' "$log"; then
        tap_ok "broken: $1 is named and the session goes on"
    else
        tap_fail "broken: $1 is named and the session goes on" "exit status $status; $(tail -n 4 "$log")"
    fi
}

session fast 'run=tests'
session nofast 'run=tests nofast'

good=$work/good.elf
strip -s -o "$good" "$guest/workloads/hw/null_syscall.elf"
# Program header i of an ELF64 file is at 64 + 56 i; flags at +4, address at +16, bytes in memory at +40; the entry is at 24.
for name in no_elf truncated write_execute noncanonical kernel_address huge overlapping entry_outside on_the_stack; do cp "$good" "$work/$name.elf"; done
printf 'not a program' >"$work/no_elf.elf"
truncate -s 4200 "$work/truncated.elf"
patch "$work/write_execute.elf" 68 '\x07'
patch "$work/noncanonical.elf" 80 '\x00\x00\x40\x00\x00\x80\x00\x00'
patch "$work/kernel_address.elf" 80 '\x00\x00\x00\x80\xff\xff\xff\xff'
patch "$work/huge.elf" $((64 + 112 + 40)) '\x00\x00\x00\x00\x00\x10\x00\x00'
patch "$work/overlapping.elf" $((64 + 112 + 16)) '\x00\x00\x40\x00\x00\x00\x00\x00'
patch "$work/entry_outside.elf" 24 '\x00\x00\x00\x10\x00\x00\x00\x00'
patch "$work/on_the_stack.elf" $((64 + 112 + 16)) '\x00\xf0\xff\x1f\x00\x00\x00\x00'
: >"$work/empty.elf"
for name in no_elf truncated write_execute noncanonical kernel_address huge overlapping entry_outside empty; do
    refused "$name" 'program refused' "$work/$name.elf"
done
refused on_the_stack 'cannot be started: occupied' "$work/on_the_stack.elf"
refused crash 'exception: vector 14 error 0x6 .*address 0x123450' "$guest/workloads/test/broken/crash.elf"

archive "$work/failing.cpio" "test/failing=$guest/workloads/test/broken/failing.elf" "workload/hw.null_syscall=$good"
boot "$work/failing.cpio" "$work/failing.log" 'run=all'
if [ $status -eq 37 ] && records "$work/failing.log" | grep -q '^fail broken: fails detail=line .*got 0x0, want 0x1$' &&
    grep -q '^@tg [0-9]* row workload=hw.null_syscall ' "$work/failing.log"; then
    tap_ok 'broken: a failed test fails the session, which goes on'
else
    tap_fail 'broken: a failed test fails the session, which goes on' "exit status $status; $(tail -n 4 "$work/failing.log")"
fi

# workload_fails <name> <detail>: a workload that does not report as it must is named, and the session goes on and fails.
workload_fails() {
    local log=$work/$1.log
    archive "$work/$1.cpio" "workload/$1=$guest/workloads/test/broken/$1.elf" "workload/hw.null_syscall=$good"
    boot "$work/$1.cpio" "$log" 'run=workloads'
    if [ $status -eq 37 ] && records "$log" | grep -q "^fail .*$2" && ! grep -q forged "$log" &&
        grep -q '^@tg [0-9]* row workload=hw.null_syscall ' "$log"; then
        tap_ok "broken: workload $1 fails the session, which goes on"
    else
        tap_fail "broken: workload $1 fails the session, which goes on" "exit status $status; $(tail -n 4 "$log")"
    fi
}
workload_fails silent 'ended without a report'
workload_fails forger 'forger detail=refused'
workload_fails unclosed 'ended within a row'

# A row under a path that was not taken would be a lie: there must be none, and each variant is named.
archive "$work/mislabelled.cpio" "workload/mislabelled=$guest/workloads/test/broken/mislabelled.elf"
boot "$work/mislabelled.cpio" "$work/mislabelled.log" 'run=workloads'
for wrong in 'calls .*slow_call,path=fast' 'replies .*slow_reply,path=fast' 'calls .*fast_call,path=slow' 'replies .*fast_reply,path=slow' \
    'nobody tells .*not_observed,path=fast'; do
    if [ $status -eq 37 ] && records "$work/mislabelled.log" | grep -q "^fail mislabelled detail=$wrong" &&
        ! grep -q '^@tg [0-9]* row ' "$work/mislabelled.log"; then
        tap_ok "broken: another path than named: $wrong"
    else
        tap_fail "broken: another path than named: $wrong" "exit status $status; $(tail -n 7 "$work/mislabelled.log")"
    fi
done

# Rows tell what disturbed them, and why they have no counters.
archive "$work/disturbed.cpio" "workload/disturbed=$guest/workloads/test/broken/disturbed.elf"
boot "$work/disturbed.cpio" "$work/disturbed.log" 'run=workloads'
row() { grep -c "^@tg [0-9]* row workload=disturbed variant=$1,method=single .*$2 counters=off:%20not%20asked%20for%20(kernel%20option%20pmu=on) \*" "$work/disturbed.log"; }
if [ $status -eq 33 ] && [ "$(row interrupted 'taints=interrupts disturbed=200')" -eq 1 ] && [ "$(row quiet 'placement=same_cpu')" -eq 1 ] && [ "$(row said 'placement=same_cpu')" -eq 1 ]; then
    tap_ok 'rows: interrupts that fall into samples taint them, with how many'
else
    tap_fail 'rows: interrupts that fall into samples taint them, with how many' "exit status $status; $(grep -a ' row \|fail' "$work/disturbed.log")"
fi

archive "$work/hog.cpio" "test/a_hog=$guest/workloads/test/broken/hog.elf" "workload/hw.null_syscall=$good"
boot "$work/hog.cpio" "$work/hog.log" 'run=all'
if [ $status -eq 33 ] && records "$work/hog.log" | grep -q '^pass hog' && grep -q '^@tg [0-9]* row workload=hw.null_syscall ' "$work/hog.log"; then
    tap_ok 'a thread of the second highest priority that never stops is destroyed with its program'
else
    tap_fail 'a thread of the second highest priority that never stops is destroyed with its program' "exit status $status; $(tail -n 4 "$work/hog.log")"
fi

archive "$work/spinner.cpio" "test/a_spinner=$guest/workloads/test/broken/spinner.elf" "workload/hw.null_syscall=$good"
boot "$work/spinner.cpio" "$work/spinner.log" 'run=all limit=2'
if [ $status -eq 37 ] && records "$work/spinner.log" | grep -q '^pass spinner: the ceiling holds' &&
    records "$work/spinner.log" | grep -q '^fail test/a_spinner detail=asked for nothing within' &&
    grep -q '^@tg [0-9]* row workload=hw.null_syscall ' "$work/spinner.log" && grep -q '^@tg [0-9]* end .*status=fail ' "$work/spinner.log"; then
    tap_ok 'a program that spins at its ceiling is ended by limit=, named, and the session goes on'
else
    tap_fail 'a program that spins at its ceiling is ended by limit=, named, and the session goes on' "exit status $status; $(tail -n 4 "$work/spinner.log")"
fi

# session_fails <name> <status> <command line> <text that the console must show>
session_fails() {
    boot "$build/boot/archive.cpio" "$work/command.log" "$3"
    if [ $status -eq "$2" ] && grep -q "$4" "$work/command.log"; then tap_ok "$1"; else
        tap_fail "$1" "exit status $status; $(tail -n 4 "$work/command.log")"; fi
}
session_fails 'command line: run= with another value is refused' 39 'run=everything' 'run= takes workloads, tests or all'
# floor_is <name> <command line> <floor_added> <rows> <rows with a distance>: what of the floor is measured beside a selection.
floor_is() {
    local got
    boot "$build/boot/archive.cpio" "$work/floor.log" "$2"
    rm -f "$work/floor.json"
    "$build/tollgate" decode --unsealed --target qemu --output "$work/floor.json" "$work/floor.log" >"$work/floor.decode" 2>&1
    got=$(sed -n 's/.*"floor_added": "\([^"]*\)".*/\1/p' "$work/floor.json"),$(grep -c '"workload":' "$work/floor.json"),$(grep -c '"floor_distance":' "$work/floor.json")
    if [ $status -eq 33 ] && [ "$got" = "$3,$4,$5" ]; then tap_ok "$1"; else tap_fail "$1" "exit status $status, $got instead of $3,$4,$5; $(cat "$work/floor.decode")"; fi
}
floor_is 'floor: IPC alone, single shots alone: its two rows come too' 'select=ipc.oneway.* method=single' hw.syscall_sysret,hw.page_table_switch 18 16
floor_is 'floor: off' 'select=ipc.oneway.* method=single floor=off' '' 16 0
floor_is 'floor: under page-table isolation it is skipped, with the reason' 'select=ipc.oneway.* method=single mitigations=pti' hw.syscall_sysret,hw.page_table_switch 18 0
floor_is 'floor: nothing but IPC has one' 'select=hw.null_syscall' '' 2 0
session_fails 'command line: a selection that matches nothing fails' 37 'select=no.such.*' 'select=%20matches\|select=.*result=fail'
tap_done
