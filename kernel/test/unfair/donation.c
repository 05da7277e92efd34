/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a server that is more important than its client does the client's work at its own priority, before others who are more
 * important than that.
 */
#include "kernel/core/cap.h"
#include "kernel/core/ipc.h"
#include "kernel/core/sched.h"

#define UNFAIR_FUNCTION ipc_send
#define UNFAIR_TEST "inversion: donation: a server of high priority works for a low client at the client's"
#define UNFAIR_OPTIONS "nofast"

void __real_ipc_send(struct thread *self, unsigned flags, uint64_t tag, cap_word word);
void __wrap_ipc_send(struct thread *self, unsigned flags, uint64_t tag, cap_word word);

void __wrap_ipc_send(struct thread *self, unsigned flags, uint64_t tag, cap_word word)
{
    struct thread *server = word & CAP_NOT_GATE ? NULL : cap_word_thread(word);
    __real_ipc_send(self, flags, tag, word);
    if (server && server->caller == self && server->own_sc.priority > server->sc->priority)
        sched_set(server->sc, server->own_sc.priority, server->sc->quantum_ticks);
}
