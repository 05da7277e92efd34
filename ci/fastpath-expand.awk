# SPDX-License-Identifier: BSD-2-Clause
# Macros of fastpath.S, for the programs that read it: take_code(code) takes a line without comments, emit(line, 0) leaves it, expanded, in
# flat[1..lines]. Works in mawk.

function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

# Collects the body of a macro; returns 1 when the line belongs to one.
function take_code(code,    n, word, i) {
    if (code ~ /^\.macro/) {
        n = split(code, word, /[ \t,]+/)
        macro = word[2]; macro_lines[macro] = 0; macro_parameters[macro] = n - 2
        for (i = 3; i <= n; i++) macro_parameter[macro, i - 2] = word[i]
        return 1
    }
    if (code ~ /^\.endm/) { macro = ""; return 1 }
    if (macro == "") return 0
    macro_body[macro, ++macro_lines[macro]] = code
    return 1
}

# Emits one line of assembly with its macros expanded, as flat[1..lines].
function emit(text, depth,    words, name, arguments, count, i, j, body, line, values) {
    text = trim(text)
    if (text == "") return
    name = text; sub(/[ \t].*$/, "", name)
    if (!(name in macro_lines) || depth > 8) { flat[++lines] = text; return }
    arguments = trim(substr(text, length(name) + 1))
    count = split(arguments, values, /[ \t]*,[ \t]*/)
    for (i = 1; i <= macro_lines[name]; i++) {
        line = macro_body[name, i]
        for (j = 1; j <= macro_parameters[name]; j++) {
            body = "\\\\" macro_parameter[name, j]
            gsub(body "\\\\\\(\\)", values[j], line)
            gsub(body, values[j], line)
        }
        emit(line, depth + 1)
    }
}
