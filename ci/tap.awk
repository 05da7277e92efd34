# SPDX-License-Identifier: BSD-2-Clause
# Strict reader of the output of one test suite: TAP, and the plain lines "PASS name", "FAIL name", "SKIP name" with a closing
# count "N passed, N failed". Prints "pass <name>", "fail <name>", "skip <name>" and "broken <why>"; what is not understood as a
# test is a comment, but a number of tests other than the one promised is broken. Works in mawk.
# In TAP a plan may stand before its tests or after them; several groups may follow one another.

function broken(why) { print "broken " why }

# A group ends where the next one starts, at a late plan, and at the end of the log.
function end_group() {
    if (planned >= 0 && seen != planned) broken(seen " tests seen where " planned " were planned")
    if (planned < 0 && seen > 0) broken(seen " tests without a plan")
    planned = -1; seen = 0
}

function outcome(kind, name) {
    total++
    if (kind == "fail") failed++
    if (kind == "pass") passed++
    print kind " " name
}

BEGIN { planned = -1; seen = 0; total = 0; plain = 0; passed = 0; failed = 0; promised = -1 }

{ sub(/\r$/, "") }

/^1\.\.[0-9]+( *#.*)?$/ {
    count = $0; sub(/^1\.\./, "", count); count += 0
    if (planned < 0 && seen > 0) { planned = count; end_group() }   # late plan
    else { end_group(); planned = count }                           # early plan
    next
}

/^(not )?ok( |$)/ {
    bad = /^not /
    line = $0; sub(/^(not )?ok */, "", line)
    number = line; sub(/[^0-9].*$/, "", number)
    seen++
    if (number == "") broken("test without a number: " $0)
    else if (number + 0 != seen) broken("test number " number " where " seen " was due")
    sub(/^[0-9]+/, "", line); sub(/^ *-? */, "", line)
    skip = match(line, /# *[Ss][Kk][Ii][Pp]/)
    if (skip) {
        name = substr(line, 1, RSTART - 1) " " substr(line, RSTART + RLENGTH)
        sub(/^ +/, "", name); sub(/ +$/, "", name)
        outcome("skip", name)
    } else outcome(bad ? "fail" : "pass", line)
    next
}

/^Bail out!/ { broken($0); next }

/^(PASS|FAIL|SKIP):? / {
    kind = substr($0, 1, 4); line = $0; sub(/^(PASS|FAIL|SKIP):? */, "", line)
    plain++
    outcome(kind == "PASS" ? "pass" : kind == "FAIL" ? "fail" : "skip", line)
    next
}

/^[0-9]+ passed, [0-9]+ failed/ {
    if ($1 + $3 == 0) broken("a count of nothing: " $0)
    promised = (promised < 0 ? 0 : promised) + $1 + $3
    next
}

END {
    end_group()
    if (total == 0) broken("no test line")
    if (plain > 0 && promised < 0) broken(plain " plain lines without a closing count")
    if (promised >= 0 && promised != passed + failed) broken("closing count says " promised " tests, seen " passed + failed)
}
