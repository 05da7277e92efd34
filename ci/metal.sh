#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 14400
# The images for real machines, booted in QEMU as stick, disk and CD, by BIOS and UEFI: afterwards the file that they left on their own partition
# must give rows of both systems from one boot. And what goes wrong must say so and lose nothing that another channel can carry.
#   ci/metal.sh [CASE...]      default: all; ci/metal.sh --list names them
# METAL_JOBS cases run at a time (2), each within METAL_LIMIT_S (1800) seconds for a boot; how long each took goes with its name, and at once to
# the file METAL_PROGRESS, where that is set. Under ci/run-tests, which sets TEST_TMPDIR. The clock counts instructions, so that the guests give rows.
set -u
here=$(dirname "$0")
. "$here/tap.sh"
build=$(realpath "${BUILD:-build}")
tool=$build/tollgate
stick=$build/image/tollgate.img
disc=$build/image/tollgate.iso
work=${TEST_TMPDIR:?run me through ci/run-tests}
limit_s=${METAL_LIMIT_S:-1800}
ovmf=/usr/share/OVMF/OVMF_CODE_4M.fd ovmf_variables=/usr/share/OVMF/OVMF_VARS_4M.fd
select=hw.null_syscall
linux_select=linux.pipe.round_trip
linux_options="mitigations=off tollgate.select=$linux_select tollgate.wait=60 tollgate.hold=0"
# shellcheck disable=SC2054 # the commas are QEMU's
boot_again=(-no-reboot)
machine=(-nodefaults -no-user-config -display none -cpu max,-cx16 -accel tcg,thread=single
         -rtc base=2000-01-01T00:00:00,clock=vm -seed 1 -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none)
# Seconds of a guest that idles are those of the host (sleep=on): disks take the host's, and with seconds that pass at once Linux gives up on a
# disk whose host is busy.
# shellcheck disable=SC2054
counted=(-icount shift=0,sleep=on)
# Where no rows are wanted, nobody counts: that is several times as fast, and countdowns of GRUB are no longer than they say.
tests='run=tests select=capabilities' tests_linux='tollgate.linux=off tollgate.wait=60 tollgate.hold=0'
# A log of that.
tests_good() { grep -aq 'name=tollgate .* status=0x10 lost=0' "$1" || { echo "$1 tells of no good session"; return 1; }; }

# Where the partition of that name begins in an image, in bytes.
partition() { sfdisk -d "$1" | sed -n "s/.*start= *\([0-9]*\),.*name=\"$2\".*/\1/p" | { read -r sector && echo $((sector * 512)); }; }

# stick_make <file> [<kernel options> [<options of Linux>]]: a copy of the stick that starts with them at once.
stick_make() {
    cp --sparse=always "$stick" "$1" || return 1
    printf 'set tollgate_cmdline="%s"\nset tollgate_linux="%s"\n' "${2-select=$select method=batched}" "${3-$linux_options}" >"$1.cfg"
    mcopy -i "$1@@$(partition "$1" TOLLGATE)" "$1.cfg" ::/tollgate-run.cfg
}

# settings_make <file> [<kernel options> <options of Linux>]: a second disk with the settings, for media that cannot be written.
settings_make() {
    local linux=${3-$linux_options}
    truncate -s 1008K "$1"
    mformat -i "$1" -T 2016 -h 16 -s 63 ::
    printf 'set tollgate_cmdline="%s"\nset tollgate_linux="%s"\n' "${2-select=$select method=batched}" "${linux/wait=60/wait=2}" >"$1.cfg"
    mcopy -i "$1" "$1.cfg" ::/tollgate-run.cfg
}

# The firmware must know the disk with the settings as one to boot from, or else UEFI shows GRUB none.
settings() { echo "-drive if=none,id=settings,format=raw,file=$1 -device ide-hd,drive=settings,bootindex=9"; }
drive() { echo "if=none,id=boot,format=raw,file=$1"; }
uefi=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$ovmf" -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$ovmf_variables")
xhci=(-device qemu-xhci -device usb-storage,drive=boot,bootindex=0)

