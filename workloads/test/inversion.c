/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a thread can do to others by way of IPC, and what it cannot: priority inversion, starvation, denial of service, revocation.
 * All actors have priorities below the main thread's, which directs them: they run while it sleeps. A server ends a piece of work only when
 * it may (main adds to `allowed`), and clients note what others had done when their calls ended: so the order of things is judged,
 * however long main oversleeps, and no time.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define GATE_INNER SELECTOR_TEST(1)
#define SERVER_PRIORITY 10
#define LOW 20
#define MIDDLE 30
#define HIGH 40
#define WORK_TURNS 100000
#define WORK_TICKS_MAX 100000000

/* --- the stage --- */

/* At once, whatever its priority is to be: it runs until it waits. */
static int32_t server_start(unsigned worker, worker_fn *fn, uint64_t gate, uint64_t label)
{
    int32_t error = worker_start(worker, SELECTOR_TASK, fn, (void *)(uint64_t)worker, PRIORITY_ABOVE);

    if (error == 0)
        error = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(worker), SERVER_PRIORITY, PROGRAM_QUANTUM_US);
    return error != 0 ? error : gate_create(gate, worker, label);
}

/* Ends the IPC that it is in. */
static int32_t worker_abort(unsigned worker)
{
    uint64_t rip = 0, rsp = 0;

    return thread_ex_regs(SELECTOR_WORKER(worker), &rip, &rsp, 0);
}

static volatile uint64_t turns[WORKERS_MAX];  /* of each worker's loop */

static void work(unsigned worker, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        turns[worker]++;
}

static void spinner_run(void *arg)
{
    work((unsigned)(uint64_t)arg, UINT64_MAX);
}

/* Pieces of work that each server has begun, and how many of them it may end. */
static volatile uint64_t pieces[WORKERS_MAX], allowed[WORKERS_MAX];
#define ALL_ALLOWED UINT64_MAX

/* Of some length, so that quanta end in it. */
static void piece_work(unsigned worker)
{
    pieces[worker]++;
    work(worker, WORK_TURNS);
    while (allowed[worker] < pieces[worker])
        ;
}

/* A client: one call, or one after the other. When its last call ended, the spinner had made spun turns, the server worked. */
static struct client {
    uint64_t gate, timeouts, calls_max;
    volatile uint64_t calls, begun, spun, worked;
    volatile int32_t error;
} clients[WORKERS_MAX];

enum { SERVER, INNER, LOW_CLIENT, SPINNER, HIGH_CLIENT, OTHER_CLIENT, FLOOD_CLIENT };

static void client_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;
    struct client *c = &clients[worker];

    worker_utcb(worker)->send_timeout = worker_utcb(worker)->receive_timeout = WORK_TICKS_MAX;
    while (c->calls < c->calls_max) {
        c->begun++;
        c->error = tag_error(ipc_call(c->gate, c->timeouts, MESSAGE_EMPTY).tag);
        c->spun = turns[SPINNER];
        c->worked = turns[SERVER];
        c->calls++;
    }
}

static int32_t client_start(unsigned worker, uint64_t priority, uint64_t gate, uint64_t timeouts, uint64_t calls_max)
{
    clients[worker] = (struct client){ .gate = gate, .timeouts = timeouts, .calls_max = calls_max, .error = -1 };
    return worker_start(worker, SELECTOR_TASK, client_run, (void *)(uint64_t)worker, priority);
}

/* Works for each of its clients, one at a time. */
static void server_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;

    for (ipc_wait(0);; ipc_reply_and_wait(0, 0, MESSAGE_EMPTY))
        piece_work(worker);
}

/* Has all of its work done by the inner server. */
static void front_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;

    for (ipc_wait(0);; ipc_reply_and_wait(0, 0, MESSAGE_EMPTY)) {
        pieces[worker]++;
        ipc_call(GATE_INNER, 0, MESSAGE_EMPTY);
    }
}

/* Works for ever for its first client. */
static void captor_run(void *arg)
{
    ipc_wait(0);
    spinner_run(arg);
}

static void stage_clear(void)
{
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        clients[i] = (struct client){ 0 };
        turns[i] = pieces[i] = allowed[i] = 0;
    }
}

/* The low client's call is being worked for when this returns, by `who`. */
static const char *low_is_served(unsigned who)
{
    CHECK_EQUAL(client_start(LOW_CLIENT, LOW, GATE, 0, 1), 0);
    CHECK(await_asleep(&turns[who], 1));
    CHECK_EQUAL(clients[LOW_CLIENT].calls, 0);
    return NULL;
}

