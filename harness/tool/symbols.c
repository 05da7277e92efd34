/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names for addresses; see symbols.h. Of several names of one address the first is kept.
 */
#include "harness/tool/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/process.h"

#define NM_BYTES_MAX (16u << 20)
#define NM_LIMIT_S 30.0

static bool symbol_add(struct symbols *s, size_t *capacity, uint64_t address, const char *name)
{
    if (s->count > 0 && s->list[s->count - 1].address == address)
        return true;
    if (s->count == *capacity) {
        size_t wanted = *capacity ? 2 * *capacity : 512;
        struct symbol *grown = realloc(s->list, wanted * sizeof *grown);
        if (!grown)
            return false;
        s->list = grown;
        *capacity = wanted;
    }
    s->list[s->count++] = (struct symbol){ address, name };
    return true;
}

bool symbols_decode(char *bytes, struct symbols *s, struct error *e)
{
    size_t capacity = 0, number = 0;
    char *save = NULL;
    *s = (struct symbols){ .text = bytes };
    for (char *line = strtok_r(bytes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *end;
        number++;
        uint64_t address = strtoull(line, &end, 16);
        if (end != line + 16 || end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3]) {
            symbols_free(s);
            return error_set(e, "symbol %zu is not \"address type name\"", number);
        }
        if (s->count > 0 && address < s->list[s->count - 1].address) {
            symbols_free(s);
            return error_set(e, "symbol %zu is not in order", number);
        }
        if (strchr("aAU", end[1]))
            continue;
        if (!symbol_add(s, &capacity, address, end + 3)) {
            symbols_free(s);
            return error_set(e, "out of memory");
        }
    }
    return true;
}

bool symbols_read(const char *elf, const char *scratch, struct symbols *symbols, struct error *e)
{
    struct arguments a = { 0 };
    char *bytes;
    size_t size;
    *symbols = (struct symbols){ 0 };
    arguments_add(&a, "nm");
    arguments_add(&a, "-n");
    arguments_add(&a, "--defined-only");
    arguments_add(&a, "%s", elf);
    struct process_spec spec = { .arguments = &a, .output_path = scratch, .error_path = "/dev/null", .time_limit_s = NM_LIMIT_S };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    if (end.outcome != PROCESS_EXITED || end.status != 0)
        return error_set(e, "nm gives no symbols of %s", elf);
    if (!file_read(scratch, NM_BYTES_MAX, &bytes, &size, e))
        return false;
    return symbols_decode(bytes, symbols, e) || error_prefix(e, "%s", elf);
}

void symbols_free(struct symbols *symbols)
{
    free(symbols->list);
    free(symbols->text);
    *symbols = (struct symbols){ 0 };
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->list[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &symbols->list[low - 1] : NULL;
}
