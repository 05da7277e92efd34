/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeps fuzzing threads going: answers their faults in many ways, starts those again that make no progress, cancels, moves, gives back what
 * they lost. The seed decides about all of it.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/fuzz/odd.h"
#include "workloads/lib/object.h"
#include "workloads/lib/test.h"

#define TICK_TICKS 40000       /* how often threads are looked after */
#define STALLED_TICKS 60       /* without an invocation */
#define PROGRESS_MAX 4000      /* of a thread in a tick: a step is more than 50 instructions */
#define RFLAGS_FRESH 0x202

struct care {
    uint64_t *random;
    uint64_t cpus;
    struct fuzz_counts *counts;
    uint64_t seen[FUZZ_TASKS][FUZZ_SLOTS][FUZZ_PROGRESS]; /* at the last tick */
    uint64_t done[FUZZ_PROGRESS];
    unsigned quiet;            /* ticks without an invocation */
};

static struct utcb *own_utcb(void) { return (struct utcb *)PROGRAM_UTCB_ADDRESS; }

/* --- Answers to faults */

/* All registers: those of a fresh start, or nonsense. */
static struct message_words state_make(struct care *c, unsigned slot, bool fresh)
{
    uint64_t *r = c->random;

    for (unsigned i = REGISTER_WORDS; i < EXCEPTION_WORDS; i++)
        own_utcb()->words[i] = fresh ? 0 : fuzzer_value(r);
    if (one_in(r, 4))
        own_utcb()->words[EXCEPTION_WORD_FS_BASE] = fuzzer_address(r);
    return (struct message_words){
        .w2 = fresh || !one_in(r, 4) ? (uint64_t)fuzzer_entry : fuzzer_address(r),
        .w4 = fuzz_stack_top(slot), .w5 = fresh ? RFLAGS_FRESH : random_next(r),
    };
}

/* The tag of the answer. */
static uint64_t fault_answer(struct care *c, const struct message *m, unsigned task, unsigned slot, struct message_words *w)
{
    bool page_fault = tag_label(m->tag) == PROTO_PAGE_FAULT;
    uint64_t address = page_fault ? m->w.w0 : m->w.w3, choice = random_below(c->random, 16);
    bool repaired = (page_fault || m->w.w0 == 14) && fuzz_repair(task, address);

    if (repaired && choice < 10)
        return tag_make(0, EXCEPTION_RESUME, 0);
    if (page_fault && choice < 3) {
        own_utcb()->items[0] = (struct utcb_item){ .flexpage = flexpage_memory(fuzz_home(task), 12, MEMORY_READ | (unsigned)choice),
                                                   .offset = address & ~(uint64_t)(PAGE_BYTES - 1) };
        return tag_make(0, EXCEPTION_RESUME, 0) | ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT;
    }
    switch (choice) {
    case 0:
        return tag_make(0, EXCEPTION_RESUME, 0);
    case 1:
        return tag_make(0, (int32_t)fuzzer_value(c->random), random_below(c->random, WORDS_MAX + 1));
    case 2:
    case 3:
        *w = state_make(c, slot, false);
        return tag_make(0, EXCEPTION_SET_STATE, EXCEPTION_WORDS);
    case 4:
        w->w0 = (uint64_t)fuzzer_entry;
        return tag_make(0, EXCEPTION_SET_RIP, 1);
    case 5:
        if (!page_fault && m->w.w0 == EXCEPTION_SYSCALL)
            return tag_make(0, EXCEPTION_PASS, 0);
        break;
    default:
        break;
    }
    *w = state_make(c, slot, true);
    return tag_make(0, EXCEPTION_SET_STATE, EXCEPTION_WORDS);
}

static bool label_decode(uint64_t label, unsigned *task, unsigned *gate)
{
    label -= FUZZ_GATE_LABEL(0, 0);
    *task = (unsigned)(label >> 8);
    *gate = (unsigned)(label >> 2 & 0x3f);
    return label < ABI_CONST(uint64_t, FUZZ_TASKS) << 8 && *gate < FUZZ_GATES;
}

