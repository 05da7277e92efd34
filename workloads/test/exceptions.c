/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What user mode must not do, and how its exceptions reach a handler.
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/program.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define VECTOR_DIVIDE 0
#define VECTOR_DEBUG 1
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_NO_FPU 7
#define VECTOR_STACK 12
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE 14

/* Error code of a page fault (Intel SDM vol. 3A, 4.7). */
#define PAGE_PRESENT 1
#define PAGE_WRITE 2
#define PAGE_USER 4
#define PAGE_FETCH 16

#define FREE_ADDRESS PROGRAM_FREE_ADDRESS
#define KERNEL_ADDRESS 0xffffffff80100000
#define NONCANONICAL_ADDRESS 0x800000000000

struct case_instruction {
    instruction_fn *fn;
    uint64_t argument, vector, error;
};

static void call_instruction(void *arg)
{
    const struct case_instruction *c = arg;

    c->fn(c->argument);
}

static struct fault fault;

/* The instruction faults at its own address with that vector and error code. */
static const char *faults(const struct case_instruction *c)
{
    CHECK(fault_catch(call_instruction, (uint64_t)c, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, c->vector);
    CHECK_EQUAL(fault.error, c->error);
    return NULL;
}

static const char *faults_there(const struct case_instruction *c)
{
    CHECK_NESTED(faults(c));
    CHECK_EQUAL(fault.rip, (uint64_t)c->fn);
    CHECK_EQUAL(fault.rflags & 0x200, 0x200);
    return NULL;
}

static const char *privileged_instructions(void)
{
    static const struct case_instruction cases[] = {
        { instruction_hlt, 0, VECTOR_PROTECTION, 0 },       { instruction_cli, 0, VECTOR_PROTECTION, 0 },
        { instruction_sti, 0, VECTOR_PROTECTION, 0 },       { instruction_in, 0, VECTOR_PROTECTION, 0 },
        { instruction_out, 0, VECTOR_PROTECTION, 0 },       { instruction_rdmsr, 0, VECTOR_PROTECTION, 0 },
        { instruction_wrmsr, 0, VECTOR_PROTECTION, 0 },     { instruction_read_cr3, 0, VECTOR_PROTECTION, 0 },
        { instruction_write_cr3, 0, VECTOR_PROTECTION, 0 }, { instruction_invlpg, 0x400000, VECTOR_PROTECTION, 0 },
        { instruction_lgdt, 0, VECTOR_PROTECTION, 0 },      { instruction_swapgs, 0, VECTOR_PROTECTION, 0 },
        { instruction_sysret, 0, VECTOR_PROTECTION, 0 },    { instruction_clts, 0, VECTOR_PROTECTION, 0 },
        { instruction_wbinvd, 0, VECTOR_PROTECTION, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults_there(&cases[i]));
    return NULL;
}

static const char *software_interrupts(void)
{
    static const struct case_instruction c = { instruction_int_0x80, 0, 0, 0 };

    CHECK(fault_catch(call_instruction, (uint64_t)&c, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, VECTOR_PROTECTION);
    CHECK_EQUAL(fault.rip, (uint64_t)c.fn);
    /* A vector, not a selector. QEMU 7.2 gives the vector times 16, hardware times 8: not compared. */
    CHECK_EQUAL(fault.error & 7, 2);
    return NULL;
}

static const char *return_to_ring_0(void)
{
    static const struct case_instruction c = { instruction_iret_to_kernel, 0, 0, 0 };

    /* QEMU 7.2 reads the frame as if it were the kernel, so that SMAP refuses before the selector is looked at. */
    CHECK(fault_catch(call_instruction, (uint64_t)&c, &fault));
    CHECK(fault.happened);
    CHECK(fault.vector == VECTOR_PROTECTION || fault.vector == VECTOR_PAGE);
    CHECK(fault.rip > (uint64_t)c.fn && fault.rip < (uint64_t)c.fn + 32);
    return NULL;
}

static const char *descriptor_tables_hidden(void)
{
    static const struct case_instruction cases[] = {
        { instruction_sgdt, 0, VECTOR_PROTECTION, 0 }, { instruction_sidt, 0, VECTOR_PROTECTION, 0 },
        { instruction_sldt, 0, VECTOR_PROTECTION, 0 }, { instruction_str, 0, VECTOR_PROTECTION, 0 },
        { instruction_smsw, 0, VECTOR_PROTECTION, 0 },
    };

    if ((program_info()->cpu_features & CPU_FEATURE_UMIP) == 0)
        return NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults_there(&cases[i]));
    return NULL;
}

static const char *unknown_instructions(void)
{
    static const struct case_instruction cases[] = {
        { instruction_ud2, 0, VECTOR_INVALID_OPCODE, 0 },
        { instruction_wrfsbase, 0, VECTOR_INVALID_OPCODE, 0 },
        { instruction_rdgsbase, 0, VECTOR_INVALID_OPCODE, 0 },
        { instruction_wrgsbase, 0x1000, VECTOR_INVALID_OPCODE, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults_there(&cases[i]));
    return NULL;
}

static const char *fpu_unavailable(void)
{
    static const struct case_instruction cases[] = {
        { instruction_fninit, 0, VECTOR_NO_FPU, 0 }, { instruction_fld, 0, VECTOR_NO_FPU, 0 },
        { instruction_mmx, 0, VECTOR_NO_FPU, 0 },   { instruction_xorps, 0, VECTOR_NO_FPU, 0 },
        { instruction_movdqu, 0, VECTOR_NO_FPU, 0 }, { instruction_fxsave, 0, VECTOR_NO_FPU, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults_there(&cases[i]));
    return NULL;
}

static const char *divide_by_zero(void)
{
    static const struct case_instruction c = { instruction_divide, 0, VECTOR_DIVIDE, 0 };

    return faults_there(&c);
}

static const char *page_faults(void)
{
    static const struct case_instruction cases[] = {
        /* nothing there */
        { instruction_read, FREE_ADDRESS, VECTOR_PAGE, PAGE_USER },
        { instruction_write, FREE_ADDRESS + 0x100, VECTOR_PAGE, PAGE_USER | PAGE_WRITE },
        { instruction_read, 0, VECTOR_PAGE, PAGE_USER },
        { instruction_write, PROGRAM_STACK_TOP, VECTOR_PAGE, PAGE_USER | PAGE_WRITE },
        { instruction_read, USER_TOP, VECTOR_PAGE, PAGE_USER },
        /* not allowed */
        { instruction_write, PROGRAM_ADDRESS, VECTOR_PAGE, PAGE_USER | PAGE_WRITE | PAGE_PRESENT },
        { instruction_write, PROGRAM_INFO_ADDRESS, VECTOR_PAGE, PAGE_USER | PAGE_WRITE | PAGE_PRESENT },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_NESTED(faults_there(&cases[i]));
        CHECK_EQUAL(fault.address, cases[i].argument);
    }
    return NULL;
}

static const char *execute_of_data(void)
{
    static const uint64_t targets[] = { PROGRAM_STACK_TOP - 64, PROGRAM_UTCB_ADDRESS, PROGRAM_INFO_ADDRESS, WORKER_UTCB_ADDRESS };
    struct case_instruction c = { instruction_jump, 0, VECTOR_PAGE, PAGE_USER | PAGE_FETCH | PAGE_PRESENT };

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        c.argument = targets[i];
        CHECK_NESTED(faults(&c));
        CHECK_EQUAL(fault.address, targets[i]);
        CHECK_EQUAL(fault.rip, targets[i]);
    }
    c.argument = (uint64_t)program_data_start;
    CHECK_NESTED(faults(&c));
    c.argument = (uint64_t)program_rodata_start;
    CHECK_NESTED(faults(&c));
    c = (struct case_instruction){ instruction_jump, FREE_ADDRESS, VECTOR_PAGE, PAGE_USER | PAGE_FETCH };
    return faults(&c);
}

/* Whether kernel memory is there or not must not show in the error code. */
static const char *kernel_addresses(void)
{
    static const uint64_t targets[] = { KERNEL_ADDRESS, 0xffff800000000000, 0xffffffff80000000, 0xfffffffffffff000, 0xffffc00000000000 };
    struct case_instruction c = { instruction_read, 0, VECTOR_PAGE, 0 };

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        c.argument = targets[i];
        c.fn = instruction_read;
        CHECK(fault_catch(call_instruction, (uint64_t)&c, &fault));
        CHECK_EQUAL(fault.vector, VECTOR_PAGE);
        CHECK_EQUAL(fault.error & ~(uint64_t)PAGE_PRESENT, PAGE_USER);
        CHECK_EQUAL(fault.address, targets[i]);
        c.fn = instruction_write;
        CHECK(fault_catch(call_instruction, (uint64_t)&c, &fault));
        CHECK_EQUAL(fault.vector, VECTOR_PAGE);
        CHECK_EQUAL(fault.error & ~(uint64_t)PAGE_PRESENT, PAGE_USER | PAGE_WRITE);
        c.fn = instruction_jump;
        CHECK(fault_catch(call_instruction, (uint64_t)&c, &fault));
        CHECK_EQUAL(fault.vector, VECTOR_PAGE);
        CHECK_EQUAL(fault.error & ~(uint64_t)PAGE_PRESENT, PAGE_USER | PAGE_FETCH);
    }
    return NULL;
}

static const char *noncanonical_addresses(void)
{
    static const struct case_instruction cases[] = {
        { instruction_read, NONCANONICAL_ADDRESS, VECTOR_PROTECTION, 0 },
        { instruction_write, NONCANONICAL_ADDRESS, VECTOR_PROTECTION, 0 },
        { instruction_read, 0xffff7ffffffffff8, VECTOR_PROTECTION, 0 },
        { instruction_jump, NONCANONICAL_ADDRESS, VECTOR_PROTECTION, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults(&cases[i]));
    return NULL;
}

static const char *bad_stack_pointers(void)
{
    static const struct case_instruction cases[] = {
        { instruction_push, FREE_ADDRESS + 0x800, VECTOR_PAGE, PAGE_USER | PAGE_WRITE },
        { instruction_push, 8, VECTOR_PAGE, PAGE_USER | PAGE_WRITE },
    };

    static const struct case_instruction noncanonical = { instruction_push, NONCANONICAL_ADDRESS + 0x100, 0, 0 };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_NESTED(faults(&cases[i]));
    /* A stack fault on hardware, general protection in QEMU 7.2. */
    CHECK(fault_catch(call_instruction, (uint64_t)&noncanonical, &fault));
    CHECK(fault.happened);
    CHECK(fault.vector == VECTOR_STACK || fault.vector == VECTOR_PROTECTION);
    return NULL;
}

/* ex_regs takes any stack pointer; the kernel must get to user mode with it, and the thread faults there. */
static const char *thread_with_bad_stack(void)
{
    static const uint64_t stacks[] = { 0, NONCANONICAL_ADDRESS, KERNEL_ADDRESS, (uint64_t)-1, 0xffff7fffffffffff };

    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(FAULT_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(FAULT_WORKER), PRIORITY_ABOVE, 1000), 0);
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        uint64_t rip = (uint64_t)instruction_ud2, rsp = stacks[i];
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(FAULT_WORKER), &rip, &rsp, EX_REGS_SET), 0);
        fault_take(&fault);
        CHECK(fault.happened);
        CHECK_EQUAL(fault.vector, VECTOR_INVALID_OPCODE);
        CHECK_EQUAL(fault.rip, (uint64_t)instruction_ud2);
        CHECK_EQUAL(fault.rsp, stacks[i]);
        fault_reply(99, 0);
    }
    return NULL;
}

