/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console as a specification: output in steps, input kept until it is read, an Irq that tells of it.
 */
#include <string.h>

#include "kernel/test/machine.h"

#include "kernel/core/irq.h"
#include "kernel/x86_64/arch.h"


/* An operation with `n` words, made again as often as the kernel asks for it; in words 0 and 1 what came out. */
static unsigned vcon(uint64_t selector, int32_t operation, unsigned n, uint64_t first, uint64_t second)
{
    struct thread *root = machine.root;
    enter(root, selector, tag_of(INVOKE_CALL, operation, n), W(first, second));
    machine.times_again = 0;
    while (seen_tag(root) & TAG_AGAIN) {
        machine.times_again++;
        again_as(root);
    }
    out[0] = seen_word(root, 0);
    out[1] = seen_word(root, 1);
    return seen_tag(root) & TAG_ERROR ? (unsigned)(seen_tag(root) >> TAG_LABEL_SHIFT) : 0;
}

static unsigned put(uint64_t bytes) { return vcon(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + (unsigned)((bytes + 7) / 8), bytes, 0); }
static char *utcb_text(void) { return (char *)&machine.root->utcb->words[REGISTER_WORDS]; }

static void text_comes_out_of_the_utcb(void **state)
{
    (void)state;
    char text[VCON_WRITE_BYTES_MAX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    memcpy(utcb_text(), text, sizeof text);
    for (uint64_t bytes = 0; bytes <= VCON_WRITE_BYTES_MAX; bytes++) {
        host.console_bytes = 0;
        assert_int_equal(put(bytes), 0);
        assert_int_equal(out[0], bytes);
        assert_int_equal(host.console_bytes, bytes);
        assert_memory_equal(host.console, text, bytes);
        if (bytes % 8 == 1) /* more bytes than words */
            assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + (unsigned)bytes / 8, bytes, 0), ERR_BAD_ARGUMENT);
    }
    static const uint64_t bad[] = {VCON_WRITE_BYTES_MAX + 1, 1ull << 32, ~0ull};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_WRITE, WORDS_MAX, bad[i], 0), ERR_BAD_ARGUMENT);
    for (unsigned words = 0; words < REGISTER_WORDS; words++)
        assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_WRITE, words, 0, 0), ERR_BAD_ARGUMENT);
}

static void text_goes_where_it_is_sent(void **state)
{
    (void)state;
    for (uint64_t where = 0; where <= 4; where++) {
        assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + 1, 1, where), where < 4 ? 0 : ERR_BAD_ARGUMENT);
        if (where < 4)
            assert_int_equal(host.console_where, where ? where : VCON_SERIAL | VCON_SCREEN);
    }
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + 1, 1, 1ull << 32), ERR_BAD_ARGUMENT);
}

static void a_long_text_takes_steps(void **state)
{
    (void)state;
    assert_int_equal(put(VCON_WRITE_BYTES_MAX), 0);
    assert_true(machine.times_again >= VCON_WRITE_BYTES_MAX / 16 - 1);
}

static void a_busy_device_is_tried_again(void **state)
{
    (void)state;
    memcpy(utcb_text(), "busy", 4);
    host.console_busy = 5;
    assert_int_equal(put(4), 0);
    assert_int_equal(machine.times_again, 5);
    assert_memory_equal(host.console, "busy", 4);
}

static void progress_that_nobody_made_harms_nothing(void **state)
{
    (void)state;
    enter(machine.root, SELECTOR_VCON, tag_of(INVOKE_CALL, OP_VCON_WRITE, WORDS_MAX) | TAG_AGAIN, W(100, 0, 0, 0, ~0ull, ~0ull));
    assert_int_equal(seen_tag(machine.root), 1);
    assert_int_equal(seen_word(machine.root, 0), 100);
    assert_int_equal(host.console_bytes, 0);
}

static void feed(const char *text)
{
    host.console_input = text;
}

static void input_is_read_as_much_as_is_asked_for(void **state)
{
    (void)state;
    feed("hello");
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, 3, 0), 0);
    assert_int_equal(out[0], 3);
    assert_int_equal(out[1], 2);
    assert_memory_equal(utcb_text(), "hel", 3);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, 100, 0), 0);
    assert_int_equal(out[0], 2);
    assert_memory_equal(utcb_text(), "lo", 2);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, ~0ull, 0), 0);
    assert_int_equal(out[0], 0);
}

static uint64_t make_irq(void)
{
    uint64_t selector = selector_new();
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_IRQ, selector));
    return selector;
}

static uint64_t triggers_of(uint64_t irq)
{
    op_ok(machine.root, irq, OP_IRQ_INFO, NULL);
    return out[1];
}

static void interrupt(unsigned vector) { (void)irq_arrived(vector); }

