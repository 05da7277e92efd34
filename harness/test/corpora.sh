#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs the committed corpora of the fuzz targets: harness/fuzz/corpus/<target>/{good,bad}-*. Speaks TAP; plans add up.
set -u
status=0
for folder in harness/fuzz/corpus/*; do
    "${BUILD:-build}/sanitized/corpus-${folder##*/}" "$folder"/* || status=1
done
exit $status