static const char *system_call_with_bad_stack(void)
{
    /* A system call does not touch the user's stack; with rsp in the kernel it comes back with rsp as it was. */
    static const uint64_t stacks[] = { KERNEL_ADDRESS, NONCANONICAL_ADDRESS, 0 };
    uint64_t start = (uint64_t)syscall_record_return - 2; /* `syscall`, then code that uses the stack */

    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(FAULT_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(FAULT_WORKER), PRIORITY_ABOVE, 1000), 0);
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        uint64_t rip = start, rsp = stacks[i];
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(FAULT_WORKER), &rip, &rsp, EX_REGS_SET), 0);
        fault_take(&fault);
        CHECK(fault.happened);
        CHECK_EQUAL(fault.rip, (uint64_t)syscall_record_return);
        CHECK_EQUAL(fault.rsp, stacks[i]);
        fault_reply(99, 0);
    }
    return NULL;
}

static const char *single_step_over_system_call(void)
{
    CHECK(fault_catch((worker_fn *)(uintptr_t)step_over_syscall, 0, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, VECTOR_DEBUG);
    CHECK(fault.rip > (uint64_t)step_over_syscall && fault.rip <= (uint64_t)step_landing);
    /* Goes on stepping until the flag is cleared, a few instructions later. */
    for (unsigned i = 0; i < 16 && fault.happened; i++) {
        fault_reply(EXCEPTION_RESUME, 0);
        fault_take(&fault);
        CHECK(!fault.happened || fault.vector == VECTOR_DEBUG);
    }
    CHECK(!fault.happened);
    return NULL;
}

/* --- handling --- */

static struct registers before, after;
static volatile bool trap_done;

static void trap_run(void *arg)
{
    (void)arg;
    trap_record(&before, &after);
    trap_done = true;
}

static const char *resumed_with_registers(void)
{
    struct script s;

    script_init(&s, 0x1d, 0x151, (struct message_words){ 1, 2, 3, 4, 5, 6 });
    before = s.in;
    trap_done = false;
    CHECK(fault_catch(trap_run, 0, &fault));
    CHECK(fault.happened && !trap_done);
    CHECK_EQUAL(fault.vector, VECTOR_INVALID_OPCODE);
    /* Resumed as it is, it faults again; set behind the instruction, it goes on. */
    uint64_t rip = fault.rip;
    fault_reply(EXCEPTION_RESUME, 0);
    fault_take(&fault);
    CHECK(fault.happened && !trap_done);
    CHECK_EQUAL(fault.rip, rip);
    fault_reply(EXCEPTION_SET_RIP, rip + 2);
    CHECK(trap_done);
    before.rsp = 0;
    const uint64_t *want = &before.rax, *got = &after.rax;
    for (size_t i = 0; i < sizeof before / sizeof(uint64_t); i++)
        CHECK_EQUAL(got[i], want[i]);
    return NULL;
}

static const char *message_form(void)
{
    static const struct case_instruction c = { instruction_write, FREE_ADDRESS, VECTOR_PAGE, PAGE_USER | PAGE_WRITE };

    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(FAULT_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE), 0);
    CHECK_EQUAL(worker_run(FAULT_WORKER, call_instruction, (void *)(uintptr_t)&c, PRIORITY_ABOVE), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(m.label, FAULT_LABEL | (RIGHTS_ALL & LABEL_RIGHTS_MASK));
    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, PROTO_EXCEPTION, EXCEPTION_WORDS));
    return NULL;
}

