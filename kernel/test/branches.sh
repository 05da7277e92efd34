#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The kernel has no indirect branch that user space can reach, so that there is none to mistrain (mitigations.h): every function that has one
# is listed here with the reason why it is out of reach.
# Environment: BUILD (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
kernel=${BUILD:-build}/kernel/tollgate.elf

declare -A allowed=(
    [start_64]='boot' [secondary_64]='boot' [read_memory_map]='boot' [counter_sample]='boot' [clock_init]='boot'
    [arch_resume]='the first entry to user mode of each CPU'
    [arch_probe]='primitives that root alone may have measured (hw.*)'
    [pmu_noise_probe]='boot' [pmu_policy_probe]='boot' [frequency_proves]='boot' [vendor_of]='boot'
    [event_add]='pmu=on' [selects_add]='pmu=on' [generals_add]='pmu=on' [general_stop]='pmu=on' [all_stop]='pmu=on' [fixed_add]='pmu=on'
    [counter_proves]='pmu=on' [general_add]='pmu=on' [general_program]='pmu=on' [global_write]='pmu=on' [pmu_probe]='pmu=on'
    [handover_jump]='the end of the session, for those who may end it'
    [trace_record]='trace=on'
)
found=$(LC_ALL=C objdump -d --no-show-raw-insn "$kernel" | awk '
    /^[0-9a-f]+ </ { name = $2; gsub(/[<>:]/, "", name) }
    /[ \t](notrack )?(call|jmp) +\*/ { print name }' | sort -u)
reachable=
for name in $found; do
    plain=${name#traced_}
    [ -n "${allowed[${plain%%.*}]:-}" ] || reachable+=" $name"
done
if [ -z "$found" ]; then tap_fail 'objdump finds the indirect branches of boot'
elif [ -z "$reachable" ]; then tap_ok 'no indirect branch is in reach of user space'
else tap_fail 'no indirect branch is in reach of user space' "in:$reachable"; fi
tap_done
