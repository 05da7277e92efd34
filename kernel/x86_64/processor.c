/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The CPUs by number, and fresh threads. Until processors_release the boot CPU believes itself alone.
 */
#include "kernel/x86_64/processor.h"

#include "kernel/abi/abi.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/trap.h"

_Static_assert(offsetof(struct processor, cpu) == 0, "GS base points at both");
_Static_assert(sizeof(struct processor) <= PAGE_BYTES, "one frame each");

_Static_assert(sizeof(struct sched_queue) <= PAGE_BYTES, "one frame each");

static struct sched_queue parked_boot;
struct processor processor_boot = {.cpu.parked = &parked_boot};
unsigned cpus_running = 1;

static struct processor *processors[PROCESSORS_MAX] = { &processor_boot };
static unsigned added = 1;

struct cpu *arch_cpu_at(unsigned number) { return &processors[number]->cpu; }

void processor_add(struct processor *p)
{
    ASSERT(added < PROCESSORS_MAX && p->cpu.number == added);
    processors[added++] = p;
}

unsigned processors_added(void) { return added; }
void processors_release(void) { __atomic_store_n(&cpus_running, added, __ATOMIC_SEQ_CST); }

void arch_cpu_interrupt(struct cpu *cpu) { apic_send(processor_of(cpu)->apic_id, APIC_SEND_FIXED | VECTOR_ATTENTION); }
void arch_cpu_relax(void) { cpu_pause(); }

void arch_thread_init(struct thread *t)
{
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        t->regs[i] = 0;
    t->rip = t->rsp = t->rbp = 0;
    t->rflags = RFLAGS_ALWAYS_1 | RFLAGS_INTERRUPT;
}
