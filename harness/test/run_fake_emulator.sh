#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Stands in for an emulator in the tests of `tollgate run` (--emulator): writes a console, misbehaves as FAKE says, leaves a status.
# FAKE_FOLDER: takes the pids of all processes started here; FAKE_LOGS: where the sample consoles lie.
set -u
echo $$ >> "$FAKE_FOLDER/pids"

serial=
for argument in "$@"; do
    case $argument in file,id=console,path=*) serial=${argument#file,id=console,path=} ;; esac
    [ "$argument" = -f ] && serial=bochsrc-follows && continue
    if [ "$serial" = bochsrc-follows ]; then # Bochs: console and log are named in its configuration
        bochs_log=$(sed -n 's/^log: "\(.*\)"$/\1/p' "$argument")
        serial=$(sed -n 's/^com1: .*dev="\(.*\)"$/\1/p' "$argument")
    fi
done
[ -n "$serial" ] || serial=/dev/stdout # target linux
log=run_good.log
case "$serial $*" in /dev/stdout*|*linux-guest*) log=run_linux.log ;; esac

# A child that does not want to go, in the background.
clinging_child() { (trap '' TERM INT HUP; echo "$BASHPID" >> "$FAKE_FOLDER/pids"; while :; do sleep 60; done) & }

good() { cat "$FAKE_LOGS/$log" >> "$serial"; }
noise() { head -c "$1" /dev/urandom >> "$serial"; }

case $FAKE in
    good)      good; exit "${FAKE_STATUS:-33}" ;;
    clinging)  clinging_child; good; exit 33 ;;
    hang)      trap '' TERM; clinging_child; echo booting >> "$serial"; while :; do sleep 60; done ;;
    half)      head -n 14 "$FAKE_LOGS/$log" >> "$serial"; exit "${FAKE_STATUS:-33}" ;;
    cut)       head -c -3 "$FAKE_LOGS/$log" >> "$serial"; exit "${FAKE_STATUS:-33}" ;;
    changed)   sed 's/ 104:90/ 105:90/' "$FAKE_LOGS/$log" >> "$serial"; exit "${FAKE_STATUS:-33}" ;;
    empty)     exit "${FAKE_STATUS:-33}" ;;
    text)      echo "hello, world" >> "$serial"; exit "${FAKE_STATUS:-33}" ;;
    garbage)   noise 1000000; exit "${FAKE_STATUS:-33}" ;;
    flood)     while :; do noise 4000000; done ;;
    chatter)   while :; do head -c 4000000 /dev/zero; done ;; # the emulator's own log, not the console
    crash)     good; kill -SEGV $$ ;;
    other)     if [ -e "$FAKE_FOLDER/second" ]; then cat "$FAKE_LOGS/run_other.log" >> "$serial"; else good; fi
               touch "$FAKE_FOLDER/second"; exit 33 ;;
    rebuild)   good; echo "made anew" >> build/kernel/tollgate.elf; exit 33 ;;
    log)       cat "$FAKE_LOGS/$FAKE_LOG" >> "$serial"; exit "${FAKE_STATUS:-33}" ;;
    bochs)     good; echo "tollgate: exit status ${FAKE_STATUS:-0x10}" >> "$serial"
               echo "00000000000p[UNMAP ] >>PANIC<< Shutdown port: shutdown requested" > "$bochs_log"; exit 1 ;;
    bochs-bad) echo "00000000000p[HD    ] >>PANIC<< no such disk" > "$bochs_log"; exit 1 ;;
    *)         echo "fake emulator: no behaviour '$FAKE'" >&2; exit 99 ;;
esac
