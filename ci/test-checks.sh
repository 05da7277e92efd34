#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Self-test of ci/check-*: each rule must go red when a copy of the tree breaks it, and stay green on the copy as it is.
# shellcheck disable=SC2016 # sed's $a, not a variable
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
copy=${TEST_TMPDIR:?run me through ci/run-tests}/tree
top=$here/..

fresh() {
    rm -rf "$copy" && mkdir -p "$copy"
    (cd "$top" && ci/sources | tar -cf - -T -) | tar -xf - -C "$copy"
}

# outcome <check> <rule>: the line of that rule, "ok" or "not ok". The copy has no .git: ci/sources falls back to find.
outcome() { "$here/$1" "$copy" 2>&1 | sed -n "s/^\(ok\|not ok\) [0-9]* - $2\$/\1/p"; }

# What a check says of the copy as it is; asked once.
declare -A as_it_is
known() { sed -n "s/^\(ok\|not ok\) [0-9]* - $2\$/\1/p" <<<"${as_it_is[$1]}"; }

# red <name> <check> <rule> <file> <sed script>: after the edit, exactly this rule says "not ok".
red() {
    local name=$1 check=$2 rule=$3 file=$copy/$4 script=$5 before after
    cp "$file" "$copy.saved"
    before=$(known "$check" "$rule")
    sed -i "$script" "$file"
    if cmp -s "$file" "$copy.saved"; then tap_fail "$name" "the edit '$script' changed nothing in $4"; return; fi
    after=$(outcome "$check" "$rule")
    cp "$copy.saved" "$file"
    if [ "$before" = ok ] && [ "$after" = 'not ok' ]; then tap_ok "$name"; else tap_fail "$name" "before '$before', after '$after'"; fi
}

# red_new <name> <check> <rule> <file>: the same for a file that comes from stdin.
red_new() {
    local name=$1 check=$2 rule=$3 file=$copy/$4 after
    mkdir -p "$(dirname "$file")" && cat >"$file"
    after=$(outcome "$check" "$rule")
    rm -f "$file"
    if [ "$after" = 'not ok' ]; then tap_ok "$name"; else tap_fail "$name" "'$after'"; fi
}

fresh
for check in check-code check-reading check-fastpath check-docs; do as_it_is[$check]=$("$here/$check" "$copy" 2>&1); done
licence='every source names its licence'
red 'C file without SPDX line' check-code "$licence" kernel/core/ipc.c 1d
red 'script without SPDX line' check-code "$licence" ci/run-tests '/SPDX/d'
red_new 'file of unknown kind' check-code "$licence" ci/strange.xyz <<<'hello'

length='functions have at most 70 lines'
red_new 'function of 71 lines' check-code "$length" harness/long.c < <(echo '/* SPDX-License-Identifier: BSD-2-Clause */'; echo 'void f(void)'; echo '{'; yes '    x();' | head -n 71; echo '}')
red_new 'function of 71 lines, brace on its head, after a string that holds a comment mark' check-code "$length" harness/long.c < <(echo '/* SPDX-License-Identifier: BSD-2-Clause */'; echo 'char *s = "/*";'; echo 'void f(void) {'; yes '    x();' | head -n 71; echo '}')
{ echo '/* SPDX-License-Identifier: BSD-2-Clause */'; echo 'void f(void)'; echo '{'; yes '    x();' | head -n 70; echo '}'; } >"$copy/harness/long.c"
if [ "$(outcome check-code "$length")" = ok ]; then tap_ok 'function of 70 lines is fine'; else tap_fail 'function of 70 lines is fine'; fi
rm "$copy/harness/long.c"

