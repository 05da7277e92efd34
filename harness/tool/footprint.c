/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of the footprint plugin's output; see footprint.h. Nothing unknown is skipped: a line that is not expected is an error.
 */
#include "harness/tool/footprint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/text.h"

#define FILE_BYTES_MAX (256u << 20)
#define LINE_SHIFT 6
#define PAGE_SHIFT 12

const char *const footprint_cache_names[FOOTPRINT_CACHES] = { "l1i", "l1d", "itlb", "dtlb", "l2" };
const char *const footprint_state_names[FOOTPRINT_STATES] = { "warm", "l1_evicted", "tlb_flushed", "cold" };
const char *const footprint_space_names[SPACES] = { "kernel", "user" };

/* --- reading --- */

struct reader {
    char *line;          /* present one, NULL at the end */
    char *rest;
    size_t number;
    struct error *e;
};

static bool reader_next(struct reader *r)
{
    r->line = strsep(&r->rest, "\n");
    r->number++;
    if (!r->rest) /* no line end behind it, or nothing at all */
        r->line = NULL;
    return r->line != NULL;
}

static bool reader_error(struct reader *r, const char *what)
{
    return error_set(r->e, "line %zu: %s", r->number, what);
}

/* " key=NUMBER"; moves *at behind it. */
static bool field_read(const char **at, const char *key, uint64_t *value)
{
    size_t n = strlen(key);
    const char *s = *at;
    if (*s != ' ' || strncmp(s + 1, key, n) != 0 || s[n + 1] != '=')
        return false;
    s += n + 2;
    size_t digits = strspn(s, "0123456789");
    if (!text_to_count(s, digits, value))
        return false;
    *at = s + digits;
    return true;
}

/* " NUMBER" in the base. */
static bool number_read(const char **at, int base, uint64_t *value)
{
    static const char hex[] = "0123456789abcdef";
    const char *s = *at;
    if (*s != ' ')
        return false;
    size_t n = strspn(++s, base == 16 ? hex : "0123456789");
    if (n == 0 || n > 20 || (base == 16 && n > 16))
        return false;
    if (base == 10) {
        if (!text_to_count(s, n, value))
            return false;
    } else {
        *value = strtoull(s, NULL, 16);
    }
    *at = s + n;
    return true;
}

static bool head_read(struct reader *r, struct footprint *f)
{
    static const char start[] = "tollgate-footprint 2";
    if (!reader_next(r) || strncmp(r->line, start, sizeof start - 1) != 0)
        return reader_error(r, "is not the output of the footprint plugin");
    const char *at = r->line + sizeof start - 1;
    for (size_t k = 0; k < FOOTPRINT_CACHES; k++) {
        char ways[32];
        if (!field_read(&at, footprint_cache_names[k], &f->geometry[k].sets) || *at != ':')
            return reader_error(r, "geometry of a cache is missing");
        at++;
        size_t digits = strspn(at, "0123456789");
        snprintf(ways, sizeof ways, "%.*s", (int)(digits < 20 ? digits : 20), at);
        if (!text_to_count(ways, strlen(ways), &f->geometry[k].ways) || digits >= 20 || f->geometry[k].sets == 0 || f->geometry[k].ways == 0)
            return reader_error(r, "geometry of a cache is missing");
        at += digits;
    }
    return *at == '\0' || reader_error(r, "holds more than expected");
}

static void *list_grow(void *list, size_t count, size_t bytes)
{
    if (count & (count - 1)) /* room for the next power of two */
        return list;
    return realloc(list, (count ? 2 * count : 1) * bytes);
}

