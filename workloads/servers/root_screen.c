/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every drawing is a whole screen, each row padded with blanks: the kernel draws what differs. A row's figure is that of the field
 * `corrected` of results: median less overhead, of one operation.
 */
#include "workloads/servers/root_screen.h"

#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

#define PAIRS_MAX 4096
#define RESULTS_MAX 400
#define ID_BYTES 40
#define VARIANT_BYTES 72
#define COLUMNS_MAX 160
#define ROWS_BELOW 4           /* for the kernel's last words */
#define FIGURE_COLUMN 74

struct result {
    char id[ID_BYTES], variant[VARIANT_BYTES];
    int64_t tenths;            /* of a unit */
    bool batched;
};

static struct screen {
    bool on;
    uint64_t programs, started, rows, failed, skipped;
    char cpu[64], unit[16], program[64];
    struct result result[RESULTS_MAX]; /* one for each workload: the first batched row, or else the first */
    size_t results;
    struct result now;         /* of the row that is open */
    uint64_t overhead, batch, samples, pairs;
    uint64_t value[PAIRS_MAX], count[PAIRS_MAX];
    uint64_t row;              /* of the drawing */
    bool cleared;
} screen;

/* --- what records tell */

/* The value of " key=value" in the body; false when there is none. */
static bool field(const char *body, size_t n, const char *key, char *to, size_t to_bytes)
{
    size_t key_bytes = text_length(key);

    for (size_t at = 0; at + key_bytes < n; at++) {
        if (body[at] != ' ' || memcmp(body + at + 1, key, key_bytes) != 0 || body[at + 1 + key_bytes] != '=')
            continue;
        size_t used = 0;
        for (at += key_bytes + 2; at < n && body[at] != ' ' && used + 1 < to_bytes; used++, at++) {
            bool blank = n - at >= 3 && memcmp(body + at, "%20", 3) == 0;
            to[used] = blank ? ' ' : body[at];
            at += blank ? 2 : 0;
        }
        to[used] = '\0';
        return true;
    }
    return false;
}

static uint64_t number(const char *digits)
{
    uint64_t value = 0;

    while (*digits >= '0' && *digits <= '9')
        value = value * 10 + (uint64_t)(*digits++ - '0');
    return value;
}

static uint64_t number_field(const char *body, size_t n, const char *key)
{
    char digits[24];

    return field(body, n, key, digits, sizeof digits) ? number(digits) : 0;
}

static void row_opened(struct screen *s, const char *body, size_t n)
{
    s->now = (struct result){ 0 };
    (void)field(body, n, "workload", s->now.id, sizeof s->now.id);
    (void)field(body, n, "variant", s->now.variant, sizeof s->now.variant);
    s->overhead = number_field(body, n, "overhead");
    s->batch = number_field(body, n, "batch");
    s->now.batched = s->batch > 1;
    s->samples = s->pairs = 0;
}

/* " value:count value:count ..." */
static void samples_came(struct screen *s, const char *body, size_t n)
{
    for (size_t at = 0; at < n && s->pairs < PAIRS_MAX; at++) {
        if (body[at] != ' ')
            continue;
        s->value[s->pairs] = number(body + at + 1);
        while (at < n && body[at] != ':')
            at++;
        s->count[s->pairs] = at < n ? number(body + at + 1) : 0;
        s->samples += s->count[s->pairs++];
    }
}

static uint64_t median(const struct screen *s)
{
    uint64_t seen = 0, i = 0;

    while (i + 1 < s->pairs && (seen += s->count[i]) * 2 < s->samples)
        i++;
    return s->pairs != 0 ? s->value[i] : 0;
}

static void row_closed(struct screen *s)
{
    struct result *same = NULL;

    s->rows++;
    if (s->batch == 0)
        return;
    int64_t tenths = ((int64_t)median(s) - (int64_t)s->overhead) * 10;
    s->now.tenths = (tenths + (tenths < 0 ? -1 : 1) * (int64_t)(s->batch / 2)) / (int64_t)s->batch;
    for (size_t i = 0; i < s->results; i++)
        if (text_equal(s->result[i].id, s->now.id))
            same = &s->result[i];
    if (same == NULL && s->results < RESULTS_MAX)
        s->result[s->results++] = s->now;
    else if (same != NULL && s->now.batched && !same->batched)
        *same = s->now;
}

