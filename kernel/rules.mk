# SPDX-License-Identifier: BSD-2-Clause
# The kernel: one ELF64 that boots by Multiboot2 and by PVH. Every .c and .S of boot, core and x86_64 is in it.
#   make size       size of the kernel, its instruments (kernel/INSTRUMENTS) apart; fails over 64 KiB of text (gcc's) or 10,000 lines
#   make build/kernel/check.elf  the kernel that verifies its invariants (kernel/check/check.c)

KERNEL        := $(BUILD)/kernel/tollgate.elf
KERNEL_CFLAGS := $(GUEST_CFLAGS) -mcmodel=kernel -I$(BUILD)/kernel -Ikernel/x86_64/local -Ikernel/x86_64/untraced -Ikernel/x86_64/plain -fno-jump-tables \
                 $(if $(findstring clang,$(CC)),-mstack-alignment=8,-mpreferred-stack-boundary=3)
# What entries to the kernel execute most is one translation unit, compiled for speed: a call from module to module costs as much as the
# compiler thinks that it should. Names of static functions are therefore unique among these files. All else is compiled for size.
KERNEL_HOT_FLAGS  := -fno-align-functions -fno-inline-functions $(if $(findstring clang,$(CC)),,-fno-align-jumps -fno-align-loops)
KERNEL_COLD_FLAGS := -Os
# What runs at boot alone, or when the session ends, smaller still.
KERNEL_BOOT_C := $(wildcard kernel/boot/*.c) $(addprefix kernel/x86_64/,acpi.c acpi_power.c acpi_tables.c clock.c console.c exit.c features.c \
                 framebuffer.c guards.c handover.c ioapic.c isolation.c kernel_map.c madt.c mitigations.c panic.c pmu.c pmu_events.c print.c probe.c secondary.c \
                 smp.c smp_stop.c symbols.c uart.c)
$(KERNEL_BOOT_C:%=$(BUILD)/%.o): KERNEL_COLD_FLAGS := -Oz
KERNEL_HOT_C  := $(addprefix kernel/core/,cap.c exception.c invoke.c ipc.c ipc_queue.c irq.c item.c mapdb.c sched.c semaphore.c slab.c task.c \
                 timeout.c) $(addprefix kernel/x86_64/,frame.c page.c space.c tlb.c trap_user.c)
KERNEL_COLD_C := $(filter-out kernel/x86_64/offsets.c $(KERNEL_HOT_C),$(sort $(wildcard kernel/boot/*.c kernel/core/*.c kernel/x86_64/*.c)))
KERNEL_S      := $(sort $(wildcard kernel/boot/*.S kernel/core/*.S kernel/x86_64/*.S))
# What is built twice: as it is, and with tracepoints (kernel option trace=on), under names that begin with traced_.
KERNEL_TRACED := $(addprefix kernel/,x86_64/fastpath.S x86_64/entry.S x86_64/trap_user.c core/exception.c core/invoke.c core/ipc.c)
# And once more, with guards against speculation (kernel option mitigations=): guarded_.
KERNEL_GUARDED := $(addprefix kernel/,x86_64/fastpath.S x86_64/entry.S)
KERNEL_HOT    := $(BUILD)/kernel/hot.c
KERNEL_COLD   := $(KERNEL_COLD_C:%.c=$(BUILD)/%.c.o) $(KERNEL_S:%.S=$(BUILD)/%.S.o) $(KERNEL_TRACED:%=$(BUILD)/kernel/traced/%.o) \
                 $(KERNEL_GUARDED:%=$(BUILD)/kernel/guarded/%.o)
KERNEL_OBJECTS := $(KERNEL_HOT).o $(KERNEL_COLD)
KERNEL_LINK   = $(LD) -Map=$@.map -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none --gc-sections -T kernel/boot/kernel.ld

all: $(KERNEL)

# Rewritten only when the compiler or its options change: everything is then built anew.
KERNEL_COMMAND := $(BUILD)/kernel/command
$(KERNEL_COMMAND): force
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(KERNEL_CFLAGS)' '$(KERNEL_COLD_FLAGS)' '$(KERNEL_HOT_FLAGS)' > $@.new
	@cmp -s $@.new $@ || cp $@.new $@

# Displacements for assembly: offsets.c is compiled to assembly in which each OFFSET() left a marker "->NAME value".
KERNEL_OFFSETS := $(BUILD)/kernel/offsets.h
$(BUILD)/kernel/offsets.s: kernel/x86_64/offsets.c $(KERNEL_COMMAND)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) $(if $(findstring clang,$(CC)),-fno-integrated-as) -MT $@ -S -o $@ $<

$(KERNEL_OFFSETS): $(BUILD)/kernel/offsets.s
	sed -n 's/.*->\([A-Z0-9_]*\) \$$\{0,1\}\(-\{0,1\}[0-9]*\).*/#define \1 \2/p' $< > $@
	@grep -q '^#define' $@ || { echo "$@: no offsets found in $<" >&2; exit 1; }

$(BUILD)/kernel/font.h: kernel/x86_64/font.awk kernel/x86_64/font.def
	awk -f kernel/x86_64/font.awk kernel/x86_64/font.def > $@

$(BUILD)/kernel/x86_64/framebuffer.c.o: $(BUILD)/kernel/font.h

$(KERNEL_HOT): $(KERNEL_HOT_C) kernel/rules.mk
	@mkdir -p $(@D)
	printf '#include "%s"\n' $(KERNEL_HOT_C) > $@

$(KERNEL_HOT).o: $(KERNEL_HOT) $(KERNEL_COMMAND)
	$(CC) $(KERNEL_CFLAGS) $(KERNEL_HOT_FLAGS) -c -o $@ $<

$(BUILD)/kernel/%.c.o: kernel/%.c $(KERNEL_COMMAND)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) $(KERNEL_COLD_FLAGS) -c -o $@ $<

