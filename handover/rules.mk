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
