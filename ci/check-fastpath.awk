# SPDX-License-Identifier: BSD-2-Clause
# The habit of the fast path (fastpath.S): reads fastpath.S, then core's ipc.c, and prints "<rule> <what>" for each breach.
# Rules: steps (head comment, labels and ipc.c name the same steps in the same order), commit (nothing of memory or of
# the machine is written before it; one in each routine; after it only the branches that skip an equal page table or an unused FS base, and the one for extras), forward (jumps go forward, to the slow label or the next routine). Macros are expanded first (fastpath-expand.awk). Works in mawk.

function complain(rule, what) { print rule " " what }

# --- ipc.c: comments that begin with a step ---
FILENAME ~ /\.c$/ {
    line = $0
    if (line !~ /(\/\*| \*) P[0-9]+ [A-Za-z_]+/) next
    while (match(line, /P[0-9]+ [A-Za-z_]+/)) {
        split(substr(line, RSTART, RLENGTH), word, " ")
        core_step[word[1] " " tolower(word[2])] = 1
        line = substr(line, RSTART + RLENGTH)
    }
    next
}

# --- fastpath.S: head comment, two columns ---
FNR == 1 { in_comment = 0 }
/^\/\*/ && !head_seen { in_head = 1 }
in_head && / P[0-9]+ [a-z_]+ / {
    line = $0; column = 0
    while (match(line, /P[0-9]+ [a-z_]+ /)) {
        column++
        n = split(substr(line, RSTART, RLENGTH), word, " ")
        head[column, ++head_steps[column]] = word[1] " " word[2]
        line = substr(line, RSTART + RLENGTH)
    }
}
{
    code = $0
    if (in_comment) { if (match(code, /\*\//)) { code = substr(code, RSTART + 2); in_comment = 0; in_head = 0; head_seen = 1 } else next }
    while (match(code, /\/\*/)) {
        before = substr(code, 1, RSTART - 1); rest = substr(code, RSTART + 2)
        if (match(rest, /\*\//)) code = before " " substr(rest, RSTART + 2)
        else { code = before; in_comment = 1 }
    }
    code = trim(code)
    if (code ~ /^#/ || code == "") next
    if (take_code(code)) next
    source[++sources] = code
}

function writes_memory(text) {
    sub(/^rep[a-z]* +/, "", text)
    if (text ~ /^(movs|stos)[bwdq]?$/) return 1
    if (text ~ /^(cmp|test|lea|nop|prefetch|j)/) return 0
    return text ~ /^[a-z]+[ \t]+((byte|word|dword|qword) ptr )?([a-z]s:)?\[/ || text ~ /^(push|call|xchg|lock|wrmsr|mov[ \t]+cr[0-9])/
}

END {
    if (head_steps[1] == 0 || head_steps[2] == 0) complain("steps", "no two columns of steps in the head comment")
    for (i = 1; i <= sources; i++) emit(source[i], 0)
    for (i = 1; i <= lines; i++) if (flat[i] ~ /^[A-Za-z_][A-Za-z0-9_]*:$/) position[substr(flat[i], 1, length(flat[i]) - 1)] = i
    # FAST_EXIT name, target: a way out by its name.
    for (i = 1; i <= lines; i++) if (split(flat[i], word, /[ \t,]+/) == 3 && word[1] == "FAST_EXIT") position[word[3] "_" word[2]] = i

    routine = ""; state = ""
    for (i = 1; i <= lines; i++) {
        text = flat[i]
        if (text ~ /^[a-z_]+_p[0-9]+_[a-z_]+:$/) {
            match(text, /_p[0-9]+_/)
            routine = substr(text, 1, RSTART - 1)
            step = "P" substr(text, RSTART + 2, RLENGTH - 3) " " substr(text, RSTART + RLENGTH, length(text) - RSTART - RLENGTH)
            take_step()
        } else if (text ~ /:$/) {
            if (text !~ ("^" routine "_(same_table|no_fs_base):$")) { routine = ""; state = text == "fast_slow:" ? "slow" : text == "fast_extras:" ? "extras" : "" }
        } else if (text ~ /^j/) check_jump()
        else if (state == "checking" && writes_memory(text)) complain("commit", routine ": before the commit: " text)
    }
    for (name in at) {
        if (at[name] != head_steps[column_of(name)]) complain("steps", name ": ends at step " at[name] ", the head comment has " head_steps[column_of(name)])
        if (commits[name] != 1) complain("commit", name ": " commits[name] + 0 " commit labels")
        routines++
    }
    if (routines < 2) complain("steps", "fewer than two routines with step labels")
    for (step in used) if (!(step in core_step)) complain("steps", "core/ipc.c has no comment '" step "'")
    for (step in core_step) if (!(step in used)) complain("steps", "core/ipc.c names '" step "', which the fast path does not have")
}

function column_of(name) { return name ~ /^fast_call/ ? 1 : 2 }

# A routine that is entered at its second step, from another one's look at the tag, has no first step of its own.
function take_step() {
    if (routine !~ /^fast_(call|reply)(_|$)/) complain("steps", routine ": neither fast_call... nor fast_reply...")
    if (!(routine in at) && step !~ /^P1 / && (routine in entered_late)) at[routine] = 1
    at[routine]++
    if (head[column_of(routine), at[routine]] != step)
        complain("steps", routine ": step " at[routine] " is '" step "', the head comment says '" head[column_of(routine), at[routine]] "'")
    if (step ~ / commit$/) commits[routine]++
    state = commits[routine] ? "committed" : "checking"
    used[step] = 1
}

function check_jump(    word, target) {
    split(text, word, /[ \t]+/); target = word[2]
    if (state == "slow" && target == "invoke_slow") return
    if (state == "extras" && target == "thread_resume") return
    if (state == "committed" && target ~ /^fast_extras_/) return
    if (!(target in position)) complain("forward", text " leaves this file")
    else if (position[target] <= i) complain("forward", text " goes back")
    if (state == "committed" && target !~ ("^" routine "_(same_table|no_fs_base)$")) complain("commit", routine ": a branch after the commit: " text)
    if (state != "checking") return
    if (step ~ /^P1 / && target ~ /^fast_[a-z_]+_p2_[a-z]+$/) { sub(/_p2_[a-z]+$/, "", target); entered_late[target] = 1; return }
    if (target !~ /^fast_slow_/ && target != "fast_nothing" && target !~ /^fast_[a-z_]+_p1_[a-z]+$/) complain("forward", routine ": a check leaves to " target)
}
