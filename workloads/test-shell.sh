#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 240
# The shell: driven over the serial line of a machine without a screen, then by the keys of a machine without serial port, whose screen is read.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
seconds_max=90

# shellcheck disable=SC2054 # the commas are QEMU's
machine=(-nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -accel tcg,thread=single -icount shift=0,sleep=on
         -device isa-debug-exit,iobase=0xf4,iosize=4)

wait_for() {
    local started=$SECONDS
    until "$@" 2>/dev/null; do
        [ $((SECONDS - started)) -lt $seconds_max ] || { echo "waited in vain for: $*"; return 1; }
        sleep 0.2
    done
}

# prompts <n>: the shell has asked so many times.
prompts() { [ "$(tr '\r' '\n' <"$work/shell.log" | grep -ac 'tollgate> ')" -ge "$1" ]; }
asked=0
# say <line>: types it at the next prompt.
say() { asked=$((asked + 1)); wait_for prompts $asked && printf '%s\r' "$1" >&3; }

serial() {
    mkfifo "$work/line.in" "$work/line.out"
    timeout $seconds_max qemu-system-x86_64 "${machine[@]}" -monitor none -chardev "pipe,id=line,path=$work/line" -serial chardev:line \
        -kernel "$build/kernel/tollgate.elf" -initrd "$build/boot/archive.cpio" -append 'shell trace=on' </dev/null &
    local qemu=$! status=0
    cat "$work/line.out" >"$work/shell.log" &
    exec 3>"$work/line.in"
    for line in help 'list hw.n*' 'run hw.null_syscall' 'run hw.null_syscall' 'run test/capabil*' 'show hw.*' show trace nonsense poweroff; do
        say "$line" || break
    done
    wait $qemu || status=$?
    exec 3>&-
    [ $status -eq 33 ] || { echo "exit status $status"; tail -n 8 "$work/shell.log"; return 1; }
}
shows() { tr -d '\r' <"$work/shell.log" | grep -a "$1" || { echo "not there: $1"; return 1; }; }
runs_once() { [ "$(grep -ac 'row workload=hw.null_syscall .*method=batched' "$work/shell.log")" -eq 1 ]; }
log_is_complete() { "$build/tollgate" decode --unsealed --target qemu --output "$work/shell.json" "$work/shell.log"; }

tap_check 'serial: a session ends well' serial
tap_check 'serial: help' shows '^poweroff  *end the session$'
tap_check 'serial: list' shows '^  hw.null_syscall$'
tap_check 'serial: run, its result' shows '^hw.null_syscall  *method=batched  *[0-9.]* instructions$'
tap_check 'serial: a program runs once in a session' runs_once
tap_check 'serial: a second run is refused' shows '^0 programs ran: nothing matches that has not run'
tap_check 'serial: run test/...' shows '@tg .* test name=.* result=pass'
tap_check 'serial: show' shows '^CPU  *QEMU'
tap_check 'serial: trace' shows '^  +[0-9]* *[a-z_0-9]*  *thread [0-9]* 0x'
tap_check 'serial: no such command' shows '^nonsense: no such command; help lists them'
tap_check 'serial: the log is a result' log_is_complete

# --- a screen and a keyboard
type_keys() {
    local i c
    for ((i = 0; i < ${#1}; i++)); do
        c=${1:i:1}
        case $c in
        ' ') c=spc ;;
        '.') c=dot ;;
        '_') c=shift-minus ;;
        '*') c=shift-8 ;;
        '<') c=backspace ;;
        esac
        echo "sendkey $c 20" >&4
        sleep 0.15
    done
    echo 'sendkey ret 20' >&4
}
screen_read() {
    rm -f "$work/screen.ppm"
    echo "screendump $work/screen.ppm" >&4
    sleep 0.3
    "$build/kernel/test/screen_text" "$work/screen.ppm" >"$work/screen.txt"
}
screen_shows() { screen_read && grep -q "$1" "$work/screen.txt"; }
keyboard() {
    truncate -s 1008K "$work/run.img"
    mformat -i "$work/run.img" -T 2016 -h 16 -s 63 :: || return 1
    printf 'set tollgate_cmdline="shell"\n' >"$work/run.cfg"
    mcopy -o -i "$work/run.img" "$work/run.cfg" ::/tollgate-run.cfg || return 1
    mkfifo "$work/monitor"
    timeout $seconds_max qemu-system-x86_64 "${machine[@]}" -device VGA -monitor stdio \
        -drive "if=ide,format=raw,snapshot=on,file=$build/boot/disk.img" -drive "if=ide,format=raw,file=$work/run.img" <"$work/monitor" >/dev/null &
    local qemu=$! status=0
    exec 4>"$work/monitor"
    wait_for screen_shows '^tollgate> *$' && type_keys 'lisx<t hw.n*' && wait_for screen_shows '^  hw.null_syscall$' &&
        type_keys 'run hw.null_syscall' && wait_for screen_shows '^hw.null_syscall  *method=batched  *22.0 instructions$' &&
        cp "$work/screen.txt" "$work/kept.txt" && type_keys poweroff || status=1
    wait $qemu || [ $? -eq 33 ] || status=1
    exec 4>&-
    [ $status -eq 0 ] || cat "$work/screen.txt"
    return $status
}
no_records_on_it() { ! grep -q '@tg' "$work/kept.txt"; }

tap_check 'keyboard: list, a mended mistake, shifted keys, run, poweroff' keyboard
tap_check 'keyboard: the screen shows no records' no_records_on_it
tap_done