static bool profile_head_read(struct reader *r, struct footprint_profile *p)
{
    const struct { const char *key; uint64_t *value; } fields[] = {
        { "windows", &p->windows }, { "instructions", &p->instructions }, { "user", &p->user }, { "transfers", &p->transfers },
        { "loads", &p->loads }, { "stores", &p->stores }, { "device", &p->device },
        { "kept_l1i", &p->kept[0] }, { "kept_l1d", &p->kept[1] }, { "kept_itlb", &p->kept[2] }, { "kept_dtlb", &p->kept[3] },
        { "kept_l2", &p->kept[4] },
        { "flushed_l1i", &p->flushed[0] }, { "flushed_l1d", &p->flushed[1] }, { "flushed_itlb", &p->flushed[2] },
        { "flushed_dtlb", &p->flushed[3] }, { "flushed_l2", &p->flushed[4] },
    };
    const char *at = r->line + strlen("profile");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!field_read(&at, fields[i].key, fields[i].value))
            return reader_error(r, "a field of the profile is missing or out of place");
    if (*at || p->windows == 0 || p->user > p->instructions)
        return reader_error(r, "is not a profile");
    return true;
}

static bool code_read(struct reader *r, struct footprint_profile *p)
{
    struct footprint_code c;
    const char *at = r->line + strlen("code");
    if (!number_read(&at, 16, &c.address) || !number_read(&at, 16, &c.place) || !number_read(&at, 10, &c.bytes) ||
        !number_read(&at, 10, &c.count) || *at || c.bytes == 0 || c.bytes > 15)
        return reader_error(r, "is not an instruction");
    struct footprint_code *grown = list_grow(p->code, p->code_count, sizeof *grown);
    if (!grown)
        return reader_error(r, "out of memory");
    p->code = grown;
    p->code[p->code_count++] = c;
    return true;
}

static bool data_read(struct reader *r, struct footprint_profile *p)
{
    struct footprint_data d;
    const char *at = r->line + strlen("data");
    if (!number_read(&at, 16, &d.address) || !number_read(&at, 16, &d.line) || !number_read(&at, 16, &d.pc) ||
        !number_read(&at, 10, &d.loads) || !number_read(&at, 10, &d.stores) || *at)
        return reader_error(r, "is not a line of data");
    struct footprint_data *grown = list_grow(p->data, p->data_count, sizeof *grown);
    if (!grown)
        return reader_error(r, "out of memory");
    p->data = grown;
    p->data[p->data_count++] = d;
    return true;
}

/* The instructions listed are those counted. */
static bool profile_check(struct reader *r, const struct footprint_profile *p)
{
    uint64_t all = 0, user = 0;
    for (size_t i = 0; i < p->code_count; i++) {
        all += p->code[i].count;
        user += footprint_space_of(p->code[i].address) == SPACE_USER ? p->code[i].count : 0;
    }
    return (all == p->instructions && user == p->user) || reader_error(r, "the profile above it does not add up");
}

static int pair_compare(const void *a, const void *b)
{
    uint64_t x = ((const struct histogram_pair *)a)->value, y = ((const struct histogram_pair *)b)->value;
    return x < y ? -1 : x > y;
}

static bool lengths_read(struct reader *r, struct footprint_row *row)
{
    uint64_t sum = 0;
    if (!reader_next(r) || strncmp(r->line, "lengths", 7) != 0)
        return reader_error(r, "lengths of the windows are missing");
    const char *at = r->line + 7;
    while (*at) {
        struct histogram_pair pair;
        if (!number_read(&at, 10, &pair.value) || *at != ':')
            return reader_error(r, "is not a list of lengths");
        size_t digits = strspn(++at, "0123456789");
        if (digits > 19 || !text_to_count(at, digits, &pair.count) || pair.count == 0)
            return reader_error(r, "is not a list of lengths");
        at += digits;
        struct histogram_pair *grown = list_grow(row->lengths, row->length_count, sizeof *grown);
        if (!grown)
            return reader_error(r, "out of memory");
        row->lengths = grown;
        row->lengths[row->length_count++] = pair;
        sum += pair.count;
    }
    if (row->length_count > 0)
        qsort(row->lengths, row->length_count, sizeof *row->lengths, pair_compare);
    return sum == row->windows || reader_error(r, "lengths and windows differ in number");
}

