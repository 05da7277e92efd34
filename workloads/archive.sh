#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# archive.sh GUEST OUTPUT SOURCE...: packs root and the program of each source into a reproducible cpio archive (newc). A
# program is called workload/<id> by the `workload:` line of its source, or test/<file name>.
set -eu -o pipefail

guest=$1 output=$2
shift 2
stage=$(mktemp -d "$output.stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT

strip_to() {
    mkdir -p "$(dirname "$stage/$2")"
    if [ -e "$stage/$2" ]; then
        echo "archive.sh: two programs are called $2" >&2
        exit 1
    fi
    strip -s -o "$stage/$2" "$1"
}

strip_to "$guest/workloads/servers/root.elf" root
for source in "$@"; do
    elf=$guest/${source%.c}.elf
    case $source in
    workloads/test/* | workloads/fuzz/* | workloads/hostile/*) name=test/$(basename "$source" .c) ;;
    *)
        id=$(sed -n 's/^ \* workload: *\([^ |]*\) *|.*/\1/p' "$source")
        if [ -z "$id" ]; then
            echo "archive.sh: $source has no line \" * workload: id | sentence | paper\"" >&2
            exit 1
        fi
        name=workload/$id ;;
    esac
    strip_to "$elf" "$name"
done
find "$stage" -type f -exec chmod 755 {} + -exec touch -d @0 {} +
(cd "$stage" && find . -type f -printf '%P\n' | LC_ALL=C sort |
    cpio --quiet --reproducible -o -H newc -R 0:0) > "$output.new"
mv "$output.new" "$output"
