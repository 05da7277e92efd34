#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# The gate: the tree as it is passes; one instruction added to the fast path fails, with the rows that it hit and by how much.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
. "$here/mutants.sh"

tap_check 'the tree as it is gives the accepted counts' "$here/gate" "$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")/results"

tree_copy
cp kernel/x86_64/fastpath.S "$work/whole"
sed -i '/_p3_receiver:/a\    nop' kernel/x86_64/fastpath.S
tap_refuses_saying 'one instruction can be added' ' differ: ' cmp kernel/x86_64/fastpath.S "$work/whole"
tap_check 'the kernel with one instruction more builds' tree_build
tap_check 'and the plugin' make -s --no-print-directory build/footprint.so
one_more() { ci/gate "$work/results" >"$work/gate.log" 2>&1; }
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
tap_done
