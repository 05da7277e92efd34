/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A system call of a fuzzing thread: one that means something, by kind of operation, more or less spoilt, or nothing but noise.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/fuzz/odd.h"
#include "workloads/lib/invoke.h"

#define TICKS_MAX 5000        /* of limited waits */

struct call {
    uint64_t *r;
    uint64_t selector, tag;
    uint64_t words[REGISTER_WORDS];
    struct utcb *utcb;
    uint64_t slot;
};

static uint64_t any_selector(uint64_t *r)
{
    static const uint64_t odd[] = { 0, SELECTOR_MAX, SELECTOR_MAX + 1, ABI_CONST(uint64_t, 1) << 63, ~ABI_CONST(uint64_t, 0), 511, 512, 1023,
                                    4095, 4096, 32768 };
    return one_in(r, 60) ? odd[random_below(r, sizeof odd / sizeof odd[0])] : 1 + random_below(r, FUZZ_SELECTORS - 1);
}

static uint64_t free_selector(uint64_t *r)
{
    return one_in(r, 40) ? any_selector(r) : FUZZ_SELECTOR_FIRST + random_below(r, FUZZ_SELECTORS - FUZZ_SELECTOR_FIRST);
}

/* Where fuzz_equip puts things of each kind; what is really there has changed since. */
static uint64_t selector_of(uint64_t *r, unsigned kind)
{
    if (one_in(r, 5))
        return any_selector(r);
    switch (kind) {
    case KIND_TASK:
        return one_in(r, 2) ? SELECTOR_TASK : FUZZ_SELECTOR_FIRST + random_below(r, FUZZ_TASKS);
    case KIND_FACTORY:
        return SELECTOR_FACTORY;
    case KIND_THREAD:
        return FUZZ_SELECTOR_FIRST + FUZZ_TASKS + random_below(r, FUZZ_TASKS * FUZZ_SUPERVISED);
    default:
        return FUZZ_SELECTOR_FIRST + FUZZ_TASKS * (1 + FUZZ_SUPERVISED) + random_below(r, FUZZ_OBJECTS + 2);
    }
}

static uint64_t any_rights(uint64_t *r)
{
    return one_in(r, 50) ? random_next(r) : one_in(r, 2) ? RIGHTS_ALL : random_below(r, RIGHTS_ALL + 1);
}

static uint64_t any_label(uint64_t *r) { return one_in(r, 20) ? fuzzer_value(r) : random_below(r, 64) * 4; }

static uint64_t any_bytes(uint64_t *r)
{
    return one_in(r, 20) ? fuzzer_value(r) : one_in(r, 12) ? LARGE_PAGE_BYTES : random_below(r, 6) * PAGE_BYTES;
}

static uint64_t any_flexpage(uint64_t *r)
{
    uint64_t grant = one_in(r, 3) ? FLEXPAGE_GRANT : 0, rights = random_below(r, 16);

    if (one_in(r, 30))
        return random_next(r);
    if (one_in(r, 12))
        return grant | random_below(r, one_in(r, 8) ? 0x10010 : 0x100) << FLEXPAGE_BASE_SHIFT | random_below(r, one_in(r, 8) ? 20 : 4) <<
            FLEXPAGE_SIZE_SHIFT | FLEXPAGE_PORTS << FLEXPAGE_TYPE_SHIFT;
    if (one_in(r, 2))
        return grant | any_selector(r) << FLEXPAGE_BASE_SHIFT | FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT | rights;
    uint64_t size = one_in(r, 8) ? 21 : one_in(r, 20) ? random_below(r, 64) : 12 + random_below(r, 4);
    uint64_t mask = size < 64 ? (ABI_CONST(uint64_t, 1) << size) - 1 : 0;
    return grant | (fuzzer_address(r) & ~mask) | size << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_MEMORY << FLEXPAGE_TYPE_SHIFT | random_below(r, 8);
}

static void operation(struct call *c, uint64_t selector, int32_t label)
{
    c->selector = selector;
    c->tag = tag_make(INVOKE_CALL, label, one_in(c->r, 30) ? random_below(c->r, 64) : REGISTER_WORDS);
}

