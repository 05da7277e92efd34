# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# What `make bench` and `make accept` ask of Linux: null system call, pipe, System V IPC, UNIX sockets. One pattern is all that fits,
# so its classes spell the beginnings null, pipe, sysv, unix. LINUX_SELECT='*' asks everything that baselines/linux has (much longer).
# Footprints that are gated, of single operations.
footprint_selection='ipc.*'
linux_selection=${LINUX_SELECT:-linux.[npsu][uiyn][lpsi][levx]*}
