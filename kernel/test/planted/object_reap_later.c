/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a factory that nobody has any more stays when the last of what it paid for goes.
 */
#include "kernel/core/cap.h"
#include "kernel/test/planted/planted.h"

void __real_object_reap_later(struct object *o);
void __wrap_object_reap_later(struct object *o);

void __wrap_object_reap_later(struct object *o)
{
    if (!planted_now(2))
        __real_object_reap_later(o);
}
