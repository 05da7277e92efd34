# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# What `make bench` and `make accept` ask of Linux: null system call, pipe, System V IPC, UNIX sockets. One pattern is all that fits,
# so its classes spell the beginnings null, pipe, sysv, unix. LINUX_SELECT='*' asks everything that baselines/linux has (much longer).
# Footprints that are gated: hw.* and ipc.*, single operations.
footprint_selection='[hi][wp][.c]*'
linux_selection=${LINUX_SELECT:-linux.[npsu][uiyn][lpsi][levx]*}
