# SPDX-License-Identifier: BSD-2-Clause
# From `nm -n` to the table that symbols.c searches: functions and labels of the text segment, ascending.
BEGIN { n = 0 }

$2 ~ /^[tT]$/ && substr($1, 1, 8) == "ffffffff" && $3 !~ /^(text_end|\.L)/ { address[n] = $1; name[n] = $3; n++ }

END {
    print "    .section .symbols, \"a\""
    print "    .balign 8"
    print "    .globl symbol_table, symbol_table_end"
    print "symbol_table:"
    for (i = 0; i < n; i++)
        printf "    .quad 0x%s, symbol_name_%d\n", address[i], i
    print "symbol_table_end:"
    for (i = 0; i < n; i++)
        printf "symbol_name_%d: .asciz \"%s\"\n", i, name[i]
}