/* --- drawing */

static void line_put(struct screen *s, const char *line)
{
    char padded[COLUMNS_MAX];
    size_t columns = root_info()->screen.columns, n = text_length(line);

    columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
    if (s->row + ROWS_BELOW >= root_info()->screen.rows)
        return;
    for (size_t i = 0; i < columns; i++)
        padded[i] = i < n ? line[i] : ' ';
    output_screen(padded, columns);
    /* A row that is full has ended by itself when the next one begins. */
    if (columns < root_info()->screen.columns)
        output_screen("\n", 1);
    s->row++;
}

static void lines_end(struct screen *s)
{
    while (s->row + ROWS_BELOW < root_info()->screen.rows)
        line_put(s, "");
    if (root_info()->screen.columns <= COLUMNS_MAX)
        output_screen("\n", 1);
}

/* What was printed before the first frame would stay in the rows below it, and behind what is printed there. */
static void screen_clear(void)
{
    static const char blank[] = "        ";
    uint64_t cells = (uint64_t)root_info()->screen.columns * root_info()->screen.rows;

    output_screen("\f", 1);
    for (uint64_t n; cells > 0; cells -= n) {
        n = cells < sizeof blank - 1 ? cells : sizeof blank - 1;
        output_screen(blank, n);
    }
}

static void head_put(struct screen *s, const char *title)
{
    struct text t;

    if (!s->cleared)
        screen_clear();
    s->cleared = true;
    s->row = 0;
    output_screen("\f", 1);
    text_init(&t);
    text_add(&t, "TOLLGATE  ");
    text_add(&t, title);
    line_put(s, t.bytes);
    text_init(&t);
    text_add(&t, s->cpu);
    text_add(&t, "   options: ");
    text_add(&t, root_info()->command_line[0] != '\0' ? root_info()->command_line : "none");
    line_put(s, t.bytes);
    line_put(s, "");
}

static void text_fill(struct text *t, size_t column)
{
    while (t->used < column && !t->overflow)
        text_add(t, " ");
}

static void result_text(const struct screen *s, const struct result *r, struct text *t)
{
    uint64_t tenths = (uint64_t)(r->tenths < 0 ? -r->tenths : r->tenths);

    text_init(t);
    text_add(t, r->id);
    text_fill(t, 26);
    text_add(t, " ");
    text_add(t, r->variant);
    if (t->used > FIGURE_COLUMN)
        t->bytes[t->used = FIGURE_COLUMN] = '\0';
    text_fill(t, FIGURE_COLUMN + 1);
    text_add(t, r->tenths < 0 ? "-" : "");
    text_add_decimal(t, tenths / 10);
    text_add(t, ".");
    text_add_decimal(t, tenths % 10);
    text_add(t, " ");
    text_add(t, s->unit);
}

static void result_put(struct screen *s, const struct result *r)
{
    struct text t;

    result_text(s, r, &t);
    line_put(s, t.bytes);
}

static void counts_put(struct screen *s)
{
    struct text t;

    text_init(&t);
    text_add_decimal(&t, s->rows);
    text_add(&t, " rows measured, ");
    text_add_decimal(&t, s->skipped);
    text_add(&t, " skipped, ");
    text_add_decimal(&t, s->failed);
    text_add(&t, " failures");
    line_put(s, t.bytes);
}

/* The latest results that there is room for. */
static void progress_draw(struct screen *s)
{
    struct text t;
    uint64_t rows = root_info()->screen.rows, room = rows > ROWS_BELOW + 9 ? rows - ROWS_BELOW - 9 : 1;

    head_put(s, "measuring: please leave the machine alone");
    text_init(&t);
    text_add(&t, "program ");
    text_add_decimal(&t, s->started);
    text_add(&t, " of ");
    text_add_decimal(&t, s->programs);
    text_add(&t, ": ");
    text_add(&t, s->program);
    line_put(s, t.bytes);
    text_init(&t);
    text_add(&t, "[");
    for (uint64_t i = 0; i < 50; i++)
        text_add(&t, s->programs != 0 && i * s->programs < (s->started - 1) * 50 ? "#" : ".");
    text_add(&t, "]");
    line_put(s, t.bytes);
    counts_put(s);
    line_put(s, "");
    for (size_t i = s->results > room ? s->results - room : 0; i < s->results; i++)
        result_put(s, &s->result[i]);
    lines_end(s);
}

