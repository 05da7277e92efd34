# SPDX-License-Identifier: BSD-2-Clause
# Front door of Tollgate. Every folder that builds something has a rules.mk; nothing recurses.
#   make            kernel, workloads, host tool, baselines, boot archive     (CC=clang works too)
#   make bench      install what is missing, build, measure, compare, report
#   make test       install what is missing, build, run every test
#   make help       the rest

SHELL    := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

ifeq ($(origin CC),default)
CC       := gcc
endif
BUILD    ?= build
HOSTCC   ?= $(CC)

# style.md rule 1: these hold for every C file of the tree, guest and host alike.
WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wconversion -Werror
# What every object of a guest (kernel, workloads) is compiled with.
GUEST_CFLAGS := -std=c17 -O2 -g $(WARNINGS) -ffreestanding -fno-stack-protector -fno-pic -fno-pie \
                -fno-asynchronous-unwind-tables -fcf-protection=none -mno-red-zone -mgeneral-regs-only \
                -fomit-frame-pointer -ffunction-sections -MMD -MP -I.
HOST_CFLAGS  := -std=c17 -O2 -g $(WARNINGS) -D_GNU_SOURCE -MMD -MP -I.

.PHONY: all
all:

-include $(sort $(wildcard */rules.mk))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: clean help
clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#   //p' Makefile $(sort $(wildcard */rules.mk))
