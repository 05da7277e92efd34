# SPDX-License-Identifier: BSD-2-Clause
# The fast path, instruction by instruction: reads what defines macros, fastpath.S, then `objdump -d -M intel --no-show-raw-insn` of the kernel from syscall_entry to
# fastpath_end, and prints each instruction of the binary beside its line of the source, macros expanded (ci/fastpath-expand.awk), under
# the names of the steps, what it is for (fastpath_notes.def, the first file) and, for a load, how many loads it needs one after the other: L1, L2, ...
# Ends with status 1 where binary, source and notes do not agree: then it is not this source that was built. Works in mawk.

# Files before fastpath.S bring macros alone; behind it comes the binary.
FNR == 1 { in_comment = 0; file = 0 }
FILENAME ~ /fastpath_notes\.def$/ {
    if ($1 == "chain") chain_wanted[$2] = $3
    else if ($1 == "why") why = why "  " substr($0, 5) "\n"
    else if ($0 !~ /^(#|$)/) {
        if (!match($0, / = /)) { complain("fastpath_notes.def: not understood: " $0); exit 1 }
        note_of[++notes] = substr($0, 1, RSTART - 1); note_text[notes] = substr($0, RSTART + 3)
    }
    next
}
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

function complain(text) { print "fastpath_listing: " text > "/dev/stderr"; failed = 1 }

# The note of an instruction; "": it has none.
function note(text,    i, key) {
    for (i = 1; i <= notes; i++) {
        key = note_of[i]
        if (key == text || (key ~ /\*$/ && index(text, substr(key, 1, length(key) - 1)) == 1)) { note_used[i] = 1; return note_text[i] }
    }
    complain("no note tells what \"" text "\" is for")
    return ""
}

# --- loads that wait for loads: depth[register], chain[register], by the binary; since a routine began, where registers are user space's ---
function whole(name) {
    if (name ~ /^e[a-z][a-z]$/) return "r" substr(name, 2)
    if (name ~ /^r[0-9]+d$/) return substr(name, 1, length(name) - 1)
    if (name == "bl") return "rbx"
    return name
}

# The deepest register of an address; its chain in address_chain.
function address_depth(operand,    inside, word, n, i, deepest) {
    address_chain = ""
    deepest = 0
    if (!match(operand, /\[.*\]/)) return 0
    inside = substr(operand, RSTART + 1, RLENGTH - 2)
    n = split(inside, word, /[-+*]/)
    for (i = 1; i <= n; i++)
        if (depth[word[i]] > deepest) { deepest = depth[word[i]]; address_chain = chain[word[i]] }
    return deepest
}

function loaded_add(text, operand) {
    load = address_depth(operand) + 1
    match(text, /(gs:)?\[[^]]*\]/)
    load_chain = address_chain (address_chain == "" ? "" : " -> ") substr(text, RSTART, RLENGTH)
    if (load > chain_found[routine]) { chain_found[routine] = load; chain_text[routine] = load_chain }
}

function put(register, value, text) { depth[register] = value; chain[register] = text }

# Follows one instruction; `load`: the depth of what it loads, 0 when it loads nothing.
function loads_follow(binary, text,    name, operands, word, to, from) {
    load = 0
    name = binary; sub(/ .*/, "", name)
    operands = substr(binary, length(name) + 2); split(operands, word, ",")
    to = whole(word[1]); from = word[2]
    if (name == "rep") { loaded_add("[rsi]", "[rsi]"); put("rsi", 0, ""); put("rdi", 0, ""); return }
    if ((name == "mov" || name == "or") && from ~ /\[|gs:/) {
        loaded_add(text, from)
        if (name == "mov" || load > depth[to]) put(to, load, load_chain)
    }
    else if ((name == "cmp" || name == "test") && operands ~ /\[|gs:/) loaded_add(text, operands)
    else if (name == "lea") { load = address_depth(from); put(to, load, address_chain); load = 0 }
    else if (name == "mov" && to !~ /\[|^cr3$/) put(to, depth[whole(from)], chain[whole(from)])
    else if (name == "xor") put(to, 0, "")
}

END {
    if (failed) exit 1
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
        loads_follow(binary[used], text)
        shown = binary[used]; sub(/^j[a-z]+ ffff[0-9a-f]* </, substr(shown, 1, index(shown, " ")) "<", shown)
        row[++rows] = sprintf("  %s  %-43s %-3s %-58s %s", at[used], shown, load ? "L" load : "", text, note(text))
        row_step[rows] = current
        if (found[1] ~ /^(sysret|jmp)/) for (register in depth) depth[register] = 0
    }
    if (used != instructions) { print "fastpath_listing: " instructions " instructions, the source has " used > "/dev/stderr"; exit 1 }
    for (i = 1; i <= rows; i++) {
        if (row_step[i] in title && !(row_step[i] in printed)) {
            printed[row_step[i]] = 1
            printf("%s%s   [%d instruction%s]\n", (i > 1 ? "\n" : ""), title[row_step[i]], step_count[row_step[i]], step_count[row_step[i]] == 1 ? "" : "s")
        }
        print row[i]
    }
    printf "\n%d instructions\n\nLoads that each need the one before, the longest chain of a routine; all else overlaps:\n", instructions
    for (i = 1; i <= routines; i++) {
        label = routine_name[i]
        if (chain_found[label] + 0 != chain_wanted[label] + 0) complain(label ": a chain of " chain_found[label] " loads, fastpath_notes.def says " chain_wanted[label] ": " chain_text[label])
        printf "  %-16s %d: %s\n", label, chain_found[label], chain_text[label]
    }
    printf "%s", why
    for (i = 1; i <= notes; i++) if (!note_used[i]) complain("fastpath_notes.def: no such instruction: " note_of[i])
    if (failed) exit 1
}

function heading(label,    leg, step) {
    current = label
    title[label] = label
    if (match(label, /_p[0-9]+_/)) {
        leg = label ~ /^fast_call/ ? "call" : "reply"
        step = substr(label, RSTART + 1, RLENGTH - 2)
        routine = label; sub(/_p[0-9]+_.*$/, "", routine)
        if (!(routine in routine_seen)) { routine_seen[routine] = 1; routine_name[++routines] = routine }
        if ((leg, step) in meaning) title[label] = label "   " meaning[leg, step]
    }
}
