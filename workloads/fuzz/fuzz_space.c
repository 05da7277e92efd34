/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzzing tasks: their memory, which is the supervisor's, their capabilities, their threads. All kernel memory that they use comes out of
 * one small factory, which they have as well.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/fuzz/odd.h"
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define HOME ABI_CONST(uint64_t, 0x48000000)        /* the supervisor's view of their memory */
#define HOME_LARGE ABI_CONST(uint64_t, 0x4a000000)
#define STACK_PAGES (FUZZ_STACK_BYTES / PAGE_BYTES)
#define TASK_PAGES (FUZZ_SLOTS + FUZZ_SLOTS * STACK_PAGES + FUZZ_DATA_PAGES)
#define TASK_BYTES ((uint64_t)TASK_PAGES * PAGE_BYTES)
#define READ_ONLY (HOME + FUZZ_TASKS * TASK_BYTES)
#define READ_ONLY_WORD(i) (ABI_CONST(uint64_t, 0x5afe0000) + (i))
#define PORT_FIRST 0x80        /* where firmware tells how far it has come: nobody listens */
#define PORTS_SIZE_ALL 3
#define QUOTA_PAGES_MIN 100
#define QUOTA_PAGES_MORE 200
/* One for all: a call lends the supervisor its client's priority, and who spins at a higher one would keep it from its work. */
#define FUZZ_PRIORITY 50
#define FUZZ_SELECTOR_EXCEPTION(s) (uint64_t)(10 + (s))

struct piece {
    uint64_t here, there, bytes, rights;
};
#define PIECES (6 + FUZZ_SLOTS)

static uint64_t task_home(unsigned task) { return HOME + task * TASK_BYTES; }

uint64_t fuzz_home(unsigned task) { return task_home(task) + (TASK_PAGES - FUZZ_DATA_PAGES) * PAGE_BYTES; }

struct fuzz_control *fuzz_control(unsigned task, unsigned slot)
{
    return (struct fuzz_control *)(task_home(task) + slot * PAGE_BYTES);
}

uint64_t fuzz_stack_top(unsigned slot) { return FUZZ_STACK + ((uint64_t)slot << FUZZ_SLOT_SHIFT) + FUZZ_STACK_BYTES - 64; }

int32_t fuzz_memory_take(void)
{
    int32_t error = service_memory(HOME, FUZZ_TASKS * TASK_PAGES + 1, MEMORY_READ | MEMORY_WRITE);

    if (error == 0)
        error = service_ports(PORT_FIRST, PORTS_SIZE_ALL);
    for (unsigned t = 0; t < FUZZ_TASKS && error == 0; t++)
        error = service_memory(HOME_LARGE + t * LARGE_PAGE_BYTES, LARGE_PAGE_BYTES / PAGE_BYTES, MEMORY_READ | MEMORY_WRITE);
    for (uint64_t i = 0; i < PAGE_BYTES / 8 && error == 0; i++)
        ((volatile uint64_t *)READ_ONLY)[i] = READ_ONLY_WORD(i);
    return error;
}

static uint64_t image_hash(void)
{
    uint64_t h = 0;

    for (const uint64_t *at = (const uint64_t *)(void *)program_text_start; at < (const uint64_t *)(void *)program_rodata_end; at++)
        h = (h ^ *at) * 0x9e3779b97f4a7c15;
    return h;
}

bool fuzz_memory_check(void)
{
    static uint64_t image;
    bool ok = true;

    for (uint64_t i = 0; i < PAGE_BYTES / 8; i++)
        ok = ok && ((volatile uint64_t *)READ_ONLY)[i] == READ_ONLY_WORD(i);
    if (image == 0)
        image = image_hash();
    return ok && image == image_hash();
}

static struct piece piece_of(unsigned task, unsigned i)
{
    const uint64_t text = (uint64_t)program_text_start, rodata = (uint64_t)program_rodata_start;

    switch (i) {
    case 0:
        return (struct piece){ text, text, (uint64_t)program_text_end - text, MEMORY_READ | MEMORY_EXECUTE };
    case 1:
        return (struct piece){ rodata, rodata, (uint64_t)program_rodata_end - rodata, MEMORY_READ };
    case 2:
        return (struct piece){ task_home(task), FUZZ_CONTROL, FUZZ_SLOTS * PAGE_BYTES, MEMORY_READ | MEMORY_WRITE };
    case 3:
        return (struct piece){ fuzz_home(task), FUZZ_DATA, FUZZ_DATA_PAGES * PAGE_BYTES, MEMORY_READ | MEMORY_WRITE };
    case 4:
        return (struct piece){ READ_ONLY, FUZZ_READ_ONLY, PAGE_BYTES, MEMORY_READ };
    case 5:
        return (struct piece){ HOME_LARGE + task * LARGE_PAGE_BYTES, FUZZ_LARGE, LARGE_PAGE_BYTES, MEMORY_READ | MEMORY_WRITE };
    default:
        i -= 6;
        return (struct piece){ task_home(task) + (FUZZ_SLOTS + i * STACK_PAGES) * PAGE_BYTES,
                               FUZZ_STACK + ((uint64_t)i << FUZZ_SLOT_SHIFT), FUZZ_STACK_BYTES, MEMORY_READ | MEMORY_WRITE };
    }
}

