/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console from a program's side. Tests of input are skipped unless somebody types what they ask for (workloads/test-console.sh does).
 */
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define IRQ SELECTOR_TEST(0)
#define WEAK SELECTOR_TEST(1)
#define LABEL 0x70
#define RECEIVE_LIMITED (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define PATIENCE_TICKS (1ull << 33)

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

static int32_t vcon(int32_t operation, uint64_t words, struct message_words *w)
{
    return object_call(SELECTOR_VCON, operation, words, w);
}

static const char *say(const char *text)
{
    struct message_words w = {.w0 = text_length(text)};

    memcpy(&utcb->words[REGISTER_WORDS], text, w.w0);
    CHECK_EQUAL(vcon(OP_VCON_WRITE, REGISTER_WORDS + (w.w0 + 7) / 8, &w), 0);
    CHECK_EQUAL(w.w0, text_length(text));
    return NULL;
}

static const char *attributes(void)
{
    struct message_words w = MESSAGE_EMPTY;

    CHECK_EQUAL(vcon(OP_VCON_GET_ATTRIBUTES, 0, &w), 0);
    CHECK_EQUAL(w.w0, VCON_BAUD_DEFAULT);
    CHECK_EQUAL(w.w1, 0);
    w = (struct message_words){.w0 = 38400, .w1 = VCON_MODE_ECHO};
    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), 0);
    CHECK_EQUAL(vcon(OP_VCON_GET_ATTRIBUTES, 0, &w), 0);
    CHECK_EQUAL(w.w0, 38400);
    CHECK_EQUAL(w.w1, VCON_MODE_ECHO);
    w = (struct message_words){.w0 = 115199};
    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), ERR_BAD_ARGUMENT);
    w = (struct message_words){.w0 = 38400, .w1 = VCON_MODE_CRLF << 1};
    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), ERR_BAD_ARGUMENT);
    w = (struct message_words){.w0 = VCON_BAUD_DEFAULT};
    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), 0);
    return NULL;
}

static const char *rights(void)
{
    static const int32_t operations[] = {OP_VCON_READ, OP_VCON_BIND, OP_VCON_SET_ATTRIBUTES, OP_VCON_EXIT};
    struct message_words w = MESSAGE_EMPTY;

    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_VCON, WEAK, RIGHT_SEND), 0);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        CHECK_EQUAL(object_call(WEAK, operations[i], 2, &w), ERR_NO_RIGHT);
    CHECK_EQUAL(object_call(WEAK, OP_VCON_SET_ATTRIBUTES + 1, 0, &w), ERR_BAD_OPERATION);
    CHECK_EQUAL(object_call(WEAK, OP_VCON_WRITE, 6, &w), 0);
    return NULL;
}

static const char *longest_text(void)
{
    char text[VCON_WRITE_BYTES_MAX + 1];

    for (size_t i = 0; i < VCON_WRITE_BYTES_MAX; i++)
        text[i] = i == VCON_WRITE_BYTES_MAX - 1 ? '\n' : (char)('a' + i % 26);
    text[VCON_WRITE_BYTES_MAX] = '\0';
    return say(text);
}

static const char *bind_checks(void)
{
    struct message_words w = {.w0 = SELECTOR_TASK};

    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), ERR_BAD_ARGUMENT);
    w = (struct message_words){.w0 = WEAK};
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), ERR_NO_CAPABILITY);
    w = (struct message_words){.w0 = IRQ, .w1 = 1u << 20};
    CHECK_EQUAL(vcon(OP_VCON_BIND, 2, &w), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 4, IRQ), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, WEAK), 0);
    w = (struct message_words){.w0 = WEAK};
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), ERR_OCCUPIED);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNBIND, ICU_LINE_ISA + 4, 0), 0);
    w = (struct message_words){.w0 = WEAK};
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), 0);
    w = MESSAGE_EMPTY;
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), 0);
    return NULL;
}

/* What is typed until a newline comes; each wait is for the Irq. */
static const char *line_read(char *line, size_t line_bytes)
{
    for (size_t n = 0; n < line_bytes; n++) {
        struct message_words w = {.w0 = 1};
        CHECK_EQUAL(vcon(OP_VCON_READ, 1, &w), 0);
        while (w.w0 == 0) {
            utcb->receive_timeout = PATIENCE_TICKS;
            struct message m = ipc_receive(IRQ, RECEIVE_LIMITED);
            if (tag_error(m.tag) == ERR_TIMEOUT)
                SKIP("nobody types");
            CHECK_EQUAL(tag_label(m.tag), PROTO_IRQ);
            CHECK_EQUAL(m.label, LABEL);
            w = (struct message_words){.w0 = 1};
            CHECK_EQUAL(vcon(OP_VCON_READ, 1, &w), 0);
        }
        line[n] = *(const char *)&utcb->words[REGISTER_WORDS];
        if (line[n] == '\n') {
            line[n] = '\0';
            return NULL;
        }
    }
    return "no newline came";
}

static const char *typed(const char *prompt, const char *expected, uint64_t mode)
{
    struct message_words w = {.w0 = VCON_BAUD_DEFAULT, .w1 = mode};
    char line[64];

    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, LABEL), 0);
    w = (struct message_words){.w0 = IRQ};
    CHECK_EQUAL(vcon(OP_VCON_BIND, 1, &w), 0);
    CHECK_NESTED(say(prompt));
    const char *failure = line_read(line, sizeof line);
    w = (struct message_words){.w0 = VCON_BAUD_DEFAULT};
    CHECK_EQUAL(vcon(OP_VCON_SET_ATTRIBUTES, 2, &w), 0);
    CHECK_NESTED(failure);
    CHECK(text_equal(line, expected));
    return NULL;
}

static const char *input_arrives(void)
{
    return typed("vcon: type tollgate and a newline\n", "tollgate", 0);
}

static const char *input_is_echoed(void)
{
    return typed("vcon: type echo and a return\n", "echo", VCON_MODE_ECHO | VCON_MODE_CRLF);
}

const struct test tests[] = {
    { "vcon: attributes are kept, and refused when the device has none such", attributes },
    { "vcon: read, bind, set_attributes and exit need a right each, write none", rights },
    { "vcon: the longest text leaves whole", longest_text },
    { "vcon: an Irq is bound to input as to any line", bind_checks },
    { "vcon: input wakes who waits for its Irq, and is read", input_arrives },
    { "vcon: input is echoed, a return is a newline", input_is_echoed },
};
const size_t test_count = sizeof tests / sizeof tests[0];
