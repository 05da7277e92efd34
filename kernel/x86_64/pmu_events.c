/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events that differ from model to model, for PAPI's presets L1_DCM, L1_ICM, TLB_DM, REF_CYC. What each counts, and where vendors tell, stands above
 * its rows; read in perf's event lists (Linux, tools/perf/pmu-events/arch/x86), libpfm 4.13 and PAPI 7.0, not in the manuals. Not exercised on hardware.
 */
#include "kernel/x86_64/pmu_events.h"

#include <stddef.h>

#define MODELS_MAX 12
#define FAMILY_EXTENDED 0xf

struct model_row {
    struct model_events events;
    uint8_t family, core_type;     /* 0: whatever it is */
    uint8_t models[MODELS_MAX][2]; /* first and last of a range; { 0, 0 } behind the first: no more */
};

#define MODEL(n) { n, n }

/* Intel SDM vol. 3B, chapter 20 (tables of events by microarchitecture), and Intel's perfmon event lists. L1_DCM: L1D.REPLACEMENT. L1_ICM: ICACHE.MISSES, from
 * Skylake on ICACHE_64B.IFTAG_MISS, from Golden Cove on L2_RQSTS.ALL_CODE_RD, as there only stalls are told of the cache itself. TLB_DM: walks for loads
 * and walks for stores, DTLB_LOAD_MISSES and DTLB_STORE_MISSES: MISS_CAUSES_A_WALK, from Ice Lake on WALK_COMPLETED. Efficient cores count misses of retired
 * loads alone, which is not L1_DCM: they have none. Reference cycles are a fixed counter. First match: efficient cores stand before those of like models. */
static const struct model_row intel_models[] = {
    { { "sandy bridge", 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 }, 6, 0, { MODEL(0x2a), MODEL(0x2d) } },
    { { "ivy bridge", 0x0151, 0x0280, { 0x8108, 0x0149 }, 0 }, 6, 0, { MODEL(0x3a), MODEL(0x3e) } },
    { { "haswell", 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 }, 6, 0, { MODEL(0x3c), MODEL(0x3f), { 0x45, 0x46 } } },
    { { "broadwell", 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 }, 6, 0, { MODEL(0x3d), MODEL(0x47), MODEL(0x4f), MODEL(0x56) } },
    { { "skylake", 0x0151, 0x0283, { 0x0108, 0x0149 }, 0 }, 6, 0, { MODEL(0x4e), MODEL(0x5e), MODEL(0x55), MODEL(0x8e), MODEL(0x9e), { 0xa5, 0xa6 } } },
    { { "ice lake", 0x0151, 0x0283, { 0x0e08, 0x0e49 }, 0 }, 6, 0, { MODEL(0x6a), MODEL(0x6c), { 0x7d, 0x7e }, { 0x8c, 0x8d }, MODEL(0xa7) } },
    { { "gracemont", 0, 0x0280, { 0x0e08, 0x0e49 }, 0 }, 6, CORE_TYPE_EFFICIENT, { MODEL(0x97), MODEL(0x9a), MODEL(0xb7), MODEL(0xba), MODEL(0xbf) } },
    { { "gracemont", 0, 0x0280, { 0x0e08, 0x0e49 }, 0 }, 6, 0, { MODEL(0xbe) } },
    { { "golden cove", 0x0151, 0xe424, { 0x0e12, 0x0e13 }, 0 }, 6, 0, { MODEL(0x8f), MODEL(0x97), MODEL(0x9a), MODEL(0xb7), MODEL(0xba), MODEL(0xbf), MODEL(0xcf) } },
};

/* AMD, BKDG of families 10h (31116), 12h (41131), 14h (43170), 15h (42301), 16h (48751), section "Performance Counter Events": PMCx041 data cache misses,
 * PMCx081 instruction cache misses, PMCx046 misses of both data TLBs. PPR of 17h (54945, 55803), 19h (55898, 55901), 1Ah (57238), section "Performance
 * Monitor Counters": PMCx060 requests of the data cache to L2 (prefetches included), PMCx081, then of PMCx060 the instruction cache's reads, then PMCx18E
 * with misses selected; PMCx045 misses of both data TLBs; PMCx120 cycles of the P0 clock while not halted, from Zen 4 on. Hygon's 18h is a Zen. */
static const struct model_row amd_models[] = {
    { { "family 10h", 0x0041, 0x0081, { 0x0746 }, 0 }, 0x10, 0, { { 0x00, 0xff } } },
    { { "family 12h", 0x0041, 0x0081, { 0x0746 }, 0 }, 0x12, 0, { { 0x00, 0xff } } },
    { { "family 14h", 0x0041, 0x0081, { 0x0f46 }, 0 }, 0x14, 0, { { 0x00, 0xff } } },
    { { "family 15h", 0x0141, 0x0081, { 0x0746 }, 0 }, 0x15, 0, { { 0x00, 0xff } } },
    { { "family 16h", 0x0041, 0x0081, { 0x0f46 }, 0 }, 0x16, 0, { { 0x00, 0xff } } },
    { { "zen", 0xe860, 0x0081, { 0xf045 }, 0 }, 0x17, 0, { { 0x00, 0x2f } } },
    { { "zen 2", 0xe860, 0x1060, { 0xf045 }, 0 }, 0x17, 0, { { 0x30, 0xaf } } },
    { { "zen", 0xe860, 0x0081, { 0xf045 }, 0 }, 0x18, 0, { { 0x00, 0xff } } },
    { { "zen 3", 0xe860, 0x10000188e, { 0xf045 }, 0 }, 0x19, 0, { { 0x00, 0x0f }, { 0x20, 0x5f } } },
    { { "zen 4", 0xe860, 0x10000188e, { 0xf045 }, 0x100000120 }, 0x19, 0, { { 0x10, 0x1f }, { 0x60, 0xaf } } },
    { { "zen 5", 0xe060, 0x10000188e, { 0xf045 }, 0x100000120 }, 0x1a, 0, { { 0x00, 0x7f } } },
};

static bool model_is_in(const struct model_row *row, uint8_t model)
{
    for (unsigned i = 0; i < MODELS_MAX && (i == 0 || row->models[i][1]); i++)
        if (model >= row->models[i][0] && model <= row->models[i][1])
            return true;
    return false;
}

const struct model_events *model_events_find(bool is_amd, uint32_t signature, uint8_t core_type)
{
    const struct model_row *rows = is_amd ? amd_models : intel_models;
    size_t n = is_amd ? sizeof amd_models / sizeof *amd_models : sizeof intel_models / sizeof *intel_models;
    uint32_t family = signature >> 8 & 0xf, model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
    if (family == FAMILY_EXTENDED)
        family += signature >> 20 & 0xff;
    for (size_t i = 0; i < n; i++)
        if (rows[i].family == family && (!rows[i].core_type || rows[i].core_type == core_type) && model_is_in(&rows[i], (uint8_t)model) &&
            (rows[i].core_type || core_type != CORE_TYPE_EFFICIENT))
            return &rows[i].events;
    return NULL;
}
