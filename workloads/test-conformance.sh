#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# The conformance program (workloads/test) as a whole, machine by machine: each must run exactly the tests that workloads/spec.sh names,
# and none may fail. In CI what the other suites do not boot it on; CONFORMANCE=all: every machine (make test-conformance).
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
counted='tcg,thread=single -icount shift=0,sleep=off'
seconds_max=600

# More threads than the host has CPUs, and those that spin with PAUSE keep the emulator's one lock from the others: it takes ten times as long.
threads_for() { if [ "$(nproc)" -ge "$1" ]; then echo multi; else echo single; fi; }

# boot <machine>: leaves its records in <machine>.log.
boot() {
    local cpus=${1//[!0-9]/} options=run=tests
    case $1 in *nofast*) options="$options nofast" ;; esac
    case $1 in
    counted-*) boot_qemu "$1" "$cpus" "$counted" "$options" ;;
    plain-1*)  boot_qemu "$1" 1 tcg,thread=single "$options" ;;
    plain-*)   boot_qemu "$1" "$cpus" "tcg,thread=$(threads_for "$cpus")" "$options" ;;
    uefi|uefi-*) boot_tool "$1" qemu-uefi "$options" ;;
    bochs|bochs-*) boot_tool "$1" bochs "$options" ;;
    *) echo "no such machine"; return 1 ;;
    esac
}

# boot_qemu <machine> <CPUs> <accelerator> <options>
boot_qemu() {
    local status=0
    # shellcheck disable=SC2086 # the accelerator is several words
    timeout $seconds_max qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -smp "$2" \
        -accel $3 -device isa-debug-exit,iobase=0xf4,iosize=4 -device e1000e,romfile= -monitor none -serial "file:$work/$1.log" \
        -kernel "$build/kernel/tollgate.elf" -initrd "$build/boot/archive.cpio" -append "$4" </dev/null || status=$?
    [ $status -eq 33 ] || { echo "exit status $status"; tail -n 5 "$work/$1.log"; return 1; }
}

# boot_tool <machine> <target> <options>
boot_tool() {
    "$build/tollgate" run --target "$2" --select '*' --cmdline "$3" --timeout $seconds_max --results "$work/$1" </dev/null || return 1
    cp "$(find "$work/$1" -name raw.log | head -n 1)" "$work/$1.log"
}

# tests <machine>: "result name" of each.
tests() { sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\).* \*[0-9a-f]*\r*$/\2 \1/p' "$work/$1.log" | sed 's/%20/ /g'; }

none_fails() { ! tests "$1" | grep -v '^pass \|^skip ' && tests "$1" | grep -q '^pass '; }
# Counts that tests tell of themselves are no tests.
runs_the_specification() { diff "$work/spec" <(tests "$1" | cut -d ' ' -f 2- | grep -v '^equivalence: count of ' | LC_ALL=C sort); }
# What is skipped needs a machine that this one is not: more CPUs, a device, somebody who types; or the instrumented build.
skips_little() {
    local unexplained
    unexplained=$(sed -n 's/%20/ /g; s/^@tg .* result=skip detail=\(.*\) \*[0-9a-f]*\r*$/\1/p' "$work/$1.log" |
        grep -v '^fewer than [0-9] CPUs$\|^no e1000e$\|^nobody types$\|^ways out of the fast path are counted with trace=on$' | sort | uniq -c)
    [ -z "$unexplained" ] || { echo "$unexplained"; return 1; }
}

machine() {
    tap_check "$1: the session ends well" boot "$1"
    [ -s "$work/$1.log" ] || return
    tap_check "$1: no test fails ($(tests "$1" | grep -c '^pass ') pass, $(tests "$1" | grep -c '^skip ') are skipped)" none_fails "$1"
    tap_check "$1: every test of the specification has run, and nothing else" runs_the_specification "$1"
    tap_check "$1: what is skipped says what it lacks" skips_little "$1"
}

tap_check 'the specification has a list of names' eval "$here/spec.sh --names >$work/spec"
if [ "${CONFORMANCE:-}" = all ]; then
    machines=(counted-1 counted-2 counted-4 counted-1-nofast counted-4-nofast plain-1 plain-2 plain-4 plain-2-nofast uefi uefi-nofast bochs
              bochs-nofast)
else
    machines=(plain-2 uefi)
fi
for name in "${machines[@]}"; do machine "$name"; done
tap_done
