# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the guest tests of the kernel: boots it by PVH in QEMU and checks how that ended. Every test prints one line.

passed=0 failed=0 status=0 console= machine=(-cpu max)

# boot KERNEL ARCHIVE COMMAND_LINE: sets status and console; ARCHIVE may be empty.
# machine=(-cpu ...) before it changes the processor.
boot() {
    local archive=()
    [ -z "$2" ] || archive=(-initrd "$2")
    console=$(timeout 240 qemu-system-x86_64 -nodefaults -no-user-config -M q35 "${machine[@]}" -m 256M -accel tcg -icount shift=0,sleep=off \
        -display none -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 -no-reboot \
        -kernel "$1" "${archive[@]}" -append "$3" 2>&1 < /dev/null | tr -d '\r')
    status=$?
}

# check TEST STATUS PATTERN...: the boot ended with that status, and each pattern matches a line of the console.
check() {
    local test=$1 expected=$2 pattern
    shift 2
    if [ "$status" -ne "$expected" ]; then
        fail "$test" "exit status $status, not $expected"
        return
    fi
    for pattern in "$@"; do
        if ! grep -Eq -- "$pattern" <<< "$console"; then
            fail "$test" "nothing on the console matches: $pattern"
            return
        fi
    done
    echo "PASS $test"
    passed=$((passed + 1))
}

fail() {
    echo "FAIL $1: $2"
    sed 's/^/    | /' <<< "$console"
    failed=$((failed + 1))
}

summary() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
