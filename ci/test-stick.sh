#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 1200
# The images for real machines: the same bytes from the same inputs, what firmware looks for, no image from bad inputs; and one boot from the
# stick with the result on it (`make test-metal` has the others).
set -u
here=$(dirname "$0")
. "$here/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:?run me through ci/run-tests}
kernel=$build/kernel/tollgate.elf archive=$build/boot/archive.cpio
linux=("$build/handover/handover.bin" "$build/handover/linux/vmlinuz" "$build/handover/linux/initramfs")

tap_check 'checksums beside the images hold' env -C "$build/image" sha256sum -c --quiet tollgate.img.sha256 tollgate.iso.sha256
# Other dates, names, modes, time zone, folder; FAT counts in steps of two seconds.
mkdir "$work/other"
cp "$kernel" "$archive" "${linux[@]}" "$work/other"
touch -d 2001-02-03 "$work/other"/*
again() {
    local files=$work/files-$1
    (export SOURCE_DATE_EPOCH=1700000000
     "$here/image/files" "$files" "${@:2}" && "$here/image/stick" "$files" "$work/$1.img" && "$here/image/disc" "$files" "$work/$1.iso")
}
tap_check 'builds' again a "$kernel" "$archive" "${linux[@]}"
sleep 2.1
otherwise() { umask 077; TZ=Asia/Tokyo again "$@"; }
tap_check 'builds again' otherwise b "$work/other/tollgate.elf" "$work/other/archive.cpio" "$work/other/handover.bin" "$work/other/vmlinuz" "$work/other/initramfs"
mkdir "$work/served" && echo own >"$work/served/pxelinux.0"
net_refuses() { ! "$here/image/net" "$work/files-a" "$work/served" 2>"$work/net.said" && grep -q 'was not made by' "$work/net.said" && [ "$(cat "$work/served/pxelinux.0")" = own ]; }
tap_check "net: a folder that somebody else serves is not replaced" net_refuses
net_again() { "$here/image/net" "$work/files-a" "$work/net" && "$here/image/net" "$work/files-a" "$work/net" && [ -s "$work/net/grub.0" ]; }
tap_check "net: its own is" net_again
tap_check 'stick: same inputs, same bytes' cmp "$work/a.img" "$work/b.img"
tap_check 'disc: same inputs, same bytes' cmp "$work/a.iso" "$work/b.iso"
printf x >>"$work/other/archive.cpio"
tap_check 'builds with another archive' again c "$kernel" "$work/other/archive.cpio" "${linux[@]}"
tap_refuses_saying 'another archive, another stick' ' differ: ' cmp "$work/a.img" "$work/c.img"

sfdisk -d "$work/a.img" >"$work/partitions"
tap_check 'GPT' grep -qx 'label: gpt' "$work/partitions"
tap_check 'BIOS boot partition' grep -q 'type=21686148-6449-6E6F-744E-656564454649' "$work/partitions"
tap_check 'EFI system partition' grep -q 'type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B' "$work/partitions"
results=$(sed -n 's/.*start= *\([0-9]*\),.*name="TOLLGATE".*/\1/p' "$work/partitions")
labelled() { mlabel -s -i "$work/a.img@@$((results * 512))" | grep -q TOLLGATE; }
tap_check 'results: a FAT file system TOLLGATE' labelled

: >"$work/empty"
tap_refuses_saying 'refuses an empty Linux' 'empty is missing or empty$' "$here/image/files" "$work/x" "$kernel" "$archive" "${linux[0]}" "$work/empty" "${linux[2]}"
tap_refuses_saying 'refuses half of a Linux' 'usage: ci/image/files' "$here/image/files" "$work/x" "$kernel" "$archive" "${linux[0]}"
tap_refuses_saying 'refuses a folder without kernel' 'holds no boot/tollgate/tollgate.elf$' "$here/image/stick" "$work/other" "$work/d.img"
if [ -e "$work/d.img" ]; then tap_fail 'bad inputs leave no image'; else tap_ok 'bad inputs leave no image'; fi
rm -f "$work"/*.img "$work"/*.iso

tap_check 'one boot from the stick: both systems, the result on it' "$here/metal.sh" usb
tap_done
