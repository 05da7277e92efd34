/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The map of the kernel: every kernel structure. Field order is the cache-line plan; offsets used by assembly are generated from
 * here (kernel/x86_64/offsets.c). All of it is accessed with interrupts off. Who may touch what when there are several CPUs: lock.h.
 */
#ifndef KERNEL_CORE_OBJECT_H
#define KERNEL_CORE_OBJECT_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi/abi.h"
#include "kernel/abi/trace.h"
#include "kernel/core/derivation.h"

#define CACHE_LINE_BYTES 64
/* What happens seldom: kept out of the functions that call it, so that they need no stack frame for it; compiled for size. */
#define COLD __attribute__((cold, noinline))

struct thread;
struct task;
struct factory;

/* Head of every object. `capabilities` counts the table slots that name the object; the last one to go destroys it. */
struct object {
    uint8_t kind;              /* KIND_* */
    bool dying;                /* its last capability is gone */
    bool reap_queued;          /* in the reaper's list */
    uint32_t capabilities;
    uint64_t number;           /* unique since boot: names the object in info operations */
    struct factory *factory;   /* who pays; NULL for objects made at boot */
    struct object *reap_next;  /* list of objects whose last capability is gone */
};

/* --- Capabilities (cap.h) --------------------------------------------------------------------------------------------------------
 * A table is two parallel arrays in kernel address space, reserved at full length and backed by pages on demand: the words that the
 * fast path reads, and the slots with all that only the slow path needs.
 *
 * A word is 0-terminated knowledge: CAP_NOT_GATE or CAP_NO_SEND set means "not for the fast path". For a gate the word is its
 * address plus rights * 8, so that one load at a fixed offset yields the label with the rights in it, and another the thread
 * (struct gate): no masking, no shifting. For any other object it is the address of struct object | CAP_NOT_GATE. */
#define CAP_NOT_GATE 1
#define CAP_NO_SEND 2
#define CAP_EMPTY CAP_NOT_GATE
#define CAP_LABEL_RIGHTS_SHIFT 3

typedef uint64_t cap_word;

struct cap_slot {
    struct derivation derived; /* first: a tree begins with the first capability of an object */
    struct object *object;     /* NULL: empty */
    struct task *task;         /* whose table it is in */
    uint32_t selector;
    uint8_t rights;            /* RIGHT_* */
};

/* --- Mappings of memory (mapdb.h) ------------------------------------------------------------------------------------------------
 * One for each page, of 4 KiB or 2 MiB, that a task has mapped; UTCBs have none. A tree begins with the root task's mapping. Rights,
 * size and frame stand in the page table alone. */
struct mapping {
    struct derivation derived; /* first */
    struct task *task;         /* NULL: a thread's place in a tree, no mapping */
    uint64_t address;
    uint64_t *entry;           /* of the page table (arch.h) */
    uint64_t serial;           /* unique since boot */
};

/* --- Gate ---------------------------------------------------------------------------------------------------------------------------
 * First line: read by the fast path through a cap_word, whose offset selects the column. */
struct gate {
    alignas(CACHE_LINE_BYTES) uint64_t labels[4]; /* label | 0..3 */
    struct thread *threads[4]; /* four times the bound thread; &thread_nobody when there is none */
    struct object object;
    struct gate *next_bound;   /* other gates of the same thread, circular */
    struct gate *prev_bound;
};

/* --- Scheduling context -----------------------------------------------------------------------------------------------------------
 * What the scheduler chooses: a priority and a time slice, lent along a chain of calls. `thread` is who consumes it. A context is
 * queued, or it is the CPU's current one or the one that pays for it (helper), or its thread is blocked. */
struct sched_context {
    struct thread *owner;
    struct thread *thread;     /* runs on it now: the owner, or the end of its chain of calls */
    struct sched_context *next, *prev; /* ring of equal priority in a queue, NULL when in none */
    uint64_t park_round;       /* cpu->park_round: that queue is cpu->parked, else cpu->ready */
    uint64_t quantum_ticks;    /* length of a slice, TSC ticks */
    uint64_t left_ticks;       /* of the present slice */
    uint8_t priority;
};

/* --- Thread ---------------------------------------------------------------------------------------------------------------------------
 * What a thread does is told by `state`, and for the two waits that the fast path serves by one field each, so that a rendezvous
 * is one comparison and one store:
 *   open_wait != 0    state is THREAD_RUNNABLE underneath; waits for any message. The value is cpu_word of its CPU.
 *   reply_from        state is THREAD_RUNNABLE underneath (or THREAD_EXCEPTION_WAIT); waits for the reply of that thread, whose `caller` is
 *                     this one.
 * thread_state() in thread.h gives the whole answer. Who waits for a limited time has OPEN_WAIT_TIMED or REPLY_FROM_SLOW in there,
 * so that the comparison of the fast path fails; so has who waits for its exception handler. */
