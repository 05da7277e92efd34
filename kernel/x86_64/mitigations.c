/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which guards a CPU needs, by its own word (Intel: IA32_ARCH_CAPABILITIES, SDM vol. 4; AMD APM vol. 3, CPUID 8000_0008), and
 * what the option says. Pure; guards.c puts them in force.
 */
#include "kernel/x86_64/mitigations.h"

#include <stddef.h>

#define CAPABILITY_RDCL_NO (1u << 0)
#define CAPABILITY_SSB_NO (1u << 4)
#define CAPABILITY_MDS_NO (1u << 5)
#define CAPABILITY_TAA_NO (1u << 8)
#define CAPABILITY_SBDR_SSDP_NO (1u << 13)
#define CAPABILITY_FBSDP_NO (1u << 14)
#define CAPABILITY_PSDP_NO (1u << 15)
#define CAPABILITY_RFDS_NO (1u << 27)
#define STALE_DATA_NO (CAPABILITY_SBDR_SSDP_NO | CAPABILITY_FBSDP_NO | CAPABILITY_PSDP_NO)
/* Everything that VERW is against. */
#define BUFFERS_NO (CAPABILITY_MDS_NO | CAPABILITY_TAA_NO | STALE_DATA_NO | CAPABILITY_RFDS_NO)

static const struct { const char *name; unsigned mask; } names[] = {
    { "pti", MITIGATION_PTI }, { "verw", MITIGATION_VERW }, { "ibpb", MITIGATION_IBPB }, { "ibrs", MITIGATION_IBRS }, { "ssbd", MITIGATION_SSBD },
};
#define NAMES (sizeof names / sizeof names[0])

unsigned mitigations_possible(const struct speculation *s)
{
    return MITIGATION_PTI | (s->clears_buffers ? MITIGATION_VERW : 0u) | (s->has_ibpb ? MITIGATION_IBPB : 0u) |
           (s->ibrs_enhanced ? MITIGATION_IBRS : 0u) | (s->has_ssbd ? MITIGATION_SSBD : 0u);
}

unsigned mitigations_needed(const struct speculation *s)
{
    unsigned needed = MITIGATION_IBPB | MITIGATION_IBRS;
    if (!s->amd && !(s->capabilities & CAPABILITY_RDCL_NO))
        needed |= MITIGATION_PTI;
    if (!s->amd && (s->capabilities & BUFFERS_NO) != BUFFERS_NO)
        needed |= MITIGATION_VERW;
    if (!(s->capabilities & CAPABILITY_SSB_NO))
        needed |= MITIGATION_SSBD;
    return needed & mitigations_possible(s);
}

static bool word_is(const char *word, size_t bytes, const char *name)
{
    size_t i = 0;
    while (i < bytes && name[i] && word[i] == name[i])
        i++;
    return i == bytes && !name[i];
}

static unsigned name_mask(const char *word, size_t bytes)
{
    for (size_t i = 0; i < NAMES; i++)
        if (word_is(word, bytes, names[i].name))
            return names[i].mask;
    return 0;
}

bool mitigations_parse(const char *text, size_t bytes, const struct speculation *s, unsigned *in_force)
{
    unsigned mask = 0;
    if (word_is(text, bytes, "off"))
        return *in_force = 0, true;
    if (word_is(text, bytes, "auto"))
        return *in_force = mitigations_needed(s), true;
    if (word_is(text, bytes, "full"))
        return *in_force = mitigations_possible(s), true;
    for (size_t start = 0, i = 0; i <= bytes; i++) {
        if (i < bytes && text[i] != ',')
            continue;
        unsigned one = name_mask(text + start, i - start);
        if (!one || mask & one)
            return false;
        mask |= one;
        start = i + 1;
    }
    *in_force = mask;
    return true;
}

void mitigations_name(unsigned in_force, char *text)
{
    const char *separator = "";
    for (size_t i = 0; i < NAMES; i++) {
        if (!(in_force & names[i].mask))
            continue;
        for (const char *c = separator; *c; c++)
            *text++ = *c;
        for (const char *c = names[i].name; *c; c++)
            *text++ = *c;
        separator = ",";
    }
    if (!in_force)
        for (const char *c = "off"; *c; c++)
            *text++ = *c;
    *text = 0;
}