# boot <status> <QEMU arguments>: the machine must end with that exit status.
boot() {
    local expected=$1 status=0
    shift
    timeout "$limit_s" qemu-system-x86_64 "${machine[@]}" "${counted[@]}" "${boot_again[@]}" "$@" </dev/null >"$work/qemu.log" 2>&1 || status=$?
    [ $status -eq "$expected" ] || { echo "QEMU's exit status is $status, not $expected"; tail -n 3 "$work/qemu.log"; return 1; }
}

# Rows of both systems in what `tollgate import` makes of a file.
both() {
    local results=$work/results.$RANDOM
    rm -rf "$results"
    "$tool" import "$1" -o "$results" || return 1
    python3 - "$(find "$results" -name both.json | head -n 1)" "$select" "$linux_select" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
names = [row["workload"] for row in result["rows"]]
assert sys.argv[2] in names and sys.argv[3] in names, names
assert result["context"]["target"] == "image" and result["context"]["unit"] == "instructions"
assert all(row["unit"] == "instructions" and row["n"] > 0 for row in result["rows"])
END
}

# what_the_stick_has <image> <name>: takes RUN00001.LOG out of it.
taken() { mcopy -n -i "$1@@$(partition "$1" TOLLGATE)" ::/RUN00001.LOG "$2"; }

# from_stick <name> <QEMU arguments>: boots without a serial port; the result is on the stick.
from_stick() {
    local image=$work/$1.img
    shift
    stick_make "$image" && boot 33 -serial none "$@" -drive "$(drive "$image")" && taken "$image" "$image.log" && both "$image.log"
    local status=$?
    [ $status -ne 0 ] || rm -f "$image"
    return $status
}

case_usb() { from_stick usb -M q35 -m 512 "${xhci[@]}"; }
case_usb_uefi() { from_stick usb_uefi -M q35 -m 512 "${uefi[@]}" "${xhci[@]}"; }
case_usb_pc() { from_stick usb_pc -M pc -m 512 "${xhci[@]}"; }
# This controller looks for work every millisecond of the guest's, which are a million instructions, and less often the more frames it may skip.
case_usb_ehci() { from_stick usb_ehci -M pc -m 512 -device usb-ehci,id=ehci,maxframes=8 -device usb-storage,bus=ehci.0,drive=boot,bootindex=0; }
case_ide() { from_stick ide -M pc -m 512 -device ide-hd,drive=boot,bootindex=0; }
case_ahci() { from_stick ahci -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0; }
case_nvme() { from_stick nvme -M q35 -m 512 -device nvme,serial=1,drive=boot,bootindex=0; }
case_nvme_uefi() { from_stick nvme_uefi -M q35 -m 512 "${uefi[@]}" -device nvme,serial=1,drive=boot,bootindex=0; }
case_pc_uefi() { from_stick pc_uefi -M pc -m 512 "${uefi[@]}" -device ide-hd,drive=boot,bootindex=0; }
case_memory_128m() { from_stick memory_128m -M q35 -m 128 -device ide-hd,drive=boot,bootindex=0; }
case_memory_8g() { from_stick memory_8g -M q35 -m 8192 -device ide-hd,drive=boot,bootindex=0; }
case_cpus_2() { from_stick cpus_2 -M q35 -m 512 -smp 2 -device ide-hd,drive=boot,bootindex=0; }
case_cpus_8() { from_stick cpus_8 -M q35 -m 512 -smp 8 -device ide-hd,drive=boot,bootindex=0; }
case_framebuffer() { from_stick framebuffer -M q35 -m 512 -device VGA -device ide-hd,drive=boot,bootindex=0; }

