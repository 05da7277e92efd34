# SPDX-License-Identifier: BSD-2-Clause
# User space: every workloads/<topic>/<name>.c is a program; all of them and root go into the boot archive.
#   make build/boot/archive.cpio  the boot archive alone
#   make build/boot/hostile.cpio  the archive of the tests of hostility

GUEST      := $(BUILD)/guest
PROGRAM_LD := workloads/lib/program.ld
# Pure code that kernel and root share.
PROGRAM_SHARED := $(wildcard kernel/boot/archive.c kernel/boot/elf.c)

# crt0 and the two mains are linked by name, the rest of the library as it is needed; so are servers, whose threads a program starts in
# tasks of its own.
PROGRAM_MAINS       := workloads/lib/crt0.S workloads/lib/measure_loop.c workloads/lib/test_main.c
PROGRAM_LIB_OBJECTS := $(patsubst %,$(GUEST)/%.o,$(basename $(sort $(filter-out $(PROGRAM_MAINS), \
                         $(wildcard workloads/lib/*.c workloads/lib/*.S harness/measure/*.c harness/measure/*.S)) \
                         $(filter-out workloads/servers/root%,$(wildcard workloads/servers/*.c workloads/servers/*.S)) kernel/boot/elf.c)))
ROOT_OBJECTS        := $(patsubst %,$(GUEST)/%.o,$(basename $(sort $(wildcard workloads/servers/root*.c) $(PROGRAM_SHARED))))
WORKLOAD_PROGRAMS   := $(sort $(filter-out workloads/lib/% workloads/servers/% workloads/test/% workloads/fuzz/% \
                         workloads/hostile/%,$(wildcard workloads/*/*.c)))
# Tests of hostility: programs of one file each, and the fuzzing program of several; they have an archive of their own.
HOSTILE_PROGRAMS    := $(sort $(wildcard workloads/hostile/*.c))
FUZZ_PROGRAM        := workloads/fuzz/fuzz.c
FUZZ_OBJECTS        := $(patsubst %,$(GUEST)/%.o,$(basename $(sort $(wildcard workloads/fuzz/*.[cS]))))
TEST_PROGRAMS       := $(sort $(wildcard workloads/test/*.c))

PROGRAM_LINK = $(CC) -Werror -nostdlib -static -Wl,--gc-sections,--build-id=none,-z,max-page-size=4096,-z,noexecstack,--fatal-warnings \
               -Wl,-T,$(PROGRAM_LD)

$(GUEST)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST)/program.a: $(PROGRAM_LIB_OBJECTS)
	@rm -f $@
	ar rcsD $@ $^

WORKLOAD_ELFS := $(WORKLOAD_PROGRAMS:%.c=$(GUEST)/%.elf)
HOSTILE_ELFS  := $(HOSTILE_PROGRAMS:%.c=$(GUEST)/%.elf)
FUZZ_ELF      := $(FUZZ_PROGRAM:%.c=$(GUEST)/%.elf)
TEST_ELFS     := $(TEST_PROGRAMS:%.c=$(GUEST)/%.elf)
# Not in the archive: what workloads/test-programs.sh puts into archives of its own.
BROKEN_ELFS   := $(patsubst %.c,$(GUEST)/%.elf,$(sort $(wildcard workloads/test/broken/*.c)))

# Broken workloads are measured, or bring a program_main of their own.
BROKEN_MEASURED  := $(patsubst %.c,$(GUEST)/%.elf,$(shell grep -l '^const struct workload workload' workloads/test/broken/*.c))
BROKEN_WORKLOADS := $(patsubst %.c,$(GUEST)/%.elf,$(shell grep -l program_main workloads/test/broken/*.c))

# A static program for Linux, which is carried as it is.
LINUX_IMAGE := $(GUEST)/workloads/servers/linux/calls
$(LINUX_IMAGE): $(GUEST)/workloads/servers/linux/calls.o
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none,-z,max-page-size=4096,-z,separate-code,-z,noexecstack -o $@.full $<
	strip -s -o $@ $@.full
$(GUEST)/workloads/servers/linux_image.o: GUEST_CFLAGS += -DLINUX_IMAGE='"$(LINUX_IMAGE)"'
$(GUEST)/workloads/servers/linux_image.o: $(LINUX_IMAGE)

$(WORKLOAD_ELFS) $(BROKEN_MEASURED): $(GUEST)/%.elf: $(GUEST)/%.o $(GUEST)/workloads/lib/crt0.o $(GUEST)/workloads/lib/measure_loop.o \
                  $(GUEST)/program.a $(PROGRAM_LD)
	$(PROGRAM_LINK) -o $@ $(filter %.o %.a,$^)

$(FUZZ_ELF): $(FUZZ_OBJECTS) $(GUEST)/workloads/lib/crt0.o $(GUEST)/workloads/lib/test_main.o $(GUEST)/program.a $(PROGRAM_LD)
	$(PROGRAM_LINK) -o $@ $(filter %.o %.a,$^)

$(TEST_ELFS) $(HOSTILE_ELFS) $(filter-out $(BROKEN_WORKLOADS) $(BROKEN_MEASURED),$(BROKEN_ELFS)): $(GUEST)/%.elf: $(GUEST)/%.o $(GUEST)/workloads/lib/crt0.o \
              $(GUEST)/workloads/lib/test_main.o $(GUEST)/program.a $(PROGRAM_LD)
	$(PROGRAM_LINK) -o $@ $(filter %.o %.a,$^)

$(BROKEN_WORKLOADS): $(GUEST)/%.elf: $(GUEST)/%.o $(GUEST)/workloads/lib/crt0.o $(GUEST)/program.a $(PROGRAM_LD)
	$(PROGRAM_LINK) -o $@ $(filter %.o %.a,$^)

$(GUEST)/workloads/servers/root.elf: $(ROOT_OBJECTS) $(GUEST)/workloads/lib/crt0.o $(GUEST)/program.a $(PROGRAM_LD)
	$(PROGRAM_LINK) -o $@ $(filter %.o %.a,$^)

# A program's name in the archive: workload/<id of its `workload:` line>, test/<file name>; root is `root`.
.PHONY: workloads
workloads: $(BUILD)/boot/archive.cpio
all: workloads

# Reproducible: sorted names, no times, no owners, no inode numbers. Debug information stays in $(GUEST).
$(BUILD)/boot/archive.cpio: $(WORKLOAD_ELFS) $(TEST_ELFS) $(GUEST)/workloads/servers/root.elf workloads/archive.sh
	@mkdir -p $(@D)
	workloads/archive.sh $(GUEST) $@ $(WORKLOAD_PROGRAMS) $(TEST_PROGRAMS)

HOSTILE_ARCHIVE := $(BUILD)/boot/hostile.cpio
$(HOSTILE_ARCHIVE): $(HOSTILE_ELFS) $(FUZZ_ELF) $(GUEST)/workloads/servers/root.elf workloads/archive.sh
	@mkdir -p $(@D)
	workloads/archive.sh $(GUEST) $@ $(HOSTILE_PROGRAMS) $(FUZZ_PROGRAM)
workloads: $(HOSTILE_ARCHIVE)

TEST_SCRIPTS += $(sort $(wildcard workloads/test-*.sh))
TEST_DEPENDS += $(BROKEN_ELFS)

# --- the conformance program ---
#   make spec              the names of its tests, which are the specification of the kernel
#   make test-conformance  all of it on every machine: 1, 2, 4 CPUs, counted and not, without the fast path, UEFI, Bochs (about 15 minutes)
.PHONY: spec test-conformance
spec:
	@workloads/spec.sh

test-conformance: all disk
	@rm -rf $(BUILD)/test/conformance && mkdir -p $(BUILD)/test/conformance
	@CONFORMANCE_JOBS=2 TEST_TMPDIR=$(BUILD)/test/conformance workloads/test-conformance.sh all
