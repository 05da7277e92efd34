#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 120
# Page-table isolation as the machine sees it: while user mode runs, the page table in force maps of the kernel what isolation.h names and not
# a page more; without isolation it maps the kernel. Asked where each of the first programs of the tests begins (user_tables.py).
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
kernel=$build/kernel/tollgate.elf
stops=12
begin=$(nm "$build/guest/workloads/test/memory.elf" | awk '$3 == "_start" { print $1 }')

# tables_of <options>: "stop N", and then what the table in force maps of the kernel's half, a range a line.
tables_of() {
    timeout 100 python3 "$here/user_tables.py" "$begin" $stops "$work/gdb" \
        qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -accel tcg,thread=single \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none -serial "file:$work/serial.log" -kernel "$kernel" \
        -initrd "$build/boot/archive.cpio" -append "run=tests $1" 2>"$work/error" | awk '/^stop/ || /^ffff[89a-f]/'
}

# stop_of <file> <number>
stop_of() { awk -v number="$2" '/^stop/ { here = $2 == number; next } here' "$1"; }

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

expected | sort >"$work/expected.pages"
tables_of 'mitigations=pti' >"$work/isolated"
for ((stop = 0; stop < stops; stop++)); do
    stop_of "$work/isolated" $stop | pages >"$work/isolated.pages"
    diff "$work/expected.pages" "$work/isolated.pages" >"$work/diff" || break
done
if [ $stop -eq $stops ]; then
    tap_ok "pti: user page tables map $(wc -l <"$work/expected.pages") pages of the kernel, those of the entries, in each of $stops tasks"
else
    tap_fail 'pti: user page tables map the entry code and data alone' "task $stop: $(cat "$work/error") $(head -n 8 "$work/diff")"
fi

tables_of 'mitigations=off' >"$work/open"
image=$(symbol text_start)
mapped=$(awk -v at="$image" '{ split($1, r, "-") } r[1] <= at && at < r[2] { found++ } END { print found + 0 }' "$work/open")
if [ "$mapped" -eq $stops ]; then
    tap_ok 'off: user page tables map the kernel'
else
    tap_fail 'off: user page tables map the kernel' "$mapped of $stops do: $(cat "$work/error") $(head -n 5 "$work/open")"
fi
tap_done
