/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a capability is not counted by its object.
 */
#include "kernel/core/cap.h"
#include "kernel/test/planted/planted.h"

void __real_cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent);
void __wrap_cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent);

void __wrap_cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent)
{
    __real_cap_insert(t, selector, object, rights, parent);
    if (object->capabilities > 1 && planted_now(200))
        object->capabilities--;
}