/* A page with less rights than it should have is in the way of itself. */
bool fuzz_repair(unsigned task, uint64_t address)
{
    for (unsigned i = 0; i < PIECES; i++) {
        const struct piece p = piece_of(task, i);
        uint64_t offset = (address - p.there) & ~(uint64_t)(PAGE_BYTES - 1), bytes = PAGE_BYTES;
        if (address - p.there >= p.bytes)
            continue;
        if (i == 5) {
            offset = 0;
            bytes = LARGE_PAGE_BYTES;
        }
        task_unmap_memory(FUZZ_TASK(task), p.there + offset, bytes, &(uint64_t){ 0 });
        return task_map_memory(FUZZ_TASK(task), p.here + offset, p.there + offset, bytes, p.rights) == 0;
    }
    return false;
}

static void give(unsigned task, uint64_t here, uint64_t there, uint64_t rights)
{
    (void)task_map_capability(FUZZ_TASK(task), here, there, rights);
}

void fuzz_equip(unsigned task, uint64_t *random)
{
    uint64_t selector = FUZZ_SELECTOR_FIRST;

    give(task, FUZZ_TASK(task), SELECTOR_TASK, RIGHTS_ALL);
    give(task, FUZZ_FACTORY, SELECTOR_FACTORY, RIGHTS_ALL);
    give(task, SELECTOR_VCON, SELECTOR_VCON, RIGHT_SEND);
    give(task, SELECTOR_ICU, SELECTOR_ICU, RIGHT_SEND);
    give(task, FUZZ_GATE(task, FUZZ_GATE_KNOWN), SELECTOR_SERVICE, RIGHTS_ALL & ~RIGHT_MANAGE);
    give(task, FUZZ_GATE(task, FUZZ_GATE_PAGER), FUZZ_SELECTOR_PAGER, RIGHT_SEND);
    give(task, FUZZ_CANARY_GATE, FUZZ_SELECTOR_CANARY, RIGHT_SEND | RIGHT_W);
    for (unsigned s = 0; s < FUZZ_SUPERVISED; s++)
        give(task, FUZZ_GATE(task, s), FUZZ_SELECTOR_EXCEPTION(s), RIGHT_SEND);
    for (unsigned t = 0; t < FUZZ_TASKS; t++)
        give(task, FUZZ_TASK(t), selector++, RIGHTS_ALL);
    for (unsigned t = 0; t < FUZZ_TASKS; t++)
        for (unsigned s = 0; s < FUZZ_SUPERVISED; s++)
            give(task, FUZZ_THREAD(t, s), selector++, one_in(random, 8) ? RIGHT_SEND : RIGHTS_ALL);
    for (unsigned i = 0; i < FUZZ_OBJECTS; i++)
        give(task, FUZZ_OBJECT(i), selector++, one_in(random, 3) ? random_below(random, RIGHTS_ALL + 1) : RIGHTS_ALL);
}

void fuzz_thread_restart(unsigned task, unsigned slot)
{
    uint64_t rip = (uint64_t)fuzzer_entry, rsp = fuzz_stack_top(slot);

    (void)thread_ex_regs(FUZZ_THREAD(task, slot), &rip, &rsp, EX_REGS_SET);
}

int32_t fuzz_thread_move(unsigned task, unsigned slot, uint64_t *random, uint64_t cpus)
{
    return scheduler_move_thread(SELECTOR_SCHEDULER, FUZZ_THREAD(task, slot), FUZZ_PRIORITY,
                                 100 + random_below(random, 2000), random_below(random, cpus));
}

/* Gates, semaphores, Irqs; gates and Irqs belong to the supervised threads in turn. */
#define OBJECT_SEMAPHORE 10
#define OBJECT_IRQ 13
static uint64_t object_thread(unsigned i) { return FUZZ_THREAD(i % FUZZ_TASKS, i / FUZZ_TASKS % FUZZ_SUPERVISED); }

static int32_t objects_make(void)
{
    int32_t error = 0;

    for (unsigned i = 0; i < FUZZ_OBJECTS && error == 0; i++) {
        if (i < OBJECT_SEMAPHORE)
            error = factory_create_gate(FUZZ_FACTORY, FUZZ_OBJECT(i), 0, 0);
        else if (i < OBJECT_IRQ)
            error = factory_create_semaphore(FUZZ_FACTORY, FUZZ_OBJECT(i), i - OBJECT_SEMAPHORE);
        else
            error = factory_create_irq(FUZZ_FACTORY, FUZZ_OBJECT(i));
    }
    return error;
}