/* In fs_base, whose sign no address of user space has: the thread is resumed by the slow path, which looks at `extras`. */
#define THREAD_HAS_EXTRAS (1ull << 63)
#define EXTRA_FPU 1            /* owns FPU state */
#define EXTRA_PORTS 4          /* its task has I/O ports */
#define EXTRA_ALIEN 2          /* enters the kernel by an entry of its own */
#define OPEN_WAIT_TIMED 0x80000000u
#define REPLY_FROM_SLOW ((uintptr_t)1)
enum thread_state {
    THREAD_STOPPED,            /* never started, or stopped by an exception */
    THREAD_RUNNABLE,
    THREAD_OPEN_WAIT,          /* only as an answer of thread_state() */
    THREAD_REPLY_WAIT,         /* only as an answer of thread_state() */
    THREAD_SENDING,            /* in partner's queue of senders */
    THREAD_RECEIVING,          /* closed: from `partner` */
    THREAD_REMOTE_REPLY_WAIT,  /* waits for the reply of `partner`, which is on another CPU; nothing is lent */
    THREAD_EXCEPTION_WAIT,     /* its exception message is taken, the reply outstanding: that of `reply_from`, or of `partner` on another CPU */
    THREAD_SEMAPHORE_WAIT,     /* in the queue of `semaphore` */
    THREAD_IRQ_WAIT,           /* for a trigger of `irq` alone */
    THREAD_DEAD,
};

/* Order of the saved registers: those of a message first, its words side by side; rip, rflags, rsp, rbp lie in the thread's first line. */
enum saved_register { REG_RDI, REG_RSI, REG_RDX, REG_R8, REG_R9, REG_R10, REG_RAX, REG_R14, REG_RBX, REG_RCX, REG_R11, REG_R12, REG_R13,
                      REG_R15, SAVED_REGISTERS };
#define REG_WORDS REG_RDX      /* words 0..5 of a message */

struct thread {
    /* line 0: all that the fast path needs of a receiver, and what it saves of a caller */
    alignas(CACHE_LINE_BYTES) uint64_t rip;
    uint64_t rsp;
    uint64_t rbp;
    uint32_t rflags;
    uint32_t open_wait;        /* cpu_word while it waits for any message, else 0 */
    uint64_t page_table;       /* CR3 of its task, as it is loaded: with tag, if there are any (tlb.h) */
    uint64_t fs_base;          /* THREAD_HAS_EXTRAS may be or-ed in */
    struct thread *reply_from; /* waits for the reply of that thread; NULL otherwise; REPLY_FROM_SLOW may be or-ed in */
    struct thread *caller;     /* whom a reply goes to: the one-shot reply capability; &thread_nobody when there is none */

    /* line 1: what the fast path needs of the running thread */
    alignas(CACHE_LINE_BYTES) uint64_t cap_limit; /* selectors below it can be looked up */
    cap_word *cap_words;
    uint32_t cpu_word;         /* identifies the CPU it runs on, never 0 */
    uint32_t reserved;
    uint64_t inbox;            /* not 0 when a sender or an interrupt waits for this thread */
    uint64_t *utcb_long;       /* kernel's address of the first word that is not in a register */
    struct utcb *utcb;         /* kernel's address of the page */
    struct task *task;
    struct sched_context *sc;  /* what it runs on while runnable; its own unless lent */

