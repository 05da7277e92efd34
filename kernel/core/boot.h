/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What kernel/boot needs of the core to make the root task. Used once, before the first thread runs; failures are the caller's
 * to report (NULL or false: memory or quota is out).
 */
#ifndef KERNEL_CORE_BOOT_H
#define KERNEL_CORE_BOOT_H

#include "kernel/core/object.h"

/* Prepares a CPU's structure; its `number` is set, and `parked` points at cleared memory. */
void core_init(struct cpu *cpu);
struct factory *factory_root_create(uint64_t quota_bytes);
struct task *task_create(struct factory *f, struct task *owner);
struct object *vcon_create_boot(void);
struct object *scheduler_create_boot(void);
struct object *icu_create_boot(void);
void thread_start_boot(struct thread *t, uint64_t rip, uint64_t rsp, uint64_t rdi, uint8_t priority, uint64_t quantum_us);
/* Runs whoever is ready; never comes back. */
_Noreturn void core_run(void);

#endif