static void call_factory(struct call *c)
{
    static const uint8_t kinds[] = { KIND_TASK, KIND_THREAD, KIND_THREAD, KIND_GATE, KIND_GATE, KIND_FACTORY, KIND_SEMAPHORE, KIND_IRQ };
    uint64_t *r = c->r, slot = random_below(r, FUZZ_SLOTS);

    operation(c, selector_of(r, KIND_FACTORY), one_in(r, 12) ? OP_FACTORY_INFO : OP_FACTORY_CREATE);
    c->words[0] = one_in(r, 40) ? fuzzer_value(r) : kinds[random_below(r, sizeof kinds)];
    c->words[1] = free_selector(r);
    switch (c->words[0]) {
    case KIND_THREAD:
        c->words[2] = selector_of(r, KIND_TASK);
        c->words[3] = one_in(r, 6) ? fuzzer_address(r) : FUZZ_UTCB + slot * 2 * PAGE_BYTES;
        break;
    case KIND_GATE:
        c->words[2] = one_in(r, 8) ? 0 : selector_of(r, KIND_THREAD);
        c->words[3] = any_label(r);
        break;
    case KIND_FACTORY:
        c->words[2] = any_bytes(r);
        c->words[3] = one_in(r, 8) ? fuzzer_value(r) : random_below(r, 6);
        break;
    case KIND_SEMAPHORE:
        c->words[2] = one_in(r, 4) ? SEMAPHORE_COUNT_MAX - random_below(r, 2) : random_below(r, 3);
        break;
    default:
        c->words[2] = fuzzer_value(r);
    }
}

static void call_task(struct call *c)
{
    uint64_t *r = c->r;
    int32_t label = OP_TASK_MAP_CAPABILITY + (int32_t)random_below(r, OP_TASK_UNMAP_FLEXPAGE - OP_TASK_MAP_CAPABILITY + 1);

    operation(c, selector_of(r, KIND_TASK), label);
    c->words[2] = any_bytes(r);
    c->words[3] = random_below(r, one_in(r, 8) ? 16 : 4);
    switch (label) {
    case OP_TASK_MAP_CAPABILITY:
        c->words[0] = any_selector(r);
        c->words[1] = free_selector(r);
        c->words[2] = any_rights(r);
        break;
    case OP_TASK_UNMAP_CAPABILITY:
        c->words[0] = free_selector(r);
        c->words[1] = one_in(r, 4) ? UNMAP_DERIVED : 0;
        break;
    case OP_TASK_UNMAP_MEMORY:
        c->words[0] = fuzzer_address(r);
        c->words[1] = one_in(r, 60) ? MAP_BYTES_MAX : any_bytes(r);
        c->words[2] = random_below(r, 8);
        break;
    case OP_TASK_MAP_FLEXPAGE:
    case OP_TASK_UNMAP_FLEXPAGE:
        c->words[0] = any_flexpage(r);
        c->words[1] = label == OP_TASK_UNMAP_FLEXPAGE ? random_below(r, 2) : one_in(r, 2) ? free_selector(r) : fuzzer_address(r);
        break;
    default:
        c->words[0] = fuzzer_address(r);
        c->words[1] = fuzzer_address(r);
    }
}

static void call_thread(struct call *c)
{
    uint64_t *r = c->r, slot = random_below(r, FUZZ_SLOTS);
    int32_t label = OP_THREAD_EX_REGS + (int32_t)random_below(r, 4);

    operation(c, selector_of(r, KIND_THREAD), label);
    switch (label) {
    case OP_THREAD_EX_REGS:
        c->words[0] = one_in(r, 6) ? fuzzer_address(r) : (uint64_t)fuzzer_entry;
        c->words[1] = FUZZ_STACK + (slot << FUZZ_SLOT_SHIFT) + FUZZ_STACK_BYTES - 8;
        c->words[2] = one_in(r, 30) ? fuzzer_value(r) : random_below(r, 2);
        break;
    case OP_THREAD_CONTROL:
        c->words[0] = one_in(r, 30) ? fuzzer_value(r) : random_below(r, 16) | (one_in(r, 10) ? CONTROL_ALIEN : 0);
        c->words[1] = one_in(r, 3) ? any_selector(r) : SELECTOR_SERVICE;
        c->words[2] = one_in(r, 2) ? fuzzer_address(r) : 0;
        c->words[3] = one_in(r, 3) ? any_selector(r) : FUZZ_SELECTOR_PAGER;
        c->words[4] = random_below(r, 2);
        c->words[5] = random_below(r, 2);
        break;
    default:
        c->words[0] = selector_of(r, KIND_GATE);
        c->words[1] = any_label(r);
    }
}

