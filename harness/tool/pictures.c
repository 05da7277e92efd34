/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/tool/pictures.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "harness/measure/qr_page.h"
#include "harness/measure/record.h"
#include "harness/tool/file.h"
#include "harness/tool/process.h"
#include "harness/tool/rawlog.h"

#define READER "zbarimg"
#define READER_SECONDS 120
#define READER_FOUND_NONE 4
#define CODES_BYTES_MAX (1u << 24)

struct pages {
    unsigned count;            /* 0: none yet */
    uint32_t whole_crc;
    uint8_t **piece;           /* NULL: not seen */
    size_t *bytes;
};

static bool page_add(struct pages *all, const struct qr_page *page, const char *path, struct error *e)
{
    if (all->count == 0) {
        all->count = page->pages;
        all->whole_crc = page->whole_crc;
        all->piece = calloc(page->pages, sizeof *all->piece);
        all->bytes = calloc(page->pages, sizeof *all->bytes);
        if (!all->piece || !all->bytes)
            abort();
    }
    if (page->pages != all->count || page->whole_crc != all->whole_crc)
        return error_set(e, "%s: page %u is of another log than those of the pictures before it", path, page->index + 1);
    if (all->piece[page->index])
        return true;
    uint8_t *piece = malloc(page->bytes);
    if (!piece)
        abort();
    memcpy(piece, page->piece, page->bytes);
    all->piece[page->index] = piece;
    all->bytes[page->index] = page->bytes;
    return true;
}

/* What the codes of one picture hold, one after the other. */
static bool picture_decode(const char *path, char **bytes, size_t *n, struct error *e)
{
    char output[] = "/tmp/tollgate-qr-XXXXXX";
    struct arguments a = { 0 };
    int file = mkstemp(output);
    if (file < 0)
        return error_set(e, "%s: no room for what is read from it", path);
    close(file);
    static const char *const words[] = { READER, "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", "-Sbinary" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        arguments_add(&a, "%s", words[i]);
    arguments_add(&a, "%s%s", path[0] == '-' ? "./" : "", path);
    struct process_spec spec = { .arguments = &a, .output_path = output, .error_path = "/dev/null", .time_limit_s = READER_SECONDS };
    struct process_end end = process_run(&spec);
    bool ok = end.outcome == PROCESS_EXITED && end.status == 0;
    if (!ok && end.outcome == PROCESS_NOT_STARTED)
        error_set(e, "%s is needed to read pictures: apt-get install zbar-tools", READER);
    else if (!ok && end.outcome == PROCESS_EXITED && end.status == READER_FOUND_NONE)
        error_set(e, "%s: no QR code can be read on it", path);
    else if (!ok)
        error_set(e, "%s: %s cannot read this file", path, READER);
    ok = ok && file_read(output, CODES_BYTES_MAX, bytes, n, e);
    unlink(output);
    arguments_free(&a);
    return ok;
}

static bool codes_add(struct pages *all, const char *codes, size_t n, const char *path, struct error *e)
{
    size_t used;
    if (n == 0)
        return error_set(e, "%s: no QR code can be read on it", path);
    for (size_t at = 0; at < n; at += used) {
        struct qr_page page;
        const char *wrong = qr_page_read((const uint8_t *)codes + at, n - at, &page, &used);
        if (wrong ? !error_set(e, "%s: its code %s", path, wrong) : !page_add(all, &page, path, e))
            return false;
    }
    return true;
}

static bool picture_add(struct pages *all, const char *path, struct error *e)
{
    char *bytes;
    size_t n;
    if (access(path, R_OK) != 0)
        return error_set(e, "%s: cannot be read", path);
    if (!picture_decode(path, &bytes, &n, e))
        return false;
    bool ok = codes_add(all, bytes, n, path, e);
    free(bytes);
    return ok;
}

/* One line that names the missing pages, the first ones at least. */
static bool all_are_there(const struct pages *all, struct error *e)
{
    char list[200] = "";
    size_t used = 0, missing = 0;
    for (unsigned i = 0; i < all->count; i++)
        if (!all->piece[i]) {
            if (used + 12 < sizeof list)
                used += (size_t)snprintf(list + used, sizeof list - used, "%s%u", missing ? ", " : "", i + 1);
            else if (used < sizeof list - 4)
                used += (size_t)snprintf(list + used, sizeof list - used, "...");
            missing++;
        }
    return missing == 0 || error_set(e, "%zu of %u pages are missing: %s", missing, all->count, list);
}

static bool pages_join(const struct pages *all, char **text, size_t *bytes, struct error *e)
{
    size_t n = 0, at = 0;
    for (unsigned i = 0; i < all->count; i++)
        n += all->bytes[i];
    uint8_t *whole = malloc(n + 1);
    if (!whole)
        abort();
    for (unsigned i = 0; i < all->count; at += all->bytes[i++])
        memcpy(whole + at, all->piece[i], all->bytes[i]);
    bool ok = record_crc32(whole, n) == all->whole_crc || error_set(e, "all %u pages are there, but their checksum is wrong", all->count);
    uLongf room = RAWLOG_BYTES_MAX, limit = (uLongf)n * 1100 + 4096; /* deflate cannot do better */
    room = limit < room ? limit : room;
    *text = malloc(room + 1);
    if (!*text)
        abort();
    if (ok && uncompress((Bytef *)*text, &room, whole, n) != Z_OK)
        ok = error_set(e, "all %u pages are there, but they cannot be uncompressed", all->count);
    *bytes = room;
    free(whole);
    if (!ok)
        free(*text);
    return ok;
}

static void pages_free(struct pages *all)
{
    for (unsigned i = 0; i < all->count; i++)
        free(all->piece[i]);
    free(all->piece);
    free(all->bytes);
}

bool pictures_read(char *const *paths, size_t count, char **text, size_t *bytes, struct error *e)
{
    struct pages all = { 0 };
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = picture_add(&all, paths[i], e);
    ok = ok && all_are_there(&all, e) && pages_join(&all, text, bytes, e);
    pages_free(&all);
    return ok;
}

bool pictures_decode(const char *codes, size_t n, char **text, size_t *bytes, struct error *e)
{
    struct pages all = { 0 };
    bool ok = codes_add(&all, codes, n, "picture", e) && all_are_there(&all, e) && pages_join(&all, text, bytes, e);
    pages_free(&all);
    return ok;
}
