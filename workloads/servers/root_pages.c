/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/servers/root_pages.h"

#include "harness/measure/deflate.h"
#include "harness/measure/qr.h"
#include "harness/measure/qr_page.h"
#include "workloads/lib/program.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_keys.h"
#include "workloads/servers/root_screen.h"

#define LOG_SHARE 8            /* one part in so many of the heap, at most LOG_BYTES_MAX */
#define LOG_BYTES_MAX ABI_CONST(uint64_t, 0x1000000)
#define MODULE_DOTS 5          /* of the screen, at least, so that a camera tells them apart */
#define CAPTION_ROWS 3
#define PAGE_MS 5000
#define PAGE_ONCE_MS 2000

static struct pages {
    uint8_t *log, *compressed;
    uint64_t limit, used, lost;
} pages;

static struct deflate_work work;
static struct qr symbol;
static uint8_t page_bytes[QR_CODEWORDS_MAX];

void pages_start(void)
{
    uint64_t half = root_info()->heap_bytes / LOG_SHARE / 2;

    half = (half < LOG_BYTES_MAX ? half : LOG_BYTES_MAX) / PAGE_BYTES * PAGE_BYTES;
    pages.log = heap_keep(2 * half / PAGE_BYTES);
    pages.compressed = pages.log != NULL ? pages.log + half : NULL;
    pages.limit = pages.log != NULL ? half : 0;
}

void pages_log(const char *bytes, size_t n)
{
    if (pages.log == NULL)
        return;
    if (n > pages.limit - pages.used) {
        pages.lost += n;
        return;
    }
    memcpy(pages.log + pages.used, bytes, n);
    pages.used += n;
}

static void dots_put(const struct root_screen *s, uint64_t x, uint64_t y, uint64_t width, uint64_t height, bool dark)
{
    volatile uint8_t *first = (volatile uint8_t *)ROOT_SCREEN_ADDRESS + s->offset;

    for (uint64_t row = y; row < y + height && row < s->height; row++)
        for (uint64_t byte = x * s->pixel_bytes; byte < (x + width) * s->pixel_bytes && byte < (uint64_t)s->width * s->pixel_bytes; byte++)
            first[row * s->pitch + byte] = dark ? 0 : 0xff;
}

static uint64_t room_of(const struct root_screen *s)
{
    uint64_t height = s->height - s->height / s->rows * CAPTION_ROWS;

    return s->width < height ? s->width : height;
}

static void symbol_draw(const struct root_screen *s)
{
    uint64_t size = room_of(s) / (symbol.side + 2 * QR_QUIET), edge = size * QR_QUIET;

    dots_put(s, 0, 0, s->width, s->height - s->height / s->rows * CAPTION_ROWS, false);
    for (unsigned row = 0; row < symbol.side; row++)
        for (unsigned column = 0; column < symbol.side; column++)
            if (symbol.dark[row][column])
                dots_put(s, edge + column * size, edge + row * size, size, size, true);
}

static void caption_put(const struct root_screen *s, unsigned index, unsigned count)
{
    struct text t;

    output_screen("\f", 1);
    for (unsigned row = 0; row + CAPTION_ROWS - 1 < s->rows; row++)
        output_screen("\n", 1);
    text_init(&t);
    text_add(&t, "page ");
    text_add_decimal(&t, index + 1);
    text_add(&t, " of ");
    text_add_decimal(&t, count);
    text_add(&t, ": photograph each; tollgate import --qr PICTURES; blank: next, q: end");
    while (t.used < 79)
        text_add(&t, " ");
    output_screen(t.bytes, t.used);
}

/* The largest symbol that the screen shows well. */
static unsigned version_choose(const struct root_screen *s)
{
    unsigned version = QR_VERSION_MAX;

    while (version > 1 && (qr_side(version) + 2 * QR_QUIET) * MODULE_DOTS > room_of(s))
        version--;
    return version;
}

/* False: somebody has seen enough. */
static bool page_show(const struct root_screen *s, const struct qr_page *page, unsigned version, uint64_t milliseconds)
{
    size_t n = qr_page_write(page, page_bytes);

    if (!qr_encode(page_bytes, n, QR_MEDIUM, version, &symbol))
        program_trap();
    symbol_draw(s);
    caption_put(s, page->index, page->pages);
    return keys_read(milliseconds) != 'q';
}

/* All pages in turn; false: somebody has seen enough. */
static bool round_show(const struct root_screen *s, size_t compressed, uint64_t milliseconds)
{
    unsigned version = version_choose(s);
    size_t piece = qr_bytes_max(version, QR_MEDIUM) - QR_PAGE_HEAD_BYTES, count = (compressed + piece - 1) / piece;
    uint32_t crc = record_crc32(pages.compressed, compressed);

    for (unsigned i = 0; i < count; i++) {
        size_t at = i * piece, n = compressed - at < piece ? compressed - at : piece;
        struct qr_page page = { i, (unsigned)count, crc, pages.compressed + at, n };
        if (!page_show(s, &page, version, milliseconds))
            return false;
    }
    return true;
}

void pages_show(bool once)
{
    const struct root_screen *s = &root_info()->screen;

    if (s->bytes == 0 || pages.used == 0 || version_choose(s) < 5) {
        output_line("qr=: there is no screen, or it is too small", "");
        return;
    }
    if (pages.lost != 0)
        output_line("qr=: the log is longer than memory for it: ", "pages would not hold all of it");
    size_t compressed = pages.lost == 0 ? deflate_compress(pages.log, pages.used, pages.compressed, pages.limit, &work) : 0;
    if (compressed == 0)
        return;
    keys_open();
    while (round_show(s, compressed, once ? PAGE_ONCE_MS : PAGE_MS) && !once)
        continue;
    keys_close();
}
