/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Synchronous mapping RPC: the body of the two workloads that differ in how much is mapped. Included once by each, which defines MAPPING_ID,
 * MAPPING_NAME, MAPPING_DIRECTION and MAPPING_SHIFT (bytes: 1 << MAPPING_SHIFT) first. The sender's call carries a flexpage of its memory,
 * which is the receiver's when that has it, and is revoked by the sender after the reply.
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"

#define SENDER_ADDRESS PROGRAM_FREE_ADDRESS
#define RECEIVER_ADDRESS (PROGRAM_FREE_ADDRESS + 0x40000000)
#define ONE_ITEM (ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT)

static void receiver(void *arg)
{
    (void)arg;
    worker_utcb(SERVER_WORKER)->window_memory = flexpage_memory(RECEIVER_ADDRESS, MAPPING_SHIFT, 0);
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
    }
}

static bool setup(void)
{
    if (service_memory(SENDER_ADDRESS, (1u << MAPPING_SHIFT) / PAGE_BYTES, MEMORY_READ | MEMORY_WRITE) != 0)
        return false;
    if (!ipc_partner_create(true) || !ipc_server_start(true, receiver, 0))
        return false;
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->items[0] =
        (struct utcb_item){ flexpage_memory(SENDER_ADDRESS, MAPPING_SHIFT, MEMORY_READ | MEMORY_WRITE), 0 };
    return true;
}

ALWAYS_INLINE bool mapping_fails(void)
{
    const struct message_words revoked = { flexpage_memory(SENDER_ADDRESS, MAPPING_SHIFT, MEMORY_READ), UNMAP_DERIVED, 0, 0, 0, 0 };

    if (tag_failed(ipc_call(SELECTOR_SERVER_GATE, ONE_ITEM, MESSAGE_EMPTY).tag))
        return true;
    return tag_failed(ipc_call(SELECTOR_TASK, tag_make(0, OP_TASK_UNMAP_FLEXPAGE, 2), revoked).tag);
}

MEASURE_LOOPS(mapping, mapping_fails())
MEASURE_LOOPS(empty, twin_succeeds())

#define MAPPING_ROW(operations, samples, how) \
    { .name = MAPPING_NAME, .direction = MAPPING_DIRECTION, .relation = "inter", .path = "none", .batch = operations, .ring_samples = samples, \
      .fill = mapping_##how, .fill_empty = empty_##how }

static const struct variant variants[] = { MAPPING_ROW(1, 250, single), MAPPING_ROW(BATCH_OPERATIONS, 25, batched) };

const struct workload workload = {
    .id = MAPPING_ID, .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
