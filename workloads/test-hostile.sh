#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# Boots the checking kernel with the tests of hostility (workloads/hostile), with 1 and 2 CPUs, with and without the fast path; one TAP line
# for each test. `rounds=100000` on the command line of the checking kernel, or of the plain one, is the long run of rounds.c.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}

# records <log>: "result name detail" of the tests in it, blanks restored.
records() { sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\)\(.*\) \*[0-9a-f]*\r*$/\2 \1\3/p' "$1" | sed 's/%20/ /g'; }

# session <prefix> <CPUs> <program> <options>
session() {
    local result name status=0 log=$work/$1-$3.log
    timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -smp "$2" \
        -accel tcg,thread=single -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none -serial "file:$log" \
        -kernel "$build/kernel/check.elf" -initrd "$build/boot/hostile.cpio" -append "run=tests select=$3 check=200 $4" </dev/null || status=$?
    while read -r result name; do
        case $result in
        pass) tap_ok "$1: $name" ;;
        skip) tap_skip "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        *) tap_fail "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        esac
    done < <(records "$log")
    if [ $status -eq 33 ] && grep -q '^check: .* verified [1-9][0-9]* times' "$log"; then tap_ok "$1: session of $3 ends well, invariants hold"; else
        tap_fail "$1: session of $3 ends well, invariants hold" "exit status $status; $(grep -a -A9 PANIC "$log" || tail -n 4 "$log")"; fi
}

for program in grants destroy rounds exhaust; do session fast "1" $program ''; done
for program in grants destroy exhaust; do session nofast 1 $program nofast; done
session traced 1 exhaust 'check=2000 trace=on'
session two-cpus 2 destroy ''
session two-cpus 2 exhaust ''
session two-cpus 2 redirect ''
session two-cpus-nofast 2 destroy nofast
session two-cpus-nofast 2 redirect nofast
tap_done
