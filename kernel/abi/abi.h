/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The binary interface of the kernel: everything that user space may know, in C and assembly alike. Nobody restates it.
 * Sections: 1 the system call, 2 the message tag, 3 errors, 4 rights, 5 selectors, 6 the UTCB, 7 operations on kernel
 * objects, 8 exceptions as messages, 9 what the root task is given.
 */
#ifndef KERNEL_ABI_ABI_H
#define KERNEL_ABI_ABI_H

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "kernel/abi/pmu.h"
#define ABI_CONST(type, value) ((type)(value))
#else
#define ABI_CONST(type, value) value
#endif

/* 1. The system call: invoke(capability, tag, words) ------------------------------------------------------------------
 *
 * register  in                              out
 * rdi       selector of a capability (1)    label of the gate that the message came through, its low two bits being the
 *                                           rights (RIGHT_W, RIGHT_X) of the capability used; 0 for a reply or a result
 * rsi       tag with invocation flags       tag of the message received, or an error tag (TAG_ERROR)
 * rdx r8 r9 r10 rax r14   words 0..5        words 0..5
 * rcx r11   (taken by `syscall`)            rip and rflags of the caller: no information
 * rsp rbp                                   as before
 * rbx r12 r13 r15                           0
 *
 * (1) ignored by wait, reply and reply_and_wait, and by the null system call, which leaves the words as they are.
 *
 * After an error, and after a send or reply that has no receive phase, rdi and the words are 0. A closed receive needs RIGHT_SEND
 * on the partner's thread capability; a gate must have RIGHT_SEND to be sent through, by the kernel's exception messages, too.
 * Who waits openly without having replied gives its reply capability up: its caller ends with ERR_CANCELED. So it does when a
 * closed receive brings another call.
 *
 * The six word registers are part of every message, whatever its count: a sender hides what it does not mean to send by
 * clearing them (the stubs of workloads/lib do). Words 6..62 lie in the UTCB, and exactly the counted ones are copied.
 * Segment selectors are not part of a thread's state: a thread that loads other ones may find them changed, or may be
 * seen by the next thread of the CPU to have done so. FS base is the thread's own, GS base is always 0.
 */

/* 2. The message tag: 64 bits -------------------------------------------------------------------------------------------
 *
 * 63..32  label, signed: protocol, operation or error; passed on untouched
 * 31..24  must be 0
 * 23..22  timeout of the receive phase (TIMEOUT_*)        | delivered as 0
 * 21..20  timeout of the send phase                       |
 * 19..16  invocation flags (INVOKE_*)                     | delivered: a receiver sees whether a reply is awaited
 * 15      TAG_ERROR         set by the kernel alone: the invocation failed, the label is an ERR_* code
 * 14      TAG_RECEIVE_PHASE set by the kernel alone, with TAG_ERROR: the send phase had succeeded
 * 13      TAG_OBJECT        the operation is on the gate itself, not through it (needs RIGHT_MANAGE); gates only
 * 12      TAG_AGAIN         set by the kernel, in a call of a kernel object that it makes again (section 7), or an open wait (below);
 *                           delivered as 0
 * 11..6   typed items, 0..ITEMS_MAX (section 6)
 * 5..0    untyped words, 0..63
 */
#define TAG_WORDS_MASK 0x3f
#define TAG_ITEMS_SHIFT 6
#define ITEMS_MASK 0x3f
#define TAG_AGAIN ABI_CONST(uint64_t, 1 << 12)
#define TAG_OBJECT ABI_CONST(uint64_t, 1 << 13)
#define TAG_RECEIVE_PHASE ABI_CONST(uint64_t, 1 << 14)
#define TAG_ERROR ABI_CONST(uint64_t, 1 << 15)
#define TAG_FLAGS_SHIFT 16
#define TAG_SEND_TIMEOUT_SHIFT 20
#define TAG_RECEIVE_TIMEOUT_SHIFT 22
#define TAG_LABEL_SHIFT 32

#define WORDS_MAX 63          /* untyped words of a message */
#define REGISTER_WORDS 6      /* of these, in registers */

/* Invocation flags and the eight invocations that are made of them; any other combination is ERR_BAD_FLAGS, but none at
 * all: that is the null system call, which does nothing and returns its tag. */
