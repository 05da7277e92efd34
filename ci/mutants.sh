# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# For suites that break a copy of the tree and want its guest tests red; sourced after tap.sh. Red is what a test says of itself, the kernel of a broken
# assertion or an exception, or root of a program that is blocked (limit=, in the guest's seconds, which pass at once while it idles). A run that is
# cut off by a time limit, or fails otherwise, says nothing.

# tree_copy: $work is the folder of the suite; in it a copy of the tree, in which the shell is from now on, with what has been built already.
tree_copy() {
    local part built
    built=$(realpath "${BUILD:-build}")
    work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")
    unset MAKEFLAGS MAKELEVEL BUILD
    cd "$(dirname "${BASH_SOURCE[0]}")/.." && mkdir -p "$work/tree/build" && ci/sources | tar -cf - -T - | tar -xf - -C "$work/tree" || exit 1
    for part in kernel boot guest harness; do if [ -d "$built/$part" ]; then cp -a "$built/$part" "$work/tree/build/"; fi; done
    cd "$work/tree" || exit 1
}
tree_build() { make -s --no-print-directory -j2 build/kernel/tollgate.elf build/boot/archive.cpio build/tollgate build/workloads.txt; }

# tests_run <seconds> <kernel options> [option of run]...
tests_run() {
    rm -rf "$work/results"
    build/tollgate run --timeout "$1" --cmdline "run=tests $2" --results "$work/results" --output "$work/tests.json" "${@:3}" </dev/null
}

# What failed in the last run: names of tests with what they say, a panic; last, where records do not even get out, how the session ended.
signs() {
    find "$work/results" -name raw.log -exec sed -n 's/\r*$//; s/%20/ /g; s/^\(PANIC: .*\)/\1/p; s/^@tg [0-9]* test name=\(.*\) result=fail \(.*\) \*[0-9a-f]*$/\1: \2/p' {} +
    sed -n 's/^tollgate: [a-z-]*: \(a test or workload failed in the guest .*\|the guest reset .*\)/\1/p' "$work/run.log"
}

# red <what is broken> <tests_run's arguments>...
red() {
    local status=0 sign
    tests_run "${@:2}" >"$work/run.log" 2>&1 || status=$?
    sign=$(signs | head -n 1)
    # 4: the run itself failed.
    if [ $status -eq 4 ] && [ -n "$sign" ]; then tap_ok "red: $1 ($sign)"
    else tap_fail "red: $1" "exit status $status, and no test says why"$'\n'"$(tail -n 10 "$work/run.log")"; fi
}

# fault <what is broken> <file> <sed script> <tests_run's arguments>...: planted, built, and taken out again.
fault() {
    cp "$2" "$work/whole"
    sed -i "$3" "$2"
    if cmp -s "$2" "$work/whole"; then tap_fail "red: $1" "the script changes nothing in $2"
    elif ! tree_build >"$work/make.log" 2>&1; then tap_fail "red: $1" "does not build: $(grep -m 3 error "$work/make.log")"
    else red "$1" "${@:4}"; fi
    cp "$work/whole" "$2"
}
