#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 800
# Boots by every way in: PVH, BIOS from disk and from CD, UEFI, Bochs. Each must bring a complete record log that ends in
# status=ok, and where the way in is the only difference every sample must be the same.
set -u
here=$(dirname "$0")
. "$here/tap.sh"
build=${BUILD:-build}
tool=$build/tollgate
image=$build/boot/disk.img
work=${TEST_TMPDIR:?run me through ci/run-tests}
select=hw.null_syscall
# shellcheck disable=SC2054 # the commas are QEMU's
machine=(-nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -accel tcg,thread=single -icount shift=0,sleep=off
         -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none)

# boot_target <target>
boot_target() {
    "$tool" run --target "$1" --select "$select" --results "$work/results" --output "$work/$1.json" </dev/null
}

# boot_bios <name> <QEMU arguments>: straight through QEMU, without the tool's way of starting it; exit status 33 alone is success.
boot_bios() {
    local name=$1 status=0
    shift
    timeout 240 qemu-system-x86_64 "${machine[@]}" -serial "file:$work/$name.log" "$@" </dev/null || status=$?
    [ $status -eq 33 ] || { echo "QEMU's exit status is $status"; tail -n 5 "$work/$name.log"; return 1; }
    "$tool" decode --unsealed --target qemu --output "$work/$name.json" "$work/$name.log"
}

# The rows and raw samples of a log, without sequence numbers and checksums. Compared as text: `tollgate compare` rightly refuses
# results of unlike targets, and here the way in is all that may differ.
samples() { sed -n 's/^@tg [0-9]* \(\(row\|hist\|endrow\) .*\) \*[0-9a-f]*\r*$/\1/p' "$1" >"$2" && [ -s "$2" ]; }
same_samples() {
    local log=$work/$1.log
    [ -s "$log" ] || log=$(find "$work/results" -path "*/$1/raw.log" | head -n 1)
    samples "$(find "$work/results" -path '*/qemu/raw.log' | head -n 1)" "$work/pvh.samples" && samples "$log" "$work/other.samples" &&
        diff "$work/pvh.samples" "$work/other.samples"
}

run_disk=$work/run.img
truncate -s 1008K "$run_disk"
mformat -i "$run_disk" -T 2016 -h 16 -s 63 :: || exit 1
printf 'set tollgate_cmdline="select=%s"\n' "$select" >"$work/run.cfg"
mcopy -i "$run_disk" "$work/run.cfg" ::/tollgate-run.cfg || exit 1

tap_check 'PVH' boot_target qemu
tap_check 'BIOS, disk' boot_bios bios_disk -drive "if=ide,format=raw,snapshot=on,file=$image" -drive "if=ide,format=raw,file=$run_disk"
tap_check 'BIOS, USB stick' boot_bios bios_usb -device qemu-xhci -drive "if=none,id=stick,format=raw,snapshot=on,file=$image" \
    -device usb-storage,drive=stick,bootindex=1 -drive "if=ide,format=raw,file=$run_disk"
tap_check 'BIOS, CD' boot_bios bios_cd -boot d -drive "if=ide,media=cdrom,format=raw,file=$image" -drive "if=ide,format=raw,file=$run_disk"
tap_check 'UEFI' boot_target qemu-uefi
tap_check 'Bochs' boot_target bochs
for way in bios_disk bios_usb bios_cd qemu-uefi bochs; do
    tap_check "$way gives the samples of PVH" same_samples "$way"
done

# An independent second count of what this project is about: round trips, fast and slow. Register words: every sample is the same in both
# emulators. Longer messages: one instruction less for each message, as QEMU counts a REP MOVSQ as its words and one more.
second_count() {
    local target
    for target in qemu bochs; do
        "$tool" run --target "$target" --select ipc.call.inter --cmdline 'floor=off pcid=off method=single' --results "$work/second" --output "$work/second-$target.json" </dev/null || return 1
    done
    python3 - "$work"/second-{qemu,bochs}.json <<'END'
import json, sys
qemu, bochs = ({r["variant"]: r for r in json.load(open(f))["rows"]} for f in sys.argv[1:])
assert qemu.keys() == bochs.keys() and len(qemu) == 16, (len(qemu), len(bochs))
same = 0
for name, r in sorted(qemu.items()):
    less = 0 if r["words"] <= 6 else 2 * r["batch"]
    expected = [[value - less, count] for value, count in r["histogram"]]
    assert bochs[name]["histogram"] == expected, (name, expected, bochs[name]["histogram"])
    same += less == 0
assert same == 8, same
END
}
tap_check 'Bochs counts the round trips that QEMU counts' second_count

# Address space tags in force: pages replaced, rights taken, tags used again. INVPCID and tagged loads run here; that none of them is missing shows in
# kernel/test/tlb_mutants.sh, as Bochs empties its TLB at each load of CR3 (seen: these pass without a single INVPCID).
tags() {
    "$tool" run --target bochs --select address_spaces --cmdline run=tests --results "$work/tags" --output "$work/tags.json" </dev/null &&
        grep -q '"cpu_features": "[^"]*pcid' "$work/tags.json" && [ "$(grep -o 'result": *"pass"' "$work/tags.json" | wc -l)" -ge 4 ]
}
tap_check 'Bochs: address spaces under tags' tags

# A medium that lost its archive must not look like a boot that went well.
cut_image() {
    printf 'set tollgate_cmdline="select=no.such.workload"\n' >"$work/run.cfg"
    mcopy -o -i "$run_disk" "$work/run.cfg" ::/tollgate-run.cfg &&
        boot_bios bad_select -drive "if=ide,format=raw,snapshot=on,file=$image" -drive "if=ide,format=raw,file=$run_disk"
}
tap_refuses_saying 'a selection that matches nothing is a failure' "^QEMU's exit status is 37$" cut_image
tap_done