#define INVOKE_SEND 1
#define INVOKE_RECV 2
#define INVOKE_OPEN_WAIT 4
#define INVOKE_REPLY 8
#define INVOKE_NOTHING 0
/* send: to the thread behind a gate; `receive`: from one partner, named by a capability to its thread. */
#define INVOKE_CALL (INVOKE_SEND | INVOKE_RECV)
#define INVOKE_WAIT (INVOKE_OPEN_WAIT | INVOKE_RECV)
#define INVOKE_SEND_AND_WAIT (INVOKE_SEND | INVOKE_OPEN_WAIT | INVOKE_RECV)
#define INVOKE_REPLY_ONLY (INVOKE_REPLY | INVOKE_SEND)
#define INVOKE_REPLY_AND_RECEIVE (INVOKE_REPLY | INVOKE_SEND | INVOKE_RECV)
#define INVOKE_REPLY_AND_WAIT (INVOKE_REPLY | INVOKE_SEND | INVOKE_OPEN_WAIT | INVOKE_RECV)

/* How long a phase may wait for its partner; when that is over it ends with ERR_TIMEOUT, and TAG_RECEIVE_PHASE tells the two apart.
 * The time is in utcb.send_timeout or utcb.receive_timeout, in TSC ticks (their rate: OP_SCHEDULER_INFO), and is read when the
 * invocation begins. A partner that is ready is served even when the time is over, so that 0, or a TSC value in the past, is
 * TIMEOUT_ZERO. A reply never waits: its send timeout is ignored. So are those of operations on kernel objects that do not block.
 * An open wait that is due after several waits of others begins as INVOKE_WAIT, a system call of its own: its time is read then, and a
 * relative one counts from there. One that finds a message whose items fail, and others behind it, comes again likewise, with TAG_AGAIN
 * and the end that it had: when that is over, no second message that fails puts it off, whatever waits behind. */
#define TIMEOUT_NEVER 0
#define TIMEOUT_ZERO 1
#define TIMEOUT_RELATIVE 2    /* ticks from the beginning of the phase */
#define TIMEOUT_ABSOLUTE 3    /* a value of the TSC */

/* Tag of an invocation before words and label are or-ed in. */
#define TAG_INVOKE(flags) (ABI_CONST(uint64_t, flags) << TAG_FLAGS_SHIFT)

/* 3. Errors: label of an error tag ---------------------------------------------------------------------------------------- */
#define ERR_NO_CAPABILITY 1   /* the selector names no capability (empty, deleted, beyond the table) */
#define ERR_NO_RIGHT 2        /* the capability lacks a right that the operation needs */
#define ERR_BAD_FLAGS 3       /* no such invocation, or a reserved bit of the tag is set */
#define ERR_BAD_OPERATION 4   /* the object has no such operation, or cannot be sent to */
#define ERR_BAD_ARGUMENT 5    /* an argument is out of range, misaligned or names the wrong kind of object */
#define ERR_NO_MEMORY 6       /* the factory's quota does not allow it */
#define ERR_TIMEOUT 7         /* no partner was ready within the timeout of the phase */
#define ERR_NO_PARTNER 8      /* the gate has no thread, or the partner died before the message got through */
#define ERR_CANCELED 9        /* the invocation was cut short: partner destroyed or reply dropped, or ex_regs */
#define ERR_NO_REPLY 10       /* nobody waits for a reply of this thread (any more) */
#define ERR_OCCUPIED 11       /* the selector or address is in use */
#define ERR_NO_WINDOW 12      /* the receiver has no room for an item of the message */
#define ERR_OVERFLOW 13       /* a count cannot become greater */

/* 4. Rights of a capability ------------------------------------------------------------------------------------------------ */
#define RIGHT_W 1             /* } delivered with each message, in the low bits of the label; their meaning belongs to */
#define RIGHT_X 2             /* } the server; operations of kernel objects say where they need one */
#define RIGHT_SEND 4          /* invoke: send through a gate, use an object */
#define RIGHT_MANAGE 8        /* change or destroy the object itself, receive for it */
#define RIGHTS_ALL 15
#define LABEL_RIGHTS_MASK 3

/* 5. Selectors ----------------------------------------------------------------------------------------------------------------- */
#define SELECTOR_MAX 65535    /* the last selector that a table can ever have; tables grow on demand */
#define SELECTOR_TASK 1       /* the task's own task capability, by convention of whoever made the task */
#define SELECTOR_THREAD 2     /* its first thread */
#define SELECTOR_FACTORY 3
#define SELECTOR_SCHEDULER 4
#define SELECTOR_VCON 5
#define SELECTOR_SERVICE 6    /* gate to the server that started the task */
#define SELECTOR_ICU 7
#define SELECTOR_FREE 16      /* first one that no convention uses */

/* 6. The UTCB: one page per thread, allocated by the kernel, mapped at an address that the creator chose --------------------- */
#define UTCB_BYTES 4096

