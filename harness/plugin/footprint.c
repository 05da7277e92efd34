/* SPDX-License-Identifier: BSD-2-Clause
 *
 * footprint.so, a TCG plugin of QEMU: tells window.h of every instruction and access of the guest, and writes what that makes of them.
 *   -plugin FILE,out=FILE[,l1i=32K:8][,l1d=32K:8][,itlb=128:8][,dtlb=64:4][,l2=256K:8]
 * One virtual CPU, counted by icount: the caller sees to that. Memory of guest instructions is freed by nobody: the emulator ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plugin/qemu_plugin_api.h"
#include "harness/plugin/window.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

/* A set of lines that fits a page is chosen by bits that translation leaves alone, as in first-level caches. */
#define BUCKETS 16384

struct known {
    struct instruction instruction; /* first */
    struct known *next;
};

static struct recorder recorder;
static struct known *known[BUCKETS];

static void instruction_run(unsigned int cpu, void *arg)
{
    (void)cpu;
    recorder_instruction(&recorder, arg);
}

static void memory_run(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *arg)
{
    (void)cpu;
    (void)arg;
    if (!recorder.sampling)
        return;
    const struct qemu_plugin_hwaddr *hardware = qemu_plugin_get_hwaddr(info, address);
    bool device = hardware != NULL && qemu_plugin_hwaddr_is_io(hardware);
    uint64_t physical = hardware != NULL && !device ? qemu_plugin_hwaddr_phys_addr(hardware) : address;
    recorder_access(&recorder, address, physical, 1u << qemu_plugin_mem_size_shift(info), qemu_plugin_mem_is_store(info), device);
}

/* The one record of the instruction at that address and place, whose bytes may have changed. */
static struct instruction *instruction_known(const struct qemu_plugin_insn *insn)
{
    uint64_t address = qemu_plugin_insn_vaddr(insn), place = (uint64_t)(uintptr_t)qemu_plugin_insn_haddr(insn);
    struct known **head = &known[(address ^ place >> 3) % BUCKETS], *k = *head;
    while (k != NULL && (k->instruction.address != address || k->instruction.place != place))
        k = k->next;
    if (k == NULL) {
        k = calloc(1, sizeof *k);
        if (k == NULL)
            abort();
        k->next = *head;
        *head = k;
    }
    k->instruction.address = address;
    k->instruction.place = place;
    k->instruction.bytes = (uint32_t)qemu_plugin_insn_size(insn);
    instruction_classify(&k->instruction, qemu_plugin_insn_data(insn), k->instruction.bytes);
    return &k->instruction;
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, instruction_run, QEMU_PLUGIN_CB_NO_REGS, instruction_known(insn));
        qemu_plugin_register_vcpu_mem_cb(insn, memory_run, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
    }
}

static void emulator_ends(qemu_plugin_id_t id, void *arg)
{
    (void)id;
    (void)arg;
    if (!recorder_finish(&recorder))
        fprintf(stderr, "footprint plugin: %s\n", recorder.reason != NULL ? recorder.reason : "the output cannot be written");
    fclose(recorder.out);
}

static bool option_take(const char *option, const char **out, struct cache_geometry geometry[CACHE_KINDS])
{
    static const char *const names[CACHE_KINDS] = { "l1i=", "l1d=", "itlb=", "dtlb=", "l2=" };
    if (strncmp(option, "out=", 4) == 0) {
        *out = option + 4;
        return true;
    }
    for (unsigned k = 0; k < CACHE_KINDS; k++)
        if (strncmp(option, names[k], strlen(names[k])) == 0)
            return cache_geometry_parse_kind(option + strlen(names[k]), (enum cache_kind)k, &geometry[k]);
    return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    const char *out = NULL;
    struct cache_geometry geometry[CACHE_KINDS] = { { 64, 8 }, { 64, 8 }, { 16, 8 }, { 16, 4 }, { 512, 8 } };
    for (int i = 0; i < argc; i++)
        if (!option_take(argv[i], &out, geometry)) {
            fprintf(stderr, "footprint plugin: bad option %s\n", argv[i]);
            return 1;
        }
    if (out == NULL || !info->system_emulation || info->system.smp_vcpus != 1) {
        fputs("footprint plugin: wants out=FILE and a machine of one CPU\n", stderr);
        return 1;
    }
    FILE *file = fopen(out, "wx");
    if (file == NULL || !recorder_init(&recorder, file, geometry)) {
        fprintf(stderr, "footprint plugin: %s: %s\n", out, strerror(errno));
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, emulator_ends, NULL);
    return 0;
}
