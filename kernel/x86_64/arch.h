/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All that kernel/core may use of the machine. kernel/x86_64 implements it for the CPU, kernel/test/arch_host.c for cmocka.
 * Context of every function: interrupts off.
 */
#ifndef KERNEL_X86_64_ARCH_H
#define KERNEL_X86_64_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/object.h"

/* The CPU this code runs on: struct cpu *arch_cpu(void). How many run: unsigned arch_cpu_count(void). */
#include "cpu_local.h"
/* Each of them: 0 <= number < arch_cpu_count(). */
struct cpu *arch_cpu_at(unsigned number);
/* Interrupts another CPU: out of user mode or out of its idle loop. */
void arch_cpu_interrupt(struct cpu *cpu);
/* Inside of a loop that waits for another CPU. */
void arch_cpu_relax(void);

/* --- Memory. Frames are 4 KiB of physical memory, named by the kernel's address of them (linear map). */
void *arch_frame_allocate(void);           /* zeroed; NULL when there is none left */
void arch_frame_free(void *frame);
uint64_t arch_frames_free(void);           /* frames left */
uint64_t arch_physical(const void *frame); /* physical address of a frame */
void *arch_virtual(uint64_t physical);

/* --- Address spaces. An entry is the place of one page, of PAGE_BYTES or LARGE_PAGE_BYTES, in the tables of a task. */
typedef uint64_t arch_entry; /* 0: free */
/* With MEMORY_* as rights of an entry: */
#define MAY_EXECUTE 8    /* may be passed on as executable although it is not */
#define KERNELS_OWN 16   /* the kernel's own page (a UTCB): has no struct mapping */
enum arch_map_result { ARCH_MAP_OK, ARCH_MAP_OCCUPIED, ARCH_MAP_NO_MEMORY };
/* Root table with the kernel's half in it; 0 when memory is out. Costs one frame. */
uint64_t arch_space_create(void);
/* Frees root and tables of the user half, one for each unit of *budget, and adds how many frames that were to *frames; true when
 * all are gone. No page is mapped any more. */
bool arch_space_free(uint64_t page_table, unsigned *budget, uint64_t *frames);
/* The entry that maps an address, NULL when there is none. */
arch_entry *arch_entry_find(uint64_t page_table, uint64_t address);
/* The free entry for a page of that size there. Tables that are missing are made and counted in *frames; when that is NULL, or
 * memory is out, the answer is ARCH_MAP_NO_MEMORY (tables made already remain, counted). */
enum arch_map_result arch_entry_make(uint64_t page_table, uint64_t address, uint64_t bytes, arch_entry **entry, uint64_t *frames);
/* How many frames arch_entry_make may take. */
uint64_t arch_entry_cost(uint64_t page_table, uint64_t address, uint64_t bytes);
/* Frees the table of small pages that is in the way of a large one there, if nothing is mapped in it; returns how many frames that
 * were, 0 when it stays. */
uint64_t arch_table_drop(uint64_t page_table, uint64_t address);
void arch_entry_set(arch_entry *entry, uint64_t physical, uint64_t bytes, unsigned rights);
/* The same with page, size and MAY_EXECUTE of an entry that maps; what cannot be written cannot be executed in time either. False: it does not
 * have or may not get these rights, nothing was done. */
bool arch_entry_copy(arch_entry *entry, const arch_entry *from, unsigned rights);
/* Of an entry that maps: size, frame, rights (MEMORY_READ always among them). */
uint64_t arch_entry_bytes(const arch_entry *entry);
uint64_t arch_entry_physical(const arch_entry *entry);
unsigned arch_entry_rights(const arch_entry *entry);
/* Takes MEMORY_WRITE or MEMORY_EXECUTE (and MAY_EXECUTE with it) away. The caller sees to the TLBs. */
void arch_entry_reduce(arch_entry *entry, unsigned rights);
void arch_entry_clear(arch_entry *entry);
/* Where the core notes the mapping of an entry that arch_entry_make returned; NULL there when it is free. */
struct mapping **arch_entry_mapping(const arch_entry *entry);
/* Moves *address up to the first mapped page that ends above it; false when there is none below `end`, or *budget, of which about
 * 32 entries take one, was used up: *address is where to go on. */
bool arch_space_next(uint64_t page_table, uint64_t *address, uint64_t end, unsigned *budget);
/* Every CPU forgets what it knows of a page: this one at once, the others, which are held, before they go on. */
void arch_tlb_drop(uint64_t page_table, uint64_t address);
/* This CPU forgets all pages of all tasks: what it owes when its flush_spaces is set. */
void arch_spaces_tlb_flush(void);
/* Makes sure that the CPU does not use that page table (loads the kernel's own one if it does). */
void arch_space_leave(uint64_t page_table);
/* Makes sure that the CPU uses no task's page table and holds nobody's FPU state. */
void arch_space_leave_any(void);
/* Forgets all translations of kernel addresses that may have changed on another CPU. */
void arch_kernel_tlb_flush(void);