/* Typed items: memory and capabilities that a message passes on, from the sender's task into the window that the receiver has
 * declared in its UTCB. A message with items arrives with all of them or not at all: when one cannot be transferred, nothing is,
 * the receiver goes on waiting, and the sender is told why: ERR_NO_WINDOW (none declared, or the item does not fit in it at its
 * offset), ERR_NO_CAPABILITY or ERR_BAD_ARGUMENT (it has not what it wants to send), ERR_NO_RIGHT, ERR_OCCUPIED (its place), ERR_NO_MEMORY
 * (the receiving task pays). A reply that fails so leaves the caller waiting for another one. The receiver finds the number of items
 * in the tag and the items in its UTCB, whose addresses and selectors are its own then. Rights are masked: what arrives has those
 * of the sender's that the item names (memory: all that are named must be there). A message maps at most ITEM_PAGES_MAX pages; more
 * are ERR_BAD_ARGUMENT. A window stays open until the receiver closes it.
 *
 * Flexpage: a range of 2^n of something, aligned to its size.
 * 63      FLEXPAGE_GRANT    the receiver gets it, the sender has it no longer; what was derived from it stays derived from it.
 *         No later item of the message may name it. The first capability of a task may not go to that task, nor to one that it owns
 *         through the first capability in its table, directly or not: nobody could destroy them. Both: ERR_BAD_ARGUMENT
 * 62..12  base: the address without its low 12 bits, the selector, or the I/O port, at bit 12
 * 11..6   n: of bytes (memory, from 12), of selectors, of ports
 * 5..4    FLEXPAGE_MEMORY, _CAPABILITY, _PORTS or _VOID
 * 3..0    rights: MEMORY_* or RIGHT_*; ports: ignored
 *
 * Ports are the same everywhere: an item's offset is ignored, its ports must lie in the window. The sender must have them as (part of)
 * one range that was mapped to it (ERR_NO_RIGHT), the receiver none of them (ERR_OCCUPIED); a part of a range cannot be granted
 * (ERR_BAD_ARGUMENT). The root task has all ports to map, and uses those that it maps to itself. The first range costs the receiving
 * task's factory two pages and a share of one, further ones a share; a task has at most 128 (ERR_NO_MEMORY). */
#define ITEMS_MAX 8
#define ITEM_PAGES_MAX 64
#define FLEXPAGE_VOID 0
#define FLEXPAGE_MEMORY 1
#define FLEXPAGE_CAPABILITY 2
#define FLEXPAGE_PORTS 3
#define FLEXPAGE_TYPE_SHIFT 4
#define FLEXPAGE_SIZE_SHIFT 6
#define FLEXPAGE_BASE_SHIFT 12
#define FLEXPAGE_GRANT (ABI_CONST(uint64_t, 1) << 63)
#define FLEXPAGE_ALL_MEMORY_SIZE 47 /* n of a window that is the whole of user space */
#ifndef __ASSEMBLER__
struct utcb_item {
    uint64_t flexpage;        /* what is sent; what has arrived, and where: FLEXPAGE_VOID where an item brought nothing */
    uint64_t offset;          /* sender: where in the receiver's window it goes: bytes, or selectors */
};
struct utcb {
    uint64_t words[64];       /* words 6..62 at their index; 0..5 and 63 are never read or written by the kernel */
    uint64_t send_timeout;    /* of the next invocation, where its tag says that there is one */
    uint64_t receive_timeout;
    uint64_t window_memory;   /* flexpages (rights 0): where items may be put. 0: none are welcome */
    uint64_t window_capabilities;
    uint64_t window_ports;
    uint64_t window_reserved;
    struct utcb_item items[ITEMS_MAX]; /* of the message sent, and of the message received */
    uint64_t user[426];       /* the thread's own */
};
_Static_assert(sizeof(struct utcb) == UTCB_BYTES, "the UTCB is a page");
#endif

/* Addresses that user space may map: [USER_BOTTOM, USER_TOP). The page below the canonical boundary is never mapped, so that
 * the return address of a system call is canonical by construction (Intel's SYSRET faults in ring 0 on one that is not). */
#define USER_BOTTOM ABI_CONST(uint64_t, 0x1000)
#define USER_TOP ABI_CONST(uint64_t, 0x7ffffffff000)
#define PAGE_BYTES 4096
#define LARGE_PAGE_BYTES 0x200000

/* 7. Operations on kernel objects: `call` with the operation as label -----------------------------------------------------------
 *
 * Words in and out are words 0..5. A result has label 0; an error is an error tag. All need RIGHT_SEND; more is said in place.
 * "->" separates what goes in from what comes out. Selectors are those of the caller's task.
 *
 * An operation with much to do (mapping, unmapping, destroying) does so much of it that interrupts do not wait long, and then comes
 * again: the kernel takes the thread back to its `syscall`, TAG_AGAIN in rsi, the progress in words 4 and 5, all else as it was.
 * Whoever interrupts the thread for good there (ex_regs) leaves the operation half done: what was mapped stays mapped, what was
 * removed removed. A destroying operation comes back when all that died with it is gone and paid back.
 */
