#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# The conformance program (workloads/test) as a whole, machine by machine: each must run exactly the tests that workloads/spec.sh names, none may
# fail, and what is skipped must say what the machine lacks. One TAP line for each machine, one for all of them. Without arguments the machines
# that no other suite of CI boots it on; `test-conformance.sh all`: every one (make test-conformance); else those named.
# Limits: CPU time of an emulator, and how long it may be silent; the clock on the wall is the host's affair.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests); CONFORMANCE_JOBS, machines at a time (1).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
counted='tcg,thread=single -icount shift=0,sleep=off'
cpu_seconds_max=900 silent_seconds_max=600
every=(counted-1 counted-2 counted-4 counted-1-nofast counted-4-nofast plain-1 plain-2 plain-4 plain-2-nofast uefi uefi-nofast bochs bochs-nofast)

# More threads than the host has CPUs, and those that spin with PAUSE keep the emulator's one lock from the others: it takes ten times as long.
threads_for() { if [ "$(nproc)" -ge "$1" ]; then echo multi; else echo single; fi; }

# limited <machine> <command>...: ends the command when it has used up its CPU time, or leaves nothing new in its folder for too long.
limited() {
    local folder=$work/$1 size=0 now since=$SECONDS pid
    shift
    (ulimit -t $cpu_seconds_max; exec timeout -k 10 86400 "$@" </dev/null) &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        sleep 1
        now=$(du -sb "$folder" | cut -f 1)
        [ "$now" = "$size" ] || { size=$now since=$SECONDS; }
        [ $((SECONDS - since)) -lt $silent_seconds_max ] || { echo "silent for $silent_seconds_max s"; kill $pid; }
    done
    wait $pid
}

# boot <machine>: leaves its records in <machine>/log.
boot() {
    local cpus=${1//[!0-9]/} options=run=tests
    case $1 in *nofast*) options="$options nofast" ;; esac
    case $1 in
    counted-[1-8]*) boot_qemu "$1" "$cpus" "$counted" "$options" ;;
    plain-1*)       boot_qemu "$1" 1 tcg,thread=single "$options" ;;
    plain-[2-8]*)   boot_qemu "$1" "$cpus" "tcg,thread=$(threads_for "$cpus")" "$options" ;;
    uefi|uefi-*)    boot_tool "$1" qemu-uefi "$options" ;;
    bochs|bochs-*)  boot_tool "$1" bochs "$options" ;;
    *) echo "no such machine"; return 1 ;;
    esac
}

# boot_qemu <machine> <CPUs> <accelerator> <options>
boot_qemu() {
    local status=0
    # shellcheck disable=SC2086 # the accelerator is several words
    limited "$1" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -smp "$2" \
        -accel $3 -device isa-debug-exit,iobase=0xf4,iosize=4 -device e1000e,romfile= -monitor none -serial "file:$work/$1/log" \
        -kernel "$build/kernel/tollgate.elf" -initrd "$build/boot/archive.cpio" -append "$4" || status=$?
    [ $status -eq 33 ] || { echo "exit status $status"; tail -n 5 "$work/$1/log"; return 1; }
}

# boot_tool <machine> <target> <options>; its own limit is on the wall.
boot_tool() {
    limited "$1" "$build/tollgate" run --target "$2" --select '*' --cmdline "$3" --timeout 86400 --results "$work/$1/results" || return 1
    cp "$(find "$work/$1/results" -name raw.log | head -n 1)" "$work/$1/log"
}

# tests <machine>: "result name" of each. Counts that tests tell of themselves are no tests.
tests() {
    sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\).* \*[0-9a-f]*\r*$/\2 \1/p' "$work/$1/log" | sed 's/%20/ /g' |
        grep -v '^[a-z]* equivalence: count of '
}
count() { cut -d ' ' -f 1 "$work/$1/tests" | grep -c "^$2\$"; }

none_fails() { ! grep -v '^pass \|^skip ' "$work/$1/tests" && grep -q '^pass ' "$work/$1/tests"; }
runs_the_specification() { diff "$work/spec" <(cut -d ' ' -f 2- "$work/$1/tests" | LC_ALL=C sort); }
# What is skipped needs a machine that this one is not: more CPUs, a device, somebody who types; or the instrumented build.
skips_little() {
    local unexplained
    unexplained=$(sed -n 's/%20/ /g; s/^@tg .* result=skip detail=\(.*\) \*[0-9a-f]*\r*$/\1/p' "$work/$1/log" |
        grep -v '^fewer than [0-9] CPUs$\|^no e1000e$\|^nobody types$\|^ways out of the fast path are counted with trace=on$' | sort | uniq -c)
    [ -z "$unexplained" ] || { echo "skipped: $unexplained"; return 1; }
}

judge() {
    boot "$1" || { echo "the session did not end well"; grep -a ' result=fail ' "$work/$1/log"; return 1; }
    tests "$1" >"$work/$1/tests"
    none_fails "$1" && runs_the_specification "$1" && skips_little "$1"
}

# machine <machine>: leaves <machine>/verdict (pass or fail), /why and /seconds (CPU, wall).
machine() {
    local verdict=fail
    mkdir "$work/$1"
    : >"$work/$1/tests"
    TIMEFORMAT='%U %S %R'
    { time judge "$1" >"$work/$1/why" 2>&1 && verdict=pass; } 2>"$work/$1/seconds"
    echo $verdict >"$work/$1/verdict"
}

# seconds <machine>...: of CPU, and on the wall.
seconds() { (cd "$work" && for m in "$@"; do cat "$m/seconds"; done) | awk '{ cpu += $1 + $2; wall += $3 } END { printf "%d s of CPU in %d s", cpu, wall }'; }

told=0
# report: those that are done, in their order.
report() {
    local m counts
    while [ $told -lt ${#machines[@]} ] && [ -f "$work/${machines[told]}/verdict" ]; do
        m=${machines[told]} told=$((told + 1))
        counts="$m: $(count "$m" '.*') tests, $(count "$m" pass) pass, $(count "$m" fail) fail, $(count "$m" skip) skipped; $(seconds "$m")"
        if [ "$(cat "$work/$m/verdict")" = pass ]; then tap_ok "$counts"; else tap_fail "$counts" "$(tail -n 40 "$work/$m/why")"; fi
    done
}

case "$*" in '') machines=(plain-4 uefi) ;; all) machines=("${every[@]}") ;; *) machines=("$@") ;; esac
tap_check 'the specification has a list of names' eval "$here/spec.sh --names >$work/spec"
running=0
for name in "${machines[@]}"; do
    [ $running -lt "${CONFORMANCE_JOBS:-1}" ] || { wait -n; running=$((running - 1)); report; }
    machine "$name" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do wait -n; running=$((running - 1)); report; done
all() { local sum=0 m; for m in "${machines[@]}"; do sum=$((sum + $(count "$m" "$1"))); done; echo $sum; }
total="all ${#machines[@]} machines: $(all '.*') tests, $(all pass) pass, $(all fail) fail, $(all skip) skipped; $(seconds "${machines[@]}") one after the other, $SECONDS s on the wall"
if [ $told -eq ${#machines[@]} ] && [ "$(all '.*')" -eq $((${#machines[@]} * $(wc -l <"$work/spec"))) ] && [ "$(all fail)" -eq 0 ]; then tap_ok "$total"; else tap_fail "$total"; fi
tap_done
