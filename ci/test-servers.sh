#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 900
# The tests of pipe server, personality server, pager and of their peers' deaths can fail: each fault below, planted into a copy of the tree, must
# make the guest tests that it names red.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
. "$here/mutants.sh"

# What goes wrong | file | tests | sed script. Every script must change its file. Those behind a dash, whose tests are those of another, or which
# take long, are planted with FAULTS=all only.
faults() {
    cat <<'EOF'
pipe: a copy goes to the wrong place in the ring|servers/pipe_store.c|pipe_semantics|s/p->put += bytes;/p->put += bytes + 1;/
pipe: long writes are atomic, short ones are not|servers/pipe_store.c|pipe_semantics|s/bytes <= PIPE_ATOMIC_BYTES ? bytes : 1/bytes > PIPE_ATOMIC_BYTES ? bytes : 1/
-pipe: no EPIPE|servers/pipe_store.c|pipe_semantics|s/return -PIPE_EPIPE;/return -PIPE_EAGAIN;/
-pipe: the end of the file is no byte|servers/pipe_store.c|pipe_semantics|/ends\[DIRECTION_WRITE\] == 0)$/{n;s/return 0;/return -PIPE_EAGAIN;/}
-pipe: the last reader's end wakes no writer|servers/pipe_store.c|pipe_semantics|s/pipe_wake(p, d->direction == DIRECTION_READ/pipe_wake(p, d->direction != DIRECTION_READ/
pipe: the death of a client closes nothing|servers/pipe_server.c|pipe_semantics|/^void pipe_watch/,/^}/s/store_end(connection, true);/(void)connection;/
-pipe: the window has no end|servers/pipe_server.c|pipe_server|s/bytes > PIPE_WINDOW_BYTES - offset/bytes == UINT64_MAX/
pipe: whoever has begun inherits|servers/pipe_store.c|pipe_server|s/ && !to->adopted//
personality: it has no bounds of the process|servers/personality.c|personality|s/ || offset > personality.data_bytes || bytes > personality.data_bytes - offset/ || bytes == UINT64_MAX/
-personality: /dev/null takes what the process has not got|servers/personality.c|personality|s/return process_memory(address, bytes) == NULL ? -LINUX_EFAULT : (int64_t)bytes;/return (int64_t)bytes;/
-personality: /dev/zero gives a byte too many|servers/personality.c|personality|s/bytes_clear(to, bytes)/bytes_clear(to, bytes + 1)/
-personality: an unknown system call is getpid|servers/personality.c|personality|s/return -LINUX_ENOSYS;/return personality.pid;/
-personality: another process identifier|servers/personality.c|personality|s/return personality.pid;/return personality.pid + 1;/
-personality: its end looks like success|servers/personality_client.c|personality|s/? -LINUX_EIO/? 0/
personality: nobody is told of its end|servers/personality_loader.c|personality|/^static void watch/,/^}/s/semaphore_up(SELECTOR_LINUX_OUTPUT);//
personality: the server is not told of the end of its process|servers/personality_loader.c|personality|/^static void watch/,/^}/s/semaphore_up(SELECTOR_LINUX_INPUT);//
pager: a frame in use is given away|test/pager.c|pager|/task_take_memory(SELECTOR_TASK, (uint64_t)frames/d
pager: content is not kept|test/pager.c|pager|/memcpy(store\[uses/d
pager: a refused mapping is not asked for again|test/pager.c|pager|s/!= ERR_NO_MEMORY)/!= ERR_NO_MEMORY || frame < FRAMES)/
EOF
}

tree_copy
tap_check 'the tree as it is builds' tree_build
tap_check 'the tests pass' tests_run 90 limit=1 --select pipe_semantics,pipe_server,personality,pager,peer_death
while IFS='|' read -r what file tests script; do
    case $what in -*) [ "${FAULTS:-}" = all ] || continue; what=${what#-} ;; esac
    fault "$what" "workloads/$file" "$script" 60 limit=1 --select "$tests"
done < <(faults)
tap_done