/* Factory. create: kind, new selector, three arguments ->           needs RIGHT_MANAGE
 *   KIND_TASK                                                     - an empty address and capability space; page tables and
 *                                                                   capability table are paid for by this factory; takes a seat
 *   KIND_THREAD   task selector, UTCB address (page aligned)      - not running yet; the task's capability needs RIGHT_MANAGE; takes a
 *                                                                   seat
 *   KIND_GATE     thread selector or 0, label (low 2 bits 0)      - bound to that thread (RIGHT_MANAGE), or to nobody
 *   KIND_FACTORY  quota in bytes (a multiple of a page), seats    - both moved from this factory to it
 *   KIND_SEMAPHORE  initial count, 0..SEMAPHORE_COUNT_MAX
 *   KIND_IRQ      - bound to no thread and to no device
 * The new capability has all rights. ERR_OCCUPIED when the selector is in use.
 * Kernel memory is paid for in whole pages: objects of one kind share the pages of their factory, so that only the first of
 * several raises what is in use. Tasks and threads are as many as there are seats, SEATS in all, which are a quota like memory:
 * without one left in its factory none is made (ERR_NO_MEMORY), and whoever uses up its own takes none from others. A seat is free
 * again when the object is gone: a thread that was killed with its task keeps its seat while somebody has a capability to it.
 * A factory that loses its last capability lives on until what it paid for is gone, and only then its parent has its seats back. */
#define OP_FACTORY_CREATE 0x100
/* info: -> quota in bytes, bytes in use (both multiples of a page), seats, seats in use */
#define OP_FACTORY_INFO 0x101
#define SEATS 4096            /* tasks and threads of the whole system, root's own two among them */

/* Task. All need RIGHT_MANAGE.
 * map_capability: selector here, selector there, rights mask ->     copies with at most the rights of the source
 * map_memory: address here, address there, bytes (multiple of a page, at most MAP_BYTES_MAX), MEMORY_* -> bytes mapped
 *   a page must be mapped here with at least the rights asked for; the target page must be free. Stops at the first page that
 *   fails; an error tells nothing was mapped, a result smaller than asked that later pages were not. Where the page here is one of
 *   LARGE_PAGE_BYTES, all of it is asked for, and both addresses are multiples of that, it is one there; else pages of PAGE_BYTES.
 *   The task there pays for its page tables, and for each page with a share of a page of kernel memory.
 * unmap_capability: selector there, UNMAP_* ->                      removes it and all that were mapped from it
 * unmap_memory: address there, bytes (as above), MEMORY_* to take away (0: all), UNMAP_* -> bytes of pages dealt with
 *   from the pages and all that were mapped from them, wherever they are; taking MEMORY_READ away unmaps. A large page of which a part
 *   is named is dealt with as a whole.
 * map_flexpage: flexpage here (memory, capability or ports), address or selector there, with FLEXPAGE_GRANT or without -> bytes mapped
 *   map_memory or map_capability for what the flexpage names (capability, ports: no word comes out); a grant of a page that has derived
 *   ones must not lose rights, and a part of a large page cannot be granted: ERR_BAD_ARGUMENT. Of capabilities one at a time: n is 0.
 *   Ports: section 6
 * unmap_flexpage: flexpage there, rights being what is to be taken away (capability: all of them), UNMAP_* -> bytes dealt with
 *   (capability, ports: no word comes out). A range of ports of which a part is named is dealt with as a whole
 * capability_info: selector there -> kind, rights, object number    ERR_NO_CAPABILITY when empty */
#define OP_TASK_MAP_CAPABILITY 0x200
#define OP_TASK_MAP_MEMORY 0x201
#define OP_TASK_UNMAP_CAPABILITY 0x202
#define OP_TASK_UNMAP_MEMORY 0x203
#define OP_TASK_CAPABILITY_INFO 0x204
#define OP_TASK_MAP_FLEXPAGE 0x205
#define OP_TASK_UNMAP_FLEXPAGE 0x206
#define MAP_BYTES_MAX ABI_CONST(uint64_t, 0x4000000000)
#define UNMAP_DERIVED 1       /* what was derived from it, and not the capability or page itself */
#define MEMORY_READ 1
#define MEMORY_WRITE 2
#define MEMORY_EXECUTE 4      /* never together with MEMORY_WRITE */

