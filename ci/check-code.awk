# SPDX-License-Identifier: BSD-2-Clause
# Rules of style about single C and assembly files; reads the files named and prints "<rule> <file>:<line>: <what>".
# Rules: function, condition, displacement, asm. Works in mawk.

function complain(rule, what) { print rule " " FILENAME ":" FNR ": " what }

FNR == 1 {
    assembly = FILENAME ~ /\.S$/
    core = FILENAME ~ /^kernel\/core\//
    kernel_assembly = assembly && FILENAME ~ /^kernel\//
    opened = 0; in_comment = 0; asm_open = 0
}

# code: the line without comments; bare: without the insides of strings and character constants too.
{
    code = ""; bare = ""; rest = $0
    while (rest != "") {
        if (in_comment) {
            if (!match(rest, /\*\//)) break
            rest = substr(rest, RSTART + 2); in_comment = 0
        } else if (match(rest, /^("([^"\\]|\\.)*"|'([^'\\]|\\.)*')/)) {
            code = code substr(rest, 1, RLENGTH); bare = bare "\"\""; rest = substr(rest, RLENGTH + 1)
        } else if (rest ~ /^\/\//) break
        else if (rest ~ /^\/\*/) { in_comment = 1; rest = substr(rest, 3) }
        else { code = code substr(rest, 1, 1); bare = bare substr(rest, 1, 1); rest = substr(rest, 2) }
    }
}

# A function begins at its brace: in the first column, or at the end of a line that begins with its head.
!assembly && (bare ~ /^\{[ \t]*$/ || bare ~ /^[A-Za-z_][^=;]*\)[ \t]*\{[ \t]*$/) { opened = FNR }
!assembly && bare ~ /^\}/ && opened {
    if (FNR - opened - 1 > 70) complain("function", FNR - opened - 1 " lines, 70 are allowed")
    opened = 0
}

(core || assembly) && code ~ /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)/ {
    if (code !~ /^[ \t]*#[ \t]*ifndef [A-Z0-9_]+_H[ \t]*$/ && code !~ /^[ \t]*#[ \t]*ifn?def __ASSEMBLER__[ \t]*$/)
        complain("condition", $0)
}

kernel_assembly {
    operand = code
    gsub(/\* *[1248]/, "", operand)
    if (operand ~ /\[[^]]*[-+] *(0x)?[0-9]/ || operand ~ /(^|[^A-Za-z0-9_])-?(0x)?[0-9]+\(%/) complain("displacement", $0)
}

# Where C may hold assembly at all, and there one instruction at a time.
!assembly && bare ~ /(^|[^A-Za-z0-9_])(__asm__|asm)([^A-Za-z0-9_]|$)/ && code !~ /register [^=]*__asm__\("[a-z0-9]+"\)/ && code !~ /^[ \t]*#[ \t]*include/ {
    if (!(FILENAME in asm_allowed)) complain("asm", "inline assembly outside the headers that ci/check-code lists")
    asm_open = 1; template = ""
}
# The template is the strings between the parenthesis and the first colon.
asm_open {
    template = template code
    rest = template; text = ""; closed = 0
    sub(/^.*__asm__[^"]*/, "", rest)
    while (rest != "" && !closed) {
        if (match(rest, /^"([^"\\]|\\.)*"/)) { text = text substr(rest, 2, RLENGTH - 2); rest = substr(rest, RLENGTH + 1) }
        else { closed = rest ~ /^[:)]/; rest = substr(rest, 2) }
    }
    if (closed) {
        if (text ~ /;/ || text ~ /[^ ]\\n(\\t)? *[a-z]/) complain("asm", "more than one instruction")
        asm_open = 0
    }
}

BEGIN { n = split(allowed, names, " "); for (i = 1; i <= n; i++) asm_allowed[names[i]] = 1 }
