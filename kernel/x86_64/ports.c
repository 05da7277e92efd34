/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/ports.h"

#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/string.h"

#define AREA_BYTES 0x4000      /* of address space, for each CPU */
#define MAP_END 0xff           /* the byte behind the map */
#define MAP_NONE 0xffff        /* beyond the limit: no ports */

struct ports_area {
    struct task_state task_state;
    uint8_t map[PORTS / 8 + 1];
} __attribute__((packed));
_Static_assert(sizeof(struct ports_area) <= AREA_BYTES, "areas lie side by side");
_Static_assert(PROCESSORS_MAX * (uint64_t)AREA_BYTES <= STACK_BASE - PORTS_BASE, "all CPUs have one");

static struct ports_area *area_of(const struct cpu *cpu)
{
    return (struct ports_area *)(PORTS_BASE + (uint64_t)cpu->number * AREA_BYTES);
}

uint64_t ports_area(unsigned cpu, uint64_t *bytes)
{
    *bytes = (sizeof(struct ports_area) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return PORTS_BASE + (uint64_t)cpu * AREA_BYTES;
}

const char *ports_init(void)
{
    for (unsigned i = 0; i < processors_added(); i++) {
        uint64_t bytes, address = ports_area(i, &bytes);
        if (!kernel_map_memory(address, bytes))
            return "not enough memory for I/O permission maps";
    }
    return NULL;
}

/* The new task state goes on where the old one is. */
static void area_begin(struct cpu *cpu)
{
    struct ports_area *area = area_of(cpu);
    struct processor *p = processor_of(cpu);
    area->task_state = p->tables.task_state;
    area->task_state.io_map = MAP_NONE;
    area->map[PORTS / 8] = MAP_END;
    task_state_descriptor_set(&p->tables.descriptors[SEGMENT_TASK_STATE / 8], &area->task_state, sizeof *area);
    ltr(SEGMENT_TASK_STATE);
}

void ports_switch(struct cpu *cpu, struct task *t)
{
    struct ports_area *area = area_of(cpu);
    if (area->map[PORTS / 8] != MAP_END)
        area_begin(cpu);
    if (t && cpu->ports_task != t) {
        for (unsigned i = 0; i < PORT_FRAMES; i++)
            memcpy(area->map + i * PAGE_BYTES, t->ports[i], PAGE_BYTES);
        cpu->ports_task = t;
    }
    cpu->ports_open = t;
    area->task_state.io_map = t ? (uint16_t)offsetof(struct ports_area, map) : MAP_NONE;
}