/* --- priority inversion --- */

/* The high client waits for what the server still does for the low one, and its own work, and for nothing of the spinner. */
static const char *high_is_served(unsigned who)
{
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, MIDDLE), 0);
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, 0, 1), 0);
    CHECK(await_state_asleep(HIGH_CLIENT, STATE_SENDING));
    allowed[who] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
    CHECK_EQUAL(clients[HIGH_CLIENT].error, 0);
    CHECK_EQUAL(turns[who], 2 * WORK_TURNS);
    CHECK_EQUAL(clients[HIGH_CLIENT].spun, 0);
    CHECK_EQUAL(clients[LOW_CLIENT].calls, 0);            /* it may go on, but not before the spinner */
    CHECK_EQUAL(worker_destroy(SPINNER), 0);
    CHECK(await_asleep(&clients[LOW_CLIENT].calls, 1));
    CHECK_EQUAL(clients[LOW_CLIENT].error, 0);
    return NULL;
}

static const char *inversion_classic(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, server_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(SERVER));
    return high_is_served(SERVER);
}

static const char *inversion_chain(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(INNER, server_run, GATE_INNER, 0), 0);
    CHECK_EQUAL(server_start(SERVER, front_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(INNER));
    return high_is_served(INNER);
}

/* The server waits in the queue of the inner one, which works for a third client of the lowest priority. */
static const char *inversion_queue(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(INNER, server_run, GATE_INNER, 0), 0);
    CHECK_EQUAL(server_start(SERVER, front_run, GATE, 0), 0);
    CHECK_EQUAL(client_start(OTHER_CLIENT, 1, GATE_INNER, 0, 1), 0);
    CHECK(await_asleep(&pieces[INNER], 1));
    CHECK_EQUAL(client_start(LOW_CLIENT, LOW, GATE, 0, 1), 0);
    CHECK(await_asleep(&pieces[SERVER], 1));
    CHECK(await_state_asleep(SERVER, STATE_SENDING));
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, MIDDLE), 0);
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, 0, 1), 0);
    CHECK(await_state_asleep(HIGH_CLIENT, STATE_SENDING));
    allowed[INNER] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
    CHECK_EQUAL(turns[INNER], 3 * WORK_TURNS);
    CHECK_EQUAL(clients[HIGH_CLIENT].spun, 0);
    return NULL;
}

/* The inverse: what a server does for a client is the client's work, at its priority, however important the server is by itself. A middle
 * thread goes first, and delays none but those who are less important: who waits for the server lends it more. */
static const char *donation_lowers(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, server_run, GATE, 0), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(SERVER), HIGH + 1, PROGRAM_QUANTUM_US), 0);
    CHECK_NESTED(low_is_served(SERVER));
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, MIDDLE), 0);
    uint64_t worked = turns[SERVER];
    CHECK(await_asleep(&turns[SPINNER], WORK_TURNS));
    CHECK_EQUAL(turns[SERVER], worked);
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, 0, 1), 0);
    uint64_t spun = turns[SPINNER];
    allowed[SERVER] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
    CHECK_EQUAL(clients[HIGH_CLIENT].spun, spun);
    CHECK_EQUAL(turns[SERVER], 2 * WORK_TURNS);
    return NULL;
}

/* What the high client lent is its own again when its wait is over, however that ends: the spinner runs, not the server. */
static const char *inversion_undone(uint64_t timeouts, bool kill)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, captor_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(SERVER));
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, MIDDLE), 0);
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, timeouts, 1), 0);
    uint64_t worked = turns[SERVER];
    CHECK(await_asleep(&turns[SERVER], worked + 1));
    if (!timeouts)
        CHECK_EQUAL(turns[SPINNER], 0);
    if (kill)
        CHECK_EQUAL(worker_destroy(HIGH_CLIENT), 0);
    else if (!timeouts)
        CHECK_EQUAL(worker_abort(HIGH_CLIENT), 0);
    if (!kill) {
        CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
        CHECK_EQUAL(clients[HIGH_CLIENT].error, timeouts ? ERR_TIMEOUT : ERR_CANCELED);
        CHECK_EQUAL(clients[HIGH_CLIENT].spun, 0);
        CHECK_EQUAL(clients[HIGH_CLIENT].worked, turns[SERVER]);
    }
    worked = turns[SERVER];
    CHECK(await_asleep(&turns[SPINNER], turns[SPINNER] + WORK_TURNS));
    CHECK_EQUAL(turns[SERVER], worked);
    return NULL;
}