/* One message; the tag of the answer, 0 when there is to be none. */
static uint64_t message_answer(struct care *c, const struct message *m, struct message_words *w)
{
    unsigned task, gate;
    int32_t protocol = tag_label(m->tag);
    bool fault = protocol == PROTO_EXCEPTION || protocol == PROTO_PAGE_FAULT;

    if (tag_failed(m->tag) || !label_decode(m->label, &task, &gate) || one_in(c->random, 24))
        return 0;
    c->counts->messages += !fault;
    if (!fault)
        return tag_make(0, (int32_t)random_below(c->random, 4), random_below(c->random, WORDS_MAX + 1));
    c->counts->exceptions += protocol == PROTO_EXCEPTION;
    c->counts->page_faults += protocol == PROTO_PAGE_FAULT;
    if (protocol == PROTO_EXCEPTION && m->w.w0 < 64)
        c->counts->vectors |= ABI_CONST(uint64_t, 1) << m->w.w0;
    unsigned slot = gate < FUZZ_SUPERVISED ? gate : (unsigned)random_below(c->random, FUZZ_SLOTS);
    return fault_answer(c, m, task, slot, w);
}

/* --- Ticks */

static void slot_look(struct care *c, unsigned t, unsigned s)
{
    for (unsigned p = 0; p < FUZZ_PROGRESS; p++) {
        uint64_t now = fuzz_control(t, s)->progress[p], more = now - c->seen[t][s][p];
        c->seen[t][s][p] = now;
        if (more <= PROGRESS_MAX)
            c->done[p] += more;
        else
            c->counts->damaged++;
        if (p == FUZZ_STEPS && more == 0 && s < FUZZ_SUPERVISED) {
            c->counts->restarts++;
            fuzz_thread_restart(t, s);
        }
    }
}

static void progress_look(struct care *c)
{
    uint64_t before = c->done[FUZZ_INVOCATIONS];

    for (unsigned i = 0; i < FUZZ_TASKS * FUZZ_SLOTS; i++)
        slot_look(c, i / FUZZ_SLOTS, i % FUZZ_SLOTS);
    c->quiet = c->done[FUZZ_INVOCATIONS] == before ? c->quiet + 1 : 0;
}

static void tick(struct care *c)
{
    uint64_t *r = c->random;
    unsigned t = (unsigned)random_below(r, FUZZ_TASKS), s = (unsigned)random_below(r, FUZZ_SUPERVISED);

    progress_look(c);
    switch (random_below(r, 12)) {
    case 0:
        (void)fuzz_thread_move(t, s, r, c->cpus);
        break;
    case 1:
        (void)thread_ex_regs(FUZZ_THREAD(t, s), &(uint64_t){ 0 }, &(uint64_t){ 0 }, 0);
        break;
    case 2:
        (void)irq_trigger(FUZZ_OBJECT(FUZZ_OBJECTS - 1));
        break;
    case 3:
    case 4:
        fuzz_equip(t, r);
        break;
    case 5:
    case 6:
        fuzz_thread_renew(t, s, r, c->cpus);
        break;
    default:
        (void)thread_set_exception_gate(FUZZ_THREAD(t, s), 10 + s);
    }
}

static void counts_add(struct care *c)
{
    for (unsigned p = 0; p < FUZZ_PROGRESS; p++)
        c->counts->progress[p] += c->done[p];
    for (unsigned i = 0; i < FUZZ_TASKS * FUZZ_SLOTS; i++) {
        const struct fuzz_control *control = fuzz_control(i / FUZZ_SLOTS, i % FUZZ_SLOTS);
        for (unsigned k = 0; k < FUZZ_RESULTS; k++)
            if (control->results[k] <= c->done[FUZZ_INVOCATIONS])
                c->counts->results[k] += control->results[k];
        for (unsigned k = 0; k < FUZZ_ODD_MAX; k++)
            c->counts->odd[k] += control->odd[k] != 0;
    }
}

void fuzz_care(uint64_t *random, uint64_t invocations, uint64_t cpus, struct fuzz_counts *counts)
{
    struct care c = { .random = random, .cpus = cpus, .counts = counts };
    uint64_t end = __builtin_ia32_rdtsc() + TICK_TICKS;
    struct message m = { 0 };
    uint64_t answer = 0;

    while (c.done[FUZZ_INVOCATIONS] < invocations && c.quiet < STALLED_TICKS) {
        struct message_words w = MESSAGE_EMPTY;
        answer = message_answer(&c, &m, &w);
        own_utcb()->receive_timeout = end;
        uint64_t wait = ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_RECEIVE_TIMEOUT_SHIFT;
        m = answer != 0 ? ipc_reply_and_wait(0, answer | wait, w) : ipc_wait(wait);
        if (__builtin_ia32_rdtsc() < end)
            continue;
        tick(&c);
        end = __builtin_ia32_rdtsc() + TICK_TICKS;
    }
    counts->stalled += c.quiet >= STALLED_TICKS;
    progress_look(&c);
    counts_add(&c);
}