$(BUILD)/kernel/%.S.o: kernel/%.S $(KERNEL_OFFSETS) $(KERNEL_COMMAND)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -Wa,--noexecstack -c -o $@ $<

# Builds of the same sources with another header: trace_point.h (instrumented), crossing.h (guarded). Every text symbol gets the prefix, all
# sections lie by themselves, and data of its own it must not have: there is one kernel.
# $(call KERNEL_AGAIN,name,sources,folder of the ordinary header,folder of the other)
define KERNEL_AGAIN
$(BUILD)/kernel/$(1)-raw/%.c.o: %.c $$(KERNEL_COMMAND)
	@mkdir -p $$(@D)
	$$(CC) $$(subst kernel/x86_64/$(3),kernel/x86_64/$(4),$$(KERNEL_CFLAGS)) -c -o $$@ $$<

$(BUILD)/kernel/$(1)-raw/%.S.o: %.S $$(KERNEL_OFFSETS) $$(KERNEL_COMMAND)
	@mkdir -p $$(@D)
	$$(CC) $$(subst kernel/x86_64/$(3),kernel/x86_64/$(4),$$(KERNEL_CFLAGS)) -Wa,--noexecstack -c -o $$@ $$<

$(BUILD)/kernel/$(1)/names: $(2:%=$(BUILD)/kernel/$(1)-raw/%.o)
	@mkdir -p $$(@D)
	@! nm $$^ | grep ' [bBdDC] ' || { echo "$$@: data in what is built twice" >&2; exit 1; }
	@nm --defined-only $$^ | awk '$$$$2 ~ /^[tTrR]$$$$/ && $$$$3 !~ /^\./ { print $$$$3, "$(1)_" $$$$3 }' | sort -u > $$@

$(BUILD)/kernel/$(1)/%.o: $(BUILD)/kernel/$(1)-raw/%.o $(BUILD)/kernel/$(1)/names
	@mkdir -p $$(@D)
	objcopy --redefine-syms=$(BUILD)/kernel/$(1)/names --prefix-alloc-sections=.$(1) $$< $$@
endef
$(eval $(call KERNEL_AGAIN,traced,$(KERNEL_TRACED),untraced,traced))
$(eval $(call KERNEL_AGAIN,guarded,$(KERNEL_GUARDED),plain,guarded))

