# SPDX-License-Identifier: BSD-2-Clause
# The program that starts Linux after the kernel's session (kernel/abi/handover.h): flat, at any address.

HANDOVER        := $(BUILD)/handover/handover.bin
HANDOVER_CFLAGS := $(filter-out -fno-pie -fno-pic,$(GUEST_CFLAGS)) -fpie -fvisibility=hidden -Os
HANDOVER_OBJECTS := $(patsubst %.c,$(BUILD)/handover/%.o,$(notdir $(wildcard handover/*.c))) $(BUILD)/handover/start.o $(BUILD)/handover/ranges.o \
                   $(BUILD)/handover/string.o

all: $(HANDOVER)

$(BUILD)/handover/%.o: handover/%.c
	@mkdir -p $(@D)
	$(CC) $(HANDOVER_CFLAGS) -c -o $@ $<

$(BUILD)/handover/ranges.o: kernel/boot/ranges.c
	@mkdir -p $(@D)
	$(CC) $(HANDOVER_CFLAGS) -c -o $@ $<

$(BUILD)/handover/string.o: kernel/x86_64/string.c
	@mkdir -p $(@D)
	$(CC) $(HANDOVER_CFLAGS) -c -o $@ $<

$(BUILD)/handover/start.o: handover/start.S
	@mkdir -p $(@D)
	$(CC) $(HANDOVER_CFLAGS) -Wa,--noexecstack -c -o $@ $<

$(BUILD)/handover/handover.elf: $(HANDOVER_OBJECTS) handover/handover.ld
	$(LD) -nostdlib -pie --no-dynamic-linker -z noexecstack --build-id=none -T handover/handover.ld -o $@ $(HANDOVER_OBJECTS)

$(HANDOVER): $(BUILD)/handover/handover.elf
	objcopy -O binary -j .text $< $@

# --- init of that Linux, and what it brings ---
#   make metal-linux   kernel and initramfs of images: build/handover/linux (downloads one Debian package)

HANDOVER_INIT := $(BUILD)/handover/init/init
HANDOVER_INIT_OBJECTS := $(patsubst handover/init/%.c,$(BUILD)/handover/init/%.o,$(wildcard handover/init/*.c)) \
                         $(BASELINES_DIR)/obj/baselines/linux/guest.o $(BASELINES_DIR)/obj/harness/measure/record.o $(BASELINES_DIR)/obj/harness/measure/histogram.o
METAL_LINUX   := $(BUILD)/handover/linux

all: $(HANDOVER_INIT)

$(BUILD)/handover/init/%.o: handover/init/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(HANDOVER_INIT): $(HANDOVER_INIT_OBJECTS)
	$(CC) -static -o $@ $^

.PHONY: metal-linux
metal-linux: $(METAL_LINUX)/vmlinuz $(METAL_LINUX)/initramfs

$(METAL_LINUX)/vmlinuz: handover/fetch-linux
	handover/fetch-linux $(METAL_LINUX)

# The cross-check of counters, where PAPI is installed.
METAL_PAPI := $(if $(wildcard /usr/include/papi.h),$(BUILD)/baselines/papi-counters)

# Which tree the image is of; rewritten only when that changes.
$(BUILD)/handover/tree.txt: handover-always
	@mkdir -p $(@D)
	@{ commit=$$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown); echo "commit: $$commit"; \
	   if [ "$$commit" != unknown ] && [ -z "$$(git status --porcelain)" ]; then echo "dirty: no"; else echo "dirty: yes"; fi; } > $@.new
	@cmp -s $@.new $@ || cp $@.new $@

.PHONY: handover-always
handover-always:

$(METAL_LINUX)/initramfs: $(HANDOVER_INIT) $(BUILD)/baselines/linux-baselines $(METAL_LINUX)/vmlinuz $(BUILD)/kernel/tollgate.elf handover/pack-initramfs \
                          $(BUILD)/compiler.txt $(BUILD)/handover/tree.txt $(METAL_PAPI)
	handover/pack-initramfs $(METAL_LINUX) $(HANDOVER_INIT) $(BUILD)/baselines/linux-baselines $(BUILD)/kernel/tollgate.elf $(BUILD)/compiler.txt \
	    $(BUILD)/handover/tree.txt $(METAL_PAPI)

# --- tests: both sides on the host, with sanitizers ---

HANDOVER_TEST_FLAGS := $(HOST_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HANDOVER_TESTS      := $(patsubst handover/test/%.c,$(BUILD)/handover/test/%,$(wildcard handover/test/test_*.c))
HANDOVER_TESTED     := handover/linux.c handover/machine.c handover/text.c kernel/boot/ranges.c handover/init/bytes.c handover/init/log.c handover/init/series.c handover/init/summary.c \
                       harness/measure/record.c harness/measure/histogram.c baselines/linux/guest.c \
                       harness/tool/joined.c harness/tool/error.c

TEST_HOST_PROGRAMS += $(HANDOVER_TESTS)

$(BUILD)/handover/test/obj/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HANDOVER_TEST_FLAGS) -c -o $@ $<

$(HANDOVER_TESTS): $(BUILD)/handover/test/%: $(BUILD)/handover/test/obj/handover/test/%.o $(HANDOVER_TESTED:%.c=$(BUILD)/handover/test/obj/%.o)
	$(HOSTCC) $(HANDOVER_TEST_FLAGS) -o $@ $^ -lcmocka -lz
