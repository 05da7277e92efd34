/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Many things at once, for a bounded number of rounds: what every CPU does is right at the end, and every quota is what it was.
 * The order of events differs from run to run where the CPUs are real; where an emulator plays them in turns it is always the same.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE(i) SELECTOR_TEST(i)
#define ROUNDS 300
#define PAIRS 3
#define QUANTUM_US 100

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static struct {
    volatile uint64_t calls, failed, wrong, stop;
} clients[PAIRS];

/* Server 2i, client 2i + 1. Both go on whatever happens to the other. */
static void server_run(void *arg)
{
    struct utcb *own = worker_utcb((unsigned)(uint64_t)arg);

    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t words = tag_words(m.tag);
            if (words > REGISTER_WORDS)
                own->words[words - 1] += m.w.w0;
            m = ipc_reply_and_wait(0, tag_make(0, 0, words), (struct message_words){ .w0 = m.w.w0 + 1 });
        }
    }
}

static void client_run(void *arg)
{
    unsigned pair = (unsigned)(uint64_t)arg;
    struct utcb *own = worker_utcb(2 * pair + 1);

    for (uint64_t i = 0; !clients[pair].stop; i++) {
        uint64_t words = i * 7 % (WORDS_MAX + 1);
        if (words > REGISTER_WORDS)
            own->words[words - 1] = 1000;
        struct message m = ipc_call(GATE(pair), tag_make(0, 0, words), (struct message_words){ .w0 = i });
        if (tag_failed(m.tag))
            clients[pair].failed++;
        else if (m.w.w0 != i + 1 || (words > REGISTER_WORDS && own->words[words - 1] != 1000 + i))
            clients[pair].wrong++;
        clients[pair].calls++;
        cpu_relax();
    }
}

/* Slices so short that every one of several on a CPU gets its turn. */
static int32_t stress_move(unsigned worker, uint64_t cpu)
{
    return scheduler_move_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(worker), PRIORITY_BELOW, QUANTUM_US, cpu);
}

static int32_t stress_start(unsigned worker, uint64_t task, worker_fn *fn, uint64_t arg, uint64_t cpu)
{
    int32_t error = remote_start(worker, task, fn, (void *)arg, PRIORITY_BELOW, cpu);

    return error != 0 ? error : stress_move(worker, cpu);
}

static const char *pair_start(unsigned pair, uint64_t server_task, uint64_t server_cpu, uint64_t client_cpu)
{
    clients[pair].calls = clients[pair].failed = clients[pair].wrong = clients[pair].stop = 0;
    CHECK_EQUAL(stress_start(2 * pair, server_task, server_run, 2 * pair, server_cpu), 0);
    CHECK_EQUAL(gate_create(GATE(pair), 2 * pair, 0x100), 0);
    CHECK_EQUAL(stress_start(2 * pair + 1, SELECTOR_TASK, client_run, pair, client_cpu), 0);
    return NULL;
}

static const char *pairs_stop(unsigned pairs)
{
    for (unsigned i = 0; i < pairs; i++)
        CHECK(await_at_least(&clients[i].calls, 1));
    for (unsigned i = 0; i < pairs; i++) {
        clients[i].stop = 1;
        CHECK(await_state(2 * i + 1, STATE_OPEN_WAIT));
        CHECK_EQUAL(clients[i].wrong, 0);
        CHECK(clients[i].calls > 0);
    }
    return NULL;
}

static const char *used_bytes(uint64_t *used)
{
    uint64_t quota;

    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, used), 0);
    return NULL;
}

/* Main creates and destroys on its CPU while others call one another. */
static const char *create_and_destroy_beside_calls(void)
{
    uint64_t before, after, n = cpu_count();

    NEEDS_CPUS(2);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_NESTED(pair_start(0, SELECTOR_TASK, 1, 1));
    CHECK_NESTED(pair_start(1, SELECTOR_PEER_TASK, 1, 1));
    CHECK_NESTED(pair_start(2, SELECTOR_PEER_TASK, n - 1, 1));
    /* A task's table of a first time stays with its factory; all later ones come and go. */
    CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(10), SELECTOR_TASK, PROGRAM_FREE_ADDRESS), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(10)), 0);
    CHECK_NESTED(used_bytes(&before));
    for (unsigned round = 0; round < ROUNDS; round++) {
        CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, SELECTOR_TEST(11)), 0);
        CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(12), SELECTOR_TEST(11), PROGRAM_FREE_ADDRESS), 0);
        CHECK_EQUAL(factory_create_thread(SELECTOR_FACTORY, SELECTOR_TEST(10), SELECTOR_TASK, PROGRAM_FREE_ADDRESS), 0);
        CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(13), SELECTOR_TEST(12), 0x400), 0);
        CHECK_EQUAL(task_map_capability(SELECTOR_TEST(11), SELECTOR_TEST(13), SELECTOR_TEST(13), RIGHT_SEND), 0);
        for (unsigned i = 10; i < 14; i++)
            CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(i)), 0);
        for (uint64_t i = random_below(30); i > 0; i--)
            cpu_relax();
    }
    CHECK_NESTED(used_bytes(&after));
    CHECK_EQUAL(after, before);
    CHECK_NESTED(pairs_stop(PAIRS));
    for (unsigned i = 0; i < PAIRS; i++)
        CHECK_EQUAL(clients[i].failed, 0);
    return NULL;
}

