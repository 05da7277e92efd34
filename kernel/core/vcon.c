/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text travels in the UTCB alone, words 6 and up: the registers of a write that comes again hold its progress.
 */
#include "kernel/core/vcon.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/irq.h"
#include "kernel/x86_64/arch.h"

#define VCON_BURST_BYTES 16   /* written in one step */
#define INPUT_BYTES 256        /* a power of two */
#define RECEIVE_BYTES_MAX 64   /* of an interrupt */
#define BUSY_TRIES_MAX 1000000 /* then a device is dead */

static struct vcon vcon_boot;
static char input[INPUT_BYTES];
static uint32_t input_first, input_end; /* counted on */
static uint64_t input_lost, baud, mode;
static bool return_sent;       /* and its newline not yet */

struct object *vcon_create_boot(void)
{
    object_init(&vcon_boot.object, KIND_VCON, NULL);
    input_first = input_end = 0;
    input_lost = mode = 0;
    baud = VCON_BAUD_DEFAULT;
    return &vcon_boot.object;
}

static char *utcb_text(const struct invocation *i) { return (char *)&i->self->utcb->words[REGISTER_WORDS]; }

static size_t output_try(const char *text, size_t n, unsigned where)
{
    size_t taken = 0;
    if (!(mode & VCON_MODE_CRLF))
        return arch_console_try(text, n, where);
    while (taken < n && text[taken] != '\n')
        taken++;
    if (taken || !n)
        return arch_console_try(text, taken, where);
    if (!return_sent && !arch_console_try("\r", 1, where))
        return 0;
    return_sent = !arch_console_try("\n", 1, where);
    return !return_sent;
}

static unsigned op_write(struct invocation *i)
{
    uint64_t bytes = i->in[0], where = i->in[1], *done = &i->progress[0], *tries = &i->progress[1];
    if (bytes > VCON_WRITE_BYTES_MAX || i->words < REGISTER_WORDS || where & ~(uint64_t)(VCON_SERIAL | VCON_SCREEN) || bytes > (i->words - REGISTER_WORDS) * sizeof(uint64_t))
        return ERR_BAD_ARGUMENT;
    char text[VCON_BURST_BYTES];
    size_t n = *done < bytes ? bytes - *done : 0;
    n = n < sizeof text ? n : sizeof text;
    for (size_t b = 0; b < n; b++)
        text[b] = utcb_text(i)[*done + b];
    size_t taken = output_try(text, n, where ? (unsigned)where : VCON_SERIAL | VCON_SCREEN);
    *done += taken;
    *tries = taken ? 0 : *tries + 1;
    if (!arch_console_refresh(&i->budget) || (*done < bytes && *tries < BUSY_TRIES_MAX))
        return INVOKE_AGAIN;
    i->out[0] = *done < bytes ? *done : bytes;
    i->out_words = 1;
    return 0;
}

void vcon_receive(void)
{
    int c;
    for (unsigned n = 0; n < RECEIVE_BYTES_MAX && (c = arch_console_read()) >= 0; n++) {
        char byte = mode & VCON_MODE_CRLF && c == '\r' ? '\n' : (char)c;
        if (input_end - input_first == INPUT_BYTES) {
            input_lost++;
            continue;
        }
        input[input_end++ % INPUT_BYTES] = byte;
        if (mode & VCON_MODE_ECHO) {
            unsigned budget = 2;
            (void)output_try(&byte, 1, VCON_SERIAL | VCON_SCREEN);
            (void)arch_console_refresh(&budget);
        }
    }
}

static unsigned op_read(struct invocation *i)
{
    vcon_receive();
    uint64_t n = 0;
    for (; n < i->in[0] && n < VCON_READ_BYTES_MAX && input_first != input_end; n++)
        utcb_text(i)[n] = input[input_first++ % INPUT_BYTES];
    for (unsigned w = 2; w < REGISTER_WORDS; w++)
        i->out[w] = 0;
    i->out[0] = n;
    i->out[1] = input_end - input_first;
    i->out_words = (unsigned)(REGISTER_WORDS + (n + 7) / 8);
    return 0;
}

static unsigned op_set_attributes(const struct invocation *i)
{
    if (i->in[1] & ~(uint64_t)(VCON_MODE_ECHO | VCON_MODE_CRLF) || !arch_console_baud_set(i->in[0]))
        return ERR_BAD_ARGUMENT;
    baud = i->in[0];
    mode = i->in[1];
    return 0;
}

static unsigned op_exit(const struct invocation *i)
{
    if (i->in[0] != EXIT_OK && i->in[0] != EXIT_FAILED && i->in[0] != EXIT_BAD_BOOT)
        return ERR_BAD_ARGUMENT;
    arch_exit((unsigned)i->in[0]);
}

static unsigned op_bind(const struct invocation *i)
{
    unsigned error = irq_console_bind(i);
    vcon_receive();
    if (!error && i->in[0] && input_first != input_end)
        irq_console_trigger();
    return error;
}

unsigned vcon_invoke(struct invocation *i)
{
    static const uint8_t needed[] = {0, RIGHT_MANAGE, RIGHT_X, RIGHT_X, 0, RIGHT_W};
    unsigned operation = (unsigned)i->operation - OP_VCON_WRITE;
    if (operation >= sizeof needed)
        return ERR_BAD_OPERATION;
    if (needed[operation] & ~(unsigned)i->rights)
        return ERR_NO_RIGHT;
    switch (i->operation) {
    case OP_VCON_WRITE:
        return op_write(i);
    case OP_VCON_EXIT:
        return op_exit(i);
    case OP_VCON_READ:
        return op_read(i);
    case OP_VCON_BIND:
        return op_bind(i);
    case OP_VCON_SET_ATTRIBUTES:
        return op_set_attributes(i);
    default:
        i->out[0] = baud;
        i->out[1] = mode;
        i->out[2] = input_lost;
        i->out_words = 3;
        return 0;
    }
}