static void input_triggers_the_irq(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, irq, 0), 0);
    assert_int_equal(triggers_of(irq), 0);
    assert_false(host.lines[4].masked);
    feed("x");
    machine_interrupt(interrupt, host.lines[4].vector);
    assert_int_equal(*host.console_input, 0); /* it is in the buffer */
    assert_int_equal(triggers_of(irq), 1);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, 8, 0), 0);
    assert_int_equal(utcb_text()[0], 'x');
    feed("early");
    uint64_t other = make_irq();
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, other, 0), 0); /* takes its place */
    assert_int_equal(triggers_of(other), 1);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, 0, 0), 0);
    assert_true(host.lines[4].masked);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, 4000, 0), ERR_NO_CAPABILITY);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, SELECTOR_TASK, 0), ERR_BAD_ARGUMENT);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 2, other, 1), ERR_BAD_ARGUMENT); /* no such CPU */
    op_ok(machine.root, SELECTOR_ICU, OP_ICU_BIND, W(4, other));
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, irq, 0), ERR_OCCUPIED);
}

static void input_beyond_the_buffer_is_counted(void **state)
{
    (void)state;
    char much[301];
    memset(much, 'a', 300);
    much[300] = 0;
    uint64_t irq = make_irq();
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_BIND, 1, irq, 0), 0);
    feed(much);
    for (unsigned i = 0; i < 5; i++)
        machine_interrupt(interrupt, host.lines[4].vector);
    op_ok(machine.root, SELECTOR_VCON, OP_VCON_GET_ATTRIBUTES, NULL);
    assert_int_equal(out[2], 300 - 256);
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, ~0ull, 0), 0);
    assert_int_equal(out[0], 256);
}

static void attributes_are_kept_and_checked(void **state)
{
    (void)state;
    op_ok(machine.root, SELECTOR_VCON, OP_VCON_GET_ATTRIBUTES, NULL);
    assert_int_equal(out[0], VCON_BAUD_DEFAULT);
    assert_int_equal(out[1], 0);
    static const uint64_t bad[] = {0, 7, 115201, 230400, 1, ~0ull};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(op(machine.root, SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, W(bad[i], 0)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(machine.root, SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, W(9600, 4)), ERR_BAD_ARGUMENT);
    op_ok(machine.root, SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, W(9600, VCON_MODE_ECHO));
    op_ok(machine.root, SELECTOR_VCON, OP_VCON_GET_ATTRIBUTES, NULL);
    assert_int_equal(out[0], 9600);
    assert_int_equal(out[1], VCON_MODE_ECHO);
}

static void modes_echo_and_translate_ends_of_lines(void **state)
{
    (void)state;
    op_ok(machine.root, SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, W(115200, VCON_MODE_ECHO | VCON_MODE_CRLF));
    memcpy(utcb_text(), "a\nb\n\n", 5);
    assert_int_equal(put(5), 0);
    assert_int_equal(out[0], 5);
    assert_memory_equal(host.console, "a\r\nb\r\n\r\n", 8);
    host.console_bytes = 0;
    feed("y\r");
    assert_int_equal(vcon(SELECTOR_VCON, OP_VCON_READ, 1, 8, 0), 0);
    assert_memory_equal(utcb_text(), "y\n", 2);
    assert_memory_equal(host.console, "y\r\n", 3);
}

static void each_operation_needs_its_right(void **state)
{
    (void)state;
    static const struct { int32_t operation; uint8_t needed; } operations[] = {
        {OP_VCON_EXIT, RIGHT_MANAGE}, {OP_VCON_READ, RIGHT_X}, {OP_VCON_BIND, RIGHT_X}, {OP_VCON_SET_ATTRIBUTES, RIGHT_W},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        uint64_t weak = selector_new(), weakest = selector_new();
        make_copy(SELECTOR_TASK, SELECTOR_VCON, weak, RIGHTS_ALL & (unsigned)~operations[i].needed);
        make_copy(SELECTOR_TASK, SELECTOR_VCON, weakest, (unsigned)(RIGHT_SEND | operations[i].needed));
        assert_int_equal(op(machine.root, weak, operations[i].operation, W(0, 0)), ERR_NO_RIGHT);
        assert_int_not_equal(op(machine.root, weakest, operations[i].operation, W(0, 0)), ERR_NO_RIGHT);
    }
    assert_int_equal(op(machine.root, SELECTOR_VCON, OP_VCON_WRITE - 1, NULL), ERR_BAD_OPERATION);
    assert_int_equal(op(machine.root, SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES + 1, NULL), ERR_BAD_OPERATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(text_comes_out_of_the_utcb), MACHINE_TEST(text_goes_where_it_is_sent),
        MACHINE_TEST(a_long_text_takes_steps), MACHINE_TEST(a_busy_device_is_tried_again),
        MACHINE_TEST(progress_that_nobody_made_harms_nothing), MACHINE_TEST(input_is_read_as_much_as_is_asked_for),
        MACHINE_TEST(input_triggers_the_irq), MACHINE_TEST(input_beyond_the_buffer_is_counted), MACHINE_TEST(attributes_are_kept_and_checked),
        MACHINE_TEST(modes_echo_and_translate_ends_of_lines), MACHINE_TEST(each_operation_needs_its_right),
    };
    return machine_run_tests("core_vcon", tests, sizeof tests / sizeof *tests);
}
