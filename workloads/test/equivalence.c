/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fast path is indistinguishable from the slow path: each scenario is played on two graphs of objects that are made alike, on one as it is, on the
 * other with a limit to the send phase that never ends, which the fast path does not serve and which means nothing else. Then every register of
 * every system call, FPU state, FS base and CPU behind it, every message, the states of all threads and what becomes of them when the server goes must be the same.
 * Priorities may differ, and all of it or the server alone may be on another CPU. With trace=on the ways out of the fast path are counted, and each must have been taken.
 */
#include "harness/measure/cpuid.h"
#include "workloads/lib/fpu.h"
#include "workloads/lib/instructions.h"
#include "workloads/lib/layout.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"
#include "workloads/lib/trace.h"

#define STEPS_MAX 3
#define CPUID_LEAF_APIC 1
#define CPUID_EBX_APIC_SHIFT 24
#define PRIORITY_STEP 5
#define RANDOM_SCENARIOS 2000
#define ENDLESS_TICKS (1ull << 50)
#define LABEL 0x7a0
#define SEND_LIMIT (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_LIMIT (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)

enum server_first { WAITS, WAITS_LIMITED, WAITS_FOR_CLIENT, WAITS_FOR_OTHER, DOES_NOT_WAIT, SERVER_FIRSTS };
enum gate_kind { GATE, GATE_DELETED, GATE_BEYOND, GATE_TASK, GATE_UNBOUND, GATE_KINDS };
enum place { HERE, SERVER_AWAY, ALL_AWAY, PLACES }; /* away: on another CPU than the test */
enum client_end { CLIENT_WAITS, CLIENT_LIMITED, CLIENT_DESTROYED, CLIENT_ENDS };

struct scenario {
    enum server_first server;
    enum gate_kind gate;
    enum client_end client;
    uint64_t rights;           /* of the client's capability */
    uint64_t call_words, reply_words, items, label;
    bool inter, queued, client_fpu, server_fpu, client_fs, server_fs;
    enum place place;
    uint8_t priority[3];       /* of client, server, and other sender: above PRIORITY_ABOVE, in steps of PRIORITY_STEP */
};

/* A thread and the system calls that it makes. */
struct party {
    struct registers in[STEPS_MAX], out[STEPS_MAX];
    uint64_t steps;
    volatile uint64_t done;
    struct party *starts;      /* it lets this one run before its second step */
    unsigned worker, role;
    uint64_t priority;
    uint64_t state;            /* when everybody had come to rest */
    uint64_t own_state;        /* of a client that has done it all, as it is told itself: nobody waits who runs */
    uint64_t words[WORDS_MAX]; /* of its UTCB, after its last system call */
    bool fpu, fs;              /* it has FPU state, an FS base */
    /* Behind each system call: what its XMM0 holds and FS points to, 0 where it has none; the APIC identifier of the CPU that it is on. */
    uint64_t xmm[STEPS_MAX], at_fs[STEPS_MAX], cpu[STEPS_MAX];
};

enum role { CLIENT, SERVER, OTHER, ROLES };
struct graph {
    struct party party[ROLES];
    uint64_t slow_sends;       /* of client and server, by the kernel's own count; not compared */
    bool slow;
};
static struct graph graphs[2];
static uint64_t scenarios_played;
static uint64_t counts_before[TRACE_POINTS_END];

static uint64_t count_of(unsigned point)
{
    uint64_t count = 0;

    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++)
        count += trace_ring(cpu)->counts[point];
    return count;
}

static uint64_t gate_selector(const struct graph *g) { return SELECTOR_TEST(g == &graphs[0] ? 0 : 1); }
static uint64_t used_selector(const struct graph *g) { return SELECTOR_TEST(g == &graphs[0] ? 2 : 3); }