static void call_small(struct call *c)
{
    uint64_t *r = c->r;

    c->words[0] = one_in(r, 4) ? 0 : selector_of(r, KIND_THREAD);
    c->words[1] = any_label(r);
    switch (random_below(r, 10)) {
    case 0:
        operation(c, selector_of(r, KIND_GATE), OP_GATE_INFO);
        c->tag |= TAG_OBJECT;
        break;
    case 1:
    case 2:
        operation(c, selector_of(r, KIND_GATE), OP_GATE_MINT);
        c->tag |= TAG_OBJECT;
        c->words[0] = selector_of(r, KIND_FACTORY);
        c->words[1] = free_selector(r);
        c->words[2] = any_label(r);
        c->words[3] = any_rights(r);
        break;
    case 3:
        operation(c, SELECTOR_ICU, OP_ICU_INFO + (int32_t)random_below(r, 7));
        c->words[0] = random_below(r, 32);
        c->words[1] = selector_of(r, KIND_IRQ);
        break;
    case 4:
        operation(c, SELECTOR_VCON, OP_VCON_EXIT);
        break;
    case 5:
    case 6:
        operation(c, selector_of(r, KIND_IRQ), OP_IRQ_BIND + (int32_t)random_below(r, 4));
        break;
    default:
        operation(c, selector_of(r, KIND_SEMAPHORE), one_in(r, 2) ? OP_SEMAPHORE_UP : OP_SEMAPHORE_DOWN);
        c->tag |= random_below(r, 4) << TAG_RECEIVE_TIMEOUT_SHIFT;
    }
}

/* Few of these: they fill the console. */
static void call_console(struct call *c)
{
    c->selector = SELECTOR_VCON;
    c->tag = tag_make(INVOKE_CALL, one_in(c->r, 3) ? OP_VCON_READ + (int32_t)random_below(c->r, 4) : OP_VCON_WRITE, REGISTER_WORDS + 2);
    c->words[0] = one_in(c->r, 3) ? fuzzer_value(c->r) : random_below(c->r, 20);
    for (unsigned i = 0; i < 2; i++)
        c->utcb->words[REGISTER_WORDS + i] = ABI_CONST(uint64_t, 0x2e2e2e2e2e2e2e2e); /* dots */
}

static void items_add(struct call *c)
{
    uint64_t *r = c->r, n = one_in(r, 20) ? random_below(r, 64) : random_below(r, 4);

    c->tag |= n << TAG_ITEMS_SHIFT;
    for (uint64_t i = 0; i < n && i < ITEMS_MAX; i++) {
        c->utcb->items[i].flexpage = any_flexpage(r);
        c->utcb->items[i].offset = one_in(r, 2) ? random_below(r, 64) : fuzzer_value(r);
    }
}

static void windows_open(struct call *c)
{
    uint64_t *r = c->r;

    c->utcb->window_capabilities = one_in(r, 8) ? fuzzer_value(r) :
        one_in(r, 2) ? 0 : 6 << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT;
    c->utcb->window_memory = one_in(r, 8) ? fuzzer_value(r) : one_in(r, 2) ? 0 :
        FUZZ_FREE | 22 << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_MEMORY << FLEXPAGE_TYPE_SHIFT;
    c->utcb->window_ports = one_in(r, 8) ? fuzzer_value(r) : one_in(r, 2) ? 0 : 16 << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_PORTS << FLEXPAGE_TYPE_SHIFT;
}

