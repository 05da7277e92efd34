#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The kernel is within its limits of size (ci/size), and one that is not would be seen.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
kernel=${BUILD:-build}/kernel/tollgate.elf

tap_check 'the kernel is within its limits of text and lines' ci/size "$kernel"
tap_refuses 'text over the limit is refused' env SIZE_TEXT_MAX=20000 ci/size "$kernel"
tap_refuses 'lines over the limit are refused' env SIZE_LINES_MAX=5000 ci/size "$kernel"
tap_refuses 'what is no kernel is refused' ci/size /dev/null
tap_done
