# SPDX-License-Identifier: BSD-2-Clause
# Makes the table of characters out of font.def: for each five columns of seven bits, the lowest being the top row.
function refuse(why) { print FILENAME ":" FNR ": " why > "/dev/stderr"; failed = 1; exit 1 }
BEGIN { next_code = 32; print "/* Made of font.def by font.awk. */\nstatic const uint8_t font[95][5] = {" }
/^#/ { next }
{
    if (NF != 8 || $1 != next_code++) refuse("not code " next_code - 1 " and seven rows")
    line = "    {"
    for (column = 1; column <= 5; column++) {
        bits = 0
        for (row = 8; row >= 2; row--) {
            if ($row !~ /^[.#][.#][.#][.#][.#]$/) refuse("a row is not five of . and #")
            bits = 2 * bits + (substr($row, column, 1) == "#")
        }
        line = line (column > 1 ? ", " : "") bits
    }
    print line "},"
}
END { if (!failed && next_code != 127) refuse("ends before code 126"); print "};" }