# with_monitor <QEMU arguments>: in the background, as process $qemu, its monitor at file descriptor 4.
with_monitor() {
    mkfifo "$work/monitor"
    timeout "$limit_s" qemu-system-x86_64 "${machine[@]::${#machine[@]}-1}" stdio "${counted[@]}" -no-reboot "$@" <"$work/monitor" >/dev/null 2>"$work/qemu.log" &
    qemu=$!
    exec 4>"$work/monitor"
}
# wait_for <command>...: until it succeeds, while the machine runs; there its limit ends it.
wait_for() { until "$@" 2>/dev/null; do kill -0 "$qemu" 2>/dev/null || { echo "waited in vain for: $*"; return 1; }; sleep 0.5; done; }
screen_shows() {
    rm -f "$work/screen.ppm"
    echo "screendump $work/screen.ppm" >&4
    sleep 1
    "$build/kernel/test/screen_text" "$work/screen.ppm" >"$work/screen.txt" && grep -q "$1" "$work/screen.txt"
}
keys_press() { local key; for key; do echo "sendkey $key 50" >&4; sleep 0.3; done; }
# shell_uses <text> <key>...: at the shell's prompt, by keyboard and screen: a command, what it must show, the end, with the status of a good one.
shell_uses() {
    wait_for screen_shows '^tollgate> *$' && keys_press "${@:2}" ret && wait_for screen_shows "$1" && cp "$work/screen.ppm" "$work/used.ppm" &&
        keys_press p o w e r o f f ret
    local status=$?
    [ $status -eq 0 ] || { cat "$work/screen.txt"; echo quit >&4; }
    wait $qemu || [ $? -eq 33 ] || status=1
    exec 4>&-
    return $status
}

# The menu's entry `shell`, chosen by keys; nobody else is asked for anything: no settings lie on the stick.
entry() { grep -ao '\*[LT][a-z]*[: ][a-z A-Z]*' "$work/shell.log" | tail -n 1 | sed 's/ *$//'; } # up to a bracket
entry_is_not() { [ "$(entry)" != "$1" ]; }
entry_choose() { # a key may be lost
    local now i
    wait_for entry_is_not ''
    for ((i = 0; i < 50; i++)); do
        now=$(entry)
        [ "$now" != '*Tollgate: shell' ] || break
        keys_press "$([ "$now" = '*Linux only' ] && echo up || echo down)"
        for ((wait = 0; wait < 10; wait++)); do entry_is_not "$now" && break; sleep 0.5; done
    done
    [ "$(entry)" = '*Tollgate: shell' ] && keys_press ret || echo quit >&4
}
case_shell() {
    local qemu wait counted=() image=$work/shell.img
    cp --sparse=always "$stick" "$image"
    with_monitor -serial "file:$work/shell.log" -M q35 -m 512 -device VGA -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")"
    entry_choose && shell_uses '^1 programs ran$' r u n spc t e s t slash c a p a b i l i t i e s && grep -aq '^@tg [0-9]* test name=.* result=pass' "$work/shell.log" &&
        grep -aq 'exit status 0x10' "$work/shell.log"
}

# A screen of 3840 x 2160: the console's characters are four dots for one, and Linux follows and saves its half.
screen_4k() {
    local qemu counted=() image=$work/4k.img
    stick_make "$image" shell "$tests_linux" && echo 'set tollgate_screen=3840x2160x32' >>"$image.cfg" &&
        mcopy -o -i "$image@@$(partition "$image" TOLLGATE)" "$image.cfg" ::/tollgate-run.cfg || return 1
    with_monitor -serial none -M q35 -m 512 "$@" -device VGA,vgamem_mb=64,xres=3840,yres=2160 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")"
    shell_uses '^1 programs ran$' r u n spc t e s t slash c a p a b i l i t i e s && head -c 15 "$work/used.ppm" | grep -aqx '3840 2160' &&
        taken "$image" "$image.log" && tests_good "$image.log"
}
case_screen_4k() { screen_4k; }
case_screen_4k_uefi() { screen_4k "${uefi[@]}"; }

# What the menu's entry `Linux only` does: no session came before.
case_linux_only() {
    local image=$work/only.img
    stick_make "$image" || return 1
    printf 'linux /boot/tollgate/linux $linux_always %s\ninitrd /boot/tollgate/initramfs\nboot\n' "$linux_options" >"$image.cfg"
    mcopy -o -i "$image@@$(partition "$image" TOLLGATE)" "$image.cfg" ::/tollgate-run.cfg &&
        boot 33 -serial none -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" && taken "$image" "$image.log" &&
        "$tool" import "$image.log" -o "$work/only.results" | grep -q ': linux-image: [1-9]'
}

# --- what goes wrong ---

# has <file> <text>: a line of the console holds it.
has() { grep -aqF "$2" "$1" || { echo "no \"$2\" on the console:"; grep -a '^tollgate:' "$1" | tail -n 8; return 1; }; }

