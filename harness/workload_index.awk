# SPDX-License-Identifier: BSD-2-Clause
# Extracts the index of workloads from the heads of their sources: lines of the form
#     * workload: ipc.call.inter | one sentence: what is measured | paper table that it reproduces
# become "id <tab> file <tab> sentence <tab> paper". A workload without such a line, a malformed one and an id given twice are errors.

function fail(text) { print "workload index: " text > "/dev/stderr"; failed = 1 }

function file_end() { if (file != "" && lines == 0) fail(file ": no line \" * workload: id | sentence | paper\" in its first 30 lines") }

FNR == 1 { file_end(); file = FILENAME; lines = 0 }

FNR <= 30 && /^ \* workload: / {
    lines++
    sub(/^ \* workload: +/, "")
    sub(/ *(\*\/)?\r?$/, "")
    fields = split($0, field, / +\| +/)
    if (fields != 3 || /\t/)
        fail(FILENAME ":" FNR ": not \"workload: id | sentence | paper\" in one line")
    else if (field[1] !~ /^[a-z0-9_]+(\.[a-z0-9_]+)+$/)
        fail(FILENAME ":" FNR ": \"" field[1] "\" is not the id of a workload")
    else if (field[1] in seen)
        fail(FILENAME ":" FNR ": \"" field[1] "\" is also in " seen[field[1]])
    else
        print field[1] "\t" FILENAME "\t" field[2] "\t" field[3]
    seen[field[1]] = FILENAME
}

END { file_end(); exit failed }