static const char *stopped_for_good(void)
{
    static const int32_t labels[] = { 2, -1, 99 };

    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        trap_done = false;
        CHECK(fault_catch(trap_run, 0, &fault));
        CHECK(fault.happened);
        fault_reply(labels[i], fault.rip + 2);
        fault_take(&fault);
        CHECK(!fault.happened && !trap_done);
    }
    return NULL;
}

static const char *rip_outside_refused(void)
{
    static const uint64_t rips[] = { USER_TOP, NONCANONICAL_ADDRESS, KERNEL_ADDRESS, (uint64_t)-1, 0 };

    for (size_t i = 0; i < sizeof rips / sizeof rips[0]; i++) {
        trap_done = false;
        CHECK(fault_catch(trap_run, 0, &fault));
        fault_reply(EXCEPTION_SET_RIP, rips[i]);
        fault_take(&fault);
        CHECK(!fault.happened && !trap_done);
        uint64_t rip = rips[i], rsp = 0;
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(FAULT_WORKER), &rip, &rsp, EX_REGS_SET), ERR_BAD_ARGUMENT);
    }
    return NULL;
}

static const char *no_gate_stops(void)
{
    trap_done = false;
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), 0), 0);
    CHECK_EQUAL(worker_run(0, trap_run, NULL, PRIORITY_ABOVE), 0);
    CHECK(!trap_done);
    /* ex_regs starts it again. */
    uint64_t rip = (uint64_t)program_trap, rsp = 0;
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, EX_REGS_SET), 0);
    return NULL;
}

