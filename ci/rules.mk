# SPDX-License-Identifier: BSD-2-Clause
# What a user types: install, measure, test, image. The rules of the other folders say what there is to build and to test:
# - TEST_HOST_PROGRAMS  programs that print TAP (cmocka does); built first, each is one suite
# - TEST_SCRIPTS        executable scripts that print TAP; ci/tap.sh helps
# - TEST_DEPENDS        built before any suite runs
# - TEST_LIMITS         name=seconds, where a suite needs another limit than 600 s
# Goals test-host and test-guest may have prerequisites of their own; each of the two is then one suite.
#   make image     build/image/tollgate.img (stick, disk) and .iso (CD): this kernel, then Linux, results on the stick; by BIOS and by UEFI
#   make disk      build/boot/disk.img: this kernel alone, for targets qemu-uefi and bochs
#   make gate      measure target qemu and compare with results/reference; any difference fails
#   make accept REASON='...'  measure anew and make the counts the reference (results/reference, tables of the documents)
#   make sample        measure anew what results/sample holds, all of one commit
#   make check     style: sizes, names, reading order, steps of the fast path, documents

export BUILD
JOBS := $(shell nproc 2>/dev/null || echo 2)

.PHONY: install-deps image disk bench test test-host test-guest check gate accept sample
install-deps:
	@ci/install-deps

# Everything for a real machine: stick and disc, with the Linux that follows. Dates in them are those of the commit.
IMAGE_PARTS := $(BUILD)/kernel/tollgate.elf $(BUILD)/boot/archive.cpio
IMAGE_LINUX := $(BUILD)/handover/handover.bin $(BUILD)/handover/linux/vmlinuz $(BUILD)/handover/linux/initramfs
IMAGE_TOOLS := $(addprefix ci/image/,files early.cfg grub.cfg modules.sh)
IMAGE_EPOCH  = $(shell git log -1 --format=%ct 2>/dev/null || echo 1700000000)
image: $(BUILD)/image/tollgate.img.sha256 $(BUILD)/image/tollgate.iso.sha256
	@cat $^

$(BUILD)/image/files/boot/grub/grub.cfg: $(IMAGE_PARTS) $(IMAGE_LINUX) $(IMAGE_TOOLS)
	rm -rf $(BUILD)/image/files
	ci/image/files $(BUILD)/image/files $(IMAGE_PARTS) $(IMAGE_LINUX)

$(BUILD)/image/tollgate.img: ci/image/stick ci/image/stick.md $(BUILD)/image/files/boot/grub/grub.cfg
	SOURCE_DATE_EPOCH=$(IMAGE_EPOCH) ci/image/stick $(BUILD)/image/files $@

$(BUILD)/image/tollgate.iso: ci/image/disc $(BUILD)/image/files/boot/grub/grub.cfg
	SOURCE_DATE_EPOCH=$(IMAGE_EPOCH) ci/image/disc $(BUILD)/image/files $@

#   make net       build/image/net: a folder for a TFTP or HTTP server, from which machines boot (ci/image/net says how)
.PHONY: net
net: $(BUILD)/image/files/boot/grub/grub.cfg
	ci/image/net $(BUILD)/image/files $(BUILD)/image/net

%.sha256: %
	cd $(<D) && sha256sum $(<F) > $(@F)

# What targets qemu-uefi and bochs boot: the kernel alone.
disk: $(BUILD)/boot/disk.img
$(BUILD)/boot/disk.img: ci/image/disc $(IMAGE_TOOLS) $(IMAGE_PARTS)
	rm -rf $(BUILD)/boot/files
	ci/image/files $(BUILD)/boot/files $(IMAGE_PARTS)
	ci/image/disc $(BUILD)/boot/files $@

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
	@MAKE='$(MAKE_COMMAND)' ci/run-tests -b 'all disk image linux-guest $(TEST_HOST_PROGRAMS) $(TEST_DEPENDS)' $(TEST_GOALS) \
	    $(TEST_LIMITS:%=-l %) $(TEST_HOST_PROGRAMS) $(TEST_SCRIPTS)

#   make test-metal  boots the image as stick, disk and CD, on machines and in troubles of all kinds (an hour; a few of them are in `make test`)
.PHONY: test-metal
test-metal:
	@ci/install-deps test
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all image linux-guest $(BUILD)/kernel/test/faults.elf $(BUILD)/kernel/test/screen_text
	@ci/run-tests ci/metal.sh

check: $(BUILD)/tollgate
	@ci/run-tests $(CHECKS)

gate:
	@ci/install-deps bench
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all
	@ci/gate

accept:
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all linux-guest
	@ci/accept '$(REASON)'

sample:
	@+$(MAKE) -s --no-print-directory -j$(JOBS) all linux-guest
	@ci/sample
