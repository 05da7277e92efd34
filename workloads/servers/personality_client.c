/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The library of programs that know their personality server: system calls as messages to it, or answered here.
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/servers/personality_state.h"

/* Linux's convention: an error is negative. */
static int64_t library_call(int32_t number, uint64_t a, uint64_t b, uint64_t c)
{
    struct message m = ipc_call(SELECTOR_SERVER_GATE, tag_make(0, number, 3), (struct message_words){ .w0 = a, .w1 = b, .w2 = c });

    return tag_failed(m.tag) ? -LINUX_EIO : (int64_t)m.w.w0;
}

__attribute__((noinline)) int64_t library_getpid(void)
{
    return library_call(LINUX_getpid, 0, 0, 0);
}

__attribute__((noinline)) int64_t library_read(int descriptor, void *to, uint64_t bytes)
{
    return library_call(LINUX_read, (uint64_t)descriptor, (uint64_t)to, bytes);
}

__attribute__((noinline)) int64_t library_write(int descriptor, const void *from, uint64_t bytes)
{
    return library_call(LINUX_write, (uint64_t)descriptor, (uint64_t)from, bytes);
}

__attribute__((noinline)) int64_t library_getpid_local(void)
{
    return *(volatile int64_t *)&personality.pid;
}
