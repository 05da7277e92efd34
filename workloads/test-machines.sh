#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# Machines that differ: where the serial port is, or that there is none; how a session powers off or starts anew. A session must leave a
# complete log of records on the port that is meant, and nothing on others. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
seconds_max=60

# shellcheck disable=SC2054 # the commas are QEMU's
machine=(-nodefaults -no-user-config -display none -no-reboot -m 128M -cpu max,-cx16 -accel tcg,thread=single -icount shift=0,sleep=off -monitor none)
debug_exit=(-device isa-debug-exit,iobase=0xf4,iosize=4)

# boot <name> <exit status that is wanted> <options of the kernel> <arguments of QEMU>...
boot() {
    local name=$1 wanted=$2 options=$3 status=0
    shift 3
    timeout $seconds_max qemu-system-x86_64 "${machine[@]}" "$@" -kernel "$build/kernel/tollgate.elf" -initrd "$build/boot/archive.cpio" \
        -append "$options" </dev/null >"$work/$name.out" 2>&1 || status=$?
    [ $status -eq "$wanted" ] || { echo "exit status $status, not $wanted"; tail -n 5 "$work/$name.out" "$work/$name".*log; return 1; }
}
port() { printf -- '-chardev file,id=%s,path=%s' "$1" "$work/$2"; }
complete() { "$build/tollgate" decode --unsealed --target qemu --output "$work/$1.json" "$work/$1"; }
silent() { [ ! -s "$work/$1" ] || { head -n 3 "$work/$1"; return 1; }; }
select='select=hw.null_syscall'

com2_alone() {
    boot com2 33 "$select" -M q35 "${debug_exit[@]}" $(port line com2.log) -device isa-serial,iobase=0x2f8,irq=3,chardev=line && complete com2.log
}
com4_alone() {
    boot com4 33 "$select" -M pc "${debug_exit[@]}" $(port line com4.log) -device isa-serial,iobase=0x2e8,irq=3,chardev=line && complete com4.log
}
com2_of_two() {
    boot two 33 "$select console=com2" -M q35 "${debug_exit[@]}" $(port one two.1.log) -device isa-serial,chardev=one \
        $(port two two.2.log) -device isa-serial,chardev=two && complete two.2.log && silent two.1.log
}
pci_alone() {
    boot pci 33 "$select" -M q35 "${debug_exit[@]}" $(port line pci.log) -device pci-serial,chardev=line && complete pci.log
}
# In a function that is not the first; COM1 is there, too.
pci_in_a_later_function() {
    boot later 33 "$select console=pci" -M q35 "${debug_exit[@]}" $(port one later.1.log) -device isa-serial,chardev=one \
        -device pci-testdev,addr=5.0,multifunction=on $(port line later.2.log) -device pci-serial,chardev=line,addr=5.3 &&
        complete later.2.log && silent later.1.log
}
# SPCR: the firmware's console is COM2. Interface type 0, then a generic address (ports, 8 bits, 0x2f8) and the rest.
spcr_tells() {
    printf '\0\0\0\0\1\10\0\0\370\2\0\0\0\0\0\0\3\3\0\0\0\0\7\0\1\0\3\0\377\377\377\377\0\0\0\0\0\0\0\0\0\0\0\0' >"$work/spcr"
    boot spcr 33 "$select" -M q35 "${debug_exit[@]}" $(port one spcr.1.log) -device isa-serial,chardev=one $(port two spcr.2.log) \
        -device isa-serial,chardev=two -acpitable "sig=SPCR,rev=2,data=$work/spcr" && complete spcr.2.log && silent spcr.1.log
}
no_port() { boot none 33 "$select" -M q35 "${debug_exit[@]}"; }
# A port that is asked for and is not there is no reason not to measure.
absent_port() { boot absent 33 "$select console=com3" -M q35 "${debug_exit[@]}" $(port one absent.log) -device isa-serial,chardev=one && silent absent.log; }