/* A UTCB is where its thread is: in the server's case perhaps in another address space. */
static void utcb_prepare(const struct party *p)
{
    struct utcb *utcb = worker_utcb(p->worker);

    for (unsigned i = 0; i < WORDS_MAX; i++)
        utcb->words[i] = p->role * 1000 + i;
    utcb->send_timeout = utcb->receive_timeout = ENDLESS_TICKS;
    utcb->items[0] = (struct utcb_item){ flexpage_memory(PROGRAM_ADDRESS, 12, MEMORY_READ), 0 };
}

/* What FS points to, and what XMM0 holds: the role of whose it is, in either graph. */
static uint64_t fs_words[2 * ROLES];

static void extras_load(const struct party *p)
{
    struct fpu_registers own = { .ymm = { { p->role + 1 } } };

    if (p->fpu)
        fpu_load_xmm(&own);
}

static void extras_record(struct party *p, uint64_t step)
{
    struct fpu_registers found;

    p->cpu[step] = cpuid_read(CPUID_LEAF_APIC, 0).ebx >> CPUID_EBX_APIC_SHIFT;
    if (p->fpu) {
        fpu_store_xmm(&found);
        p->xmm[step] = found.ymm[0][0];
    }
    if (p->fs)
        p->at_fs[step] = fs_read(0);
}

static void party_run(void *arg)
{
    struct party *p = arg;

    utcb_prepare(p);
    extras_load(p);
    for (uint64_t i = 0; i < p->steps; i++) {
        syscall_record(&p->in[i], &p->out[i]);
        extras_record(p, i);
        memcpy(p->words, worker_utcb(p->worker)->words, sizeof p->words);
        p->done++;
        if (i == 0 && p->starts != NULL)
            worker_run(p->starts->worker, party_run, p->starts, p->starts->priority);
    }
    if (p->role == CLIENT) /* others may be where selectors mean nothing */
        p->own_state = worker_state(p->worker);
}

static void step_add(struct party *p, uint64_t selector, uint64_t tag, uint64_t content)
{
    struct script s;

    script_init(&s, selector, tag, (struct message_words){ content, content + 1, content + 2, content + 3, content + 4, content + 5 });
    p->in[p->steps++] = s.in;
}

static uint64_t server_first_tag(const struct scenario *s)
{
    switch (s->server) {
    case WAITS: return tag_make(INVOKE_WAIT, 0, 0);
    case WAITS_LIMITED: return tag_make(INVOKE_WAIT, 0, 0) | RECEIVE_LIMIT;
    default: return tag_make(INVOKE_RECV, 0, 0);
    }
}

static void steps_choose(struct graph *g, const struct scenario *s)
{
    struct party *client = &g->party[CLIENT], *server = &g->party[SERVER], *other = &g->party[OTHER];
    uint64_t limit = g->slow ? SEND_LIMIT : 0, selector = used_selector(g);

    if (s->gate == GATE_BEYOND)
        selector = SELECTOR_MAX + 1;
    else if (s->gate == GATE_TASK)
        selector = SELECTOR_TASK;
    step_add(client, selector, tag_make(INVOKE_CALL, (int32_t)s->label, s->call_words) | limit | s->items << TAG_ITEMS_SHIFT |
             (s->client == CLIENT_LIMITED ? RECEIVE_LIMIT : 0), 0x100);
    step_add(client, selector, tag_make(INVOKE_CALL, 0, 0) | limit, 0x200);
    if (s->server != DOES_NOT_WAIT)
        step_add(server, SELECTOR_WORKER(g->party[s->server == WAITS_FOR_CLIENT ? CLIENT : OTHER].worker), server_first_tag(s), 0x300);
    step_add(server, 0, tag_make(INVOKE_REPLY_AND_WAIT, (int32_t)s->label, s->reply_words) | limit, 0x400);
    step_add(server, 0, tag_make(INVOKE_REPLY_AND_WAIT, 0, 0) | limit, 0x500);
    step_add(other, gate_selector(g), tag_make(INVOKE_SEND, 5, 2), 0x600);
    server->starts = s->queued ? other : NULL;
}