static const char *inversion_undone_by_timeout(void) { return inversion_undone((uint64_t)TIMEOUT_RELATIVE << TAG_SEND_TIMEOUT_SHIFT, false); }
static const char *inversion_undone_by_abort(void) { return inversion_undone(0, false); }
static const char *inversion_undone_by_death(void) { return inversion_undone(0, true); }

/* --- starvation --- */

#define FLOOD_CLIENTS 3
#define FLOOD_PIECES 12

/* The inner server is at its n-th piece, all clients but one wait in the queue of the front server, and have had equal parts. */
static const char *flood_is_fair(uint64_t n)
{
    CHECK(await_asleep(&pieces[INNER], n + 1));
    for (unsigned i = 0; i < FLOOD_CLIENTS; i++) {
        if (i != n % FLOOD_CLIENTS)
            CHECK(await_state_asleep(FLOOD_CLIENT + i, STATE_SENDING));
        CHECK_EQUAL(clients[FLOOD_CLIENT + i].calls, (n + FLOOD_CLIENTS - 1 - i) / FLOOD_CLIENTS);
    }
    CHECK_EQUAL(pieces[INNER], n + 1);
    return NULL;
}

/* Clients of one priority that never stop calling, and a thread that never calls. */
static const char *starvation_flood(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, front_run, GATE, 0), 0);
    CHECK_EQUAL(server_start(INNER, server_run, GATE_INNER, 0), 0);
    for (unsigned i = 0; i < FLOOD_CLIENTS; i++) {
        CHECK_EQUAL(client_start(FLOOD_CLIENT + i, LOW, GATE, 0, UINT64_MAX), 0);
        CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(FLOOD_CLIENT + i), LOW, 100), 0);
        CHECK(i == 0 ? await_asleep(&pieces[INNER], 1) : await_state_asleep(FLOOD_CLIENT + i, STATE_SENDING));
    }
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, LOW), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(SPINNER), LOW, 100), 0);
    for (uint64_t n = 0; n < FLOOD_PIECES; n++) {
        CHECK_NESTED(flood_is_fair(n));
        allowed[INNER] = n + 1;
    }
    CHECK(await_asleep(&turns[SPINNER], turns[SPINNER] + WORK_TURNS));
    return NULL;
}

/* The queue is in the senders, so that it costs the receiver and the kernel nothing. */
static const char *starvation_of_memory(void)
{
    uint64_t quota, before, after;

    stage_clear();
    CHECK_EQUAL(server_start(SERVER, captor_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(SERVER));
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQUAL(worker_create(HIGH_CLIENT + i, SELECTOR_TASK), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
    for (unsigned i = 0; i < 4; i++) {
        clients[HIGH_CLIENT + i] = (struct client){ .gate = GATE, .calls_max = 1 };
        CHECK_EQUAL(worker_run(HIGH_CLIENT + i, client_run, (void *)(uint64_t)(HIGH_CLIENT + i), HIGH + i), 0);
        CHECK(await_state_asleep(HIGH_CLIENT + i, STATE_SENDING));
    }
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
    CHECK_EQUAL(after, before);
    return NULL;
}

/* --- denial of service --- */

/* The server spins with what its client lent: the client limits that, gets its time back and does something else. */
static const char *denial_loop(uint64_t timeouts)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, captor_run, GATE, 0), 0);
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, timeouts, 1), 0);
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, MIDDLE), 0);
    CHECK(await_asleep(&turns[SERVER], 1));
    if (!timeouts)
        CHECK_EQUAL(worker_abort(HIGH_CLIENT), 0);
    CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
    CHECK_EQUAL(clients[HIGH_CLIENT].error, timeouts ? ERR_TIMEOUT : ERR_CANCELED);
    CHECK_EQUAL(clients[HIGH_CLIENT].spun, 0);
    uint64_t worked = turns[SERVER];
    CHECK(await_asleep(&turns[SPINNER], WORK_TURNS));
    CHECK_EQUAL(turns[SERVER], worked);
    return NULL;
}