/* Thread. All need RIGHT_MANAGE.
 * ex_regs: rip, rsp, EX_REGS_* -> rip, rsp before                   sets them and lets the thread run; an IPC that it is in ends
 *   with ERR_CANCELED; all registers of a fresh thread are 0. A rip outside of user space: ERR_BAD_ARGUMENT.
 * control: CONTROL_* mask, selector of the exception gate in the thread's own task (0: none), FS base, selector of the pager's gate
 *   there (0: none), FPU (0, 1), alien (0, 1) ->
 *   FPU: the thread may use x87, MMX, SSE, AVX, beginning with a fresh state, a page paid for by the factory of the thread (ERR_NO_MEMORY);
 *   without, their use is an exception (vector 7). Taken away, the state is lost. alien: section 8
 * bind_gate: gate selector (RIGHT_MANAGE), label (low 2 bits 0) ->  messages through the gate come to this thread from now on
 * statistics: -> ticks on CPU, IPCs sent by the slow path, thread state
 */
#define OP_THREAD_EX_REGS 0x300
#define OP_THREAD_CONTROL 0x301
#define OP_THREAD_BIND_GATE 0x302
#define OP_THREAD_STATISTICS 0x303
#define EX_REGS_SET 1         /* take rip and rsp from the words */
#define CONTROL_EXCEPTION_GATE 1
#define CONTROL_FS_BASE 2
#define CONTROL_PAGER 4
#define CONTROL_FPU 8
#define CONTROL_ALIEN 16

/* Gate, with TAG_OBJECT. All need RIGHT_MANAGE.
 * info: -> label, 1 when bound else 0
 * mint: factory selector (RIGHT_MANAGE), new selector, label (low 2 bits 0), rights mask ->
 *   another gate to the same thread (or nobody), with a label of its own, paid for by that factory. Its capability is derived from the one that
 *   was invoked: it has at most its rights and goes when that goes. Binding the first gate elsewhere leaves the new one as it is */
#define OP_GATE_INFO 0x400
#define OP_GATE_MINT 0x401

/* Scheduler. run_thread: thread selector (RIGHT_MANAGE), priority 0..ceiling, quantum in microseconds (100..10,000,000),
 *   CPU (left out when the message has three words: it stays where it is) ->
 *   a thread of a higher priority than the caller's runs before the call returns; one of equal priority does not
 * limit: factory selector (RIGHT_MANAGE), new selector, ceiling, at most this one's -> needs RIGHT_MANAGE
 *   another scheduler with that ceiling, paid for by that factory. Its capability is derived from the one that was invoked: it has its
 *   rights and goes when that goes. A thread that has a higher priority already keeps it until its next run_thread
 * info: -> CPUs, priorities, TSC ticks a second, ceiling
 * probe: PROBE_*, n (even, 2..PROBE_MAX) -> ticks of n such operations in the kernel, ticks of the same loop without them; the clock
 *   is harness/measure/tsc.h. Needs RIGHT_MANAGE; interrupts are off meanwhile. ERR_BAD_OPERATION: this machine has no such thing.
 *   PROBE_PAGE_TABLE       `mov cr3` to the kernel's own page table and back to the caller's, n/2 times
 *   PROBE_PAGE_TABLE_PCID  the same with context identifiers, keeping what the TLB holds
 *   PROBE_SYSCALL          SYSRET to the caller's own system call instruction, which comes back; machines of one CPU
 *   PROBE_IRETQ, PROBE_INT a frame pushed and IRETQ; INT to a handler that is IRETQ; both within ring 0
 *   PROBE_FS_BASE, PROBE_GS_BASE  WRMSR of the base register (of GS: the user's), with the value that it has
 *   PROBE_TLB_FLUSH, PROBE_CACHE_FLUSH  all translations dropped, the kernel's too; WBINVD: long, and felt by every CPU
 *   PROBE_IPI              n is 2; ticks of one: until the next CPU, interrupted, holds still
 *   PROBE_NOISE            n is 2; -> NOISE_* that it has, number of this CPU, interrupts that it took since boot, SMIs, APERF, MPERF: what
 *                          may disturb a measurement, to be compared with what it is afterwards (harness/measure/noise.h) */
#define OP_SCHEDULER_RUN_THREAD 0x500
#define OP_SCHEDULER_INFO 0x501
#define OP_SCHEDULER_PROBE 0x502
#define OP_SCHEDULER_LIMIT 0x504
/* trace: CPU, n ->                                                  needs RIGHT_MANAGE; releases the n oldest records of that CPU's ring of
 *   tracepoints (trace.h). ERR_BAD_OPERATION unless booted with trace=on; ERR_BAD_ARGUMENT: there are not as many */