    /* slow path only */
    alignas(CACHE_LINE_BYTES) uint64_t regs[SAVED_REGISTERS];
    bool full_context;         /* regs[] hold all registers and it must be resumed by iretq; else it is in a system call */
    uint8_t state;             /* enum thread_state */
    uint8_t sending_flags;     /* INVOKE_* of the message in flight */
    uint8_t timeout_rank;      /* 0: waits without limit, or not at all (timeout.h) */
    bool exception_send;       /* the message in flight is an exception */
    struct cpu *cpu;           /* where it runs, and who owns its IPC and scheduling state (lock.h) */
    uint64_t message_label;    /* label of the gate, for the receiver */
    uint64_t message_tag;      /* of its last invocation with IPC flags */
    uint64_t receive_timeout_ticks; /* from the UTCB then, if the tag names a timeout of the receive phase */
    /* while it waits for a limited time: node of its CPU's heap of timeouts */
    uint64_t timeout_ticks;    /* end of the wait */
    struct thread *timeout_left, *timeout_right, *timeout_parent;
    struct thread *partner;    /* see enum thread_state */
    struct thread *senders;    /* highest-priority sender that waits for this thread; NULL when none */
    struct irq *irqs;          /* bound to this thread */
    struct irq *irqs_pending;  /* of these, with triggers that it has not taken; circular, oldest first */
    struct irq *irq;           /* while THREAD_IRQ_WAIT */
    struct semaphore *semaphore; /* whose queue it is in; NULL: none's */
    /* queue of senders or of a semaphore (ipc_queue.c): one ring per priority, rings in descending order of priority */
    struct thread *queue_next, *queue_prev;           /* ring of equal priority */
    struct thread *queue_lower, *queue_higher;        /* valid in the first of a ring */
    bool queue_first;
    uint8_t queue_priority;    /* of its context when it began to wait */
    struct thread *closed_receivers;                  /* threads that wait for this one in a closed receive */
    struct thread *closed_next, *closed_prev;
    struct sched_context own_sc;
    uint64_t help_round;       /* cpu->park_round: parked contexts wait for this thread to go on (sched.h) */
    uint32_t exception_selector; /* of a gate, in its own task; 0: none */
    uint32_t pager_selector;   /* likewise */
    uint16_t exception_vector;
    uint8_t page_fault_access; /* MEMORY_*; 0: the exception is not for the pager */
    uint8_t extras;            /* EXTRA_* */
    bool alien_pass;           /* its next system call is one */
    void *fpu;                 /* frame of FPU state; NULL unless EXTRA_FPU */
    uint64_t exception_error;
    uint64_t exception_address;
    struct gate *gates;        /* bound to this thread */
    struct thread *task_next, *task_prev;             /* threads of the task, circular */
    struct object object;
    uint64_t utcb_address;     /* in its task */
    uint64_t ipc_slow_sends;
    uint64_t consumed_ticks;
    struct mapping place;      /* how far taking rights away has come in the tree of the mapping whose serial it has */
    bool place_linked;
};

/* --- Task: an address space and a capability space -------------------------------------------------------------------------------- */
#define PORTS 65536
#define PORTS_SIZE 16          /* as size of a flexpage */
#define PORT_FRAMES 2
#define TABLE_PAGES 512        /* small pages of a table, which lie side by side in an address space */
#define TABLE_NONE UINT64_MAX
struct task {
    struct object object;
    uint64_t page_table;       /* physical address of the root table: CR3 */
    cap_word *cap_words;       /* table of SELECTOR_MAX + 1, backed up to cap_limit */
    struct cap_slot *cap_slots;
    uint64_t cap_limit;
    uint64_t table_frames;     /* page tables and capability table, charged to object.factory */
    struct thread *threads;
    struct task *owner;        /* in whose table its first capability is, unless it is dying; NULL: the root task's */
    uint32_t cap_region;       /* index of its region of kernel address space */
    uint32_t reaped_selector;  /* how far its destruction has come */
    uint64_t reaped_address;
    bool all_ports;            /* may map any I/O port */
    uint8_t *ports[PORT_FRAMES]; /* bitmap of those that it may use (ports.h); NULL: none */
    struct port_range *port_ranges;
    uint32_t port_range_count;
    /* table of small pages that was used last: what part of the address space it is, or TABLE_NONE; entries, and the mapping of each */
    uint64_t table_region;
    uint64_t *table_entries;
    struct mapping **table_mappings;
};

/* I/O ports that a task has from another one. The first of a tree came from the root task, which has them all without one. */
#define PORT_RANGES_MAX 128
struct port_range {
    struct derivation derived; /* first */
    struct task *task;
    struct port_range *next;   /* others of the task */
    uint32_t first, count;
};

/* --- Factory: a quota of kernel memory ------------------------------------------------------------------------------------------- */
#define SLAB_MAPPING KIND_COUNT
#define SLAB_PORTS (KIND_COUNT + 1)
#define SLAB_KINDS (KIND_COUNT + 2)
struct factory {
    struct object object;
    uint64_t quota_bytes;      /* 0 <= used_bytes <= quota_bytes */
    uint64_t used_bytes;       /* whole frames of objects and tables, and the quotas of sub-factories */
    uint32_t seats;            /* 0 <= seats_used <= seats: of tasks and threads, of which there are SEATS at most */
    uint32_t seats_used;       /* those of sub-factories among them */
    struct slab *slabs[SLAB_KINDS]; /* frames of objects of one kind that have room (slab.h) */
};