case_full() {
    local image=$work/full.img at free
    stick_make "$image" || return 1
    at=$image@@$(partition "$image" TOLLGATE)
    free=$(mdir -i "$at" ::/ | sed -n 's/ bytes free//p' | tr -d ' ') # all but a little of it
    head -c $((free - 4096)) /dev/zero | mcopy -i "$at" - ::/FILLING || return 1
    boot 33 -serial "file:$work/full.log" -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        has "$work/full.log" 'does not take the result: writing: it is full' && both "$work/full.log" && ! taken "$image" "$work/none" 2>/dev/null
}
case_protected() {
    local image=$work/protected.img
    stick_make "$image" &&
        boot 33 -serial "file:$work/protected.log" -M q35 -m 512 "${xhci[@]}" -drive "$(drive "$image"),readonly=on" &&
        has "$work/protected.log" 'it is write-protected' && both "$work/protected.log"
}
# damaged <file on TOLLBOOT> <text>: one byte of it is another; the kernel's own session is complete on the serial port.
damaged() {
    local image=$work/damaged.img at
    stick_make "$image" || return 1
    at=$image@@$(partition "$image" TOLLBOOT)
    mcopy -n -i "$at" "::/boot/tollgate/$1" "$work/part" && printf X | dd of="$work/part" bs=1 seek=1000000 conv=notrunc status=none &&
        mcopy -o -i "$at" "$work/part" "::/boot/tollgate/$1" &&
        boot 33 -serial "file:$work/damaged.log" -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        has "$work/damaged.log" "$2" && "$tool" import "$work/damaged.log" -o "$work/damaged.results"
}
case_damaged_linux() { damaged linux 'nobody took the machine over: linux: the module is corrupt'; }
case_damaged_initramfs() { damaged initramfs 'nobody took the machine over: initramfs: the module is corrupt'; }
case_little_memory() {
    local image=$work/little.img
    stick_make "$image" &&
        boot 33 -serial "file:$work/little.log" -M q35 -m 80 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        has "$work/little.log" 'nobody took the machine over: linux: not enough memory in one piece' && "$tool" import "$work/little.log" -o "$work/little.results"
}
# The same stick with the kernel that breaks itself (kernel/test/faults.c).
stick_of_faults() {
    "$here/image/files" "$work/faults.files" "$build/kernel/test/faults.elf" "$build/boot/archive.cpio" "$build/handover/handover.bin" \
        "$build/handover/linux/vmlinuz" "$build/handover/linux/initramfs" && "$here/image/stick" "$work/faults.files" "$work/faults.stick" &&
        stick=$work/faults.stick stick_make "$@"
}
# A kernel that panics: its register dump goes to the stick as well. (QEMU's status says that not all was good.)
# panics <kernel options> <QEMU arguments>...
panics() {
    local image=$work/panic.img
    stick_of_faults "$image" "$1" "tollgate.linux=off tollgate.wait=60 tollgate.hold=0" &&
        boot 35 -serial none -M q35 -m 512 "${@:2}" -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" && taken "$image" "$work/panic.log" &&
        grep -aq 'exception 14 (page fault)' "$work/panic.log" && grep -aq 'name=tollgate .* status=0x11 lost=0' "$work/panic.log"
}
case_panic() { panics select=low_read; }
# On another CPU: the boot CPU, stopped by then, hands the machine over.
case_panic_cpu() { panics 'select=other_cpu,smp_stress run=tests cpus=2' -smp 2 && grep -aq 'CPU 1 of 2' "$work/panic.log"; }

