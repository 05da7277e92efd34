/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Root as a server: whatever a program asks, it cannot disturb the records of the session.
 */
#include "workloads/lib/service.h"

#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

static char body[2 * RECORD_BODY_BYTES_MAX];

static bool refused(const char *text)
{
    return !service_record(NULL, text, text_length(text));
}

static const char *forged_records(void)
{
    CHECK(refused("end records=1 status=ok"));
    CHECK(refused("begin format=1 system=tollgate"));
    CHECK(refused("context unit=cycles"));
    CHECK(refused("unknown key=value"));
    CHECK(refused("test"));
    CHECK(refused(" test name=x result=pass"));
    CHECK(refused("Test name=x result=pass"));
    return NULL;
}

static const char *broken_lines(void)
{
    CHECK(refused("test name=x result=pass\n@tg 0 begin format=1 system=tollgate *00000000"));
    CHECK(refused("test name=x result=pass\r"));
    CHECK(refused("test name=x result=pass detail=@tg 1"));
    CHECK(refused("test name=\x01 result=pass"));
    CHECK(refused("test name=\x7f result=pass"));
    CHECK(refused("test name=\xc3\xa4 result=pass"));
    CHECK(refused(""));
    return NULL;
}

static const char *long_records(void)
{
    memset(body, 'x', sizeof body);
    memcpy(body, "test name=", 10);
    CHECK(!service_record(NULL, body, sizeof body));
    CHECK(!service_record(NULL, body, RECORD_BODY_BYTES_MAX + 1));
    /* After a refusal the next record starts afresh. */
    CHECK(refused("result=pass"));
    return NULL;
}

static int32_t request(int32_t label, uint64_t words, struct message_words w)
{
    return tag_label(ipc_call(SELECTOR_SERVICE, tag_make(0, label, words), w).tag);
}

static const char *malformed_requests(void)
{
    CHECK_EQUAL(request(SERVICE_RECORD, 6, (struct message_words){ .w0 = SERVICE_RECORD_BYTES_MAX + 1 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_RECORD, 63, (struct message_words){ .w0 = (uint64_t)-1 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_RECORD, 6, (struct message_words){ .w0 = 8, .w1 = 1 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_RECORD, 63, (struct message_words){ .w0 = 8, .w1 = 1 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_RECORD, 0, MESSAGE_EMPTY), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_MEMORY, 3, (struct message_words){ PROGRAM_FREE_ADDRESS, (uint64_t)-1, MEMORY_READ, 0, 0, 0 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(SERVICE_MEMORY, 3, (struct message_words){ PROGRAM_FREE_ADDRESS, 1, 0, 0, 0, 0 }), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(request(0, 0, MESSAGE_EMPTY), ERR_BAD_OPERATION);
    CHECK_EQUAL(request(99, 63, MESSAGE_EMPTY), ERR_BAD_OPERATION);
    CHECK_EQUAL(request(-1, 0, MESSAGE_EMPTY), ERR_BAD_OPERATION);
    return NULL;
}

static const char *send_without_call(void)
{
    /* Root cannot reply to a send; it goes on serving. */
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_SERVICE, tag_make(0, 99, 0), MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(request(99, 0, MESSAGE_EMPTY), ERR_BAD_OPERATION);
    return NULL;
}

static void calling_run(void *arg)
{
    (void)arg;
    ipc_call(SELECTOR_SERVICE, tag_make(0, 99, 0), MESSAGE_EMPTY);
}

static const char *client_gone_before_reply(void)
{
    /* Its call is queued while root serves nobody; the thread goes at the same priority before root can answer. */
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(worker_start(0, SELECTOR_TASK, calling_run, NULL, PRIORITY_ABOVE), 0);
        CHECK_EQUAL(worker_destroy(0), 0);
    }
    CHECK_EQUAL(request(99, 0, MESSAGE_EMPTY), ERR_BAD_OPERATION);
    return NULL;
}

static const char *gate_is_protected(void)
{
    struct message_words w = MESSAGE_EMPTY;

    CHECK_EQUAL(object_call(SELECTOR_SERVICE, OP_GATE_INFO, TAG_OBJECT, &w), ERR_NO_RIGHT);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, SELECTOR_SERVICE, 0), ERR_NO_RIGHT);
    return NULL;
}

const struct test tests[] = {
    { "root: refuses records that are its own to write", forged_records },
    { "root: refuses records that would break a line", broken_lines },
    { "root: refuses records that are too long", long_records },
    { "root: refuses malformed requests", malformed_requests },
    { "root: survives a request that wants no reply", send_without_call },
    { "root: survives clients that vanish", client_gone_before_reply },
    { "root: keeps its gate to itself", gate_is_protected },
};
const size_t test_count = sizeof tests / sizeof tests[0];
