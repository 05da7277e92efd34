/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A channel of cache lines between two CPUs, without the kernel: a line holds seven words and, written last, its sequence number, which the receiver polls; two
 * rings of 16 lines, one each way. Order: a CPU's stores are seen in the order in which it made them, and the compiler keeps volatile ones in order.
 * Where an emulator plays the CPUs in turns a count is that of both sides with one poll in vain each; side=*: what one CPU executes, its partner stopped.
 * workload: smp.urpc | messages of one cache line through shared memory to a thread that polls on another CPU: there and back, 16 under way, and each side by itself | Baumann et al., The Multikernel (SOSP 2009), table 2 and 3
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/invoke.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/remote.h"

#define PARTNER 0
#define PARTNER_CPU 1
#define QUEUE 16
#define PAYLOAD_WORDS 7
#define STREAM_OPERATIONS 96   /* whole rounds of the ring */

struct line {
    uint64_t words[PAYLOAD_WORDS];
    uint64_t sequence;         /* of the message; 0: none yet */
} __attribute__((aligned(64)));

struct ring {
    volatile struct line lines[QUEUE];
} __attribute__((aligned(128)));

static struct ring there, back;

/* Sequence numbers count from 1; message n lies in line n mod QUEUE. */
ALWAYS_INLINE volatile struct line *line_of(struct ring *r, uint64_t sequence) { return &r->lines[sequence % QUEUE]; }

ALWAYS_INLINE void line_send(struct ring *r, uint64_t sequence, uint64_t word)
{
    volatile struct line *to = line_of(r, sequence);
    volatile uint64_t *w = to->words;

    w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = word;
    to->sequence = sequence;
}

ALWAYS_INLINE bool line_is_there(struct ring *r, uint64_t sequence) { return line_of(r, sequence)->sequence == sequence; }

/* All words are read, as a receiver would. */
ALWAYS_INLINE uint64_t line_take(struct ring *r, uint64_t sequence)
{
    const volatile uint64_t *w = line_of(r, sequence)->words;

    return w[0] + w[1] + w[2] + w[3] + w[4] + w[5] + w[6];
}

ALWAYS_INLINE uint64_t line_receive(struct ring *r, uint64_t sequence)
{
    while (!line_is_there(r, sequence))
        cpu_relax();
    return line_take(r, sequence);
}

static void rings_clear(void)
{
    for (unsigned i = 0; i < QUEUE; i++)
        there.lines[i].sequence = back.lines[i].sequence = 0;
}

/* --- there and back --- */

static uint64_t next; /* sequence number of the client's next message */

static void echo_partner(void *arg)
{
    (void)arg;
    for (uint64_t sequence = 1;; sequence++)
        line_send(&back, sequence, line_receive(&there, sequence));
}

static bool partner_start(worker_fn *fn)
{
    rings_clear();
    next = 1;
    return worker_create(PARTNER, SELECTOR_TASK) == 0 && remote_run(PARTNER, fn, NULL, PROGRAM_PRIORITY, PARTNER_CPU) == 0;
}

static void partner_stop(const struct variant *v)
{
    (void)v;
    worker_destroy(PARTNER);
}

static bool echo_prepare(const struct variant *v) { (void)v; return partner_start(echo_partner); }

static bool echo_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin()), sum = 0;
        for (uint64_t left = v->batch; left != 0; left--, next++) {
            line_send(&there, next, 1);
            sum = line_receive(&back, next);
        }
        ring[i] = tsc_end() - begin;
        if (sum != PAYLOAD_WORDS * PAYLOAD_WORDS)
            return false;
    }
    return true;
}

/* --- one way, as many under way as lines: the partner acknowledges each half of the ring --- */

static void stream_partner(void *arg)
{
    (void)arg;
    for (uint64_t sequence = 1;; sequence++) {
        line_receive(&there, sequence);
        if (sequence % (QUEUE / 2) == 0)
            line_send(&back, sequence / (QUEUE / 2), sequence);
    }
}

static bool stream_prepare(const struct variant *v) { (void)v; return partner_start(stream_partner); }

/* A half is sent when the one before the last has been acknowledged. */
static bool stream_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--, next++) {
            if (next % (QUEUE / 2) == 1 && next > QUEUE)
                line_receive(&back, (next - QUEUE - 1) / (QUEUE / 2) + 1);
            line_send(&there, next, next);
        }
        line_receive(&back, (next - 1) / (QUEUE / 2));
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* --- each side by itself --- */

static bool send_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--, next++)
            line_send(&there, next, 1);
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* A full ring, whose sequence numbers are set back outside of the clock reads. */
static bool receive_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t from = next, sum = 0;
        for (uint64_t k = 0; k < QUEUE; k++)
            line_send(&there, from + k, 1);
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--, next++)
            sum = line_receive(&there, next);
        ring[i] = tsc_end() - begin;
        if (sum != PAYLOAD_WORDS)
            return false;
    }
    return true;
}

static bool poll_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin()), found = 0;
        for (uint64_t left = v->batch; left != 0; left--) {
            found += line_is_there(&back, next);
            cpu_relax();
        }
        ring[i] = tsc_end() - begin;
        if (found != 0)
            return false;
    }
    return true;
}

static bool side_prepare(const struct variant *v)
{
    (void)v;
    rings_clear();
    next = 1;
    return true;
}

static bool empty_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--)
            invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* A wait for another CPU is no run of instructions that the footprint model could tell by their addresses: no window. */
#define ROW(label, how, with, operations, begin_fn, fill_fn, end_fn) \
    { .name = label, .window = WINDOW_NONE, .direction = how, .relation = with, .path = "none", .batch = operations, .words = PAYLOAD_WORDS, \
      .prepare = begin_fn, .fill = fill_fn, .fill_empty = empty_fill, .finish = end_fn }

static const struct variant variants[] = {
    ROW("queue=1", "round_trip", "cross_cpu", 1, echo_prepare, echo_fill, partner_stop),
    ROW("queue=16", "one_way", "cross_cpu", STREAM_OPERATIONS, stream_prepare, stream_fill, partner_stop),
    ROW("side=send", "op", "none", QUEUE, side_prepare, send_fill, NULL),
    ROW("side=receive", "op", "none", QUEUE, side_prepare, receive_fill, NULL),
    ROW("side=poll_in_vain", "op", "none", QUEUE, side_prepare, poll_fill, NULL),
};

const struct workload workload = {
    .id = "smp.urpc", .cpus_min = 2, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
