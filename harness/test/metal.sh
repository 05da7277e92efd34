#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 120
# `tollgate run --target metal` at a pseudo-terminal: first with sessions that are played (whole, behind noise, begun in the middle, damaged, cut), then
# with a machine in QEMU whose serial line is one.
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:?run me through ci/run-tests}
select=hw.null_syscall
"$build/tollgate" run --select $select --results "$work/real" >"$work/real.out" 2>&1 || { cat "$work/real.out"; exit 1; }
sed /^@tgsum/d "$work"/real/*/qemu/raw.log >"$work/good"
sed '20s/[0-9a-f]$/x/' "$work/good" >"$work/damaged"
head -n 24 "$work/good" >"$work/cut"
head -n 20 "$work/damaged" >"$work/stopped"
sed 1,15d "$work/good" >"$work/middle"
head -c 5000 /dev/urandom >"$work/noise"
printf 'BIOS\r\n\033[2Jmenu \033[0m@tg 7 row workload=x *00000000\r\nboot> ' >"$work/menu"

# A line whose other end plays the files named, in order, once the device is opened; the device's name goes to $work/device.
cat >"$work/player.py" <<'PLAYER'
import os, pty, sys, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
with open(sys.argv[1], "w") as f: f.write(os.ttyname(slave))
time.sleep(1.0)
for name in sys.argv[2:]:
    data = open(name, "rb").read()
    while data:
        data = data[os.write(master, data[:512]):]
time.sleep(1.5)
PLAYER

# capture <name> <seconds> <file>...: one run against that player; its status.
capture() {
    local name=$1 seconds=$2 player status=0 i
    shift 2
    rm -f "$work/device"
    python3 "$work/player.py" "$work/device" "$@" &
    player=$!
    for ((i = 0; i < 50; i++)); do [ -s "$work/device" ] && break; sleep 0.1; done
    "$build/tollgate" run --target metal --serial "$(cat "$work/device")" --select $select --timeout "$seconds" --results "$work/results" \
        --output "$work/$name.json" >"$work/$name.out" 2>"$work/$name.error" || status=$?
    kill $player 2>/dev/null
    wait $player 2>/dev/null
    return $status
}
rows() { grep -o '"workload"' "$1" | wc -l; }
taken() { capture "$@" || { cat "$work/$1.error"; return 1; }; [ "$(rows "$work/$1.json")" -eq "$(grep -c '^@tg [0-9]* row' "$work/good")" ]; }
# refused <name> <line> <seconds> <file>...
refused() {
    local name=$1 line=$2 seconds=$3
    shift 3
    if capture "$name" "$seconds" "$@"; then echo 'taken'; return 1; fi
    grep -q "$line" "$work/$name.error" && [ ! -e "$work/$name.json" ] || { cat "$work/$name.error"; return 1; }
}

tap_check 'a session' taken whole 20 "$work/good"
tap_check 'a session behind noise and a menu on its line' taken noisy 20 "$work/noise" "$work/menu" "$work/good"
tap_check 'the rest of another session first' taken middle 20 "$work/middle" "$work/good"
tap_check 'a session that is cut, then the machine starts again' taken again 20 "$work/cut" "$work/good"
tap_check 'a damaged session, then a whole one' taken mended 20 "$work/damaged" "$work/good"
tap_check 'a damaged session alone' refused damaged 'the line was closed\|time limit' 5 "$work/damaged"
tap_check 'a session that ends in the middle' refused cut 'the line was closed within a session\|time limit' 5 "$work/cut"
tap_check 'silence' refused silent 'the line was closed\|time limit' 4
no_device() { ! "$build/tollgate" run --target metal --results "$work/results" 2>"$work/none.error" && grep -q 'which serial line' "$work/none.error"; }
no_line() { ! "$build/tollgate" run --target metal --serial "$work/good" --results "$work/results" 2>"$work/none.error" && grep -q 'is no serial line' "$work/none.error"; }
tap_check 'no line given' no_device
tap_check 'a file is no line' no_line

# A machine that a command starts; the first time its line says nothing of use.
cat >"$work/power" <<'POWER'
#!/bin/sh
echo x >>"$1/cycles"
what=stopped
[ "$(wc -l <"$1/cycles")" -ge 2 ] && what=good
cat "$1/$what" >"$(cat "$1/far")" &
POWER
chmod +x "$work/power"
cat >"$work/wire.py" <<'WIRE'
import os, pty, select, sys, tty
ends = [pty.openpty() for _ in range(2)]
for master, slave in ends: tty.setraw(slave)
for name, (_, slave) in zip(sys.argv[1:], ends):
    with open(name, "w") as f: f.write(os.ttyname(slave))
while True:
    for i in range(2):
        if select.select([ends[i][0]], [], [], 0.02)[0]: os.write(ends[1 - i][0], os.read(ends[i][0], 512))
WIRE
wire_start() {
    rm -f "$work/near" "$work/far"
    python3 "$work/wire.py" "$work/near" "$work/far" &
    wire=$!
    for ((i = 0; i < 50; i++)); do [ -s "$work/far" ] && break; sleep 0.1; done
}
power_cycled() {
    local status=0
    wire_start
    "$build/tollgate" run --target metal --serial "$(cat "$work/near")" --power-cycle "$work/power $work" --select $select --timeout 40 \
        --results "$work/results" --output "$work/cycled.json" >"$work/cycled.out" 2>&1 || status=$?
    kill $wire; wait $wire 2>/dev/null
    [ $status -eq 0 ] && [ "$(wc -l <"$work/cycles")" -eq 2 ] || { cat "$work/cycled.out"; return 1; }
}
power_fails() {
    wire_start
    ! "$build/tollgate" run --target metal --serial "$(cat "$work/near")" --power-cycle false --timeout 20 --results "$work/results" >"$work/p.out" 2>&1 || return 1
    kill $wire; wait $wire 2>/dev/null
    grep -q 'the command for a power cycle failed: false' "$work/p.out" || { cat "$work/p.out"; return 1; }
}
tap_check 'a power cycle, and another one after a damaged session' power_cycled
tap_check 'a power cycle that fails' power_fails

# shellcheck disable=SC2054 # the commas are QEMU's
machine() {
    local status=0
    wire_start
    printf '#!/bin/sh\nsetsid timeout 60 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 %s %s -append select=hw.null_syscall -serial %s >%s 2>&1 </dev/null &\n' \
        '-accel tcg,thread=single -icount shift=0,sleep=off -monitor none' "-kernel $build/kernel/tollgate.elf -initrd $build/boot/archive.cpio" "$(cat "$work/far")" "$work/qemu.out" >"$work/switch"
    chmod +x "$work/switch"
    "$build/tollgate" run --target metal --serial "$(cat "$work/near")" --power-cycle "$work/switch" --select hw.null_syscall --timeout 50 \
        --results "$work/results" --output "$work/machine.json" >"$work/machine.out" 2>&1 || status=$?
    kill $wire; wait $wire 2>/dev/null
    [ $status -eq 0 ] && grep -q '"workload": *"hw.null_syscall"' "$work/machine.json" || { cat "$work/machine.out" "$work/qemu.out"; return 1; }
}
tap_check 'a machine in QEMU, at a pseudo-terminal, started by the power cycle' machine
tap_done
