/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What assembly knows of C: each line becomes a #define in the generated offsets.h (kernel/rules.mk). The assertions are the
 * assumptions of fastpath.S and entry.S that the assembler cannot check.
 */
#include "kernel/core/object.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/trap.h"

#define CONSTANT(name, value) __asm__ volatile("\n->" #name " %0" :: "i"(value))
#define OFFSET(name, type, field) CONSTANT(name, offsetof(type, field))

#define SAME_LINE(type, a, b) \
    _Static_assert(offsetof(type, a) / CACHE_LINE_BYTES == offsetof(type, b) / CACHE_LINE_BYTES, #a " and " #b " share a line")

SAME_LINE(struct thread, rip, caller);
SAME_LINE(struct thread, rip, open_wait);
SAME_LINE(struct thread, cap_limit, utcb_long);
SAME_LINE(struct gate, labels, threads[3]);
_Static_assert(offsetof(struct gate, labels[1]) == 1 << CAP_LABEL_RIGHTS_SHIFT, "a cap word's rights select the column");
_Static_assert(sizeof(cap_word) == 8, "tables are indexed by selector * 8");
_Static_assert(_Alignof(struct gate) > (LABEL_RIGHTS_MASK << CAP_LABEL_RIGHTS_SHIFT), "rights fit below a gate's alignment");
_Static_assert(INVOKE_CALL == 3 && INVOKE_REPLY_AND_WAIT == 15, "the two invocations of the fast path");
_Static_assert((TAG_WORDS_MASK & (TAG_WORDS_MASK + 1)) == 0, "words are the low bits of a tag");

void offsets(void);
void offsets(void)
{
    OFFSET(CPU_CURRENT, struct cpu, current);
    OFFSET(CPU_KERNEL_STACK_TOP, struct cpu, kernel_stack_top);
    OFFSET(CPU_USER_SCRATCH, struct cpu, user_scratch);
    OFFSET(CPU_TRACE, struct cpu, trace);
    OFFSET(CPU_VERW_SELECTOR, struct processor, verw_selector);
    OFFSET(CPU_KERNEL_TABLE, struct processor, kernel_table);
    OFFSET(CPU_BARRIER_TABLE, struct processor, barrier_table);
    OFFSET(CPU_TRAP_STACK_TOP, struct processor, trap_stack_top);
    CONSTANT(SYSCALL_LENGTH, SYSCALL_BYTES);

    OFFSET(THREAD_RIP, struct thread, rip);
    OFFSET(THREAD_RSP, struct thread, rsp);
    OFFSET(THREAD_RBP, struct thread, rbp);
    OFFSET(THREAD_RFLAGS, struct thread, rflags);
    OFFSET(THREAD_OPEN_WAIT, struct thread, open_wait);
    OFFSET(THREAD_PAGE_TABLE, struct thread, page_table);
    OFFSET(THREAD_FS_BASE, struct thread, fs_base);
    CONSTANT(THREAD_FS_BASE_HIGH, offsetof(struct thread, fs_base) + 4);
    OFFSET(THREAD_REPLY_FROM, struct thread, reply_from);
    OFFSET(THREAD_CALLER, struct thread, caller);
    OFFSET(THREAD_CAP_LIMIT, struct thread, cap_limit);
    OFFSET(THREAD_CAP_WORDS, struct thread, cap_words);
    OFFSET(THREAD_CPU_WORD, struct thread, cpu_word);
    OFFSET(THREAD_INBOX, struct thread, inbox);
    OFFSET(THREAD_UTCB_LONG, struct thread, utcb_long);
    OFFSET(THREAD_FULL_CONTEXT, struct thread, full_context);
    OFFSET(THREAD_RAX, struct thread, regs[REG_RAX]);
    OFFSET(THREAD_RBX, struct thread, regs[REG_RBX]);
    OFFSET(THREAD_RCX, struct thread, regs[REG_RCX]);
    OFFSET(THREAD_RDX, struct thread, regs[REG_RDX]);
    OFFSET(THREAD_RSI, struct thread, regs[REG_RSI]);
    OFFSET(THREAD_RDI, struct thread, regs[REG_RDI]);
    OFFSET(THREAD_R8, struct thread, regs[REG_R8]);
    OFFSET(THREAD_R9, struct thread, regs[REG_R9]);
    OFFSET(THREAD_R10, struct thread, regs[REG_R10]);
    OFFSET(THREAD_R11, struct thread, regs[REG_R11]);
    OFFSET(THREAD_R12, struct thread, regs[REG_R12]);
    OFFSET(THREAD_R13, struct thread, regs[REG_R13]);
    OFFSET(THREAD_R14, struct thread, regs[REG_R14]);
    OFFSET(THREAD_R15, struct thread, regs[REG_R15]);
    OFFSET(THREAD_NUMBER, struct thread, object.number);

    OFFSET(GATE_LABELS, struct gate, labels);
    OFFSET(GATE_THREADS, struct gate, threads);

    /* From the vector and error code that a stub pushes on. */
    CONSTANT(TRAP_VECTOR, 0);
    CONSTANT(TRAP_ERROR, offsetof(struct trap_frame, error) - offsetof(struct trap_frame, vector));
    CONSTANT(TRAP_RIP, offsetof(struct trap_frame, rip) - offsetof(struct trap_frame, vector));
    CONSTANT(TRAP_CS, offsetof(struct trap_frame, cs) - offsetof(struct trap_frame, vector));
    CONSTANT(TRAP_RFLAGS, offsetof(struct trap_frame, rflags) - offsetof(struct trap_frame, vector));
    CONSTANT(TRAP_RSP, offsetof(struct trap_frame, rsp) - offsetof(struct trap_frame, vector));
    CONSTANT(TRAP_STUB_BYTES, offsetof(struct trap_frame, rip) - offsetof(struct trap_frame, vector));

    CONSTANT(VECTOR_SPURIOUS, VECTOR_SPURIOUS);
    CONSTANT(INTERRUPT_STUB_BYTES, INTERRUPT_STUB_BYTES);

    CONSTANT(CAP_WORD_NOT_FAST, CAP_NOT_GATE | CAP_NO_SEND);
    CONSTANT(RFLAGS_TRAP_BIT, RFLAGS_TRAP);
    CONSTANT(MSR_FS_BASE_NUMBER, MSR_FS_BASE);
    CONSTANT(MSR_GS_BASE_NUMBER, MSR_GS_BASE);
}
