/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nothing of the log is believed before its head's checksum holds, and no text before its own does.
 */
#include "handover/init/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baselines/linux/guest.h"
#include "harness/measure/record.h"
#include "kernel/abi/handover.h"

#define LOG_BYTES_MAX 0x40000000ull

static void text_take(struct session_log *log, const struct handover *head, uint64_t bytes)
{
    if (head->magic != HANDOVER_MAGIC || head->bytes != bytes ||
        head->head_crc32 != record_crc32(head, offsetof(struct handover, head_crc32))) {
        log->reason = "its head is damaged";
        return;
    }
    log->lost_bytes = head->lost_bytes;
    log->status = head->status;
    const char *text = (const char *)head + HANDOVER_TEXT_OFFSET;
    if (head->text_bytes > bytes - HANDOVER_TEXT_OFFSET || !bytes_add(&log->text, text, head->text_bytes))
        log->reason = "not enough memory for it";
    else if (record_crc32(log->text.at, log->text.used) != head->text_crc32)
        log->reason = "its text is damaged";
    else
        log->found = true;
}

void session_log_read_at(struct session_log *log, const char *path, const char *where)
{
    unsigned long long address, bytes;
    char rest;
    log->expected = true;
    log->reason = "tollgate.result= is malformed";
    if (sscanf(where, "%llx,%llx%c", &address, &bytes, &rest) != 2 || bytes <= HANDOVER_TEXT_OFFSET || bytes > LOG_BYTES_MAX || address % 4096)
        return;
    log->reason = "its memory cannot be read";
    int fd = open(path, O_RDONLY);
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)address);
    if (memory != MAP_FAILED) {
        log->reason = NULL;
        text_take(log, memory, bytes);
        munmap(memory, bytes);
    }
    if (fd >= 0)
        close(fd);
}

void session_log_read(struct session_log *log)
{
    char where[64];
    if (guest_option("result", where, sizeof where))
        session_log_read_at(log, "/dev/mem", where);
}
