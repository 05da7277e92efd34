#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The disk image: the same bytes from the same inputs, the partitions that firmware looks for, and no image from bad inputs.
set -u
here=$(dirname "$0")
. "$here/tap.sh"
build=${BUILD:-build}
kernel=$build/kernel/tollgate.elf archive=$build/boot/archive.cpio
work=${TEST_TMPDIR:?run me through ci/run-tests}

make_image() {
    local files=$work/files
    rm -rf "$files"
    "$here/image/files" "$files" "${@:1:$#-1}" && "$here/image/disc" "$files" "${@: -1}"
}

tap_check 'builds' make_image "$kernel" "$archive" "$work/a.img"
# Other dates, names, modes, time zone; FAT counts in steps of two seconds.
mkdir "$work/other" && cp "$kernel" "$work/other/k" && cp "$archive" "$work/other/a" && touch -d 2001-02-03 "$work/other/k"
sleep 2.1
(umask 077; TZ=Asia/Tokyo make_image "$work/other/k" "$work/other/a" "$work/b.img")
tap_check 'same inputs, same bytes' cmp "$work/a.img" "$work/b.img"
tap_check 'the built image is what the inputs give' cmp "$work/a.img" "$build/boot/disk.img"
printf x >>"$work/other/a"
tap_check 'builds with another archive' make_image "$kernel" "$work/other/a" "$work/c.img"
tap_refuses_saying 'another archive, other bytes' ' differ: ' cmp "$work/a.img" "$work/c.img"

xorriso -osirrox on -indev "$work/a.img" -extract /boot "$work/boot" >/dev/null 2>&1
tap_check 'holds the kernel' cmp "$kernel" "$work/boot/tollgate/tollgate.elf"
archive_is_there() { gzip -dc "$work/boot/tollgate/archive.cpio.gz" | cmp - "$archive"; }
tap_check 'holds the archive' archive_is_there
xorriso -indev "$work/a.img" -report_system_area plain -report_el_torito plain >"$work/report" 2>/dev/null
tap_check 'GPT with an EFI system partition' grep -q '^GPT type GUID *: *2 *28732ac11ff8d211ba4b00a0c93ec93b' "$work/report"
tap_check 'GRUB in the MBR' grep -q '^System area summary: .*grub2-mbr' "$work/report"
tap_check 'El Torito for BIOS' grep -Eq '^El Torito boot img : *[12] *BIOS *y' "$work/report"
tap_check 'El Torito for UEFI' grep -Eq '^El Torito boot img : *[12] *UEFI *y' "$work/report"

: >"$work/empty"
head -c 4096 /dev/zero >"$work/zeros"
head -c 200 "$kernel" >"$work/cut.elf"
tap_refuses_saying 'refuses an empty kernel' 'empty is missing or empty$' make_image "$work/empty" "$archive" "$work/d.img"
tap_refuses_saying 'refuses a kernel without Multiboot2 header' 'zeros has no Multiboot2 header' make_image "$work/zeros" "$archive" "$work/d.img"
tap_refuses_saying 'refuses a cut kernel' 'cut.elf has no Multiboot2 header' make_image "$work/cut.elf" "$archive" "$work/d.img"
tap_refuses_saying 'refuses a missing archive' 'none is missing or empty$' make_image "$kernel" "$work/none" "$work/d.img"
tap_refuses_saying 'refuses an empty archive' 'empty is missing or empty$' make_image "$kernel" "$work/empty" "$work/d.img"
tap_refuses_saying 'refuses to do without an argument' 'usage: ci/image/files' make_image "$kernel"
if [ -e "$work/d.img" ]; then tap_fail 'bad inputs leave no image'; else tap_ok 'bad inputs leave no image'; fi
tap_done
