# SPDX-License-Identifier: BSD-2-Clause
# What a user types: install, measure, test, image. The rules of the other folders say what there is to build and to test:
# - TEST_HOST_PROGRAMS  programs that print TAP (cmocka does); built first, each is one suite
# - TEST_SCRIPTS        executable scripts that print TAP; ci/tap.sh helps
# - TEST_DEPENDS        built before any suite runs
# - TEST_LIMITS         name=seconds, where a suite needs another limit than 600 s
# Goals test-host and test-guest may have prerequisites of their own; each of the two is then one suite.
#   make image     build/boot/tollgate.img: boots from stick, CD and disk, by BIOS and by UEFI
#   make gate      measure target qemu and compare with results/reference; any difference fails
#   make accept REASON='...'  measure anew and make the counts the reference (results/reference, tables of the documents)
#   make check     style: sizes, names, reading order, steps of the fast path, documents

export BUILD
JOBS := $(shell nproc 2>/dev/null || echo 2)

.PHONY: install-deps image bench test test-host test-guest check gate accept
install-deps:
	@ci/install-deps

image: $(BUILD)/boot/tollgate.img
$(BUILD)/boot/tollgate.img: ci/image/build ci/image/early.cfg ci/image/grub.cfg $(BUILD)/kernel/tollgate.elf $(BUILD)/boot/archive.cpio
	ci/image/build $(BUILD)/kernel/tollgate.elf $(BUILD)/boot/archive.cpio $@

# The compiler itself may be among what is missing: everything after install-deps is a make of its own.
bench:
	@ci/install-deps bench
	@echo "building ($(CC))"
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all linux-guest
	@ci/bench

CHECKS       := $(sort $(filter-out %.awk,$(wildcard ci/check-*)))
TEST_SCRIPTS += $(CHECKS) $(sort $(wildcard ci/test-*.sh))

# Which of the two collecting goals have anything to do.
TEST_GOALS    = $(shell $(MAKE) -npq --no-print-directory .DEFAULT 2>/dev/null | sed -n 's/^\(test-host\|test-guest\): ..*/-g \1/p')

test:
	@ci/install-deps test
	@+$(MAKE) --no-print-directory test-run

.PHONY: test-run
test-run:
	@MAKE='$(MAKE_COMMAND)' ci/run-tests -b 'all image linux-guest $(TEST_HOST_PROGRAMS) $(TEST_DEPENDS)' $(TEST_GOALS) \
	    $(TEST_LIMITS:%=-l %) $(TEST_HOST_PROGRAMS) $(TEST_SCRIPTS)

check: $(BUILD)/tollgate
	@ci/run-tests $(CHECKS)

gate:
	@ci/install-deps bench
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all
	@ci/gate

accept:
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all linux-guest
	@ci/accept '$(REASON)'
