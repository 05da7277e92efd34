# SPDX-License-Identifier: BSD-2-Clause
# Linux baselines: one static program, run on the host (target linux) and as init of Debian's cloud kernel (linux-qemu).
#   make linux-baselines   the questions asked of Linux: build/baselines/linux-baselines
#   make linux-guest       kernel and initramfs of target linux-qemu: build/linux-guest (downloads one Debian package)

BASELINES_DIR  := $(BUILD)/baselines
BASELINES_MECH := $(sort $(wildcard baselines/linux/mechanism/*.c))
BASELINES_CORE := $(sort $(wildcard baselines/linux/*.c)) \
                  harness/measure/histogram.c harness/measure/record.c harness/measure/fidelity.c
BASELINES_OBJ  := $(patsubst %.c,$(BASELINES_DIR)/obj/%.o,$(BASELINES_CORE) $(BASELINES_MECH)) \
                  $(BASELINES_DIR)/obj/harness/measure/nops.o \
                  $(patsubst %.S,$(BASELINES_DIR)/obj/%.o,$(wildcard baselines/linux/mechanism/*.S)) $(BASELINES_DIR)/obj/baselines/linux/index.o
BASELINES_BIN  := $(BASELINES_DIR)/linux-baselines
BASELINES_INDEX := $(BASELINES_DIR)/linux-index.txt

.PHONY: linux-baselines linux-guest
all: linux-baselines
linux-baselines: $(BASELINES_BIN)

$(BASELINES_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c $< -o $@

$(BASELINES_DIR)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -g -MMD -MP -I. -DINDEX_FILE='"$(BASELINES_INDEX)"' -c $< -o $@

$(BASELINES_DIR)/obj/baselines/linux/index.o: $(BASELINES_INDEX)

# " * workload: id | sentence | paper table" of each mechanism's head, sorted by id.
$(BASELINES_INDEX): $(BASELINES_MECH)
	@mkdir -p $(@D)
	sed -n 's/^ \* workload: \(linux\.[a-z0-9_.]* | .* | .*\)$$/\1/p' $^ | LC_ALL=C sort > $@

$(BASELINES_BIN): $(BASELINES_OBJ)
	$(CC) -static -o $@ $^

# PAPI beside perf: a program of its own, linked dynamically. Where PAPI is not installed the run says so.
BASELINES_PAPI := $(if $(wildcard /usr/include/papi.h),$(BASELINES_DIR)/papi-counters)
linux-baselines: $(BASELINES_PAPI)

$(BASELINES_DIR)/papi-counters: $(BASELINES_DIR)/obj/baselines/linux/papi/papi_counters.o
	$(CC) -o $@ $^ -lpapi

# --- tests: every failure path is provoked ---

BASELINES_FAULTS  := $(BASELINES_DIR)/linux-baselines-faults
BASELINES_SANDBOX := $(BASELINES_DIR)/sandbox

$(BASELINES_FAULTS): $(BASELINES_OBJ) $(BASELINES_DIR)/obj/baselines/linux/test/faults.o
	$(CC) -static -o $@ $^

$(BASELINES_SANDBOX): $(BASELINES_DIR)/obj/baselines/linux/test/sandbox.o
	$(CC) -o $@ $^

#   make test-baselines    failure paths of the Linux baselines
.PHONY: test-baselines test-host
test-baselines: $(BASELINES_BIN) $(BASELINES_FAULTS) $(BASELINES_SANDBOX)
	@baselines/linux/test/failures $^

test-host: test-baselines

# The tests of the pipe server against Linux's pipes: one source.
BASELINES_POSIX := $(BASELINES_DIR)/posix-pipes
$(BASELINES_POSIX): $(patsubst %,$(BASELINES_DIR)/obj/%.o,workloads/test/pipe_semantics baselines/linux/test/posix baselines/linux/guest)
	$(CC) -static -o $@ $^

#   make test-linux-pipes  the tests of the pipe server on Linux, host and guest
.PHONY: test-linux-pipes
test-linux-pipes: $(BASELINES_POSIX) $(BUILD)/linux-guest/vmlinuz
	@baselines/linux/test/pipe-semantics $^

test-guest: test-linux-pipes

# Models of the counter's page and of PAPI: programs of cmocka.
BASELINES_TEST_FLAGS := $(HOST_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
BASELINES_UNIT       := $(BASELINES_DIR)/test/test_perf_page $(if $(BASELINES_PAPI),$(BASELINES_DIR)/test/test_papi)
TEST_HOST_PROGRAMS   += $(BASELINES_UNIT)

$(BASELINES_DIR)/test/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(BASELINES_TEST_FLAGS) -c -o $@ $<

$(BASELINES_DIR)/test/baselines/linux/papi/papi_counters.o: BASELINES_TEST_FLAGS += -Dmain=papi_counters_main -Wno-missing-prototypes

$(BASELINES_DIR)/test/test_perf_page: $(BASELINES_DIR)/test/baselines/linux/test/test_perf_page.o
	$(HOSTCC) $(BASELINES_TEST_FLAGS) -o $@ $^ -lcmocka

$(BASELINES_DIR)/test/test_papi: $(BASELINES_DIR)/test/baselines/linux/test/test_papi.o $(BASELINES_DIR)/test/baselines/linux/papi/papi_counters.o
	$(HOSTCC) $(BASELINES_TEST_FLAGS) -Wl,--wrap=syscall,--wrap=read,--wrap=close -o $@ $^ -lcmocka

# --- target linux-qemu ---

LINUX_GUEST := $(BUILD)/linux-guest
linux-guest: $(LINUX_GUEST)/vmlinuz $(LINUX_GUEST)/initramfs.cpio

$(LINUX_GUEST)/vmlinuz: baselines/linux/guest/fetch-kernel
	baselines/linux/guest/fetch-kernel $(LINUX_GUEST)

$(LINUX_GUEST)/initramfs.cpio: $(BASELINES_BIN)
	@rm -rf $(LINUX_GUEST)/root && mkdir -p $(LINUX_GUEST)/root/dev $(LINUX_GUEST)/root/proc $(LINUX_GUEST)/root/sys
	install -m 755 -s $< $(LINUX_GUEST)/root/init
	find $(LINUX_GUEST)/root -exec touch -h -d @0 {} +
	cd $(LINUX_GUEST)/root && printf '%s\n' . dev init proc sys | cpio --quiet --reproducible -R 0:0 -o -H newc > $(abspath $@)

#   make test-linux-guest  boots of the Linux guest
.PHONY: test-linux-guest test-guest
test-linux-guest: $(LINUX_GUEST)/vmlinuz $(LINUX_GUEST)/initramfs.cpio $(BUILD)/lockstep.so
	@baselines/linux/test/guest-boots $^

test-guest: test-linux-guest
# Six boots took 3 minutes, and the failures as long, on two CPUs at loads of 13 and 34: limits for a host as busy.
TEST_LIMITS += test-guest=1200 test-host=900