/* --- Capability tables: regions of kernel address space, one for each task, reserved at full length. */
#define CAP_REGIONS_MAX 4096
/* Kernel addresses of region `index`: SELECTOR_MAX + 1 words, and as many slots. */
cap_word *arch_cap_region_words(uint32_t index);
struct cap_slot *arch_cap_region_slots(uint32_t index);
/* Backs the page of a region that holds `address` by a zeroed frame; false when memory is out. Adds all frames taken, the page's own
 * and those of page tables, to *frames, so that they can be paid for. Every address space shares the mapping at once. */
bool arch_cap_region_back(void *address, uint64_t *frames);
/* How many frames that would take; 0 when the page is backed already. */
uint64_t arch_cap_region_cost(const void *address);
/* Frees pages and private page tables of region `index`, flushing the TLB, one for each unit of *budget; adds how many frames that
 * were to *frames; true when all are gone. */
bool arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *frames);

/* --- Threads. */
#define SYSCALL_BYTES 2 /* length of the instruction that enters the kernel */
/* Registers of a fresh thread: all zero, user mode, interrupts on. Resumed by iretq. */
void arch_thread_init(struct thread *t);
/* FPU state of a fresh thread, in a zeroed frame. */
void arch_fpu_clear(void *area);
/* Makes sure that nobody's FPU state is in the registers of this CPU. */
void arch_extras_leave(void);
/* Goes to user mode as cpu->current. */
_Noreturn void arch_resume(void);
bool arch_address_is_user(uint64_t address); /* in [USER_BOTTOM, USER_TOP) */
/* Whether an exception is a page fault, and what was tried: MEMORY_*, one of them. */
bool arch_is_page_fault(unsigned vector, uint64_t error, unsigned *access);

/* --- Interrupt lines: global system interrupts, 0 <= line < arch_irq_lines(), at most IRQ_LINES_MAX. */
unsigned arch_irq_lines(void);
unsigned arch_irq_line_mode(unsigned line);        /* ICU_MODE_*, as the firmware says */
unsigned arch_irq_line_of_isa(unsigned isa);       /* line of 0 <= isa < IRQ_ISA_LINES */
/* Whether interrupts of devices can be sent to that CPU. */
bool arch_irq_reaches(struct cpu *cpu);
/* Connects a line with a vector of a CPU. */
void arch_irq_line_set(unsigned line, unsigned vector, unsigned mode, bool masked, struct cpu *cpu);
/* The interrupt that came to this CPU last is over: those of lower vectors may come. */
void arch_irq_end(void);
/* What a device writes where to raise that vector on a CPU. */
void arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data);

/* --- Time and the end. */
uint64_t arch_ticks(void);                 /* TSC */
uint64_t arch_ticks_hz(void);
void arch_timer_arm(uint64_t ticks);       /* one interrupt at that TSC value */
void arch_timer_disarm(void);
/* Halts with interrupts on until one has been handled; returns with them off. */
void arch_idle(void);
/* Handles the interrupts that are pending; returns with them off. */
void arch_interrupts_take(void);
/* n (even) operations of a kind (PROBE_*), the clock around them and around the loop without them. `user_rip`: behind the system call
 * instruction of who asks. False: this CPU has no such operation. */
bool arch_probe(unsigned kind, unsigned n, uint64_t user_rip, uint64_t *ticks, uint64_t *empty_ticks);
/* The six words of PROBE_NOISE, of this CPU. */
void arch_noise(uint64_t *out);
/* The console, whatever devices it has: all of it, however long they take. For the kernel's own words. */
void arch_console_write(const char *bytes, size_t n);
/* As many bytes as the devices (VCON_SERIAL, VCON_SCREEN) take without waiting; how many that were. */
size_t arch_console_try(const char *bytes, size_t n, unsigned where);
/* Shows what was taken, one step for each unit of *budget; true when all of it is seen. */
bool arch_console_refresh(unsigned *budget);
/* The next byte of input, which interrupts that line (IRQ_NO_LINE: none); negative: there is none. */
uint32_t arch_console_line(void);
int arch_console_read(void);
bool arch_console_baud_set(uint64_t baud); /* false: no such rate */
_Noreturn void arch_exit(unsigned status); /* EXIT_* */
_Noreturn void arch_panic(const char *reason, const char *file, int line);

#define ASSERT(condition) ((condition) ? (void)0 : arch_panic(#condition, __FILE__, __LINE__))

#endif
