#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# boot_refusals.sh: boots the kernel with command lines, archives and programs that it must refuse, each with one
# line that says why and EXIT_BAD_BOOT (39). The program `root` is damaged in turn.
set -u -o pipefail
. "$(dirname "$0")/boot.sh"
kernel=${BUILD:-build}/kernel/tollgate.elf program=${BUILD:-build}/guest/workloads/servers/root.elf
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# archive NAME: packs what is at $stage/root under that name into $stage/archive.cpio.
archive() {
    mkdir -p "$stage/pack"
    cp "$stage/root" "$stage/pack/$1"
    (cd "$stage/pack" && echo "$1" | cpio --quiet -o -H newc > ../archive.cpio)
    rm -r "$stage/pack"
}

# poke OFFSET HEX: overwrites bytes of the program.
poke() { printf '%b' "$(sed 's/../\\x&/g' <<< "$2")" | dd of="$stage/root" bs=1 seek="$1" conv=notrunc status=none; }

fresh() { cp "$program" "$stage/root"; }

refused() {
    boot "$kernel" "$2" "$3"
    check "kernel.refuses.$1" 39 "^tollgate: boot refused: $4\$"
}

line_refused() { refused "$1" "" "$2" "command line: $3"; }
program_refused() {
    archive root
    refused "$1" "$stage/archive.cpio" "" "program \`root\`: ELF: $2"
}

machine=(-cpu max,-lm)
refused no_long_mode "" "" 'needs a 64-bit processor, and Multiboot2 or PVH'
machine=(-cpu max,-nx)
refused no_nx "" "" 'the processor lacks: NX'
machine=(-cpu max)
line_refused unknown_option 'nofast bogus=1' 'unknown option: bogus=1'
line_refused misspelt_option 'nofastt' 'unknown option: nofastt'
line_refused option_twice 'nofast nofast' 'option given twice: nofast'
line_refused mitigations 'mitigations=pti,on' 'option has a value that this kernel does not support: mitigations=pti,on'
line_refused traced_guards 'trace=on mitigations=pti' 'trace=on goes with mitigations=off alone'
line_refused console 'console=vga' 'option has a value that this kernel does not support: console=vga'
refused long_line "" "select=$(printf 'x%.0s' {1..2050})" 'command line is (too long|not terminated).*'
refused no_archive "" "" 'boot archive: there is none \(a module is needed\)'

fresh && archive root
head -c $(($(stat -c %s "$stage/archive.cpio") / 2)) "$stage/archive.cpio" > "$stage/half.cpio"
refused truncated_archive "$stage/half.cpio" "" 'boot archive: archive: truncated within a file'
head -c 100 "$stage/archive.cpio" > "$stage/short.cpio"
refused short_archive "$stage/short.cpio" "" 'boot archive: archive: truncated \(no trailer\)'
head -c 5000 /dev/zero > "$stage/zero.cpio"
refused zero_archive "$stage/zero.cpio" "" 'boot archive: archive: bad magic number \(not cpio newc\)'
archive other
refused no_root "$stage/archive.cpio" "" 'boot archive: no program `root` in it'

# Program header 0 starts at byte 64: flags at +4, address at +16, sizes in file and memory at +32 and +40.
fresh && head -c 40 "$program" > "$stage/root" && program_refused elf_truncated 'truncated within the header'
fresh && poke 16 0300 && program_refused elf_dynamic 'position independent or shared, not a static executable'
fresh && poke 18 b700 && program_refused elf_machine 'not for x86-64'
fresh && poke 68 07000000 && program_refused elf_write_execute 'a segment is writable and executable'
fresh && poke 80 00004000008000 && program_refused elf_not_canonical 'a segment lies outside of user space \(or is not canonical\)'
fresh && poke 104 0000001000000000 && program_refused elf_huge 'a segment is huge \(64 MiB at most\)'
fresh && poke 96 0000002000000000 && poke 104 0000002000000000 && program_refused elf_segment_truncated 'truncated within a segment'
fresh && poke 24 0000000000000000 && program_refused elf_entry 'entry is not in an executable segment'
summary