# The first boot of a series hangs with interrupts off: the chipset's watchdog starts the machine anew, the next boot of the series runs and
# reports the one that hung, and the end of the series is an empty queue.
case_watchdog() {
    local image=$work/watchdog.img at
    stick_of_faults "$image" && at=$image@@$(partition "$image" TOLLGATE) && mdel -i "$at" ::/tollgate-run.cfg || return 1
    mcopy -n -i "$at" ::/tollgate.env "$work/env" &&
        grub-editenv "$work/env" set "queue=select=hang,ipc_timeouts run=tests limit=2|tollgate.linux=off tollgate.hold=0;select=none_timer|$linux_options;" &&
        mcopy -o -i "$at" "$work/env" ::/tollgate.env || return 1
    boot_again=()
    boot 33 -serial "file:$work/watchdog.log" -M q35 -m 512 -global ICH9-LPC.noreboot=off -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" || return 1
    mcopy -n -i "$at" ::/tollgate.env ::/RUN00001.LOG ::/RUN00002.LOG "$work/" && ! grep -E '^(queue|running|failed)=.' "$work/tollgate.env" || return 1
    grep -aq 'context watchdog=tco,%203%20s' "$work/watchdog.log" && has "$work/watchdog.log" 'A BOOT DID NOT END: select=hang' || return 1
    ! "$tool" import "$work/RUN00001.LOG" -o "$work/results" 2>"$work/hung" &&
        grep -q 'RUN00001.LOG: the boot with "select=hang,.*" did not end: the machine was started anew' "$work/hung" &&
        "$tool" import "$work/RUN00002.LOG" -o "$work/results2" | grep ': linux-image: [1-9]' # that kernel leaves no records of its own
}
# settings_are <image> <file>: what GRUB keeps on the stick is that.
settings_are() { mcopy -o -i "$1@@$(partition "$1" TOLLGATE)" "$2" ::/tollgate.env; }
# Settings that are no settings hinder nobody.
case_settings_damaged() {
    local counted=() image=$work/settings.img
    stick_make "$image" "$tests" "$tests_linux" && head -c 8192 /dev/urandom >"$work/env" && settings_are "$image" "$work/env" &&
        boot 33 -serial none -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" && taken "$image" "$image.log" && tests_good "$image.log"
}
# A series that names no boot is given up, instead of being the next boot for ever.
case_series_damaged() {
    local counted=() image=$work/series.img
    stick_make "$image" "$tests" "$tests_linux" && mcopy -n -i "$image@@$(partition "$image" TOLLGATE)" ::/tollgate.env "$work/env" &&
        grub-editenv "$work/env" set 'queue=select=nothing that ends well' && settings_are "$image" "$work/env" &&
        boot 33 -serial "file:$work/series.log" -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        has "$work/series.log" 'The series is damaged, and ends here: select=nothing' && taken "$image" "$image.log" && tests_good "$image.log"
}

# A Linux that hangs: its kernel stops dead (panic=0), by a program in the place of the baselines; or a program never ends.
# linux_hangs <what that program does>
linux_hangs() {
    local image=$work/hang.img at
    boot_again=() counted=()
    mkdir -p "$work/root/bin" && printf '#include <fcntl.h>\n#include <unistd.h>\nint main(void) { %s for (;;) pause(); }\n' "$1" >"$work/hang.c" &&
        ${CC:-gcc} -static -O2 -Wno-unused-result -o "$work/root/bin/linux-baselines" "$work/hang.c" && cp -r "$build/image/files" "$work/files" &&
        (cd "$work/root" && find . | cpio --quiet -o -H newc | gzip) >>"$work/files/boot/tollgate/initramfs" || return 1
    # A series of two boots; the checksum is that of the longer initramfs, the second boot runs no baselines.
    sed -i "s/initramfs_crc32=.*/initramfs_crc32=$(gzip -1c "$work/files/boot/tollgate/initramfs" | tail -c 8 | od -An -N4 -tx4 --endian=little | tr -d ' ')/" \
        "$work/files/boot/tollgate/linux.cfg"
    "$here/image/stick" "$work/files" "$image" && at=$image@@$(partition "$image" TOLLGATE) && mcopy -n -i "$at" ::/tollgate.env "$work/env" &&
        grub-editenv "$work/env" set "queue=$tests limit=300|panic=0 tollgate.watch=30 tollgate.hold=0;$tests|$tests_linux;" &&
        settings_are "$image" "$work/env" || return 1
    boot 33 -serial "file:$work/hang.log" -M q35 -m 512 -global ICH9-LPC.noreboot=off -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" || return 1
    has "$work/hang.log" "A BOOT DID NOT END: $tests limit=300|" && mcopy -n -i "$at" ::/RUN00001.LOG ::/RUN00002.LOG "$work/" &&
        ! "$tool" import "$work/RUN00001.LOG" -o "$work/results" 2>"$work/hung" && grep -q 'did not end: the machine was started anew' "$work/hung" &&
        tests_good "$work/RUN00002.LOG"
}
case_linux_stops() { linux_hangs 'sleep(2); write(open("/proc/sysrq-trigger", O_WRONLY), "c", 1);'; }
case_linux_waits() { linux_hangs ''; }

