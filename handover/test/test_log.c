/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log that the kernel leaves in memory, and the joined log that init makes of it and the host tool takes apart: whatever is damaged is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handover/init/bytes.h"
#include "handover/init/log.h"
#include "handover/init/summary.h"
#include "harness/measure/record.h"
#include "harness/tool/joined.h"
#include "kernel/abi/handover.h"

#define AREA_BYTES 0x4000
#define AT 0x2000

static char path[] = "/tmp/handover-test-XXXXXX";
static union { struct handover head; char bytes[AREA_BYTES]; } area;

static void area_make(const char *text)
{
    memset(&area, 0, sizeof area);
    memcpy(area.bytes + HANDOVER_TEXT_OFFSET, text, strlen(text));
    area.head = (struct handover){ .magic = HANDOVER_MAGIC, .bytes = AREA_BYTES, .text_bytes = strlen(text), .status = 0x10, .lost_bytes = 3,
                                   .text_crc32 = record_crc32(text, strlen(text)) };
    area.head.head_crc32 = record_crc32(&area, offsetof(struct handover, head_crc32));
}

static struct session_log read_it(const char *where)
{
    struct session_log log = { 0 };
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fseek(f, AT, SEEK_SET), 0);
    assert_int_equal(fwrite(&area, sizeof area, 1, f), 1);
    assert_int_equal(fclose(f), 0);
    session_log_read_at(&log, path, where);
    return log;
}

static void test_found(void **state)
{
    (void)state;
    area_make("a line\n");
    struct session_log log = read_it("0x2000,0x4000");
    assert_true(log.expected && log.found);
    assert_int_equal(log.text.used, 7);
    assert_memory_equal(log.text.at, "a line\n", 7);
    assert_int_equal(log.lost_bytes, 3);
    assert_int_equal(log.status, 0x10);
    free(log.text.at);
}

/* Every bit of the head and the text counts. */
static void test_damaged(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < (offsetof(struct handover, head_crc32) + 4) * 8; bit += 3) {
        area_make("a line\n");
        area.bytes[bit / 8] ^= (char)(1 << bit % 8);
        struct session_log log = read_it("0x2000,0x4000");
        assert_true(log.expected && !log.found && log.reason);
        free(log.text.at);
    }
    for (size_t i = 0; i < 7; i++) {
        area_make("a line\n");
        area.bytes[HANDOVER_TEXT_OFFSET + i] ^= 1;
        struct session_log log = read_it("0x2000,0x4000");
        assert_string_equal(log.reason, "its text is damaged");
        free(log.text.at);
    }
}

static void test_places(void **state)
{
    static const char *const bad[] = { "", "0x2000", "0x2000,", "0x2000,0x1000", "0x2000,0", "0x2001,0x4000", "0x2000,0x4000,1", "x,y", "0x2000,0xffffffffffffffff" };
    (void)state;
    area_make("a line\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct session_log log = read_it(bad[i]);
        assert_true(log.expected && !log.found);
        assert_string_equal(log.reason, "tollgate.result= is malformed");
    }
    struct session_log nowhere = { 0 };
    session_log_read_at(&nowhere, "/nonexistent", "0x2000,0x4000");
    assert_string_equal(nowhere.reason, "its memory cannot be read");
}

/* The length in a head that holds must not lead out of the area. */
static void test_length(void **state)
{
    (void)state;
    area_make("a line\n");
    area.head.text_bytes = AREA_BYTES;
    area.head.head_crc32 = record_crc32(&area, offsetof(struct handover, head_crc32));
    struct session_log log = read_it("0x2000,0x4000");
    assert_false(log.found);
    assert_string_equal(log.reason, "not enough memory for it");
    free(log.text.at);
}

static struct bytes joined_make(void)
{
    struct bytes joined = { 0 }, part = { 0 };
    assert_true(joined_begin(&joined, 2));
    assert_true(bytes_print(&part, "key: value") && joined_part(&joined, "identity", "", &part));
    part.used = 0;
    assert_true(bytes_print(&part, "@tgjoin 2\n\nrecords\n") && joined_part(&joined, "tollgate", "status=0x10 lost=0", &part));
    assert_true(joined_end(&joined));
    free(part.at);
    return joined;
}

static void test_joined(void **state)
{
    struct bytes joined = joined_make();
    struct joined got;
    struct error e;
    size_t at = 0;
    (void)state;
    assert_true(joined_find(joined.at, joined.used, &at) && at == 0);
    assert_true(joined_read(joined.at, joined.used, &at, &got, &e));
    assert_int_equal(at, joined.used);
    assert_int_equal(got.count, 2);
    assert_int_equal(joined_part_find(&got, "identity")->size, 11);
    assert_string_equal(joined_part_find(&got, "tollgate")->facts, "status=0x10 lost=0");
    assert_null(joined_part_find(&got, "linux"));
    assert_false(joined_find(joined.at, joined.used, &at));
    free(joined.at);
}

/* No byte can change, and none be missing. Checksums of heads apart from spelling: what stays readable must be what was written. */
static void test_joined_damaged(void **state)
{
    struct bytes joined = joined_make();
    struct joined got;
    struct error e;
    size_t at;
    (void)state;
    for (size_t i = 0; i < joined.used; i++) {
        joined.at[i] ^= 1;
        at = 0;
        assert_false(joined_find(joined.at, joined.used, &at) && at == 0 && joined_read(joined.at, joined.used, &at, &got, &e));
        joined.at[i] ^= 1;
        char *cut = malloc(i + 1);
        memcpy(cut, joined.at, i);
        at = 0;
        assert_false(joined_find(cut, i, &at) && joined_read(cut, i, &at, &got, &e));
        free(cut);
    }
    free(joined.at);
}

static char said[2048];
static void say(const char *line) { snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line); }

static void test_summary(void **state)
{
    static const char text[] =
        "console\n@tg 1 row workload=ipc.call.inter variant=words=1,path=fast,method=batched batch=10 unit=cycles overhead=20 *0\n"
        "@tg 2 hist 1000:1 1020:2 *0\n@tg 3 hist 5000:1 *0\n@tg 4 endrow samples=4 *0\n"
        "@tg 5 row workload=linux.pipe.round_trip variant=bytes=1,method=batched batch=2 unit=cycles overhead=0 *0\n@tg 6 hist 7:1 *0\n@tg 7 endrow samples=1 *0\n"
        "@tg 8 row workload=hw.x variant=method=batched batch=0 unit=cycles overhead=0 *0\n@tg 9 endrow samples=0 *0\n@tg 10 hist 1";
    struct bytes log = { 0 };
    (void)state;
    assert_int_equal(summary_make(&log, say), 0);
    assert_true(bytes_add(&log, text, sizeof text - 1));
    assert_int_equal(summary_make(&log, say), 3);
    assert_string_equal(said, "       100.0 cycles       ipc.call.inter words=1,path=fast,method=batched\n"
                              "         3.5 cycles       linux.pipe.round_trip bytes=1,method=batched\n");
    free(log.at);
}

static int file_make(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int file_remove(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found), cmocka_unit_test(test_damaged), cmocka_unit_test(test_places), cmocka_unit_test(test_length),
        cmocka_unit_test(test_joined), cmocka_unit_test(test_joined_damaged), cmocka_unit_test(test_summary),
    };
    return cmocka_run_group_tests_name("handover log", tests, file_make, file_remove);
}
