# SPDX-License-Identifier: BSD-2-Clause
# The fast path, instruction by instruction: reads what defines macros, fastpath.S, then `objdump -d -M intel --no-show-raw-insn` of the kernel from syscall_entry to
# fastpath_end, and prints each instruction of the binary beside its line of the source, macros expanded (ci/fastpath-expand.awk), under
# the names of the steps. Ends with status 1 where the two do not agree: then it is not this source that was built. Works in mawk.

# Files before fastpath.S bring macros alone; behind it comes the binary.
FNR == 1 { in_comment = 0; file = 0 }
FILENAME ~ /fastpath\.S$|other\.S$/ { file = 1; source_seen = 1 }
file == 0 && source_seen { file = 2 }

# --- the source: head comment, then code; a comment at the end of a line stays with its instruction ---
file == 1 && !head_seen && match($0, /P[0-9]+ [a-z_]+ /) {
    column = RSTART + 1
    right = match(substr($0, column + 1), /P[0-9]+ [a-z_]+ /) ? column + RSTART : length($0) + 1
    remember("call", substr($0, 1, right - 1)); remember("reply", substr($0, right))
    in_table = 1
}
# A line that goes on with what the steps above it say.
file == 1 && !head_seen && in_table && !/P[0-9]+ [a-z_]+ / {
    if ($0 ~ /^ \*$/) in_table = 0
    else { go_on("call", substr($0, 3, right - 3)); go_on("reply", substr($0, right)) }
}
file < 2 {
    code = $0
    if (in_comment) { if (match(code, /\*\//)) { code = substr(code, RSTART + 2); in_comment = 0; if (file == 1) head_seen = 1 } else next }
    while (match(code, /\/\*/)) {
        before = substr(code, 1, RSTART - 1); rest = substr(code, RSTART + 2)
        if (match(rest, /\*\//)) code = before " " substr(rest, RSTART + 2)
        else { code = before; in_comment = 1 }
    }
    code = trim(code)
    if (code ~ /^#/ || code == "" || take_code(code)) next
    if (file == 1) source[++sources] = code
}

function go_on(leg, text) {
    if (trim(text) != "") meaning[leg, last_step] = meaning[leg, last_step] " " trim(text)
}

function remember(leg, text,    word, step) {
    if (!match(text, /P[0-9]+ [a-z_]+ /)) return
    step = substr(text, RSTART, RLENGTH); text = substr(text, RSTART + RLENGTH)
    split(step, word, " ")
    last_step = tolower(word[1])
    meaning[leg, last_step] = word[1] " " word[2] ": " trim(text)
}

# --- the binary ---
file == 2 && /^[0-9a-f]+ <.*>:$/ { next }
file == 2 && /^ *[0-9a-f]+:\t/ {
    text = $0; sub(/^ *[0-9a-f]+:\t/, "", text); gsub(/[ \t]+/, " ", text); text = trim(text)
    if (text ~ /^(nop|xchg ax,ax|data16|cs nop|lea .*\[.*\+0x0\]$|int3)/) next # padding between routines
    address = $1; sub(/:$/, "", address)
    binary[++instructions] = text; at[instructions] = address
}

# Mnemonics that have two names.
function canonical(name) {
    if (name == "jne") return "jnz"
    if (name == "je") return "jz"
    if (name == "sysretq") return "sysret"
    if (name == "movsq") return "movs"
    return name
}

END {
    for (i = 1; i <= sources; i++) emit(source[i], 0)
    used = 0; failed = 0
    for (i = 1; i <= lines; i++) {
        text = flat[i]
        # Macros of other files (tracepoints, guards) are empty in the ordinary build.
        if (text ~ /^(\.|[A-Z][A-Z0-9_]*([ \t]|$))/) continue
        if (text ~ /:$/) { heading(substr(text, 1, length(text) - 1)); continue }
        used++
        gsub(/[ \t]+/, " ", text)
        split(text, wanted, " "); split(binary[used], found, " ")
        if (canonical(wanted[1]) != canonical(found[1])) {
            print "fastpath_listing: instruction " used " is \"" binary[used] "\", the source has \"" text "\"" > "/dev/stderr"
            failed = 1; exit 1
        }
        step_count[current]++
        row[++rows] = sprintf("  %s  %-44s %s", at[used], binary[used], text)
        row_step[rows] = current
    }
    if (used != instructions) { print "fastpath_listing: " instructions " instructions, the source has " used > "/dev/stderr"; exit 1 }
    for (i = 1; i <= rows; i++) {
        if (row_step[i] in title && !(row_step[i] in printed)) {
            printed[row_step[i]] = 1
            printf("%s%s   [%d instruction%s]\n", (i > 1 ? "\n" : ""), title[row_step[i]], step_count[row_step[i]], step_count[row_step[i]] == 1 ? "" : "s")
        }
        print row[i]
    }
    printf "\n%d instructions\n", instructions
}

function heading(label,    leg, step) {
    current = label
    title[label] = label
    if (match(label, /_p[0-9]+_/)) {
        leg = label ~ /^fast_call/ ? "call" : "reply"
        step = substr(label, RSTART + 1, RLENGTH - 2)
        if ((leg, step) in meaning) title[label] = label "   " meaning[leg, step]
    }
}
