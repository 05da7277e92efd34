#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What ci/size says of the kernel, and that it refuses one that is over its limits. Whether this one is: `make size`.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
kernel=${BUILD:-build}/kernel/tollgate.elf

tap_check 'the kernel is measured' env SIZE_TEXT_MAX=1000000 SIZE_LINES_MAX=100000 ci/size "$kernel"
tap_refuses 'text over the limit is refused' env SIZE_TEXT_MAX=20000 SIZE_LINES_MAX=100000 ci/size "$kernel"
tap_refuses 'lines over the limit are refused' env SIZE_TEXT_MAX=1000000 SIZE_LINES_MAX=5000 ci/size "$kernel"
tap_refuses 'what is no kernel is refused' ci/size /dev/null
tap_done