/* --- Semaphore ----------------------------------------------------------------------------------------------------------------------- */
struct semaphore {
    struct object object;
    uint64_t count;            /* 0 while somebody waits */
    struct thread *waiters;    /* highest priority first (ipc_queue.c) */
};

/* --- Irq: counted triggers that become messages (irq.h) ---------------------------------------------------------------------------- */
#define IRQ_VECTOR_FIRST 0x30  /* vectors of devices */
#define IRQ_VECTORS 128
#define IRQ_LINES_MAX 240
#define IRQ_ISA_LINES 16
#define IRQ_NO_LINE UINT32_MAX
struct irq {
    struct object object;
    struct thread *thread;     /* who gets the messages; NULL: nobody */
    uint64_t label;
    uint64_t count;            /* triggers that nobody has taken */
    struct irq *next_bound, *prev_bound;     /* others of that thread, circular */
    struct irq *next_pending, *prev_pending; /* in its list, circular; NULL: not */
    uint32_t vector;           /* 0: no device */
    uint32_t line;             /* or IRQ_NO_LINE */
    uint32_t cpu;              /* that its device is to interrupt */
    uint32_t cpu_last;         /* that its device interrupted last */
    bool masked;               /* by the user */
    bool console;              /* its device is the console's input */
    bool in_service;           /* came and was not ended */
};
struct icu { struct object object; };

struct vcon { struct object object; };
struct scheduler {
    struct object object;
    uint8_t ceiling;           /* no thread gets a higher priority through it */
};

/* Why a slow entry may not just come and go (invoke.h). */
#define ATTENTION_DECIDE 1     /* queues, contexts, timeouts or events have changed: sched_finish has something to look at */
#define ATTENTION_LOCK 2       /* several CPUs run */
#define ATTENTION_HELP 4       /* somebody pays for the chain of calls that runs */

/* --- CPU ------------------------------------------------------------------------------------------------------------------------------- */
#define PRIORITIES 256
/* Contexts by priority. */
struct sched_queue {
    uint64_t bitmap[PRIORITIES / 64];
    struct sched_context *rings[PRIORITIES];
    int32_t top;               /* highest priority with a ring, -1 for none */
};

struct cpu {
    alignas(CACHE_LINE_BYTES) struct thread *current; /* whose registers are live, or will be at the next return to user */
    uint64_t kernel_stack_top;
    struct cpu *self;
    uint64_t user_scratch;     /* one register of the entry code */
    struct thread *fpu_owner;  /* whose FPU state is in the registers; NULL: nobody's, and CR0.TS is set */
    struct task *ports_task;   /* whose bitmap of ports it has taken over; NULL: nobody's */
    bool ports_open;           /* whoever runs may use those of the bitmap */
    bool alien_entry;          /* system calls enter by that of alien threads */
    uint8_t attention;         /* ATTENTION_*; 0: a slow entry has nobody to reckon with but its thread */
    struct sched_context *sc;  /* of the chain of calls that runs; NULL when idle */
    struct sched_context *helper; /* of a thread that waits for that chain and pays for it; NULL: the chain pays itself */
    uint64_t slice_start_ticks;
    uint32_t word;             /* cpu_word of its threads */
    uint32_t number;
    uint32_t quiescent;        /* atomic: waits for the kernel lock, or idles without it (lock.h) */
    bool idle;                 /* quiescent and halted: an interrupt must wake it */
    bool touched;              /* held by the CPU that has the lock */
    bool flush_kernel;         /* kernel mappings have gone that its TLB may hold */
    bool flush_spaces;         /* likewise pages of tasks: set where TLBs outlive a change of page tables */
    bool entry_void;           /* what its current thread asked for is not to be done any more */
    bool slice_over;
    struct sched_queue ready;
    struct sched_queue *parked; /* contexts whose thread waits for somebody who cannot run (sched.h) */
    uint64_t park_round;       /* never 0; another one when all of them are made ready */
    struct thread *timeouts;   /* waits that are over first (timeout.h) */
    bool timer_armed;
    bool timer_fired;          /* since the kernel was left last */
    bool has_event;            /* timer_fired or irqs_arrived tell more, and ATTENTION_DECIDE is set */
    uint64_t irqs_arrived[IRQ_VECTORS / 64]; /* interrupts of devices since the kernel was left last */
    uint64_t timer_ticks;      /* what it is armed for: not later than anything that it must serve */
    uint64_t interrupts;       /* taken since boot */
    struct trace_state trace;  /* its ring of tracepoints; all 0 unless booted with trace=on */
};

extern struct thread thread_nobody; /* never waits, never calls: what unbound gates and idle reply capabilities point at */

#endif