#define OP_SCHEDULER_TRACE 0x503
#define PROBE_PAGE_TABLE 1
#define PROBE_PAGE_TABLE_PCID 2
#define PROBE_INVLPG 3
#define PROBE_INVPCID 4
#define PROBE_FS_BASE 5
#define PROBE_GS_BASE 6
#define PROBE_SWAPGS 7
#define PROBE_IRETQ 8
#define PROBE_INT 9
#define PROBE_VERW 10
#define PROBE_IBPB 11
#define PROBE_SYSCALL 12
#define PROBE_IPI 13
#define PROBE_TLB_FLUSH 14
#define PROBE_CACHE_FLUSH 15
#define PROBE_NOISE 16
#define PROBE_KINDS 16
#define NOISE_SMIS 1          /* a count of system management interrupts (Intel, MSR 34H) */
#define NOISE_FREQUENCY 2     /* APERF and MPERF, whose quotient is the core's frequency by that of the clock */
#define PROBE_MAX 10000
#define PRIORITY_MAX 255

/* Vcon: text for and from people. Output goes to the serial line and to the screen, whichever there are (kernel option console=);
 * input comes from the serial line. Text lies in the UTCB, from word 6 on, and so many words the message must have. On the screen a form feed
 * leads back to the first row, and clears nothing.
 * write: bytes (at most VCON_WRITE_BYTES_MAX), VCON_SERIAL and VCON_SCREEN (0: both) -> bytes written   what a device cannot take yet is
 *   written in steps, so that others run; fewer bytes than asked for came out when a device has taken none for a very long time
 * exit: status ->                                                   needs RIGHT_MANAGE; ends the session: the machine powers off, an
 *   emulator leaves with the exit code of that status (EXIT_*)
 * read: bytes wanted -> bytes read (at most VCON_READ_BYTES_MAX), bytes left; needs RIGHT_X; never waits
 * bind: Irq selector (RIGHT_MANAGE) or 0, CPU (as OP_ICU_BIND) ->   needs RIGHT_X; input triggers that Irq from now on, at once if there is
 *   some already, and is kept until it is read, 256 bytes of it. Without one only what the device keeps (16 bytes) waits for a read.
 *   The line is that of the serial port, ICU_LINE_ISA + 4 for COM1; errors as of OP_ICU_BIND; ERR_NO_PARTNER: the machine has no such
 *   line, or the port has none that is known (on PCI): it is read without
 * get_attributes: -> baud, VCON_MODE_*, bytes of input lost
 * set_attributes: baud (a divisor of 115200), VCON_MODE_* ->        needs RIGHT_W */
#define OP_VCON_WRITE 0x600
#define OP_VCON_EXIT 0x601
#define OP_VCON_READ 0x602
#define OP_VCON_BIND 0x603
#define OP_VCON_GET_ATTRIBUTES 0x604
#define OP_VCON_SET_ATTRIBUTES 0x605
#define VCON_WRITE_BYTES_MAX 456 /* words 6..62 */
#define VCON_READ_BYTES_MAX 456
#define VCON_SERIAL 1
#define VCON_SCREEN 2
#define VCON_MODE_ECHO 1      /* input is written back as it comes */
#define VCON_MODE_CRLF 2      /* a newline leaves as CR LF; CR comes in as a newline */
#define VCON_BAUD_DEFAULT 115200

/* Semaphore.
 * up: ->                                                            needs RIGHT_W; wakes the waiter of the highest priority, of several the
 *   first, or else adds 1 to the count; ERR_OVERFLOW when that is SEMAPHORE_COUNT_MAX
 * down: ->                                                          needs RIGHT_X; takes 1 from the count, or waits for an `up`. The receive
 *   timeout of the call holds for that: errors are those of a receive phase, ERR_TIMEOUT, ERR_CANCELED when the semaphore is destroyed
 *   or by ex_regs. Who waits keeps its place in the order by the priority that it had when it came. */
#define OP_SEMAPHORE_UP 0x700
#define OP_SEMAPHORE_DOWN 0x701
#define SEMAPHORE_COUNT_MAX ABI_CONST(uint64_t, 0xffffffff)

/* Irq: counts triggers and hands them to its thread. When the thread waits openly, or receives from the Irq (closed receive with its
 * selector, by its own thread alone, else ERR_NO_PARTNER), it gets a message with the Irq's label, tag label PROTO_IRQ and one word: the
 * triggers since the last such message, at least 1. Triggers that came before are taken first, before any sender's message. An Irq
 * without a thread keeps its count.
 * bind: thread selector (RIGHT_MANAGE) or 0, label (low 2 bits 0) -> needs RIGHT_MANAGE; whoever waits for this Irq alone: ERR_NO_PARTNER
 * trigger: ->                                                       needs RIGHT_W; one trigger by software; never blocks
 * eoi: ->                                                           needs RIGHT_X; lets a line of mode level interrupt again
 * info: -> label, count, 1 when it has a thread else 0, CPU that its device interrupted last */
