/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Windows and rows. Invariant: `code` and `lines` hold exactly what the present window has executed and touched; a table that overflows
 * makes the whole output invalid, never smaller. Format of the output: results/FORMAT.md, section "Footprint".
 */
#include "harness/plugin/window.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plugin/marks.h"

#define LINE_CAPACITY_FIRST 4096
#define DIGEST_START 0xcbf29ce484222325u
#define DIGEST_FACTOR 0x100000001b3u

static const char *const cache_names[CACHE_KINDS] = { "l1i", "l1d", "itlb", "dtlb", "l2" };
static const char *const history_names[HISTORIES] = { "kept", "flushed" };

static void recorder_fail(struct recorder *r, const char *reason)
{
    if (!r->failed)
        r->reason = reason;
    r->failed = true;
}

static bool is_kernel(uint64_t address) { return address >> 63 != 0; }

/* Intel SDM vol. 2: SYSCALL 0F 05, LFENCE 0F AE E8, RDTSC 0F 31, RDTSCP 0F 01 F9, MOV CR3 0F 22 /3, MOV CR4 /4, WBINVD 0F 09, INVLPG 0F 01 /7 with memory. */
void instruction_classify(struct instruction *i, const uint8_t *b, size_t n)
{
    i->kind = KIND_PLAIN;
    i->repeats = n >= 2 && (b[0] == 0xf2 || b[0] == 0xf3 || b[1] == 0xfe);
    while (n > 0 && (*b & 0xf0) == 0x40) { /* REX */
        b++;
        n--;
    }
    if (n < 2 || b[0] != 0x0f)
        return;
    if (b[1] == 0x05)
        i->kind = KIND_SYSCALL;
    else if (n >= 3 && b[1] == 0xae && b[2] == 0xe8)
        i->kind = KIND_LFENCE;
    else if (b[1] == 0x31)
        i->kind = KIND_RDTSC;
    else if (n >= 3 && b[1] == 0x01 && b[2] == 0xf9)
        i->kind = KIND_RDTSCP;
    else if (n >= 3 && b[1] == 0x01 && (b[2] & 0x38) == 0x38 && b[2] < 0xc0)
        i->kind = KIND_INVLPG;
    else if (n >= 3 && b[1] == 0x22 && (b[2] & 0x38) == 0x18)
        i->kind = KIND_LOAD_CR3;
    else if (n >= 3 && b[1] == 0x22 && (b[2] & 0x38) == 0x20)
        i->kind = KIND_LOAD_CR4;
    else if (b[1] == 0x09)
        i->kind = KIND_WBINVD;
    else if (n == 7 && b[1] == 0x1f && b[2] == 0x80) {
        uint32_t displacement = (uint32_t)b[3] | (uint32_t)b[4] << 8 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 24;
        if (displacement > MARK_BASE && displacement < MARK_BASE + MARK_COUNT) {
            i->kind = KIND_MARK;
            i->mark = (uint8_t)(displacement - MARK_BASE);
        }
    }
}

bool recorder_init(struct recorder *r, FILE *out, const struct cache_geometry geometry[CACHE_KINDS])
{
    *r = (struct recorder){ .out = out };
    fputs("tollgate-footprint 2", out);
    for (unsigned k = 0; k < CACHE_KINDS; k++) {
        fprintf(out, " %s=%u:%u", cache_names[k], geometry[k].sets, geometry[k].ways);
        for (unsigned h = 0; h < HISTORIES; h++)
            if (!cache_init(&r->caches[h][k], geometry[k]))
                return false;
    }
    fputc('\n', out);
    r->line_capacity = LINE_CAPACITY_FIRST;
    r->lines = calloc(r->line_capacity, sizeof *r->lines);
    return r->lines != NULL;
}

static void row_clear(struct recorder *r)
{
    for (size_t i = 0; i < r->profile_count; i++) {
        free(r->profiles[i].code);
        free(r->profiles[i].data);
    }
    r->profile_count = r->value_count = 0;
    r->windows = 0;
}

void recorder_free(struct recorder *r)
{
    row_clear(r);
    for (unsigned h = 0; h < HISTORIES; h++)
        for (unsigned k = 0; k < CACHE_KINDS; k++)
            cache_free(&r->caches[h][k]);
    free(r->code);
    free(r->lines);
}

/* --- the caches --- */

