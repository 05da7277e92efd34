#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The specification: the names of all tests of the conformance program (workloads/test), file by file, each file under what its head says.
#   workloads/spec.sh          for people (make spec)
#   workloads/spec.sh --names  one name a line, sorted: what workloads/test-conformance.sh compares with what has run
set -euo pipefail
cd "$(dirname "$0")/.."

# names <file>: of the table `tests`.
names() { sed -n '/^const struct test tests\[\]/,/^};/s/^ *{ "\(.*\)", [a-z_0-9]* },$/\1/p' "$1"; }

# purpose <file>: the sentences of its head.
purpose() { awk 'NR > 2 && / \*\// { exit } NR > 3 { sub(/^ \* ?/, ""); print }' "$1"; }

for file in workloads/test/*.c; do
    n=$(names "$file" | wc -l)
    texts=$(sed -n '/^const struct test tests\[\]/,/^};/p' "$file" | grep -c '"' || true)
    [ "$n" -gt 0 ] && [ "$n" -eq "$texts" ] || { echo "spec: $file: $n names, but $texts lines with a text" >&2; exit 1; }
    if [ "${1:-}" = --names ]; then names "$file"; continue; fi
    printf '\n%s\n' "$(basename "$file" .c)"
    purpose "$file" | sed 's/^/    /'
    names "$file" | sed 's/^/  - /'
done | if [ "${1:-}" = --names ]; then LC_ALL=C sort; else cat; fi