static const char *useless_gates_stop(void)
{
    /* Empty selector, no send right, no thread, not a gate, its own gate: the thread stops, and nothing else happens. */
    CHECK_EQUAL(gate_create_main(SELECTOR_TEST(1), 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(1), SELECTOR_TEST(2), RIGHTS_ALL & ~RIGHT_SEND), 0);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(3), 0, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(4), 0, 0), 0);
    const uint64_t gates[] = { SELECTOR_TEST(9), SELECTOR_TEST(2), SELECTOR_TEST(3), SELECTOR_TASK, SELECTOR_TEST(4), SELECTOR_MAX };
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        trap_done = false;
        CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), gates[i]), 0);
        CHECK_EQUAL(worker_run(0, trap_run, NULL, PRIORITY_ABOVE), 0);
        CHECK(!trap_done);
        CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    }
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), SELECTOR_MAX + 1), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *handler_destroyed(void)
{
    /* Worker 0 handles and goes; the thread that faulted stays stopped, and can be destroyed. */
    static struct script handler;

    script_init(&handler, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &handler, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(FAULT_GATE, 0, FAULT_LABEL), 0);
    trap_done = false;
    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(1), FAULT_GATE), 0);
    CHECK_EQUAL(worker_run(1, trap_run, NULL, PRIORITY_ABOVE), 0);
    CHECK(handler.done && !trap_done);
    CHECK_EQUAL(tag_label(handler.out.rsi), PROTO_EXCEPTION);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK(!trap_done);
    CHECK_EQUAL(worker_destroy(1), 0);
    return NULL;
}

