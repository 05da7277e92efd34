/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text leaves through words 1.. of the message: the first five in registers, the rest in the UTCB.
 */
#include "kernel/core/vcon.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/x86_64/arch.h"

static struct vcon vcon_boot;

struct object *vcon_create_boot(void)
{
    object_init(&vcon_boot.object, KIND_VCON, NULL);
    return &vcon_boot.object;
}

static unsigned op_write(struct invocation *i)
{
    uint64_t bytes = i->in[0], words[WORDS_MAX];
    if (bytes > VCON_WRITE_BYTES_MAX || !i->words || bytes > (i->words - 1) * sizeof words[0])
        return ERR_BAD_ARGUMENT;
    for (unsigned w = 1; w < i->words; w++)
        words[w - 1] = w < REGISTER_WORDS ? i->in[w] : i->self->utcb->words[w];
    arch_console_write((const char *)words, bytes);
    i->out[0] = bytes;
    i->out_words = 1;
    return 0;
}

unsigned vcon_invoke(struct invocation *i)
{
    switch (i->operation) {
    case OP_VCON_WRITE:
        return op_write(i);
    case OP_VCON_EXIT:
        if (!(i->rights & RIGHT_MANAGE))
            return ERR_NO_RIGHT;
        if (i->in[0] != EXIT_OK && i->in[0] != EXIT_FAILED && i->in[0] != EXIT_BAD_BOOT)
            return ERR_BAD_ARGUMENT;
        arch_exit((unsigned)i->in[0]);
    default:
        return ERR_BAD_OPERATION;
    }
}