static void cache_touch(struct recorder *r, enum cache_kind kind, uint64_t key, bool global)
{
    for (unsigned h = 0; h < HISTORIES; h++)
        if (cache_access(&r->caches[h][kind], key, global) && r->in_window)
            r->misses[h][kind]++;
}

/* A line of the first level; what misses there is asked of the second. */
static void line_touch(struct recorder *r, enum cache_kind first, uint64_t line)
{
    for (unsigned h = 0; h < HISTORIES; h++) {
        bool missed = cache_access(&r->caches[h][first], line, false), missed_all = missed && cache_access(&r->caches[h][CACHE_L2], line, false);
        r->misses[h][first] += missed && r->in_window;
        r->misses[h][CACHE_L2] += missed_all && r->in_window;
    }
}

/* Kernel pages are global, and no context identifier tells user pages of two address spaces apart: QEMU's CPU has no PCID. */
static void tlbs_flush_local(struct recorder *r)
{
    for (unsigned h = 0; h < HISTORIES; h++) {
        cache_flush_local(&r->caches[h][CACHE_ITLB]);
        cache_flush_local(&r->caches[h][CACHE_DTLB]);
    }
}

static void tlbs_flush(struct recorder *r)
{
    for (unsigned h = 0; h < HISTORIES; h++) {
        cache_flush(&r->caches[h][CACHE_ITLB]);
        cache_flush(&r->caches[h][CACHE_DTLB]);
    }
}

static void caches_flush(struct recorder *r)
{
    for (unsigned h = 0; h < HISTORIES; h++) {
        cache_flush(&r->caches[h][CACHE_L1I]);
        cache_flush(&r->caches[h][CACHE_L1D]);
        cache_flush(&r->caches[h][CACHE_L2]);
    }
}

/* --- a window --- */

static void window_begin(struct recorder *r)
{
    r->in_window = true;
    r->is_wanted = r->mark == MARK_SAMPLES_ALL || (r->pairs % 2 == 0) == (r->mark == MARK_SAMPLES_FIRST);
    r->pairs++;
    r->serial++;
    r->digest = DIGEST_START;
    r->counts = (struct counts){ 0 };
    memset(r->misses, 0, sizeof r->misses);
    r->code_count = r->line_count = 0;
    for (unsigned k = 0; k < CACHE_KINDS; k++)
        cache_flush(&r->caches[HISTORY_FLUSHED][k]);
}

static void value_count(struct recorder *r, uint64_t value)
{
    for (size_t i = 0; i < r->value_count; i++)
        if (r->values[i].value == value) {
            r->values[i].count++;
            return;
        }
    if (r->value_count == WINDOW_VALUES_MAX) {
        recorder_fail(r, "too many different lengths of samples in a row");
        return;
    }
    r->values[r->value_count].value = value;
    r->values[r->value_count++].count = 1;
}

static void profile_fill(struct recorder *r, struct profile *p)
{
    *p = (struct profile){ .digest = r->digest, .counts = r->counts, .code_count = r->code_count };
    p->code = calloc(r->code_count + 1, sizeof *p->code);
    p->data = calloc(r->line_count + 1, sizeof *p->data);
    if (p->code == NULL || p->data == NULL) {
        recorder_fail(r, "out of memory");
        p->code_count = 0;
        return;
    }
    for (size_t i = 0; i < r->code_count; i++)
        p->code[i] = *r->code[i];
    for (size_t i = 0; i < r->line_capacity; i++)
        if (r->lines[i].window == r->serial)
            p->data[p->data_count++] = r->lines[i];
}

/* The profile of this window: an equal one, a fresh one, or NULL when there is no room: such windows are in the lengths alone. */
static struct profile *profile_find(struct recorder *r)
{
    for (size_t i = 0; i < r->profile_count; i++)
        if (r->profiles[i].digest == r->digest && r->profiles[i].counts.instructions == r->counts.instructions)
            return &r->profiles[i];
    if (r->profile_count == PROFILES_MAX)
        return NULL;
    profile_fill(r, &r->profiles[r->profile_count]);
    return &r->profiles[r->profile_count++];
}

