/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a task takes no seat.
 */
#include "kernel/core/boot.h"

#define UNFAIR_FUNCTION task_create
#define UNFAIR_TEST "exhaust: exhaustion: seats, by tasks"

struct task *__real_task_create(struct factory *f, struct task *owner);
struct task *__wrap_task_create(struct factory *f, struct task *owner);

struct task *__wrap_task_create(struct factory *f, struct task *owner)
{
    struct task *t = __real_task_create(f, owner);
    f->seats_used -= t != NULL;
    return t;
}