# The symbol table of register dumps takes two links: one without it, from which it is made, and one with it. It is last in its
# segment, so no text moves; this is checked.
$(BUILD)/kernel/symbols-%.o: $(BUILD)/kernel/symbols-%.S
	$(CC) $(KERNEL_CFLAGS) -Wa,--noexecstack -c -o $@ $<

$(BUILD)/kernel/symbols-none.S: kernel/boot/symbols.awk
	@mkdir -p $(@D)
	awk -f kernel/boot/symbols.awk < /dev/null > $@

$(BUILD)/kernel/first.elf: $(KERNEL_OBJECTS) $(BUILD)/kernel/symbols-none.o kernel/boot/kernel.ld
	$(KERNEL_LINK) -o $@ $(filter %.o,$^)

$(BUILD)/kernel/symbols-all.S: $(BUILD)/kernel/first.elf kernel/boot/symbols.awk
	nm -n $< | awk -f kernel/boot/symbols.awk > $@

$(KERNEL): $(BUILD)/kernel/first.elf $(BUILD)/kernel/symbols-all.o
	$(KERNEL_LINK) -o $@ $(KERNEL_OBJECTS) $(filter %.o,$^)
	@cmp <(nm $< | grep -i ' t ' | sort) <(nm $@ | grep -i ' t ' | sort) || { echo "$@: the symbol table moved text" >&2; exit 1; }

# Kernels that differ from it by what the linker puts in the place of some functions (ld --wrap). It sees calls from object to object
# alone: the hot files are objects of their own here.
KERNEL_PARTS := $(KERNEL_HOT_C:%.c=$(BUILD)/%.c.o) $(KERNEL_COLD)
$(KERNEL_HOT_C:%.c=$(BUILD)/%.c.o): KERNEL_COLD_FLAGS :=

# $(call KERNEL_VARIANT,name,output,objects,functions)
define KERNEL_VARIANT
$(BUILD)/kernel/$(1)-first.elf: $$(KERNEL_PARTS) $(3) $(BUILD)/kernel/symbols-none.o kernel/boot/kernel.ld
	$$(KERNEL_LINK) $(4:%=--wrap=%) -o $$@ $$(filter %.o,$$^)

$(BUILD)/kernel/symbols-$(1).S: $(BUILD)/kernel/$(1)-first.elf kernel/boot/symbols.awk
	nm -n $$< | awk -f kernel/boot/symbols.awk > $$@

$(2): $(BUILD)/kernel/$(1)-first.elf $(BUILD)/kernel/symbols-$(1).o
	$$(KERNEL_LINK) $(4:%=--wrap=%) -o $$@ $$(KERNEL_PARTS) $(3) $$(filter %.o,$$^)
endef