static int32_t fpu_allow(unsigned worker)
{
    struct message_words w = { CONTROL_FPU, 0, 0, 0, 1, 0 };

    return object_call(SELECTOR_WORKER(worker), OP_THREAD_CONTROL, 5, &w);
}

static const char *extras_give(struct party *p, bool fpu, bool fs)
{
    p->fpu = fpu;
    p->fs = fs;
    fs_words[p->worker] = p->role + 1;
    if (fpu)
        CHECK_EQUAL(fpu_allow(p->worker), 0);
    if (fs)
        CHECK_EQUAL(thread_set_fs_base(SELECTOR_WORKER(p->worker), (uint64_t)&fs_words[p->worker]), 0);
    return NULL;
}

static const char *graph_make(struct graph *g, const struct scenario *s, bool slow)
{
    unsigned first = g == &graphs[0] ? 0 : ROLES;

    *g = (struct graph){ .slow = slow };
    for (unsigned role = 0; role < ROLES; role++) {
        unsigned worker = first + role;
        g->party[role].worker = worker;
        g->party[role].role = role;
        g->party[role].priority = PRIORITY_ABOVE + (uint64_t)s->priority[role] * PRIORITY_STEP;
        CHECK_EQUAL(worker_create(worker, role == SERVER && s->inter ? SELECTOR_PEER_TASK : SELECTOR_TASK), 0);
        if (s->place == ALL_AWAY || (s->place == SERVER_AWAY && role == SERVER))
            CHECK_EQUAL(worker_move(worker, 0, 1), 0);
    }
    CHECK_EQUAL(gate_create(gate_selector(g), g->party[SERVER].worker, LABEL), 0);
    if (s->gate == GATE_UNBOUND)
        CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, used_selector(g), 0, LABEL), 0);
    else
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, gate_selector(g), used_selector(g), s->rights), 0);
    if (s->gate == GATE_DELETED)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, used_selector(g)), 0);
    CHECK_NESTED(extras_give(&g->party[CLIENT], s->client_fpu, s->client_fs));
    CHECK_NESTED(extras_give(&g->party[SERVER], s->server_fpu, s->server_fs));
    steps_choose(g, s);
    return NULL;
}

#define QUIET_LOOKS 10
#define SETTLE_TURNS_MAX 100000

/* Until nobody of the graph runs any more; on another CPU that takes its time. */
static void graph_settle(struct graph *g, const struct scenario *s)
{
    unsigned quiet = 0; /* looks in a row that found nobody: one passes from party to party while we look */
    for (unsigned turn = 0; s->place != HERE && quiet < QUIET_LOOKS && turn < SETTLE_TURNS_MAX; turn++) {
        quiet++;
        for (unsigned role = 0; role < ROLES; role++)
            if (worker_state(g->party[role].worker) == STATE_RUNNABLE)
                quiet = 0;
        for (unsigned i = 0; i < 20; i++)
            cpu_relax();
    }
    for (unsigned role = 0; role < ROLES; role++)
        g->party[role].state = worker_state(g->party[role].worker);
}

static const char *graph_play(struct graph *g, const struct scenario *s)
{
    struct party *client = &g->party[CLIENT], *server = &g->party[SERVER];

    if (s->server != DOES_NOT_WAIT)
        CHECK_EQUAL(worker_run(server->worker, party_run, server, server->priority), 0);
    graph_settle(g, s);
    CHECK_EQUAL(worker_run(client->worker, party_run, client, client->priority), 0);
    graph_settle(g, s);
    if (s->client == CLIENT_DESTROYED) {
        worker_destroy(client->worker);
        client->state = 0;
    }
    if (s->server == DOES_NOT_WAIT) /* it replies to nobody, or waits late */
        CHECK_EQUAL(worker_run(server->worker, party_run, server, server->priority), 0);
    graph_settle(g, s);
    uint64_t sends = 0;
    if (s->client != CLIENT_DESTROYED && thread_slow_sends(SELECTOR_WORKER(client->worker), &sends) == 0)
        g->slow_sends = sends;
    if (thread_slow_sends(SELECTOR_WORKER(server->worker), &sends) == 0)
        g->slow_sends += sends;
    worker_destroy(server->worker);
    graph_settle(g, s);
    return NULL;
}