static const char *faulted_thread_destroyed(void)
{
    CHECK(fault_catch(trap_run, 0, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(worker_destroy(FAULT_WORKER), 0);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *handler_in_other_task(void)
{
    static struct script handler;

    CHECK_EQUAL(peer_create(), 0);
    script_init(&handler, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_PEER_TASK, &handler, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(FAULT_GATE, 0, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(1), FAULT_GATE), 0);
    CHECK_EQUAL(worker_run(1, trap_run, NULL, PRIORITY_ABOVE), 0);
    CHECK(handler.done);
    CHECK_EQUAL(handler.out.rdx, VECTOR_INVALID_OPCODE);
    CHECK_EQUAL(handler.out.rsi, tag_make(INVOKE_CALL, PROTO_EXCEPTION, EXCEPTION_WORDS));
    return NULL;
}

const struct test tests[] = {
    { "exception: privileged instructions are general protection faults", privileged_instructions },
    { "exception: interrupt vectors cannot be called", software_interrupts },
    { "exception: iret into ring 0 is refused", return_to_ring_0 },
    { "exception: with UMIP, system tables cannot be read", descriptor_tables_hidden },
    { "exception: unknown and disabled instructions are invalid opcodes", unknown_instructions },
    { "exception: FPU, MMX and SSE are not available", fpu_unavailable },
    { "exception: division by zero", divide_by_zero },
    { "exception: page faults tell address, access and presence", page_faults },
    { "exception: data, stack, UTCB and read-only data cannot be executed", execute_of_data },
    { "exception: kernel addresses can be neither read nor written nor executed", kernel_addresses },
    { "exception: addresses that are not canonical are faults of the user", noncanonical_addresses },
    { "exception: a bad stack pointer is the user's own fault", bad_stack_pointers },
    { "exception: a thread started with a bad stack pointer runs and faults in user mode", thread_with_bad_stack },
    { "exception: a system call does not touch the user's stack", system_call_with_bad_stack },
    { "exception: single-stepping over a system call stays in user mode", single_step_over_system_call },
    { "handler: resumes a thread with all its registers, where it was or elsewhere", resumed_with_registers },
    { "handler: gets label, protocol and six words", message_form },
    { "handler: any other answer stops the thread", stopped_for_good },
    { "handler: cannot set a rip outside of user space, nor can ex_regs", rip_outside_refused },
    { "handler: a thread without exception gate stops and can be started again", no_gate_stops },
    { "handler: a gate that leads nowhere stops the thread", useless_gates_stop },
    { "handler: destroyed before its answer, the thread stays stopped", handler_destroyed },
    { "handler: the thread destroyed before the answer, the answer finds nobody", faulted_thread_destroyed },
    { "handler: may live in another task", handler_in_other_task },
};
const size_t test_count = sizeof tests / sizeof tests[0];