KERNEL_CHECK         := $(BUILD)/kernel/check.elf
KERNEL_CHECK_OBJECTS := $(patsubst %,$(BUILD)/%.o,$(sort $(wildcard kernel/check/*.c)))
KERNEL_CHECK_WRAPPED := sched_finish command_line_parse arch_exit mapdb_place_leave arch_cap_region_release
all: $(KERNEL_CHECK)
$(eval $(call KERNEL_VARIANT,check,$(KERNEL_CHECK),$(KERNEL_CHECK_OBJECTS),$(KERNEL_CHECK_WRAPPED)))

.PHONY: force size
force:

size: $(KERNEL) $(BUILD)/compiler.txt
	@ci/size $(KERNEL)

# --- tests ---
# Host: kernel/test/test_*.c, each a cmocka program over the parsers and the core, which sees kernel/test/arch_host.c for a machine.
# Everything is built with sanitizers; the archive lets each test link just what it uses.
KERNEL_TEST_FLAGS   := $(HOST_CFLAGS) -Ikernel/test/local -Ikernel/x86_64/untraced -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
KERNEL_TEST_MODULES := $(wildcard kernel/core/*.c) $(addprefix kernel/test/,arch_host.c machine.c fastpath_host.c) kernel/check/invariants.c \
                       $(addprefix kernel/boot/,archive.c boot_command_line.c command_line.c elf.c multiboot2.c pvh.c ranges.c) \
                       $(addprefix kernel/x86_64/,acpi_power.c acpi_tables.c madt.c mitigations.c pmu.c pmu_events.c)
KERNEL_TESTS        := $(patsubst kernel/test/%.c,$(BUILD)/kernel/test/%,$(sort $(wildcard kernel/test/test_*.c)))

TEST_HOST_PROGRAMS += $(KERNEL_TESTS)

$(BUILD)/kernel/host/%.o: kernel/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(KERNEL_TEST_FLAGS) -c -o $@ $<

$(BUILD)/kernel/host/modules.a: $(KERNEL_TEST_MODULES:kernel/%.c=$(BUILD)/kernel/host/%.o)
	@rm -f $@
	ar rcsD $@ $^

$(KERNEL_TESTS): $(BUILD)/kernel/test/%: $(BUILD)/kernel/host/test/%.o $(BUILD)/kernel/host/modules.a
	@mkdir -p $(@D)
	$(HOSTCC) $(KERNEL_TEST_FLAGS) -o $@ $^ -lcmocka

# Reads pictures of the screen, for workloads/test-console.sh.
TEST_DEPENDS += $(BUILD)/kernel/test/screen_text
$(BUILD)/kernel/test/screen_text: kernel/test/screen_text.c $(BUILD)/kernel/font.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -I$(BUILD)/kernel -o $@ $<

# Guest: boots that must end in a refusal, and a kernel that breaks itself on request in place of starting root.
KERNEL_TEST_SCRIPTS := kernel/test/faults.sh kernel/test/boot_refusals.sh kernel/test/check.sh kernel/test/fuzz.sh kernel/test/trace_bytes.sh kernel/test/pmu.sh \
                       kernel/test/isolation.sh kernel/test/branches.sh kernel/test/tlb_mutants.sh kernel/test/unfair.sh
FAULTS := $(BUILD)/kernel/test/faults.elf
$(eval $(call KERNEL_VARIANT,faults,$(FAULTS),$(BUILD)/kernel/test/faults.c.o $(BUILD)/kernel/test/faults_call.S.o,\
    root_task_start scheduler_timer_expired))

# Checking kernels with a fault: kernel/test/planted/FUNCTION.c is wrong in the place of that function.
PLANTED := $(patsubst kernel/test/planted/%.c,%,$(sort $(wildcard kernel/test/planted/*.c)))
$(foreach p,$(PLANTED),$(eval $(call KERNEL_VARIANT,planted-$(p),$(BUILD)/kernel/test/planted-$(p).elf,\
    $(KERNEL_CHECK_OBJECTS) $(BUILD)/kernel/test/planted/$(p).c.o,$(KERNEL_CHECK_WRAPPED) $(p))))

# The kernel that tells which operation ended with which error, for workloads/test-operations.sh.
OBSERVE := $(BUILD)/kernel/test/observe.elf
$(eval $(call KERNEL_VARIANT,observe,$(OBSERVE),$(BUILD)/kernel/test/observe.c.o,arch_exit invocation_fail irq_trigger \
    $(addsuffix _invoke,factory task thread gate scheduler vcon semaphore irq icu)))
TEST_DEPENDS += $(OBSERVE)

# Kernels with a fault that tests of workloads/test must find: each file says which function it stands in the place of.
UNFAIR := $(patsubst kernel/test/unfair/%.c,%,$(sort $(wildcard kernel/test/unfair/*.c)))
$(foreach u,$(UNFAIR),$(eval $(call KERNEL_VARIANT,unfair-$(u),$(BUILD)/kernel/test/unfair-$(u).elf,\
    $(BUILD)/kernel/test/unfair/$(u).c.o,$(shell sed -n 's/^.define UNFAIR_FUNCTION //p' kernel/test/unfair/$(u).c))))

TEST_SCRIPTS += $(KERNEL_TEST_SCRIPTS)
TEST_DEPENDS += $(KERNEL) $(KERNEL_CHECK) $(FAULTS) $(PLANTED:%=$(BUILD)/kernel/test/planted-%.elf) $(UNFAIR:%=$(BUILD)/kernel/test/unfair-%.elf)