condition='core and assembly have no conditional compilation'
red '#if in core' check-code "$condition" kernel/core/ipc.c '$a #if 1\n#endif'
red '#ifdef of a feature in assembly' check-code "$condition" kernel/x86_64/fastpath.S '$a #ifdef CONFIG_FAST\n#endif'
displacement='displacements come from generated offsets'
red 'number beside a register, Intel syntax' check-code "$displacement" kernel/x86_64/fastpath.S '$a mov rax, [CURRENT + 16]'
red 'number beside a register, AT&T syntax' check-code "$displacement" kernel/boot/start.S '$a movl 8(%esp), %eax'
asm='assembly is in .S; inline, one instruction in a few headers'
red 'inline assembly in a C file' check-code "$asm" kernel/core/ipc.c '$a void f(void) { __asm__ volatile("nop"); }'
red 'two instructions in one asm' check-code "$asm" kernel/x86_64/cpu.h '$a static inline void f(void) { __asm__ volatile("cli; hlt"); }'
red 'two instructions on two lines' check-code "$asm" kernel/x86_64/cpu.h '$a static inline void f(void) { __asm__ volatile("cli\\n\\thlt" ::: "memory"); }'
red 'a note of unfinished work' check-code 'no unfinished work' kernel/core/ipc.c '$a /* TO''DO: later */'

red 'kernel file missing from READING' check-reading 'every file of the kernel is in it' kernel/READING '/^core\/ipc\.c/d'
red 'READING names a file that is gone' check-reading 'every file in it exists' kernel/READING '$a core/gone.c  nothing'
red 'READING names a file twice' check-reading 'no file is in it twice' kernel/READING '$a core/ipc.c  again'
red 'READING without a word on a file' check-reading 'each line says what the file is' kernel/READING 's/^\(core\/ipc\.c\) .*/\1/'

steps='head comment, labels and core\/ipc.c name the same steps'
fast=kernel/x86_64/fastpath.S
red 'step renamed in the head comment' check-fastpath "$steps" $fast 's/P3 receiver /P3 partner  /'
red 'step label renamed' check-fastpath "$steps" $fast 's/_p3_receiver:/_p3_target:/'
red 'step label gone' check-fastpath "$steps" $fast '/_p2_reply:/d'
red 'step gone from ipc.c' check-fastpath "$steps" kernel/core/ipc.c '/P5 message/d'
red 'step in ipc.c that the fast path lacks' check-fastpath "$steps" kernel/core/ipc.c '$a /* P8 prayer: none */'
commit='nothing is written before the one commit, and nothing can fail after it'
red 'store before the commit' check-fastpath "$commit" $fast '/_p3_receiver:/a mov [CURRENT + THREAD_CALLER], PARTNER'
red 'page table before the commit' check-fastpath "$commit" $fast '/_p3_senders:/a mov cr3, rcx'
red 'check after the commit' check-fastpath "$commit" $fast '/^fast_call_p5_message:/a jne fast_slow'
red 'commit label gone' check-fastpath "$commit" $fast '0,/_p4_commit:/{/_p4_commit:/d}'
forward='checks jump forward, to the slow path or the next routine'
red 'jump back' check-fastpath "$forward" $fast '/_p3_receiver:/a jne syscall_entry'
red 'check that leaves to another place' check-fastpath "$forward" $fast '/_p3_receiver:/a jne fast_call_p7_exit'

link='links lead somewhere'
red 'broken link' check-docs "$link" README.md '$a [gone](no/such/file.md)'
red 'link to a heading that is not there' check-docs "$link" README.md 's/#scheduling-policy)/#scheduling)/'
red 'heading that links name, called otherwise' check-docs "$link" BENCHMARKS.md 's/^\(#* \)Scheduling policy$/\1Policies/'
red 'make goal that does not exist' check-docs 'commands exist' README.md '$a `make nonesuch`'
red 'command of the tool that does not exist' check-docs 'commands exist' README.md '$a `build/tollgate nonesuch`'
red 'figure changed by hand in a generated table' check-docs 'tables are what their commands print' BENCHMARKS.md 's/^| 63 | /| 63 | 1/'
red 'sentence of a workload that its source no longer says' check-docs 'tables are what their commands print' workloads/hw/int.c 's/INT to a handler/an INT to a handler/'
red 'marker without an end' check-docs 'tables are what their commands print' BENCHMARKS.md '0,/<!-- end -->/{/<!-- end -->/d}'
tap_done