case_disc() {
    settings_make "$work/disc.settings" &&
        boot 33 -serial "file:$work/disc.log" -M q35 -m 512 -boot d -drive "if=ide,index=0,format=raw,file=$work/disc.settings" -drive "if=ide,index=2,media=cdrom,format=raw,file=$disc" &&
        has "$work/disc.log" 'no partition TOLLGATE was found' && both "$work/disc.log"
}

# Two serial lines of one machine: the kernel's records come from the first, the joined log by both.
case_serial_two() {
    local image=$work/two.img
    stick_make "$image" &&
        boot 33 -serial "file:$work/two1.log" -serial "file:$work/two2.log" -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        both "$work/two1.log" && both "$work/two2.log" && taken "$image" "$work/two3.log" && both "$work/two3.log"
}

# The way into the machine changes nothing of what is counted. Of the kernel every sample is that of target qemu, with and without limit=. Linux is another build here (drivers
# for real machines) than that of target linux-qemu (for virtual ones): its medians may differ by a thousandth.
case_rows() {
    local image=$work/rows.img results=$work/rows.results
    stick_make "$image" && boot 33 -serial none -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" &&
        taken "$image" "$work/rows.log" && "$tool" import "$work/rows.log" -o "$results" &&
        "$tool" run --target qemu --select "$select" --cmdline method=batched --results "$results" --output "$work/rows.qemu.json" </dev/null &&
        "$tool" run --target linux-qemu --select "$linux_select" --results "$results" --output "$work/rows.linux.json" </dev/null &&
        "$tool" run --target qemu --select "$select" --cmdline 'method=batched limit=300' --results "$results" --output "$work/rows.limit.json" </dev/null || return 1
    python3 - "$(find "$results" -name both.json)" "$work/rows.qemu.json" "$work/rows.linux.json" "$work/rows.limit.json" <<'END'
import json, sys
def rows(path): return {(row["workload"], row["variant"]): row for row in json.load(open(path))["rows"]}
both, kernel, linux, watched = map(rows, sys.argv[1:])
assert kernel and not [name for name in kernel if both[name]["histogram"] != kernel[name]["histogram"]]
assert kernel.keys() == watched.keys() and not [name for name in kernel if watched[name]["histogram"] != kernel[name]["histogram"]]
shared = [name for name in linux if name in both]
assert shared and all(abs(both[name]["p50"] - linux[name]["p50"]) <= linux[name]["p50"] / 1000 for name in shared)
END
}

# A series of two boots, as the menu's entries of several boots leave it on the stick; the machine starts again by itself.
case_series() {
    local image=$work/series.img at
    stick_make "$image" || return 1
    at=$image@@$(partition "$image" TOLLGATE)
    mcopy -n -i "$at" ::/tollgate.env "$work/env" &&
        grub-editenv "$work/env" set "queue=select=$select method=batched|$linux_options;select=$select method=batched cpus=1|tollgate.linux=off tollgate.hold=0;" &&
        mcopy -o -i "$at" "$work/env" ::/tollgate.env || return 1
    boot_again=()
    boot 33 -serial "file:$work/series.log" -M q35 -m 512 -device ide-hd,drive=boot,bootindex=0 -drive "$(drive "$image")" || return 1
    mcopy -n -i "$at" ::/tollgate.env ::/RUN00001.LOG ::/RUN00002.LOG "$work/" && grub-editenv "$work/tollgate.env" list | grep -qx 'queue=' &&
        both "$work/RUN00001.LOG" && "$tool" import "$work/RUN00002.LOG" -o "$work/series.results" | grep -q ': image: '
}