/* What both paths leave in registers alike is not right because of that. */
static const char *step_check(const struct party *p, uint64_t step)
{
    const struct script s = { .in = p->in[step], .out = p->out[step], .done = 1 };

    return script_contract_check(&s);
}

/* The tag of a step holds the limit in one of the two, and no step's result does. */
static const char *graphs_compare(void)
{
    for (unsigned role = 0; role < ROLES; role++) {
        const struct party *a = &graphs[0].party[role], *b = &graphs[1].party[role];
        CHECK_EQUAL(a->done, b->done);
        CHECK_EQUAL(a->state, b->state);
        CHECK_EQUAL(a->own_state, role == CLIENT && a->done == a->steps ? STATE_RUNNABLE : 0);
        CHECK_EQUAL(b->own_state, a->own_state);
        for (uint64_t step = 0; step < a->done; step++) {
            CHECK_NESTED(step_check(a, step));
            CHECK_NESTED(step_check(b, step));
            CHECK_EQUAL(a->cpu[step], b->cpu[step]);
            CHECK_EQUAL(a->xmm[step], a->fpu ? role + 1 : 0);
            CHECK_EQUAL(b->xmm[step], a->xmm[step]);
            CHECK_EQUAL(a->at_fs[step], a->fs ? role + 1 : 0);
            CHECK_EQUAL(b->at_fs[step], a->at_fs[step]);
        }
        for (uint64_t step = 0; step < STEPS_MAX; step++)
            for (unsigned i = 0; i < sizeof a->out[step] / 8; i++)
                CHECK_EQUAL(((const uint64_t *)&a->out[step])[i], ((const uint64_t *)&b->out[step])[i]);
        for (unsigned i = 0; i < WORDS_MAX; i++)
            CHECK_EQUAL(a->words[i], b->words[i]);
    }
    return NULL;
}

static void graphs_destroy(void)
{
    for (unsigned worker = 0; worker < 2 * ROLES; worker++)
        worker_destroy(worker);
    for (unsigned i = 0; i < 4; i++)
        task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(i));
}

static const char *scenario_play(const struct scenario *s)
{
    for (unsigned i = 0; i < 2; i++) {
        CHECK_NESTED(graph_make(&graphs[i], s, i == 1));
        CHECK_NESTED(graph_play(&graphs[i], s));
    }
    CHECK_NESTED(graphs_compare());
    graphs_destroy();
    scenarios_played++;
    return NULL;
}

static const struct scenario plain = { .rights = RIGHTS_ALL, .priority = { 0, 0, 2 } };

static const char *test_lengths(void)
{
    for (unsigned point = 0; point < TRACE_POINTS_END; point++)
        counts_before[point] = count_of(point);
    CHECK_EQUAL(peer_create(), 0);
    for (uint64_t words = 0; words <= WORDS_MAX; words++)
        for (unsigned inter = 0; inter < 2; inter++) {
            struct scenario s = plain;
            s.call_words = words;
            s.reply_words = WORDS_MAX - words;
            s.inter = inter;
            s.label = 0xfffff000 + words;
            CHECK_NESTED(scenario_play(&s));
            /* Two calls and two replies: on one side none by the slow path, on the other all. */
            CHECK_EQUAL(graphs[1].slow_sends, 4);
            CHECK_EQUAL(graphs[0].slow_sends, program_info()->fast_path ? 0 : 4);
        }
    return NULL;
}

