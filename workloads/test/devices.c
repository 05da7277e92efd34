/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A PCI device driven from user level: interrupts by message (MSI), and by its line, which is of mode level. Skipped where the machine has
 * no e1000e.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/pci.h"
#include "workloads/lib/test.h"

#define IRQ SELECTOR_TEST(0)
#define LINE_IRQ(line) SELECTOR_TEST(1 + (line) - LINE_FIRST)
#define LINE_FIRST 16          /* lines of PCI devices */
#define LINES 8
#define LABEL 0x70
#define LABEL_LINES 0x100
#define RECEIVE_LIMITED (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define MUCH_TICKS (1ull << 33)

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;
static struct card card;

#define NEEDS_CARD() \
    do { \
        if (!card_find(&card)) \
            SKIP("no e1000e"); \
    } while (0)

static struct message next(uint64_t ticks)
{
    utcb->receive_timeout = ticks;
    return ipc_wait(RECEIVE_LIMITED);
}

static const char *comes(uint64_t label)
{
    struct message m = next(MUCH_TICKS);

    CHECK_EQUAL(tag_label(m.tag), PROTO_IRQ);
    CHECK_EQUAL(m.label, label);
    CHECK_EQUAL(m.w.w0, 1);
    return NULL;
}

/* For some intervals of the card, which says nothing twice within one. */
static const char *is_silent(void)
{
    CHECK_EQUAL(tag_error(next(4 * card_interval_ticks()).tag), ERR_TIMEOUT);
    return NULL;
}

/* The card raises its interrupt until it is told that it was heard. It may say so again meanwhile, once in each interval, which is seen where the
 * host is slow to run this machine: that often it comes at most, at least once, and never afterwards. */
static const char *message_comes(void)
{
    uint64_t taken = 0, begin_ticks = tsc_begin();

    card_raise(&card);
    struct message m = next(MUCH_TICKS);
    card_clear(&card);
    uint64_t most = 1 + (tsc_end() - begin_ticks) / card_interval_ticks();
    for (; !tag_failed(m.tag); m = next(4 * card_interval_ticks())) {
        CHECK_EQUAL(tag_label(m.tag), PROTO_IRQ);
        CHECK_EQUAL(m.label, LABEL);
        taken += m.w.w0;
        CHECK(taken <= most);
    }
    CHECK(taken >= 1);
    return NULL;
}

static const char *msi_start(uint64_t cpu)
{
    struct message_words w = {.w0 = IRQ, .w1 = cpu};

    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, LABEL), 0);
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_MSI, 2, &w), 0);
    card_msi_on(&card, w.w0, (uint32_t)w.w1);
    return NULL;
}

static const char *msi_triggers(void)
{
    NEEDS_CARD();
    CHECK_NESTED(msi_start(0));
    CHECK_NESTED(is_silent());
    for (unsigned i = 0; i < 3; i++)
        CHECK_NESTED(message_comes());
    card_msi_off(&card);
    card_raise(&card);
    CHECK_NESTED(is_silent());
    card_clear(&card);
    return NULL;
}

static const char *msi_of_the_dead(void)
{
    NEEDS_CARD();
    CHECK_NESTED(msi_start(0));
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, IRQ), 0);
    card_raise(&card);
    CHECK_NESTED(is_silent());
    card_clear(&card);
    CHECK_NESTED(msi_start(0));
    CHECK_NESTED(message_comes());
    card_msi_off(&card);
    return NULL;
}

static uint64_t lines(void)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(SELECTOR_ICU, OP_ICU_INFO, 0, &w) == 0 ? w.w0 : 0;
}

/* Which line the card has: it is raised with an Irq at each that it can be. */
static const char *line_find(uint64_t *line)
{
    CHECK(lines() >= LINE_FIRST + LINES);
    for (uint64_t l = LINE_FIRST; l < LINE_FIRST + LINES; l++) {
        CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, LINE_IRQ(l)), 0);
        CHECK_EQUAL(irq_bind(LINE_IRQ(l), SELECTOR_THREAD, LABEL_LINES + 4 * l), 0);
        CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, l, LINE_IRQ(l)), 0);
        CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, l, 0), 0);
    }
    CHECK_NESTED(is_silent());
    card_raise(&card);
    struct message m = next(MUCH_TICKS);
    CHECK_EQUAL(tag_label(m.tag), PROTO_IRQ);
    *line = (m.label - LABEL_LINES) / 4;
    return NULL;
}

static const char *level_waits_for_its_end(void)
{
    uint64_t line;

    NEEDS_CARD();
    CHECK_NESTED(line_find(&line));
    CHECK_NESTED(is_silent()); /* the card asserts it still */
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    CHECK_NESTED(is_silent());
    card_clear(&card);
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_NESTED(is_silent());
    card_raise(&card);
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    card_clear(&card);
    return NULL;
}

static const char *level_masked(void)
{
    uint64_t line;

    NEEDS_CARD();
    CHECK_NESTED(line_find(&line));
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_MASK, line, 0), 0);
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_NESTED(is_silent());
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, line, 0), 0);
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    card_clear(&card);
    return NULL;
}

static const char *edge_once(void)
{
    uint64_t line;

    NEEDS_CARD();
    CHECK_NESTED(line_find(&line));
    card_clear(&card);
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_SET_MODE, line, 0), 0);
    card_raise(&card);
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_NESTED(is_silent()); /* asserted, but that is no edge */
    card_clear(&card);
    card_raise(&card); /* an edge needs no end before */
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    card_clear(&card);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_SET_MODE, line, ICU_MODE_LEVEL | ICU_MODE_LOW), 0);
    return NULL;
}

static const char *unbound_is_silent(void)
{
    uint64_t line;

    NEEDS_CARD();
    CHECK_NESTED(line_find(&line));
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNBIND, line, 0), 0);
    CHECK_EQUAL(irq_eoi(LINE_IRQ(line)), 0);
    CHECK_NESTED(is_silent());
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, line, LINE_IRQ(line)), 0);
    CHECK_NESTED(is_silent()); /* masked at first */
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, line, 0), 0);
    CHECK_NESTED(comes(LABEL_LINES + 4 * line));
    card_clear(&card);
    return NULL;
}

const struct test tests[] = {
    { "msi: a message of a PCI device triggers its Irq, once for each", msi_triggers },
    { "msi: messages for an Irq that is gone trigger nobody", msi_of_the_dead },
    { "irq: a line of mode level is silent until eoi, and comes again while the device asserts it", level_waits_for_its_end },
    { "irq: mask holds an asserted line back, unmask lets it come", level_masked },
    { "irq: a line of mode edge comes once, and needs no eoi", edge_once },
    { "irq: an unbound line is silent, and masked when it is bound again", unbound_is_silent },
};
const size_t test_count = sizeof tests / sizeof tests[0];