/* Clients and servers are moved in the midst of what they do; not one call is lost, doubled or damaged. */
static const char *moved_while_calling(void)
{
    uint64_t n = cpu_count();

    NEEDS_CPUS(2);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_NESTED(pair_start(0, SELECTOR_TASK, 1, 1));
    CHECK_NESTED(pair_start(1, SELECTOR_PEER_TASK, 1, 0));
    CHECK_NESTED(pair_start(2, SELECTOR_PEER_TASK, n - 1, 1));
    for (unsigned round = 0; round < ROUNDS; round++) {
        CHECK_EQUAL(stress_move((unsigned)random_below(2 * PAIRS), random_below(n)), 0);
        for (uint64_t i = random_below(30); i > 0; i--)
            cpu_relax();
    }
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        CHECK_EQUAL(stress_move(i, 1), 0);
    CHECK_NESTED(pairs_stop(PAIRS));
    for (unsigned i = 0; i < PAIRS; i++)
        CHECK_EQUAL(clients[i].failed, 0);
    return NULL;
}

/* Servers die and are made anew while their clients call. */
static const char *servers_destroyed_while_called(void)
{
    uint64_t before, after, n = cpu_count();

    NEEDS_CPUS(2);
    CHECK_NESTED(used_bytes(&before));
    CHECK_NESTED(pair_start(0, SELECTOR_TASK, 1, 1));
    CHECK_NESTED(pair_start(1, SELECTOR_TASK, n - 1, 1));
    CHECK_NESTED(pair_start(2, SELECTOR_TASK, 1, n - 1));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned pair = (unsigned)random_below(PAIRS);
        CHECK_EQUAL(worker_destroy(2 * pair), 0);
        CHECK_EQUAL(stress_start(2 * pair, SELECTOR_TASK, server_run, 2 * pair, random_below(n)), 0);
        CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(2 * pair), GATE(pair), 0x100), 0);
        for (uint64_t i = random_below(30); i > 0; i--)
            cpu_relax();
    }
    for (unsigned i = 0; i < PAIRS; i++)
        CHECK_EQUAL(stress_move(2 * i, 1), 0);
    CHECK_NESTED(pairs_stop(PAIRS));
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        CHECK_EQUAL(worker_destroy(i), 0);
    for (unsigned i = 0; i < PAIRS; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE(i)), 0);
    CHECK_NESTED(used_bytes(&after));
    CHECK_EQUAL(after, before);
    return NULL;
}

/* Clients die, and are given new registers, in the midst of a call. */
static const char *clients_destroyed_while_calling(void)
{
    uint64_t n = cpu_count();

    NEEDS_CPUS(2);
    CHECK_NESTED(pair_start(0, SELECTOR_TASK, 1, 1));
    CHECK_NESTED(pair_start(1, SELECTOR_TASK, n - 1, 1));
    CHECK_NESTED(pair_start(2, SELECTOR_TASK, 1, n - 1));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned pair = (unsigned)random_below(PAIRS), client = 2 * pair + 1;
        if (round % 2 == 0) {
            uint64_t rip = 0, rsp = 0;
            CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(client), &rip, &rsp, 0), 0);
        } else {
            CHECK_EQUAL(worker_destroy(client), 0);
            CHECK_EQUAL(stress_start(client, SELECTOR_TASK, client_run, pair, 1), 0);
        }
        for (uint64_t i = random_below(30); i > 0; i--)
            cpu_relax();
    }
    for (unsigned i = 0; i < PAIRS; i++)
        CHECK(await_at_least(&clients[i].calls, clients[i].calls + 2));
    return pairs_stop(PAIRS);
}

const struct test tests[] = {
    { "stress: objects come and go beside calls on other CPUs", create_and_destroy_beside_calls },
    { "stress: clients and servers are moved while they call, nothing is lost", moved_while_calling },
    { "stress: servers are destroyed while they are called", servers_destroyed_while_called },
    { "stress: clients are destroyed, and canceled while they call", clients_destroyed_while_calling },
};
const size_t test_count = sizeof tests / sizeof tests[0];