static const char *denial_loop_timeout(void) { return denial_loop((uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT); }
static const char *denial_loop_abort(void) { return denial_loop(0); }

static void deaf_run(void *arg)
{
    ipc_wait(0);
    turns[(uint64_t)arg]++;
    semaphore_down(SELECTOR_TEST(2), TIMEOUT_NEVER);
}

/* A server that never replies holds who calls it, and nobody else; its death sets them free, each told what became of its call. */
static const char *denial_never_replies(void)
{
    stage_clear();
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_TEST(2), 0), 0);
    CHECK_EQUAL(server_start(SERVER, deaf_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(SERVER));
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, 0, 1), 0);
    CHECK_EQUAL(worker_start(SPINNER, SELECTOR_TASK, spinner_run, (void *)(uint64_t)SPINNER, 1), 0);
    CHECK(await_asleep(&turns[SPINNER], WORK_TURNS));
    CHECK_EQUAL(clients[HIGH_CLIENT].begun, 1);
    CHECK_EQUAL(worker_destroy(SERVER), 0);
    CHECK(await_asleep(&clients[LOW_CLIENT].calls, 1));
    CHECK_EQUAL(clients[HIGH_CLIENT].error, ERR_NO_PARTNER);
    CHECK_EQUAL(clients[LOW_CLIENT].error, ERR_CANCELED);
    return NULL;
}

/* Messages whose items fail, one after the other, for ever: each is told at once, and sends the next. */
static void failing_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;

    worker_utcb(worker)->items[0] = (struct utcb_item){ flexpage_memory(PAGE_BYTES, 12, MEMORY_READ), 0 };
    while (tag_error(ipc_send(GATE, ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT, MESSAGE_EMPTY).tag) == ERR_NO_WINDOW)
        turns[worker]++;
}

#define POLLS 20
#define LIMITED_TICKS 1000000

/* Waits that nobody has a message for that goes through: polls, then limited ones. */
static void polling_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;

    worker_utcb(worker)->receive_timeout = LIMITED_TICKS;
    for (unsigned i = 0; i < 2 * POLLS; i++) {
        uint64_t kind = i < POLLS ? TIMEOUT_ZERO : TIMEOUT_RELATIVE;
        uint64_t tag = ipc_wait(kind << TAG_RECEIVE_TIMEOUT_SHIFT).tag;
        if (tag_error(tag) == ERR_TIMEOUT && tag & TAG_RECEIVE_PHASE)
            turns[worker]++;
    }
    pieces[worker]++;
    semaphore_down(SELECTOR_TEST(2), TIMEOUT_NEVER);
}

/* They are more important than who waits, and than whoever of them helps it: there is always one in its queue. Its polls end all the same,
 * after two of them, and so do its limited waits. */
static const char *denial_failing_messages(void)
{
    stage_clear();
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_TEST(2), 0), 0);
    CHECK_EQUAL(worker_create(SERVER, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, SERVER, 0), 0);
    for (unsigned worker = HIGH_CLIENT; worker < HIGH_CLIENT + 3; worker++)
        CHECK_EQUAL(worker_start(worker, SELECTOR_TASK, failing_run, (void *)(uint64_t)worker, HIGH + worker), 0);
    for (unsigned worker = HIGH_CLIENT; worker < HIGH_CLIENT + 3; worker++)
        CHECK(await_state_asleep(worker, STATE_SENDING));
    CHECK_EQUAL(worker_run(SERVER, polling_run, (void *)(uint64_t)SERVER, SERVER_PRIORITY), 0);
    CHECK(await_asleep(&pieces[SERVER], 1));
    CHECK_EQUAL(turns[SERVER], 2 * POLLS);
    CHECK(turns[HIGH_CLIENT] + turns[HIGH_CLIENT + 1] + turns[HIGH_CLIENT + 2] >= 2 * POLLS);
    return NULL;
}

static volatile uint64_t last_error, served;

static void told_run(void *arg)
{
    unsigned worker = (unsigned)(uint64_t)arg;
    struct message m = ipc_wait(0);

    for (;;) {
        piece_work(worker);
        m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
        while (tag_failed(m.tag)) {
            last_error = (uint64_t)tag_error(m.tag);
            m = ipc_wait(0);
        }
        served++;
    }
}

/* A client that dies leaves its server with an error and the next client. */
static const char *denial_client_dies(void)
{
    stage_clear();
    last_error = served = 0;
    CHECK_EQUAL(server_start(SERVER, told_run, GATE, 0), 0);
    CHECK_NESTED(low_is_served(SERVER));
    CHECK_EQUAL(client_start(HIGH_CLIENT, HIGH, GATE, 0, 1), 0);
    CHECK(await_state_asleep(HIGH_CLIENT, STATE_SENDING));
    CHECK_EQUAL(worker_destroy(LOW_CLIENT), 0);
    allowed[SERVER] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[HIGH_CLIENT].calls, 1));
    CHECK_EQUAL(clients[HIGH_CLIENT].error, 0);
    CHECK_EQUAL(last_error, ERR_NO_REPLY);
    return NULL;
}

/* --- revocation --- */

