/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waiting for an interrupt. In assembly because nothing may come between STI and HLT: STI holds interrupts off for exactly one
 * instruction, so that the one that was pending ends the HLT instead of preceding it.
 */

/* arch_idle: void (void).  in: nothing  out: nothing  clobbers: nothing  irq: off, on while halted, off
 * stack: interrupts come in through trap_from_kernel, on this stack */
    .text
    .globl arch_idle
    .type arch_idle, @function
arch_idle:
    sti
    hlt
    cli
    ret
    .size arch_idle, . - arch_idle

/* arch_interrupts_take: void (void).  as arch_idle, without the halt; STI takes effect behind the NOP */
    .globl arch_interrupts_take
    .type arch_interrupts_take, @function
arch_interrupts_take:
    sti
    nop
    cli
    ret
    .size arch_interrupts_take, . - arch_interrupts_take