/* --- what the table of the end shows first; other workloads follow in the order in which they ran */
static const char *const main_rows[] = {
    "ipc.call.inter", "ipc.call.intra", "ipc.oneway.inter", "hw.null_syscall", "hw.syscall_sysret", "hw.page_table_switch",
    "hw.page_table_switch_pcid", "vm.fault", "vm.map", "vm.exception", "irq.latency", "smp.ipc",
};
#define MAIN_ROWS (sizeof main_rows / sizeof main_rows[0])

static bool is_main(const char *id)
{
    for (size_t i = 0; i < MAIN_ROWS; i++)
        if (text_equal(id, main_rows[i]))
            return true;
    return false;
}

static void table_draw(struct screen *s)
{
    uint64_t rows = root_info()->screen.rows, last = rows > ROWS_BELOW + 6 ? rows - ROWS_BELOW - 6 : rows;

    line_put(s, "one operation, median without overhead of measuring; the first batched row of each workload:");
    for (size_t m = 0; m < MAIN_ROWS; m++)
        for (size_t i = 0; i < s->results && s->row < last; i++)
            if (text_equal(s->result[i].id, main_rows[m]))
                result_put(s, &s->result[i]);
    for (size_t i = 0; i < s->results && s->row < last; i++)
        if (!is_main(s->result[i].id))
            result_put(s, &s->result[i]);
}

static void next_put(struct screen *s)
{
    struct text t;

    line_put(s, "");
    counts_put(s);
    line_put(s, "What to do next: if Linux starts now, leave the machine alone until it powers off; results are on the stick then.");
    text_init(&t);
    if (text_equal(root_info()->serial, "none")) {
        text_add(&t, "No serial port was found: without the stick, boot with qr=on and photograph the pages.");
    } else {
        text_add(&t, "The log of this session left by serial port ");
        text_add(&t, root_info()->serial);
        text_add(&t, ", 115200 baud: tollgate decode --unsealed LOG makes a result of it.");
    }
    line_put(s, t.bytes);
}

bool screen_start(uint64_t programs)
{
    screen.on = root_info()->screen.bytes != 0 && root_info()->screen.columns >= 80 && root_info()->screen.rows >= 24;
    screen.programs = programs;
    return screen.on;
}

void screen_program(const char *name)
{
    if (!screen.on)
        return;
    size_t n = text_length(name);
    n = n < sizeof screen.program ? n : sizeof screen.program - 1;
    memcpy(screen.program, name, n);
    screen.program[n] = '\0';
    screen.started++;
    progress_draw(&screen);
}

void screen_record(const char *body, size_t n)
{
    char result[8];

    if (n >= 8 && memcmp(body, "context ", 8) == 0) {
        (void)field(body, n, "cpu_model", screen.cpu, sizeof screen.cpu);
        (void)field(body, n, "unit", screen.unit, sizeof screen.unit);
    } else if (n >= 4 && memcmp(body, "row ", 4) == 0) {
        row_opened(&screen, body, n);
    } else if (n >= 5 && memcmp(body, "hist ", 5) == 0) {
        samples_came(&screen, body, n);
    } else if (n >= 7 && memcmp(body, "endrow ", 7) == 0) {
        row_closed(&screen);
    } else if (n >= 5 && memcmp(body, "skip ", 5) == 0) {
        screen.skipped++;
    } else if (n >= 5 && memcmp(body, "test ", 5) == 0 && field(body, n, "result", result, sizeof result) && text_equal(result, "fail")) {
        screen.failed++;
    }
}

void screen_end(bool ok)
{
    if (!screen.on)
        return;
    head_put(&screen, ok ? "done: all went well" : "done: SOMETHING FAILED, no result can be made of this session");
    table_draw(&screen);
    next_put(&screen);
    lines_end(&screen);
}

size_t screen_results(void) { return screen.results; }
const char *screen_cpu(void) { return screen.cpu; }

bool screen_result(size_t index, struct text *t)
{
    if (index >= screen.results)
        return false;
    result_text(&screen, &screen.result[index], t);
    return true;
}