# The line of COM1 is free here, so that one test of the console fails: the session ends with 37.
typed_on_com2() {
    mkfifo "$work/line.in" "$work/line.out"
    timeout $seconds_max qemu-system-x86_64 "${machine[@]:0:7}" -M q35 -cpu max,-cx16 -accel tcg,thread=single -monitor none "${debug_exit[@]}" \
        -chardev "pipe,id=line,path=$work/line" -device isa-serial,iobase=0x2f8,irq=3,chardev=line -kernel "$build/kernel/tollgate.elf" \
        -initrd "$build/boot/archive.cpio" -append 'run=tests select=vcon' </dev/null &
    local qemu=$! status=0 started=$SECONDS
    cat "$work/line.out" >"$work/typed.log" &
    exec 3>"$work/line.in"
    until grep -aq 'type tollgate' "$work/typed.log" || [ $((SECONDS - started)) -gt $seconds_max ]; do sleep 0.1; done
    printf 'tollgate\n' >&3
    until grep -aq 'type echo' "$work/typed.log" || [ $((SECONDS - started)) -gt $seconds_max ]; do sleep 0.1; done
    printf 'echo\r' >&3
    wait $qemu || status=$?
    exec 3>&-
    [ $status -eq 37 ] && sed 's/%20/ /g' "$work/typed.log" | grep -a 'test name=vcon: input wakes who waits for its Irq, and is read result=pass' ||
        { tail -n 5 "$work/typed.log"; return 1; }
}

# Memory that is not there until it is touched. 1 TiB needs more bits of address than QEMU's CPUs have by themselves.
memory() {
    boot "memory-$1" 33 "$select" -M q35,memory-backend=memory -cpu max,-cx16,phys-bits=46 -m "$1" -object "memory-backend-ram,id=memory,size=$1,reserve=off" \
        "${debug_exit[@]}" $(port one "memory-$1.log") -device isa-serial,chardev=one && complete "memory-$1.log"
}
cpus() {
    boot "cpus-$1" 33 "$select" -M q35 -smp "$1" "${debug_exit[@]}" $(port one "cpus-$1.log") -device isa-serial,chardev=one &&
        grep -q "^@tg [0-9]* context cpus=$1 " "$work/cpus-$1.log"
}

ended_well() { grep -aq 'tollgate: exit status 0x10' "$work/$1.log" && ! grep -aq 'does not power off' "$work/$1.log"; }
# The last line tells the way that acted. Without isa-debug-exit only the machine itself can end QEMU; a reset ends it because of -no-reboot.
ended_by() { ended_well "$1" && [ "$(tail -n 1 "$work/$1.log" | tr -d '\r')" = "tollgate: $2" ] || { tail -n 3 "$work/$1.log"; return 1; }; }
powers_off() { boot "off-$1" 0 "$select" -M "$1" $(port one "off-$1.log") -device isa-serial,chardev=one && ended_by "off-$1" 'power off by ACPI'; }
# starts_anew <name> <way> <arguments of QEMU>...
starts_anew() {
    boot "$1" 0 "$select end=reset" "${@:3}" $(port one "$1.log") -device isa-serial,chardev=one && ended_by "$1" "reset by $2"
}

tap_check 'serial: COM2 alone' com2_alone
tap_check 'serial: COM4 alone' com4_alone
tap_check 'serial: console=com2 of two, the other one is silent' com2_of_two
tap_check 'serial: on PCI alone' pci_alone
tap_check 'serial: on PCI in a later function, COM1 is silent' pci_in_a_later_function
tap_check "serial: the firmware's console, by its table" spcr_tells
tap_check 'serial: none, no screen: the session ends well' no_port
tap_check 'serial: one is asked for that is not there: the session ends well' absent_port
tap_check 'serial: typing on COM2 interrupts its own line' typed_on_com2
for size in 64M 128M 2500M 8G 200G 1T; do tap_check "memory: $size" memory $size; done
for n in 3 255; do tap_check "CPUs: $n" cpus $n; done
tap_check 'power off: q35' powers_off q35
tap_check 'power off: pc' powers_off pc
tap_check 'reset: q35, by the register that ACPI tells' starts_anew reset-q35 ACPI -M q35
tap_check 'reset: pc, whose ACPI tells no register' starts_anew reset-pc 'the keyboard controller' -M pc
tap_check 'reset: pc without ACPI, by the keyboard controller' starts_anew reset-keyboard 'the keyboard controller' -M pc -no-acpi
tap_check 'reset: microvm, by a fault without handlers' starts_anew reset-fault 'a fault' -M microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=off,x-option-roms=off
tap_done