/* Taking a gate away ends what it would let one begin, not what has begun: the call is answered, the next one cannot be made. */
static const char *revocation_during_a_call(void)
{
    stage_clear();
    CHECK_EQUAL(server_start(SERVER, server_run, GATE, 0), 0);
    CHECK_EQUAL(client_start(LOW_CLIENT, LOW, GATE, 0, 2), 0);
    CHECK(await_asleep(&turns[SERVER], 1));
    CHECK_EQUAL(clients[LOW_CLIENT].calls, 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    allowed[SERVER] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[LOW_CLIENT].calls, 2));
    CHECK_EQUAL(turns[SERVER], WORK_TURNS);
    CHECK_EQUAL(clients[LOW_CLIENT].error, ERR_NO_CAPABILITY);
    return NULL;
}

/* A message that waits has been accepted: it arrives with the label and the rights of when it was sent. */
static const char *revocation_during_a_wait(void)
{
    stage_clear();
    CHECK_EQUAL(gate_create_main(GATE, 0x120), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, GATE, SELECTOR_TEST(2), RIGHT_SEND | RIGHT_W), 0);
    CHECK_EQUAL(client_start(HIGH_CLIENT, PRIORITY_ABOVE, SELECTOR_TEST(2), 0, 2), 0);
    CHECK_EQUAL(worker_state(HIGH_CLIENT), STATE_SENDING);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(2)), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(tag_error(m.tag), 0);
    CHECK_EQUAL(m.label, 0x120 | RIGHT_W);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(clients[HIGH_CLIENT].calls, 2);
    CHECK_EQUAL(clients[HIGH_CLIENT].error, ERR_NO_CAPABILITY);
    return NULL;
}

/* All that was derived goes with it, in another task, too. */
static const char *revocation_of_what_was_derived(void)
{
    stage_clear();
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(server_start(SERVER, server_run, GATE, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, GATE, GATE, RIGHT_SEND), 0);
    clients[LOW_CLIENT] = (struct client){ .gate = GATE, .calls_max = 2, .error = -1 };
    CHECK_EQUAL(worker_start(LOW_CLIENT, SELECTOR_PEER_TASK, client_run, (void *)(uint64_t)LOW_CLIENT, LOW), 0);
    CHECK(await_asleep(&turns[SERVER], 1));
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_capability(GATE, RIGHTS_ALL), UNMAP_DERIVED), 0);
    allowed[SERVER] = ALL_ALLOWED;
    CHECK(await_asleep(&clients[LOW_CLIENT].calls, 2));
    CHECK_EQUAL(clients[LOW_CLIENT].error, ERR_NO_CAPABILITY);
    CHECK_EQUAL(client_start(OTHER_CLIENT, LOW, GATE, 0, 1), 0); /* ours is left */
    CHECK(await_asleep(&clients[OTHER_CLIENT].calls, 1));
    CHECK_EQUAL(clients[OTHER_CLIENT].error, 0);
    return NULL;
}

const struct test tests[] = {
    { "classic inversion: low holds the server, middle spins: high waits for the server's work alone", inversion_classic },
    { "classic inversion: the server has called another one: that one is helped", inversion_chain },
    { "classic inversion: the server waits in the queue of another one: its client's work is helped first", inversion_queue },
    { "donation: a server of high priority works for a low client at the client's, and at that of who waits for it", donation_lowers },
    { "classic inversion: a timeout of high takes its priority back from the server", inversion_undone_by_timeout },
    { "classic inversion: an abort of high takes its priority back from the server", inversion_undone_by_abort },
    { "classic inversion: the death of high takes its priority back from the server", inversion_undone_by_death },
    { "starvation: of clients that flood a server none is passed by one that queued after it, and others of their priority run", starvation_flood },
    { "starvation: a queue of senders takes no memory of the kernel", starvation_of_memory },
    { "denial of service: a callee loops on its client's time: a timeout ends it", denial_loop_timeout },
    { "denial of service: a callee loops on its client's time: an abort ends it", denial_loop_abort },
    { "denial of service: a server never replies: others run, its death frees its callers", denial_never_replies },
    { "denial of service: messages whose items fail, sent without a pause, put off neither polls nor the end of a limited wait", denial_failing_messages },
    { "denial of service: a client dies: its server is told and serves the next one", denial_client_dies },
    { "revocation: during a call: it is answered, the next one fails", revocation_during_a_call },
    { "revocation: while a message waits: it arrives as it was sent, the next one fails", revocation_during_a_wait },
    { "revocation: what was derived goes, in another task, too", revocation_of_what_was_derived },
};
const size_t test_count = sizeof tests / sizeof tests[0];