# PXE: firmware's network boot program, GRUB and everything else come from QEMU's TFTP server.
netboot() {
    "$here/image/net" "$build/image/files" "$work/net" && settings_make "$work/net.settings" || return 1
    boot 33 -serial "file:$work/net.log" -M q35 -m 512 -netdev "user,id=net,tftp=$work/net,bootfile=$1" -device e1000,netdev=net,bootindex=0 \
        $(settings "$work/net.settings") "${@:2}" &&
        has "$work/net.log" 'no partition TOLLGATE was found' && both "$work/net.log" && has "$work/net.log" ', command line "select='
}
case_net() { netboot grub.0; }
case_net_uefi() { netboot grub.efi "${uefi[@]}"; }

# The web server's address, as guests see the host's loopback interface.
web_start() {
    mkdir "$work/web"
    "$here/http-serve" "$work/web" "$work/port" "$work/requests" &
    web=$!
    for ((i = 0; i < 100; i++)); do [ -s "$work/port" ] && break; sleep 0.1; done
    server=10.0.2.2:$(cat "$work/port")
}
# GRUB comes by TFTP, all else from a web server.
case_net_http() {
    local web server counted=() status=0
    web_start
    "$here/image/net" "$build/image/files" "$work/net" "$server" && cp -r "$work/net/boot" "$work/web/" && rm -r "$work/net/boot" &&
        settings_make "$work/net.settings" "$tests" "$tests_linux" &&
        boot 33 -serial "file:$work/net.log" -M q35 -m 512 -netdev "user,id=net,tftp=$work/net,bootfile=grub.0" -device e1000,netdev=net,bootindex=0 \
            $(settings "$work/net.settings") && tests_good "$work/net.log" && grep -q 'GET /boot/tollgate/initramfs' "$work/requests" || status=1
    kill $web
    return $status
}
# UEFI's HTTP boot: the firmware itself fetches GRUB from the address that it was given, and GRUB all else from the address in it.
case_net_http_uefi() {
    local web server counted=() status=0
    web_start
    "$here/image/net" "$build/image/files" "$work/web.new" "$server" && cp -r "$work/web.new/." "$work/web/" && settings_make "$work/net.settings" "$tests" "$tests_linux" &&
        "$here/uefi-boot-uri" "$ovmf_variables" "http://$server/grub.efi" "$work/variables" &&
        boot 33 -serial "file:$work/net.log" -M q35 -m 512 -drive "if=pflash,unit=0,format=raw,readonly=on,file=$ovmf" -drive "if=pflash,unit=1,format=raw,file=$work/variables" \
            -netdev user,id=net -device virtio-net-pci,netdev=net $(settings "$work/net.settings") &&
        tests_good "$work/net.log" && grep -q 'GET /grub.efi' "$work/requests" && grep -q 'GET /boot/tollgate/initramfs' "$work/requests" || status=1
    kill $web
    return $status
}

mapfile -t all < <(declare -F | sed -n 's/^declare -f case_//p')
if [ "${1:-}" = --list ]; then printf '%s\n' "${all[@]}"; exit 0; fi
[ $# -gt 0 ] || set -- "${all[@]}"
top=$work
declare -A name_of started
# A case that went well leaves nothing behind: an image is a hundred megabytes.
case_run() {
    work=$top/$1
    rm -rf "$work" && mkdir "$work" && "case_$1" >"$top/$1.out" 2>&1 || return
    rm -rf "$work"
}
# One case, whichever is the next to end.
case_wait() {
    local pid status=0 name line
    wait -n -p pid || status=$?
    name=${name_of[$pid]}
    line="$name ($((SECONDS - started[$name])) s)"
    if [ $status -eq 0 ]; then tap_ok "$line"; else tap_fail "$line" "exit status $status"$'\n'"$(tail -n 40 "$top/$name.out")"; fi
    [ -z "${METAL_PROGRESS:-}" ] || echo "test-metal: $tap_tests: $line: $([ $status -eq 0 ] && echo good || echo FAILED)" >>"$METAL_PROGRESS"
    running=$((running - 1))
}
running=0
for name in "$@"; do
    if ! declare -F "case_$name" >/dev/null; then tap_fail "$name" 'no such case'; continue; fi
    [ "$running" -lt "${METAL_JOBS:-2}" ] || case_wait
    started[$name]=$SECONDS
    case_run "$name" &
    name_of[$!]=$name
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do case_wait; done
tap_done