static const char *test_capabilities(void)
{
    for (uint64_t words = 0; words <= 8; words += 8)
        for (unsigned gate = 0; gate < GATE_KINDS; gate++)
            for (uint64_t rights = 0; rights <= RIGHTS_ALL; rights++) {
                struct scenario s = plain;
                s.gate = gate;
                s.rights = rights;
                s.call_words = words;
                if (gate == GATE || rights == RIGHTS_ALL)
                    CHECK_NESTED(scenario_play(&s));
            }
    return NULL;
}

static const char *test_states(void)
{
    for (unsigned first = 0; first < SERVER_FIRSTS; first++)
        for (unsigned end = 0; end < CLIENT_ENDS; end++)
            for (unsigned queued = 0; queued < 2; queued++)
                for (uint64_t words = 0; words <= 8; words += 8) {
                    struct scenario s = plain;
                    s.server = first;
                    s.client = end;
                    s.queued = queued;
                    s.call_words = s.reply_words = words;
                    CHECK_NESTED(scenario_play(&s));
                }
    return NULL;
}

static const char *test_extras(void)
{
    CHECK_EQUAL(peer_create(), 0);
    for (unsigned owners = 0; owners < 16; owners++)
        for (unsigned inter = 0; inter < 2; inter++)
            for (uint64_t words = 0; words <= 8; words += 8) {
                struct scenario s = plain;
                s.client_fpu = owners & 1;
                s.server_fpu = owners & 2;
                s.client_fs = owners & 4;
                s.server_fs = owners & 8;
                s.inter = inter;
                s.call_words = s.reply_words = words;
                CHECK_NESTED(scenario_play(&s));
            }
    return NULL;
}

static const char *test_items(void)
{
    for (uint64_t items = 0; items <= 1; items++) {
        struct scenario s = plain;
        s.items = items;
        CHECK_NESTED(scenario_play(&s));
    }
    return NULL;
}

/* Whoever is above whom: the fast path asks for no priority, and may not have to. */
static const char *test_priorities(void)
{
    CHECK_EQUAL(peer_create(), 0);
    for (unsigned order = 0; order < 27; order++)
        for (unsigned queued = 0; queued < 2; queued++)
            for (unsigned inter = 0; inter < 2 - queued; inter++)
                for (uint64_t words = 0; words <= 8; words += 8) {
                    struct scenario s = plain;
                    s.priority[CLIENT] = (uint8_t)(order % 3);
                    s.priority[SERVER] = (uint8_t)(order / 3 % 3);
                    s.priority[OTHER] = (uint8_t)(order / 9);
                    s.queued = queued;
                    s.inter = inter;
                    s.call_words = s.reply_words = words;
                    CHECK_NESTED(scenario_play(&s));
                    if (!queued)
                        CHECK_EQUAL(graphs[0].slow_sends, program_info()->fast_path ? 0 : 4);
                }
    return NULL;
}

static const char *test_places(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(peer_create(), 0);
    for (unsigned place = SERVER_AWAY; place < PLACES; place++)
        for (unsigned first = 0; first < SERVER_FIRSTS; first++)
            for (unsigned end = 0; end < CLIENT_ENDS; end++)
                for (unsigned how = 0; how < 3; how++)
                    for (uint64_t words = 0; words <= 8; words += 8) {
                        struct scenario s = plain;
                        s.place = place;
                        s.server = first;
                        s.client = end;
                        s.inter = how == 1;
                        s.queued = how == 2;
                        s.call_words = s.reply_words = words;
                        if (how == 2 && place == SERVER_AWAY) /* who comes first would be chance */
                            continue;
                        CHECK_NESTED(scenario_play(&s));
                        if (place == ALL_AWAY && first == WAITS && end == CLIENT_WAITS && how < 2)
                            CHECK_EQUAL(graphs[0].slow_sends, program_info()->fast_path ? 0 : 4);
                    }
    return NULL;
}

