#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 200
# The console: somebody types at the serial line (the tests of workloads/test/vcon.c that ask for it); then the screen, whose picture
# is read back and compared with what the serial line had. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
seconds_max=60
counted=()

# shellcheck disable=SC2054 # the commas are QEMU's
machine=(-nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -accel tcg,thread=single)

# wait_for <command>...: until it succeeds; false when that takes too long.
wait_for() {
    local started=$SECONDS
    until "$@" 2>/dev/null; do
        [ $((SECONDS - started)) -lt $seconds_max ] || return 1
        sleep 0.1
    done
}

# type_when <text that the log must show> <what is typed then>
type_when() { wait_for grep -aq "$1" "$work/typed.log" && printf "$2" >&3; }

typed() {
    mkfifo "$work/serial.in" "$work/serial.out"
    timeout $seconds_max qemu-system-x86_64 "${machine[@]}" -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none \
        -chardev "pipe,id=line,path=$work/serial" -serial chardev:line -kernel "$build/kernel/tollgate.elf" \
        -initrd "$build/boot/archive.cpio" -append 'run=tests select=vcon' </dev/null &
    local qemu=$! status=0
    cat "$work/serial.out" >"$work/typed.log" &
    exec 3>"$work/serial.in"
    type_when 'type tollgate and a newline' 'tollgate\n'
    type_when 'type echo and a return' 'echo\r'
    wait $qemu || status=$?
    exec 3>&-
    [ $status -eq 33 ] || { echo "exit status $status"; tail -n 5 "$work/typed.log"; return 1; }
}

# typed_passes <name of the test>
typed_passes() { sed 's/%20/ /g' "$work/typed.log" | grep -a "test name=$1 result=pass" || { tail -n 5 "$work/typed.log"; return 1; }; }

tap_check 'serial: a session with somebody who types ends well' typed
tap_check 'serial: input wakes who waits for its Irq' typed_passes 'vcon: input wakes who waits for its Irq, and is read'
tap_check 'serial: input is echoed' typed_passes 'vcon: input is echoed, a return is a newline'
tap_check 'serial: the echo is seen, with CR LF' grep -aq $'^echo\r$' "$work/typed.log"

# screen_read: the picture as text in screen.txt, blank rows at the end left out.
screen_read() {
    rm -f "$work/screen.ppm"
    echo "screendump $work/screen.ppm" >&4
    wait_for test -s "$work/screen.ppm" && sleep 0.2
    "$build/kernel/test/screen_text" "$work/screen.ppm" >"$work/screen.raw" 2>"$work/screen.error" || return 1
    sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$work/screen.raw" >"$work/screen.txt"
}
screen_shows() { screen_read && grep -q "$1" "$work/screen.txt"; }

# screen <name> <options> <command>...: boots the image with a screen; the command is a condition that ends the wait.
screen() {
    local name=$1
    truncate -s 1008K "$work/run.img"
    mformat -i "$work/run.img" -T 2016 -h 16 -s 63 :: || return 1
    printf 'set tollgate_cmdline="%s"\n' "$2" >"$work/run.cfg"
    mcopy -o -i "$work/run.img" "$work/run.cfg" ::/tollgate-run.cfg || return 1
    shift 2
    rm -f "$work/monitor"
    mkfifo "$work/monitor"
    timeout $seconds_max qemu-system-x86_64 "${machine[@]}" "${counted[@]}" -no-shutdown -device VGA -serial "file:$work/$name.log" -monitor stdio \
        -drive "if=ide,format=raw,snapshot=on,file=$build/boot/disk.img" -drive "if=ide,format=raw,file=$work/run.img" \
        <"$work/monitor" >/dev/null &
    local qemu=$! status=0
    exec 4>"$work/monitor"
    wait_for "$@" || { echo "waited in vain for: $*"; cat "$work/screen.error" "$work/screen.txt" 2>/dev/null; status=1; }
    screen_read || status=1
    echo quit >&4
    exec 4>&-
    wait $qemu
    return $status
}
serial_ends() { grep -aq 'power off by ACPI' "$work/$1.log"; }

# What 128 columns and 48 rows show of a text, a quarter of the rows having gone up each time when it was full.
as_shown() {
    tr -d '\r' <"$1" | sed -n '/^tollgate: booted/,$p' | fold -b -w 128 | sed 's/ *$//' |
        awk '{ line[n++] = $0; if (n == 48) { for (i = 12; i < 48; i++) line[i - 12] = line[i]; n = 36 } }
             END { for (i = 0; i < n; i++) print line[i] }'
}
both_show_the_same() { screen "$1" "$2" serial_ends "$1" && as_shown "$work/$1.log" >"$work/expected" && [ -s "$work/expected" ] && diff "$work/expected" "$work/screen.txt"; }
screen_alone() { screen alone 'select=hw.null_syscall console=framebuffer' screen_shows 'exit status 0x10' && ! grep -aq 'root' "$work/alone.log"; }
serial_alone() { screen serial 'select=hw.null_syscall console=serial' serial_ends serial && ! grep -q root "$work/screen.txt"; }

# What people see: which program of how many runs; in the end the table, whose figures are those of the result.
progress_is_shown() { screen progress 'select=hw.*' screen_shows '^program [0-9]* of [0-9]*: workload/hw'; }
progress_counts() {
    local now of
    read -r now of < <(sed -n 's/^program \([0-9]*\) of \([0-9]*\):.*/\1 \2/p' "$work/screen.txt")
    [ "$of" -eq "$(ls "$here"/hw/*.c | wc -l)" ] && [ "$now" -ge 1 ] && [ "$now" -le "$of" ] && grep -q '^TOLLGATE  measuring' "$work/screen.txt"
}
table_is_shown() { screen table 'select=hw.*' screen_shows '^tollgate: exit status 0x10' && grep -q '^TOLLGATE  done: all went well' "$work/screen.txt"; }
table_has_the_figures() {
    "$build/tollgate" decode --unsealed --target qemu --output "$work/table.json" "$work/table.log" || return 1
    python3 -c 'import json, sys
for row in json.load(open(sys.argv[1]))["rows"]:
    if row["method"] == "batched": print(row["workload"], row["corrected"])' "$work/table.json" |
        awk '!seen[$1]++ { printf "%s %.1f\n", $1, $2 }' | sort >"$work/wanted"
    awk '$NF == "instructions" { print $1, $(NF - 1) }' "$work/screen.txt" | sort >"$work/shown"
    [ -s "$work/shown" ] && awk 'NR == FNR { shown[$1] = $2; next } shown[$1] != $2 { print $1 " is not shown as " $2 ", but as " shown[$1]; bad = 1 }
        END { exit bad }' "$work/shown" "$work/wanted"
}

tap_check 'screen: shows exactly what the serial line has' both_show_the_same short 'select=hw.null_syscall screen=log'
tap_check 'screen: a long text moves up by a quarter' both_show_the_same long 'run=tests select=ipc_* screen=log'
tap_check 'console=framebuffer: the screen has the session, the serial line nothing of it' screen_alone
tap_check 'console=serial: nothing is drawn' serial_alone
counted=(-icount shift=0,sleep=off)
tap_check 'screen: progress while it measures' progress_is_shown
tap_check 'screen: counts the programs' progress_counts
tap_check 'screen: the table of the end' table_is_shown
tap_check 'screen: the figures of the table are those of the result' table_has_the_figures
tap_done
