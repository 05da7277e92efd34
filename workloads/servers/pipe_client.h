/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a client of the pipe server links: calls that look like POSIX's and return a negative PIPE_E* for an error. The first argument is the
 * connection of the calling thread. Bytes that lie in its window are copied by the server alone; others once more by the library.
 */
#ifndef WORKLOADS_SERVERS_PIPE_CLIENT_H
#define WORKLOADS_SERVERS_PIPE_CLIENT_H

#include "workloads/servers/pipe.h"

int64_t pipe_open(unsigned connection, int descriptors[2]);
int64_t pipe_read(unsigned connection, int descriptor, void *to, size_t bytes);
int64_t pipe_write(unsigned connection, int descriptor, const void *from, size_t bytes);
int64_t pipe_close(unsigned connection, int descriptor);
int64_t pipe_duplicate(unsigned connection, int descriptor);
int64_t pipe_nonblock(unsigned connection, int descriptor, bool nonblock);
int64_t pipe_inherit(unsigned connection, unsigned heir);
int64_t pipe_exit(unsigned connection);

#endif