static void window_end(struct recorder *r)
{
    r->in_window = false;
    if (!r->is_wanted)
        return;
    r->windows++;
    value_count(r, r->counts.instructions);
    struct profile *p = profile_find(r);
    if (p == NULL)
        return;
    p->windows++;
    for (unsigned h = 0; h < HISTORIES; h++)
        for (unsigned k = 0; k < CACHE_KINDS; k++)
            p->misses[h][k] += r->misses[h][k];
}

static void code_note(struct recorder *r, struct instruction *i)
{
    if (i->window == r->serial) {
        i->count++;
        return;
    }
    if (r->code_count == r->code_capacity) {
        size_t capacity = r->code_capacity ? 2 * r->code_capacity : 1024;
        struct instruction **grown = realloc(r->code, capacity * sizeof *grown);
        if (grown == NULL) {
            recorder_fail(r, "out of memory");
            return;
        }
        r->code = grown;
        r->code_capacity = capacity;
    }
    i->window = r->serial;
    i->count = 1;
    r->code[r->code_count++] = i;
}

static void window_count(struct recorder *r, struct instruction *i)
{
    const struct instruction *p = r->previous;
    r->counts.instructions++;
    r->counts.user_instructions += !is_kernel(i->address);
    /* Another iteration of a string instruction is no transfer of control. */
    r->counts.transfers += p != NULL && p->address + p->bytes != i->address && p->address != i->address;
    r->digest = (r->digest ^ i->address) * DIGEST_FACTOR;
    code_note(r, i);
}

/* --- rows --- */

static void profile_print(const struct recorder *r, const struct profile *p)
{
    const struct counts *c = &p->counts;
    fprintf(r->out, "profile windows=%" PRIu64 " instructions=%" PRIu64 " user=%" PRIu64 " transfers=%" PRIu64 " loads=%" PRIu64
            " stores=%" PRIu64 " device=%" PRIu64, p->windows, c->instructions, c->user_instructions, c->transfers, c->loads, c->stores,
            c->device_accesses);
    for (unsigned h = 0; h < HISTORIES; h++)
        for (unsigned k = 0; k < CACHE_KINDS; k++)
            fprintf(r->out, " %s_%s=%" PRIu64, history_names[h], cache_names[k], p->misses[h][k]);
    fputc('\n', r->out);
    for (size_t i = 0; i < p->code_count; i++)
        fprintf(r->out, "code %" PRIx64 " %" PRIx64 " %" PRIu32 " %" PRIu64 "\n", p->code[i].address, p->code[i].place, p->code[i].bytes,
                p->code[i].count);
    for (size_t i = 0; i < p->data_count; i++)
        fprintf(r->out, "data %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIu64 " %" PRIu64 "\n", p->data[i].address, p->data[i].line,
                p->data[i].pc, p->data[i].loads, p->data[i].stores);
}

static void row_print(struct recorder *r)
{
    r->rows++;
    fprintf(r->out, "row %" PRIu64 " windows=%" PRIu64 "\nlengths", r->rows, r->windows);
    for (size_t i = 0; i < r->value_count; i++)
        fprintf(r->out, " %" PRIu64 ":%" PRIu64, r->values[i].value, r->values[i].count);
    fputc('\n', r->out);
    for (size_t i = 0; i < r->profile_count; i++)
        profile_print(r, &r->profiles[i]);
    row_clear(r);
}

static void mark_take(struct recorder *r, unsigned mark)
{
    if (mark == MARK_ROW) {
        row_print(r);
        return;
    }
    r->sampling = mark != MARK_SAMPLES_END;
    if (r->sampling && mark != r->mark)
        r->pairs = 0;
    if (r->sampling)
        r->mark = mark;
    r->pairs &= ~1ull;
    r->in_window = false;
    r->previous = r->faulted = NULL;
}

/* --- what the glue calls --- */

static void code_fetch(struct recorder *r, const struct instruction *i)
{
    uint64_t first = i->place >> LINE_SHIFT, last = (i->place + i->bytes - 1) >> LINE_SHIFT;
    for (uint64_t line = first; line <= last; line++)
        line_touch(r, CACHE_L1I, line);
    first = i->address >> PAGE_SHIFT;
    last = (i->address + i->bytes - 1) >> PAGE_SHIFT;
    for (uint64_t page = first; page <= last; page++)
        cache_touch(r, CACHE_ITLB, page, is_kernel(i->address));
}

/* Whether it runs another time because its first attempt did nothing: it met a device in the middle of a block of the emulator, or it
 * faulted, and the kernel has come back to it. The clock counts such an instruction once, and so is it done here. */
