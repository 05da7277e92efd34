#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 120
# Page-table isolation as the machine sees it: while user mode runs, the page table in force maps of the kernel what isolation.h names and not
# a page more; without isolation it maps the kernel. The emulator is stopped until it is found in user mode, and asked for the table.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
kernel=$build/kernel/tollgate.elf
stops=200

# table_of <options>: "info mem" of a stop in user mode, lines of the kernel's half only.
table_of() {
    { for ((i = 0; i < stops; i++)); do sleep 0.1; printf 'stop\ninfo registers\ninfo mem\ncont\n'; done; echo quit; } |
        timeout 240 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -accel tcg,thread=single \
            -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor stdio -serial "file:$work/serial.log" -kernel "$kernel" \
            -initrd "$build/boot/archive.cpio" -append "run=tests $1" >"$work/monitor.log" 2>&1
    tr -d '\r' <"$work/monitor.log" | awk '
        /^RIP=/ { if (found) exit; user = /CPL=3/ }
        user && /^ffff[89a-f]/ { print; found = 1 }'
}

# pages <lines of info mem>: every page, as a number.
pages() { while read -r range _; do for ((p = 16#${range%-*}; p != 16#${range#*-} && p < 0; p += 4096)); do printf '%016x\n' $p; done; done | sort; }

symbol() { nm "$kernel" | awk -v name="$1" '$3 == name { print $1 }'; }
run_of() { for ((p = 0; p < $2; p++)); do printf '%016x\n' $((16#$1 + p * 4096)); done; }

expected() {
    local start=$((16#$(symbol guarded_text_start))) end=$((16#$(symbol guarded_text_end)))
    run_of "$(printf %x $start)" $(((end - start) / 4096))
    run_of "$(symbol gates)" 1
    run_of "$(symbol processor_boot)" 1
    for stack in double_fault nmi machine_check exception; do printf '%016x\n' $((16#$(symbol "${stack}_stack_top") - 4096)); done
    run_of ffffffffd0000000 3
}

table_of 'mitigations=pti' >"$work/isolated"
pages <"$work/isolated" >"$work/isolated.pages"
expected | sort >"$work/expected.pages"
if ! [ -s "$work/isolated" ]; then tap_fail 'pti: user mode is found, and its table' "$(tail -n 3 "$work/monitor.log" "$work/serial.log")"
elif diff "$work/expected.pages" "$work/isolated.pages" >"$work/diff"; then tap_ok "pti: user page tables map $(wc -l <"$work/expected.pages") pages of the kernel, those of the entries"
else tap_fail 'pti: user page tables map the entry code and data alone' "$(head -n 8 "$work/diff")"; fi

table_of 'mitigations=off' >"$work/open"
image=$(symbol text_start)
if awk -v at="$image" '{ split($1, r, "-"); if (r[1] <= at && at < r[2]) found = 1 } END { exit !found }' "$work/open"; then
    tap_ok 'off: user page tables map the kernel'
else
    tap_fail 'off: user page tables map the kernel' "$(head -n 5 "$work/open")"
fi
tap_done