static bool row_read(struct reader *r, struct footprint *f)
{
    struct footprint_row *grown = list_grow(f->rows, f->row_count, sizeof *grown);
    uint64_t number;
    if (!grown)
        return reader_error(r, "out of memory");
    f->rows = grown;
    struct footprint_row *row = &f->rows[f->row_count];
    *row = (struct footprint_row){ 0 };
    const char *at = r->line + 3;
    if (!number_read(&at, 10, &number) || number != f->row_count + 1 || !field_read(&at, "windows", &row->windows) || *at)
        return reader_error(r, "is not the row expected");
    f->row_count++;
    return lengths_read(r, row);
}

static bool profile_read(struct reader *r, struct footprint_row *row)
{
    struct footprint_profile *grown = list_grow(row->profiles, row->profile_count, sizeof *grown);
    if (!grown)
        return reader_error(r, "out of memory");
    row->profiles = grown;
    row->profiles[row->profile_count] = (struct footprint_profile){ 0 };
    struct footprint_profile *p = &row->profiles[row->profile_count++];
    if (!profile_head_read(r, p))
        return false;
    if (p->windows > row->windows - row->profiled)
        return reader_error(r, "has more windows than its row");
    row->profiled += p->windows;
    return true;
}

/* One line behind the head; *done at the end. */
static bool line_read(struct reader *r, struct footprint *f, bool *done)
{
    struct footprint_row *row = f->row_count ? &f->rows[f->row_count - 1] : NULL;
    struct footprint_profile *p = row && row->profile_count ? &row->profiles[row->profile_count - 1] : NULL;
    uint64_t rows;
    if (p && strncmp(r->line, "code ", 5) == 0)
        return code_read(r, p);
    if (p && strncmp(r->line, "data ", 5) == 0)
        return data_read(r, p);
    if (p && !profile_check(r, p))
        return false;
    if (strncmp(r->line, "row ", 4) == 0)
        return row_read(r, f);
    if (row && strncmp(r->line, "profile ", 8) == 0)
        return profile_read(r, row);
    if (strncmp(r->line, "failed ", 7) == 0)
        return error_set(r->e, "the footprint plugin failed: %.200s", r->line + 7);
    const char *at = r->line + 3;
    if (strncmp(r->line, "end ", 4) != 0 || !field_read(&at, "rows", &rows) || *at || rows != f->row_count)
        return reader_error(r, "is not what can stand here");
    *done = true;
    return true;
}

bool footprint_decode(const char *bytes, size_t size, struct footprint *f, struct error *e)
{
    char *copy = strndup(bytes, size);
    struct reader r = { .rest = copy, .e = e };
    bool done = false, ok = copy ? strlen(copy) == size || error_set(e, "holds a NUL byte") : error_set(e, "out of memory");
    *f = (struct footprint){ 0 };
    ok = ok && head_read(&r, f);
    while (ok && !done)
        ok = reader_next(&r) ? line_read(&r, f, &done) : reader_error(&r, "the last line is missing: the output is cut");
    if (ok && *r.rest)
        ok = reader_error(&r, "something follows the last line");
    free(copy);
    if (!ok)
        footprint_free(f);
    return ok;
}

bool footprint_read(const char *path, struct footprint *footprint, struct error *e)
{
    char *bytes;
    size_t size;
    *footprint = (struct footprint){ 0 };
    if (!file_read(path, FILE_BYTES_MAX, &bytes, &size, e))
        return false;
    bool ok = footprint_decode(bytes, size, footprint, e);
    free(bytes);
    return ok || error_prefix(e, "%s", path);
}

void footprint_free(struct footprint *f)
{
    for (size_t i = 0; i < f->row_count; i++) {
        for (size_t p = 0; p < f->rows[i].profile_count; p++) {
            free(f->rows[i].profiles[p].code);
            free(f->rows[i].profiles[p].data);
        }
        free(f->rows[i].profiles);
        free(f->rows[i].lengths);
    }
    free(f->rows);
    *f = (struct footprint){ 0 };
}

/* --- joining --- */

static bool samples_agree(const struct footprint_row *f, const struct result_row *row)
{
    if (f->windows == 0) /* no pairs of clock reads: the guest said so */
        return true;
    if (f->length_count != row->pair_count)
        return false;
    for (size_t i = 0; i < f->length_count; i++)
        if (f->lengths[i].value != row->pairs[i].value || f->lengths[i].count != row->pairs[i].count)
            return false;
    return true;
}