static void call_ipc(struct call *c)
{
    static const uint8_t flags[] = { INVOKE_CALL, INVOKE_CALL, INVOKE_CALL, INVOKE_SEND, INVOKE_RECV, INVOKE_WAIT, INVOKE_WAIT,
                                     INVOKE_SEND_AND_WAIT, INVOKE_REPLY_ONLY, INVOKE_REPLY_AND_RECEIVE, INVOKE_REPLY_AND_WAIT,
                                     INVOKE_REPLY_AND_WAIT, INVOKE_REPLY_AND_WAIT };
    uint64_t *r = c->r, how = flags[random_below(r, sizeof flags)];
    bool named = how == INVOKE_RECV || how == INVOKE_REPLY_AND_RECEIVE;
    uint64_t words = one_in(r, 3) ? random_below(r, WORDS_MAX + 1) : random_below(r, REGISTER_WORDS + 1);

    c->selector = named ? selector_of(r, KIND_THREAD) : one_in(r, 10) ? FUZZ_SELECTOR_CANARY : selector_of(r, KIND_GATE);
    c->tag = tag_make(how, (int32_t)random_below(r, 4), words);
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        c->words[i] = fuzzer_value(r);
    /* Most waits end by themselves, some by the supervisor. */
    c->tag |= (one_in(r, 8) ? TIMEOUT_NEVER : 1 + random_below(r, 3)) << TAG_SEND_TIMEOUT_SHIFT;
    c->tag |= (one_in(r, 8) ? TIMEOUT_NEVER : 1 + random_below(r, 3)) << TAG_RECEIVE_TIMEOUT_SHIFT;
    if (one_in(r, 6))
        items_add(c);
    if (one_in(r, 4))
        windows_open(c);
}

static void call_noise(struct call *c)
{
    c->selector = one_in(c->r, 2) ? any_selector(c->r) : random_next(c->r);
    c->tag = random_next(c->r);
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        c->words[i] = fuzzer_value(c->r);
}

static void call_choose(struct call *c)
{
    uint64_t choice = random_below(c->r, 1000);

    if (choice < 420)
        call_ipc(c);
    else if (choice < 560)
        call_task(c);
    else if (choice < 680)
        call_factory(c);
    else if (choice < 780)
        call_thread(c);
    else if (choice < 900)
        call_small(c);
    else if (choice < 902)
        call_console(c);
    else
        call_noise(c);
    if (one_in(c->r, 60))
        c->tag ^= ABI_CONST(uint64_t, 1) << random_below(c->r, 64);
    if (one_in(c->r, 60))
        c->words[random_below(c->r, REGISTER_WORDS)] = fuzzer_value(c->r);
}

static void timeouts_choose(struct call *c)
{
    uint64_t now = one_in(c->r, 2) ? __builtin_ia32_rdtsc() : 0;

    c->utcb->send_timeout = one_in(c->r, 30) ? fuzzer_value(c->r) : now + random_below(c->r, TICKS_MAX);
    c->utcb->receive_timeout = one_in(c->r, 30) ? fuzzer_value(c->r) : now + random_below(c->r, TICKS_MAX);
    for (unsigned i = 0; i < 4; i++)
        c->utcb->words[random_below(c->r, 64)] = fuzzer_value(c->r);
}

void fuzzer_invoke(struct fuzz_control *control)
{
    struct call c = { .r = &control->random, .utcb = (struct utcb *)(FUZZ_UTCB + control->slot * 2 * PAGE_BYTES) };
    struct registers in, out;

    call_choose(&c);
    if (!one_in(c.r, 10))
        timeouts_choose(&c);
    in = (struct registers){ .rdi = c.selector, .rsi = c.tag, .rdx = c.words[0], .r8 = c.words[1], .r9 = c.words[2], .r10 = c.words[3],
                             .rax = c.words[4], .r14 = c.words[5], .rcx = control->random, .r11 = ~control->random };
    control->progress[FUZZ_INVOCATIONS]++;
    if (one_in(c.r, 24))
        odd_call_flags(&in, random_next(c.r) & 0x7ffff);
    else if (one_in(c.r, 24))
        odd_call_stack(&in, fuzzer_value(c.r));
    else {
        syscall_record(&in, &out);
        control->results[(uint32_t)tag_error(out.rsi) % FUZZ_RESULTS]++;
    }
}
