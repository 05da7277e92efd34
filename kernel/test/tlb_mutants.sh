#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# No emulator here shows a missing invalidation of an address space tag (QEMU has no tags, Bochs empties its TLB at every load of CR3), so this does: each
# place where a translation is forgotten is taken out in turn, and the model of tagged TLBs (test_tlb.c), or the tests of the core on
# a machine that keeps account of what TLBs are owed (arch_host.c), must go red by their own assertion. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(realpath "$(dirname "$0")")
. "$here/../../ci/tap.sh"
work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")
build=$(realpath "${BUILD:-build}")
cd "$here/../.." || exit 1
compile=("${HOSTCC:-gcc}")
flags=(-std=gnu17 -O1 -w -I. -Ikernel/test/local -Ikernel/x86_64/untraced)

# model <tlb.c>: test_tlb.c with that file in the place of the kernel's.
model() {
    sed "s|\"kernel/x86_64/tlb.c\"|\"$1\"|" kernel/test/test_tlb.c >"$work/test_tlb.c" &&
        "${compile[@]}" "${flags[@]}" -I"$work" -o "$work/test_tlb" "$work/test_tlb.c" -lcmocka || { echo 'does not build'; return 200; }
    timeout 250 "$work/test_tlb"
}

# core <mapdb.c>: the tests of the mapping database and of the end of objects with that file in the place of the kernel's.
core() {
    "${compile[@]}" "${flags[@]}" -fsanitize=address,undefined -c -o "$work/mapdb.o" "$1" &&
        for test in test_mapdb test_core_destroy; do
            "${compile[@]}" -fsanitize=address,undefined -o "$work/$test" "$build/kernel/host/test/$test.o" "$work/mapdb.o" "$build/kernel/host/modules.a" -lcmocka ||
                { echo 'does not build'; return 200; }
            timeout 250 "$work/$test" || return
        done
}

# each <test> <message> <file> <pattern of what forgets>
each() {
    local check=$1 message=$2 file=$3 pattern=$4 line lines
    tap_check "$file as it is passes" "$check" "$PWD/$file"
    mapfile -t lines < <(grep -nE "$pattern" "$file" | grep -vE '^[0-9]+:(void|static|bool|uint64_t) ?[^{]*$' | cut -d: -f1)
    [ ${#lines[@]} -ge 2 ] || tap_fail "$file: places are found" "${#lines[@]} of them"
    for line in "${lines[@]}"; do
        sed -E "${line}s/($pattern)[^;]*;/;/" "$file" >"$work/mutant.c"
        cmp -s "$file" "$work/mutant.c" && tap_fail "$file, line $line" 'nothing was taken out'
        tap_refuses_saying "red without $file, line $line:$(sed -n "${line}p" "$file" | tr -s ' ')" "$message: error: Failure" "$check" "$work/mutant.c"
    done
}

each model '/test_tlb.c:[0-9]*' kernel/x86_64/tlb.c 'invlpg\(|invpcid\(|others_forget\(\)|tlb_space_drop\(page_table\)|cr3_write\(|->flush_spaces ='
each core "machine.c:$(sed -n '/assert_int_equal(host.tlb_owed/=' kernel/test/machine.c)" kernel/core/mapdb.c 'arch_tlb_drop\('
tap_done