bool footprint_agrees(const struct footprint *f, const struct result *result, struct error *e)
{
    if (f->row_count != result->row_count)
        return error_set(e, "the plugin saw %zu rows, the guest reported %zu", f->row_count, result->row_count);
    for (size_t i = 0; i < f->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        if (!samples_agree(&f->rows[i], row))
            return error_set(e, "the plugin did not count the samples of %.120s %.240s: %" PRIu64 " windows, the shortest %" PRIu64
                             " instructions, against %" PRIu64 " samples, the shortest %" PRIu64, row->workload, row->variant,
                             f->rows[i].windows, f->rows[i].length_count ? f->rows[i].lengths[0].value : 0, row->n, row->pairs[0].value);
    }
    return true;
}

const struct footprint_profile *footprint_typical(const struct footprint_row *row)
{
    const struct footprint_profile *best = NULL;
    for (size_t i = 0; i < row->profile_count; i++)
        if (!best || row->profiles[i].windows > best->windows)
            best = &row->profiles[i];
    return best;
}

/* --- counting --- */

enum footprint_space footprint_space_of(uint64_t address) { return address >> 63 ? SPACE_KERNEL : SPACE_USER; }

static int number_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t distinct(uint64_t *list, size_t count)
{
    uint64_t n = 0;
    if (count > 0)
        qsort(list, count, sizeof *list, number_compare);
    for (size_t i = 0; i < count; i++)
        n += i == 0 || list[i] != list[i - 1];
    return n;
}

/* First and last byte of each instruction: lines by their place in memory, as caches know them. */
static uint64_t code_lines(const struct footprint_profile *p, enum footprint_space space, uint64_t *list)
{
    size_t n = 0;
    for (size_t i = 0; i < p->code_count; i++)
        if (footprint_space_of(p->code[i].address) == space) {
            list[n++] = p->code[i].place >> LINE_SHIFT;
            list[n++] = (p->code[i].place + p->code[i].bytes - 1) >> LINE_SHIFT;
        }
    return distinct(list, n);
}

/* Pages of code and data together, by their virtual numbers: what a TLB must hold at least. */
static uint64_t pages(const struct footprint_profile *p, enum footprint_space space, uint64_t *list)
{
    size_t n = 0;
    for (size_t i = 0; i < p->code_count; i++)
        if (footprint_space_of(p->code[i].address) == space) {
            list[n++] = p->code[i].address >> PAGE_SHIFT;
            list[n++] = (p->code[i].address + p->code[i].bytes - 1) >> PAGE_SHIFT;
        }
    for (size_t i = 0; i < p->data_count; i++)
        if (footprint_space_of(p->data[i].address) == space)
            list[n++] = p->data[i].address >> PAGE_SHIFT;
    return distinct(list, n);
}

struct footprint_side footprint_side(const struct footprint_profile *p, enum footprint_space space)
{
    struct footprint_side side = { .instructions = space == SPACE_USER ? p->user : p->instructions - p->user };
    uint64_t *list = calloc(2 * p->code_count + p->data_count + 1, sizeof *list);
    if (!list)
        abort();
    side.code_lines = code_lines(p, space, list);
    side.pages = pages(p, space, list);
    for (size_t i = 0; i < p->data_count; i++)
        side.data_lines += footprint_space_of(p->data[i].address) == space;
    free(list);
    return side;
}

uint64_t footprint_row_misses(const struct footprint_row *row, size_t cache, uint64_t *windows)
{
    uint64_t sum = 0;
    *windows = 0;
    for (size_t i = 0; i < row->profile_count; i++) {
        sum += row->profiles[i].kept[cache];
        *windows += row->profiles[i].windows;
    }
    return sum;
}

double footprint_misses(const struct footprint_profile *p, size_t state, size_t cache)
{
    bool is_l1 = cache < 2, is_tlb = cache == 2 || cache == 3, flushed = state == 3 || (state == 1 && is_l1) || (state == 2 && is_tlb);
    return (double)(flushed ? p->flushed : p->kept)[cache] / (double)p->windows;
}
