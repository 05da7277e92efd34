/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Start and end of a program that root runs, and its requests to root.
 */
#include "workloads/lib/service.h"

#include "workloads/lib/invoke.h"
#include "workloads/lib/program.h"
#include "workloads/lib/text.h"

struct record_writer program_records;

static struct utcb *own_utcb(void)
{
    return (struct utcb *)PROGRAM_UTCB_ADDRESS;
}

static bool record_piece_send(const char *piece, size_t piece_bytes, bool last)
{
    struct utcb *utcb = own_utcb();
    size_t words = (piece_bytes + 7) / 8;

    if (words != 0)
        utcb->words[REGISTER_WORDS + words - 1] = 0;
    memcpy(&utcb->words[REGISTER_WORDS], piece, piece_bytes);
    struct message m = ipc_call(SELECTOR_SERVICE, tag_make(0, SERVICE_RECORD, REGISTER_WORDS + words),
                                (struct message_words){ .w0 = piece_bytes, .w1 = last });
    return !tag_failed(m.tag) && tag_label(m.tag) == 0;
}

bool service_record(void *arg, const char *body, size_t body_bytes)
{
    (void)arg;
    for (;;) {
        bool last = body_bytes <= SERVICE_RECORD_BYTES_MAX;
        size_t piece_bytes = last ? body_bytes : SERVICE_RECORD_BYTES_MAX;
        if (!record_piece_send(body, piece_bytes, last))
            return false;
        if (last)
            return true;
        body += piece_bytes;
        body_bytes -= piece_bytes;
    }
}

int32_t service_ports(uint64_t first, uint64_t size)
{
    struct message m = ipc_call(SELECTOR_SERVICE, tag_make(0, SERVICE_PORTS, 2), (struct message_words){ .w0 = first, .w1 = size });

    return tag_label(m.tag);
}

int32_t service_memory(uint64_t address, uint64_t pages, uint64_t memory_rights)
{
    struct message m = ipc_call(SELECTOR_SERVICE, tag_make(0, SERVICE_MEMORY, 3),
                                (struct message_words){ .w0 = address, .w1 = pages, .w2 = memory_rights });

    return tag_label(m.tag);
}

_Noreturn void service_done(bool ok)
{
    ipc_call(SELECTOR_SERVICE, tag_make(0, SERVICE_DONE, 1), (struct message_words){ .w0 = !ok });
    /* Root does not answer; if it did, nothing sensible is left to do but to fault, which it sees. */
    program_trap();
}

void program_start(uint64_t facts)
{
    record_writer_init(&program_records, service_record, NULL);
    bool ok = program_main(facts);
    service_done(ok && !program_records.failed);
}