static bool is_anew(struct recorder *r, const struct instruction *i)
{
    const struct instruction *p = r->previous;
    if (p == NULL || i->repeats)
        return false;
    if (is_kernel(i->address) && !is_kernel(p->address) && p->kind != KIND_SYSCALL)
        r->faulted = p;
    if (i == p)
        return true;
    bool back = !is_kernel(i->address) && is_kernel(p->address) && i == r->faulted;
    if (back)
        r->faulted = NULL;
    return back;
}

void recorder_instruction(struct recorder *r, struct instruction *i)
{
    if (i->kind == KIND_MARK)
        mark_take(r, i->mark);
    if (!r->sampling)
        return;
    if (is_anew(r, i)) {
        r->previous = i;
        return;
    }
    if (r->in_window)
        window_count(r, i);
    code_fetch(r, i);
    if (i->kind == KIND_LOAD_CR3)
        tlbs_flush_local(r);
    else if (i->kind == KIND_LOAD_CR4)
        tlbs_flush(r);
    else if (i->kind == KIND_WBINVD)
        caches_flush(r);
    else if (i->kind == KIND_RDTSCP && r->in_window)
        window_end(r);
    else if (i->kind == KIND_RDTSC && !r->in_window && r->previous != NULL && r->previous->kind == KIND_LFENCE)
        window_begin(r);
    r->previous = i;
}

static bool lines_grow(struct recorder *r)
{
    size_t capacity = 2 * r->line_capacity;
    struct data_line *grown = calloc(capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = 0; i < r->line_capacity; i++) {
        if (r->lines[i].window != r->serial)
            continue;
        size_t at = (r->lines[i].line * DIGEST_FACTOR >> 20) & (capacity - 1);
        while (grown[at].window == r->serial)
            at = (at + 1) & (capacity - 1);
        grown[at] = r->lines[i];
    }
    free(r->lines);
    r->lines = grown;
    r->line_capacity = capacity;
    return true;
}

static struct data_line *line_find(struct recorder *r, uint64_t line, uint64_t address)
{
    if (2 * r->line_count >= r->line_capacity && !lines_grow(r)) {
        recorder_fail(r, "out of memory");
        return NULL;
    }
    size_t at = (line * DIGEST_FACTOR >> 20) & (r->line_capacity - 1);
    while (r->lines[at].window == r->serial && r->lines[at].line != line)
        at = (at + 1) & (r->line_capacity - 1);
    if (r->lines[at].window != r->serial) {
        r->line_count++;
        r->lines[at] = (struct data_line){ .line = line, .address = address, .pc = r->previous ? r->previous->address : 0,
                                           .window = r->serial };
    }
    return &r->lines[at];
}

void recorder_access(struct recorder *r, uint64_t address, uint64_t physical, unsigned bytes, bool store, bool device)
{
    if (!r->sampling)
        return;
    if (r->previous != NULL && r->previous->kind == KIND_INVLPG)
        for (unsigned h = 0; h < HISTORIES; h++)
            cache_drop(&r->caches[h][CACHE_DTLB], address >> PAGE_SHIFT);
    if (r->in_window) {
        r->counts.loads += !store;
        r->counts.stores += store;
        r->counts.device_accesses += device;
    }
    if (device)
        return;
    uint64_t first = physical >> LINE_SHIFT, last = (physical + bytes - 1) >> LINE_SHIFT;
    for (uint64_t line = first; line <= last; line++) {
        line_touch(r, CACHE_L1D, line);
        struct data_line *l = r->in_window ? line_find(r, line, line == first ? address : ((address >> LINE_SHIFT) + 1) << LINE_SHIFT) : NULL;
        if (l != NULL) {
            l->loads += !store;
            l->stores += store;
        }
    }
    for (uint64_t page = address >> PAGE_SHIFT; page <= (address + bytes - 1) >> PAGE_SHIFT; page++)
        cache_touch(r, CACHE_DTLB, page, is_kernel(address));
}

bool recorder_finish(struct recorder *r)
{
    if (r->failed)
        fprintf(r->out, "failed %s\n", r->reason);
    else
        fprintf(r->out, "end rows=%" PRIu64 "\n", r->rows);
    return fflush(r->out) == 0 && !ferror(r->out) && !r->failed;
}
