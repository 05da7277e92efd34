# SPDX-License-Identifier: BSD-2-Clause
# Manual page (mode=man) and completion for bash (mode=bash) of `tollgate`, from what its --help says: one source for all three. Input, written by
# harness/rules.mk: "@command NAME SUMMARY", then the lines of `tollgate NAME --help` with options on one line each; first of all, under the name "-",
# those of `tollgate --help`; "@values OPTION WORDS" for the values that an option takes.
function escaped(text) {
    gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text)
    if (text ~ /^[.']/) text = "\\&" text
    return text
}
function option_line(line,   rest, names) {
    names = substr(line, 1, 59); rest = substr(line, 60)
    sub(/^ +/, "", names); sub(/ +$/, "", names); sub(/^ +/, "", rest)
    if (mode == "man") printf ".TP\n.B %s\n%s\n", escaped(names), escaped(rest)
    n = split(names, part, /, /)
    for (i = 1; i <= n; i++) { sub(/[=\[].*/, "", part[i]); words[command] = words[command] " " part[i] }
}
/^@command / {
    command = $2; list[++commands] = command; state = "usage"
    text = $0; sub(/^@command [^ ]+ ?/, "", text)
    if (command != "-" && mode == "man") printf ".SS %s\n%s.\n.PP\n", escaped("tollgate " command), escaped(toupper(substr(text, 1, 1)) substr(text, 2))
    if (command == "-" && mode == "man")
        printf ".TH TOLLGATE 1 \"\" \"%s\" \"Tollgate\"\n.SH NAME\ntollgate \\- measures what it costs to cross a protection boundary\n.SH SYNOPSIS\n.B tollgate\n.I COMMAND\n[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n", version
    next
}
/^@values / { option = $2; sub(/^@values [^ ]+ /, ""); values[option] = $0; next }
command == "-" { if (mode == "man") { if ($0 ~ /^  /) printf ".br\n"; print escaped($0) } if ($0 ~ /^  [a-z]/) summary[$1] = 1; next }
/^Usage: / { if (mode == "man") { sub(/^Usage: /, ""); printf ".B %s\n.PP\n", escaped($0) } next }
/^ +(-.,|--|-\?)/ { option_line($0); next }
/^(Mandatory or optional arguments|Report bugs)/ { next }
{ if (mode == "man") { if ($0 == "") print ".PP"; else if ($0 ~ /^  /) printf ".br\n%s\n", escaped($0); else print escaped($0) } }
END {
    if (mode == "man") {
        print ".SH EXIT STATUS\n.TP\n0\ndone; the answer is yes\n.TP\n1\nthe answer is no: a regression, a gate that failed, a target that does not work, nothing that matches"
        print ".TP\n2\nusage\n.TP\n3\nbad input: a file that is missing, cut, corrupt, or not what it should be; results that are unlike"
        print ".TP\n4\nthe work itself failed: no emulator, time limit, output not written"
        print ".SH ENVIRONMENT\n.TP\nCI\nwhen set and not empty, runs show no progress\n.TP\nCOLUMNS\nhow wide tables and text may be, of a file or a pipe too; a terminal tells it by itself\n.TP\nTMPDIR\nwhere compare \\-\\-run keeps its boots (default: /tmp)\n.TP\nARGP_HELP_FMT\nlayout of \\-\\-help, see argp(3)"
        print ".SH FILES\n.TP\nresults/local\nresults of this machine, the newest last\n.TP\nresults/reference\naccepted instruction counts\n.TP\nresults/history\nseries over commits"
        print ".TP\nresults/FORMAT.md\nrecords, results, references and series\n.TP\nresults/sample\na result to look at"
        exit
    }
    print "# Completion of tollgate for bash: `source` this file. Generated from --help."
    print "_tollgate() {"
    print "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words="
    printf "    if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W '--help --version"
    for (i = 1; i <= commands; i++) if (list[i] != "-") printf " %s", list[i]
    print "' -- \"$word\")); return; fi"
    print "    [ \"$word\" = = ] && word="
    print "    [ \"$previous\" = = ] && previous=${COMP_WORDS[COMP_CWORD-2]}"
    print "    case $command:$previous in"
    for (option in values) { target = option; gsub(/\|/, "|*:", target); printf "    *:%s) words='%s' ;;\n", target, values[option] }
    print "    *) case $command in"
    for (i = 1; i <= commands; i++) if (list[i] != "-") printf "        %s) words='%s' ;;\n", list[i], substr(words[list[i]], 2)
    print "    esac ;;\n    esac"
    print "    [ \"$command:${word:0:1}\" = doctor: ] && words=" (("-t|--target" in values) ? "'" values["-t|--target"] "'" : "")
    print "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
    print "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))"
    print "}\ncomplete -o filenames -F _tollgate tollgate build/tollgate ./build/tollgate"
}