#define OP_IRQ_BIND 0x800
#define OP_IRQ_TRIGGER 0x801
#define OP_IRQ_EOI 0x802
#define OP_IRQ_INFO 0x803
#define PROTO_IRQ (-4)

/* Icu: the interrupt controllers. A line is a global system interrupt (ACPI), 0 <= line < lines, or ICU_LINE_ISA + 0..15 for one of the
 * ISA bus, wherever the firmware says that it is connected. All but info need RIGHT_MANAGE.
 * info: -> lines, free vectors
 * bind: line, Irq selector (RIGHT_MANAGE), CPU (left out: 0, the one that booted) -> the line is masked, and interrupts that CPU once it is
 *                                                                   unmasked; ERR_OCCUPIED: either has a partner already; ERR_BAD_ARGUMENT:
 *                                                                   no such CPU, or the interrupt controllers cannot reach it
 * unbind: line ->                                                   masked, and nobody's; so it is when the Irq is destroyed
 * set_mode: line, ICU_MODE_* ->                                     until then: what the firmware says, else lines below 16
 *                                                                   edge and high, others level and low
 * mask, unmask: line ->
 * msi: Irq selector (RIGHT_MANAGE), CPU as above -> address, data   what a device must write to trigger the Irq; errors as above
 * ERR_NO_PARTNER: the line has no Irq. ERR_NO_MEMORY: all vectors are in use. Whoever binds chooses the CPU, best that of the handler, whose
 * wake-up then needs no second interrupt: the kernel does not move interrupts by itself, so that a measurement knows where they come. */
#define OP_ICU_INFO 0x900
#define OP_ICU_BIND 0x901
#define OP_ICU_UNBIND 0x902
#define OP_ICU_SET_MODE 0x903
#define OP_ICU_MASK 0x904
#define OP_ICU_UNMASK 0x905
#define OP_ICU_MSI 0x906
#define ICU_LINE_ISA ABI_CONST(uint64_t, 0x10000)
#define ICU_MODE_LEVEL 1      /* else edge */
#define ICU_MODE_LOW 2        /* active low, else high */

#define KIND_NONE 0
#define KIND_TASK 1
#define KIND_THREAD 2
#define KIND_GATE 3
#define KIND_FACTORY 4
#define KIND_VCON 5
#define KIND_SCHEDULER 6
#define KIND_SEMAPHORE 7
#define KIND_IRQ 8
#define KIND_ICU 9
#define KIND_COUNT 10

/* Values written to QEMU's isa-debug-exit port; the emulator's exit status is value * 2 + 1. */
#define EXIT_OK 0x10          /* 33 */
#define EXIT_PANIC 0x11       /* 35: exception or broken invariant in the kernel */
#define EXIT_FAILED 0x12      /* 37: a workload or a test failed */
#define EXIT_BAD_BOOT 0x13    /* 39: command line, archive or program refused */

/* 8. Exceptions as messages ----------------------------------------------------------------------------------------------------------
 *
 * A thread that takes an exception in user mode calls its exception gate in the kernel's name, on its own time as in any call:
 * label PROTO_EXCEPTION, EXCEPTION_WORDS words: vector, error code, rip, address (CR2, else 0), rsp, rflags; in the UTCB rax rbx rcx rdx rsi rdi r8..r15 rbp and FS base.
 * The label of the reply says what becomes of it:
 *   EXCEPTION_RESUME     it goes on where it was
 *   EXCEPTION_SET_RIP    it goes on at the rip of word 0
 *   EXCEPTION_SET_STATE  it gets what the words say, as they came: at least EXCEPTION_WORDS, vector, error code and address being
 *                        ignored. Of rflags, EXCEPTION_RFLAGS are taken; rip and FS base must be in user space (or the latter 0)
 *   EXCEPTION_PASS       after EXCEPTION_SYSCALL alone: the system call is done after all
 * After any other, after one that breaks these rules, and without an exception gate it stays stopped for good (ex_regs starts it again).
 *
 * An alien thread (CONTROL_ALIEN) takes each of its system calls as an exception of vector EXCEPTION_SYSCALL, rip behind the instruction,
 * all registers as it had them (rcx and r11 are rip and rflags): a handler gives it the system calls of another system so.
 *
 * A thread that has a pager calls the pager's gate in the same way when it takes a page fault: label PROTO_PAGE_FAULT, three words:
 * address, access (MEMORY_READ, _WRITE or _EXECUTE: the one that failed), rip. The reply is as to an exception. It may carry memory
 * items, which need no window of the thread: an item's offset is the address where it goes. A pager's gate that leads to nobody makes the
 * fault an exception; so does a pager that dies before it has replied. One that waits for others instead leaves the thread stopped.
 */
