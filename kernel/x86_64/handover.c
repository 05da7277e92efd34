/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console's log is kept in one piece of memory below 4 GiB, which the early page tables reach: they are those of the program, too.
 */
#include "kernel/x86_64/handover.h"

#include "kernel/abi/handover.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/ioapic.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/print.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/string.h"

#define LOG_BYTES_MAX 0x1000000ull
#define LOG_MEMORY_SHARE 16    /* one part in so many, where memory is small */

extern char early_root[];      /* start.S */

static struct handover *handover; /* NULL: nobody takes over */
static uint64_t program;

bool handover_prepare(const struct boot_information *boot, struct ranges *frames)
{
    uint64_t bytes = ranges_bytes(frames) / LOG_MEMORY_SHARE & ~(uint64_t)(PAGE_BYTES - 1);
    bytes = bytes < LOG_BYTES_MAX ? bytes : LOG_BYTES_MAX;
    if (!boot->handover)
        return true;
    for (unsigned i = frames->n; i-- > 0;) {
        struct range r = frames->range[i];
        r.end = r.end < EARLY_LINEAR_BYTES ? r.end : EARLY_LINEAR_BYTES;
        if (bytes <= HANDOVER_TEXT_OFFSET || r.start >= r.end || r.end - r.start < bytes || !ranges_remove(frames, r.end - bytes, r.end))
            continue;
        struct handover *head = linear_address(r.end - bytes);
        memset(head, 0, sizeof *head);
        *head = (struct handover){ .magic = HANDOVER_MAGIC, .bytes = bytes, .information = boot->information,
                                   .image_start = image_physical(image_start), .image_end = image_physical(image_end) };
        program = boot->handover;
        handover = head;
        return true;
    }
    return false;
}

void handover_log(const char *text, size_t bytes)
{
    uint64_t room = handover ? handover->bytes - HANDOVER_TEXT_OFFSET - handover->text_bytes : 0, taken = bytes < room ? bytes : room;
    if (!handover)
        return;
    memcpy((char *)handover + HANDOVER_TEXT_OFFSET + handover->text_bytes, text, taken);
    handover->text_bytes += taken;
    handover->lost_bytes += bytes - taken;
}

bool handover_enter(unsigned status)
{
    struct handover *head = handover;
    if (!head || arch_cpu() != &processor_boot.cpu)
        return false;
    head->status = status;
    print("tollgate: handing the machine over\n");
    handover = NULL;
    smp_park_others();
    ioapic_mask_all();
    apic_quiesce();
    handover_jump(program, arch_physical(head), image_physical(early_root));
    head->refusal[HANDOVER_REFUSAL_BYTES - 1] = 0;
    print("tollgate: nobody took the machine over: %s\n", head->refusal);
    return true;
}