/* No path of its own to compare with: the contract of abi.h is what it must keep. */
static const char *test_nothing(void)
{
    for (uint64_t label = 0; label < 3; label++) {
        struct script s;
        script_init(&s, 0x77, tag_make(INVOKE_NOTHING, (int32_t)label - 1, label), (struct message_words){ 1, 2, 3, 4, 5, 6 });
        script_now(&s);
        CHECK_NESTED(script_contract_check(&s));
        CHECK_EQUAL(s.out.rsi, s.in.rsi);
        CHECK_EQUAL(s.out.rdi, 0);
        CHECK(s.out.rdx == 1 && s.out.r8 == 2 && s.out.r9 == 3 && s.out.r10 == 4 && s.out.rax == 5 && s.out.r14 == 6);
        scenarios_played++;
    }
    return NULL;
}

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static const char *test_random(void)
{
    bool places = cpu_count() > 1;

    CHECK_EQUAL(peer_create(), 0);
    for (unsigned i = 0; i < RANDOM_SCENARIOS; i++) {
        struct scenario s = {
            .server = random_below(2) ? WAITS : (enum server_first)random_below(SERVER_FIRSTS),
            .gate = random_below(4) ? GATE : (enum gate_kind)random_below(GATE_KINDS),
            .client = (enum client_end)random_below(CLIENT_ENDS), .rights = random_below(4) ? RIGHTS_ALL : random_below(RIGHTS_ALL + 1),
            .call_words = random_below(WORDS_MAX + 1), .reply_words = random_below(WORDS_MAX + 1), .items = random_below(8) == 0,
            .label = random_below(1ull << 32), .client_fpu = random_below(8) == 0, .server_fpu = random_below(8) == 0, .client_fs = random_below(8) == 0, .server_fs = random_below(8) == 0,
            .place = places && random_below(4) == 0 ? (enum place)random_below(PLACES) : HERE,
            .priority = { (uint8_t)random_below(4), (uint8_t)random_below(4), (uint8_t)random_below(4) },
        };
        /* Only in this task can the server let another thread run. */
        s.queued = s.place != SERVER_AWAY && random_below(3) == 0;
        s.inter = !s.queued && random_below(2);
        CHECK_NESTED(scenario_play(&s));
    }
    return NULL;
}

/* Ways out of the fast path, by name; other points have none here. */
#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1)
#define TRACE_EXIT(id, name, step, meaning) [id] = #name,
static const char *const exit_names[TRACE_POINTS_END] = {
#include "kernel/abi/trace.def"
};

static void count_tell(const char *name, uint64_t count, bool pass)
{
    struct text t, detail;

    text_init(&t);
    text_add(&t, "equivalence: count of ");
    text_add(&t, name);
    text_init(&detail);
    text_add_decimal(&detail, count);
    record_test(&program_records, t.bytes, pass ? "pass" : "fail", detail.bytes);
}

static const char *test_exits(void)
{
    bool all = true;

    count_tell("scenarios", scenarios_played, scenarios_played > RANDOM_SCENARIOS);
    if (!trace_is_on() || program_info()->fast_path == 0)
        SKIP("ways out of the fast path are counted with trace=on");
    for (unsigned point = 0; point < TRACE_POINTS_END; point++) {
        uint64_t hits = count_of(point) - counts_before[point];
        if (exit_names[point] == NULL)
            continue;
        count_tell(exit_names[point], hits, hits > 0);
        all = all && hits > 0;
    }
    CHECK(all);
    return NULL;
}

const struct test tests[] = {
    { "equivalence: messages of every length, within and across address spaces", test_lengths },
    { "equivalence: every right, selectors that name no gate", test_capabilities },
    { "equivalence: every state of server, client and senders", test_states },
    { "equivalence: owners of FPU state and FS base", test_extras },
    { "equivalence: typed items", test_items },
    { "equivalence: unlike priorities of client, server and another sender", test_priorities },
    { "equivalence: all of it, or the server alone, on another CPU", test_places },
    { "equivalence: the null system call", test_nothing },
    { "equivalence: scenarios at random", test_random },
    { "equivalence: every way out of the fast path was taken", test_exits },
};
const size_t test_count = sizeof tests / sizeof tests[0];