#define PROTO_EXCEPTION (-2)
#define PROTO_PAGE_FAULT (-3)
#define EXCEPTION_WORDS 22
#define EXCEPTION_WORD_VECTOR 0
#define EXCEPTION_WORD_ERROR 1
#define EXCEPTION_WORD_RIP 2
#define EXCEPTION_WORD_ADDRESS 3
#define EXCEPTION_WORD_RSP 4
#define EXCEPTION_WORD_RFLAGS 5
#define EXCEPTION_WORD_RAX 6
#define EXCEPTION_WORD_RBP 20
#define EXCEPTION_WORD_FS_BASE 21
#define EXCEPTION_RFLAGS ABI_CONST(uint32_t, 0x240dd5) /* CF PF AF ZF SF TF DF OF AC ID */
#define EXCEPTION_SYSCALL 0x100
#define EXCEPTION_RESUME 0
#define EXCEPTION_SET_RIP 1
#define EXCEPTION_SET_STATE 2
#define EXCEPTION_PASS 3

/* 9. What the root task is given ------------------------------------------------------------------------------------------------------
 * Selectors 1..5 and SELECTOR_ICU above with all rights; its first thread starts with rdi = ROOT_INFO_ADDRESS, where a read-only page holds: */
#define ROOT_INFO_ADDRESS ABI_CONST(uint64_t, 0x7f0000000000)
#define ROOT_UTCB_ADDRESS ABI_CONST(uint64_t, 0x7f0000010000)
#define ROOT_ARCHIVE_ADDRESS ABI_CONST(uint64_t, 0x7f1000000000) /* boot archive, read-only */
/* All memory that the kernel does not need, in pages of LARGE_PAGE_BYTES, read-write, contents undefined; may be passed on as executable. */
#define ROOT_HEAP_BYTES_MAX ABI_CONST(uint64_t, 0x2000000000) /* up to what else lies there; more memory than that is left alone */
#define ROOT_HEAP_ADDRESS ABI_CONST(uint64_t, 0x7f2000000000)
#define ROOT_SCREEN_ADDRESS ABI_CONST(uint64_t, 0x7e8000000000)
#define ROOT_STACK_TOP ABI_CONST(uint64_t, 0x7e0000000000)
#define ROOT_INFO_MAGIC ABI_CONST(uint64_t, 0x31747461626c6c6f)
#define ROOT_COMMAND_LINE_BYTES 2048
#ifndef __ASSEMBLER__
/* The screen: what text it shows, and its dots, which are mapped at ROOT_SCREEN_ADDRESS (its first dot at `offset`), white being all bits set. */
struct root_screen {
    uint64_t bytes, offset;    /* 0 bytes: there is none, or the kernel option console= leaves it out */
    uint32_t pitch, width, height, pixel_bytes;
    uint32_t columns, rows;    /* of text */
};
struct root_info {
    uint64_t magic;            /* ROOT_INFO_MAGIC */
    uint64_t archive_bytes;    /* at ROOT_ARCHIVE_ADDRESS */
    uint64_t heap_bytes;       /* at ROOT_HEAP_ADDRESS */
    uint64_t tsc_hz[2];        /* TSC rate by each source, 0 where the source is missing; [0] is the one in use */
    char tsc_hz_source[2][16]; /* "cpuid", "pit", "hpet", "acpi_pm" */
    char mitigations[64];      /* in force, for example "off" */
    uint64_t fast_path;        /* 1 unless booted with nofast */
    uint64_t cpu_features;     /* CPU_FEATURE_*, in force */
    char command_line[ROOT_COMMAND_LINE_BYTES]; /* as given, NUL-terminated */
    char boot_protocol[16];    /* "multiboot2", "pvh" */
    uint64_t cpus;             /* that run */
    uint64_t trace;            /* 1 when booted with trace=on: kernel/abi/trace.h says where the rings are */
    struct pmu_info pmu;       /* performance counters (pmu.h) of the CPU that booted */
    uint64_t tsc_difference_ticks; /* between two CPUs, at least; 0: none that can be seen */
    struct root_screen screen;
    char serial[16];           /* "COM1".."COM4", "PCI", "firmware's", "none" */
};
_Static_assert(sizeof(struct root_info) <= PAGE_BYTES, "root_info is one page");
#endif
#define CPU_FEATURE_SMEP 1
#define CPU_FEATURE_SMAP 2
#define CPU_FEATURE_UMIP 4
#define CPU_FEATURE_PCID 8
#define CPU_FEATURE_X2APIC 16

#endif
