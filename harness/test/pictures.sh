#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 200
# QR codes read by an independent reader (zbarimg): every version, every level; pages of a log joined by `tollgate import --qr`, in any order, and
# refused when one is missing, damaged or of another log; pages of a real session off the screen of a machine without serial port.
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
tool=$build/sanitized/tollgate
draw=$build/sanitized/qr_draw
work=${TEST_TMPDIR:?run me through ci/run-tests}
log=$work/sample.log
export ASAN_OPTIONS=detect_leaks=0

# decoded <picture> <file>: the picture holds exactly the file.
decoded() { zbarimg --quiet --raw --nodbus -Sdisable -Sqrcode.enable -Sbinary "$1" | cmp - "$2"; }
# full <version> <level>: as many bytes as fit, of all values.
full() {
    local n
    n=$("$draw" "$work/q.pgm" "$1" "$2" <"$work/noise") && [ "$n" -gt 6 ] && head -c "$n" "$work/noise" >"$work/part" && decoded "$work/q.pgm" "$work/part"
}
level_of_all_versions() { local version; for version in $(seq "$1" 4 40); do full "$version" "$2" || { echo "version $version"; return 1; }; done; }

# The same bytes in every run.
awk 'BEGIN { s = 1; for (i = 0; i < 3000; i++) { s = (s * 16807) % 2147483647; printf "%c", int(s / 65536) % 255 + 1 } }' | LC_ALL=C head -c 3000 >"$work/noise"
for level in 0 1 2 3; do
    tap_check "level $level: versions are read" level_of_all_versions $((level + 1)) $level
done
tap_check 'version 40 at all levels' eval 'full 40 0 && full 40 1 && full 40 2 && full 40 3'

sed /^@tgsum/d results/sample/raw.log >"$log"
for page in 0 1 2 3 4 5 6 7 8 9; do "$draw" "$work/page$page.pgm" 1 1 $page 10 <"$log" || exit 1; done
imports() { "$tool" import --output "$work/out" --qr "$@" >"$work/imported" 2>"$work/error"; }
taken() { imports "$@" || { cat "$work/error"; return 1; }; sed /^@tgsum/d "$(find "$work/out" -name raw.log | head -1)" | cmp - "$log"; }
# refused <line> <picture>...: that line alone, and status 3.
refused() {
    local line=$1 status=0
    shift
    imports "$@" || status=$?
    [ $status -eq 3 ] && [ "$(wc -l <"$work/error")" -eq 1 ] && grep -q -- "$line" "$work/error" || { echo "status $status"; cat "$work/error"; return 1; }
}
pages=("$work"/page[0-9].pgm)
tap_check 'pages in order' taken "${pages[@]}"
tap_check 'pages in another order, some of them twice' taken "$work"/page{9,3,1,0,3,7,8,2,2,6,5,4,9}.pgm
tap_check 'a page is missing' refused '1 of 10 pages are missing: 4$' "$work"/page[0124-9].pgm
tap_check 'pages are missing' refused '9 of 10 pages are missing: 1, 2, 3, 4, 5, 6, 7, 8, 10$' "$work"/page8.pgm
sed 's/samples=/samples=0/' "$log" >"$work/other.log"
"$draw" "$work/other.pgm" 1 1 3 10 <"$work/other.log"
tap_check 'a page of another log' refused "other.pgm: page 4 is of another log" "${pages[@]}" "$work/other.pgm"
printf 'https://example.org' | "$draw" "$work/foreign.pgm" 4 1 >"$work/n"
tap_check 'a code that is no page' refused 'foreign.pgm: its code is no page of Tollgate' "$work/foreign.pgm"
printf 'TGQ1\1' | "$draw" "$work/cut.pgm" 1 1 >"$work/n"
tap_check 'a page that is cut short' refused 'cut.pgm: its code is cut short' "$work/cut.pgm"
printf 'P5 64 64 255\n' >"$work/blank.pgm"; head -c 4096 /dev/zero | tr '\0' '\377' >>"$work/blank.pgm"
tap_check 'a picture without a code' refused 'blank.pgm: no QR code can be read on it' "${pages[@]}" "$work/blank.pgm"
: >"$work/empty.png"; head -c 3000 "$work/noise" >"$work/noise.png"
tap_check 'an empty file' refused 'empty.png: ' "$work/empty.png"
tap_check 'a file that is no picture' refused 'noise.png: ' "$work/noise.png"
tap_check 'a file that is not there' refused 'none.png: cannot be read' "$work/none.png"

# A machine with a screen and without a serial port: each picture of the screen that differs is kept, as somebody with a camera would.
session() {
    local status=0 started=$SECONDS shot last=none
    truncate -s 1008K "$work/run.img"
    mformat -i "$work/run.img" -T 2016 -h 16 -s 63 :: || return 1
    printf 'set tollgate_cmdline="select=hw.* qr=once"\n' >"$work/run.cfg"
    mcopy -o -i "$work/run.img" "$work/run.cfg" ::/tollgate-run.cfg || return 1
    mkfifo "$work/monitor"
    # shellcheck disable=SC2054 # the commas are QEMU's
    timeout 100 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -accel tcg,thread=single \
        -icount shift=0,sleep=on -device VGA -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor stdio \
        -drive "if=ide,format=raw,snapshot=on,file=$build/boot/disk.img" -drive "if=ide,format=raw,file=$work/run.img" <"$work/monitor" >/dev/null &
    local qemu=$!
    exec 4>"$work/monitor"
    for ((shot = 100; shot < 400 && SECONDS - started < 90; shot++)); do
        kill -0 $qemu 2>/dev/null || break
        echo "screendump $work/shot$shot.ppm" >&4 2>/dev/null
        sleep 0.5
        if zbarimg --quiet --raw --nodbus -Sdisable -Sqrcode.enable -Sbinary "$work/shot$shot.ppm" >"$work/code" 2>/dev/null && ! cmp -s "$work/code" "$work/code.last"; then
            mv "$work/code" "$work/code.last"
        else
            rm -f "$work/shot$shot.ppm"
        fi
    done
    exec 4>&-
    wait $qemu || status=$?
    [ $status -eq 33 ] || { echo "exit status $status"; return 1; }
}
screen_is_imported() {
    rm -rf "$work/out"
    imports "$work"/shot*.ppm || { cat "$work/error"; return 1; }
    grep -q 'rows' "$work/imported" && grep -aq ' end records=.* status=ok' "$(find "$work/out" -name raw.log)"
}
tap_check 'screen: a session without serial port shows its log' session
tap_check 'screen: what it showed is a result' screen_is_imported
tap_done
