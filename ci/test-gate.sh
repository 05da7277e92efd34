#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# The gate: the tree as it is passes; one instruction added to the fast path fails, with the rows that it hit and by how much.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
unset MAKEFLAGS MAKELEVEL
build=${BUILD:-build}
work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")

tap_check 'the tree as it is gives the accepted counts' ci/gate "$work/results"

mkdir "$work/tree" && ci/sources | tar -cf - -T - | tar -xf - -C "$work/tree"
sed -i '/_p3_receiver:/a\    nop' "$work/tree/kernel/x86_64/fastpath.S"
if cmp -s kernel/x86_64/fastpath.S "$work/tree/kernel/x86_64/fastpath.S"; then tap_fail 'one instruction can be added'; else tap_ok 'one instruction can be added'; fi
(cd "$work/tree" && env -u BUILD make -s --no-print-directory -j2 build/kernel/tollgate.elf build/boot/archive.cpio build/tollgate build/workloads.txt build/footprint.so) >"$work/make.log" 2>&1
tap_check 'the kernel with one instruction more builds' test -s "$work/tree/build/kernel/tollgate.elf"
one_more() { (cd "$work/tree" && env -u BUILD ci/gate "$work/results") >"$work/gate.log" 2>&1; }
tap_refuses 'one instruction more fails the gate' one_more
# A call takes that instruction once in each round trip, by words in registers and by longer messages.
for row in 'ipc.call.inter words=0,path=fast,method=single' 'ipc.call.intra words=63,path=fast,method=batched'; do
    tap_check "it names $row" grep -F "$row" "$work/gate.log"
done
# The same instruction in the footprint, counted by the plugin instead of the clock.
tap_check 'the footprint gate fails too, and names the kernel' grep -E 'changed +ipc.call.inter words=0,path=fast,method=single:.*kernel_instructions [0-9]+ -> [0-9]+ \(\+1\)' "$work/gate.log"
# A call to another CPU is tried on the fast path, and leaves it behind that instruction.
quiet() { ! grep -E '^(changed|new|missing) .*(path=slow|hw\.)' "$work/gate.log" | grep -v ' smp\.ipc '; }
tap_check 'and no row of the slow path' quiet
sed 's/^/# /' "$work/gate.log" | head -n 40
"$build/tollgate" --help >/dev/null || tap_fail 'tollgate runs'
tap_done