static int32_t thread_make(unsigned task, unsigned slot)
{
    return factory_create_thread(FUZZ_FACTORY, FUZZ_THREAD(task, slot), FUZZ_TASK(task), FUZZ_UTCB + slot * 2 * PAGE_BYTES);
}

static int32_t task_make(unsigned task)
{
    int32_t error = factory_create_task(FUZZ_FACTORY, FUZZ_TASK(task));

    for (unsigned i = 0; i < PIECES && error == 0; i++) {
        const struct piece p = piece_of(task, i);
        error = task_map_memory(FUZZ_TASK(task), p.here, p.there, p.bytes, p.rights);
    }
    for (unsigned s = 0; s < FUZZ_SUPERVISED && error == 0; s++)
        error = thread_make(task, s);
    for (unsigned g = 0; g < FUZZ_GATES && error == 0; g++)
        error = factory_create_gate(SELECTOR_FACTORY, FUZZ_GATE(task, g), SELECTOR_THREAD, FUZZ_GATE_LABEL(task, g));
    return error;
}

static int32_t thread_begin(unsigned task, unsigned slot, uint64_t *random, uint64_t cpus)
{
    for (unsigned i = 0; i < FUZZ_OBJECTS; i++) {
        if (object_thread(i) != FUZZ_THREAD(task, slot))
            continue;
        if (i < OBJECT_SEMAPHORE)
            (void)thread_bind_gate(FUZZ_THREAD(task, slot), FUZZ_OBJECT(i), 0x40 + i * 4);
        else if (i >= OBJECT_IRQ)
            (void)irq_bind(FUZZ_OBJECT(i), FUZZ_THREAD(task, slot), 0x80 + i * 4);
    }
    struct message_words w = { .w0 = CONTROL_EXCEPTION_GATE | CONTROL_PAGER | CONTROL_FPU, .w1 = FUZZ_SELECTOR_EXCEPTION(slot),
                               .w3 = one_in(random, 2) ? FUZZ_SELECTOR_PAGER : 0, .w4 = random_below(random, 2) };
    int32_t error = object_call(FUZZ_THREAD(task, slot), OP_THREAD_CONTROL, 5, &w);

    if (error == 0)
        error = fuzz_thread_move(task, slot, random, cpus);
    if (error == 0)
        fuzz_thread_restart(task, slot);
    return error;
}

static void controls_init(unsigned task, uint64_t seed)
{
    for (unsigned s = 0; s < FUZZ_SLOTS; s++) {
        struct fuzz_control *c = fuzz_control(task, s);
        memset(c, 0, sizeof *c);
        c->slot = s;
        c->random = (seed + task * FUZZ_SLOTS + s + 1) * 0x9e3779b97f4a7c15;
        (void)random_next(&c->random);
    }
}

int32_t fuzz_space_make(uint64_t seed, uint64_t *random, uint64_t cpus)
{
    uint64_t quota_pages = QUOTA_PAGES_MIN + random_below(random, QUOTA_PAGES_MORE);
    int32_t error = factory_create_factory(SELECTOR_FACTORY, FUZZ_FACTORY, quota_pages * PAGE_BYTES);

    for (unsigned t = 0; t < FUZZ_TASKS && error == 0; t++) {
        controls_init(t, seed);
        error = task_make(t);
    }
    if (error == 0)
        error = objects_make();
    for (unsigned t = 0; t < FUZZ_TASKS && error == 0; t++)
        fuzz_equip(t, random);
    /* Not always: whoever has ports costs a bitmap at each switch to it. */
    if (error == 0 && one_in(random, 6))
        error = task_map_flexpage(FUZZ_TASK(0), flexpage_ports(PORT_FIRST, PORTS_SIZE_ALL), 0);
    for (unsigned t = 0; t < FUZZ_TASKS; t++)
        for (unsigned s = 0; s < FUZZ_SUPERVISED && error == 0; s++)
            error = thread_begin(t, s, random, cpus);
    return error;
}

void fuzz_thread_renew(unsigned task, unsigned slot, uint64_t *random, uint64_t cpus)
{
    (void)task_unmap_capability(SELECTOR_TASK, FUZZ_THREAD(task, slot));
    if (thread_make(task, slot) == 0)
        (void)thread_begin(task, slot, random, cpus);
}

static void forget(uint64_t selector) { (void)task_unmap_capability(SELECTOR_TASK, selector); }

/* In one of several orders. */
void fuzz_space_destroy(uint64_t *random)
{
    const unsigned count = FUZZ_GATE(FUZZ_TASKS - 1, FUZZ_GATES - 1) - FUZZ_FACTORY + 1;
    const uint64_t first = random_below(random, count), step = one_in(random, 2) ? 1 : count - 1;

    for (uint64_t i = 0, at = first; i < count; i++, at = (at + step) % count)
        if (FUZZ_FACTORY + at != FUZZ_CANARY_GATE)
            forget(FUZZ_FACTORY + at);
}
