/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The program that the kernel gives the machine to (kernel/abi/handover.h): starts Linux out of two more modules, `linux` and
 * `initramfs`. Until linux_enter everything is as the kernel left it, and it returns with a reason when Linux cannot be started.
 */
#include <stddef.h>

#include "handover/linux.h"
#include "handover/machine.h"
#include "handover/quiesce.h"
#include "handover/text.h"
#include "kernel/abi/abi.h"
#include "kernel/abi/handover.h"

#define ENTRY_64_OFFSET 0x200

void handover_main(struct handover *h);
_Noreturn void linux_enter(uint64_t entry, const struct boot_params *p);

static struct machine machine;
static struct boot_params params;
static struct linux_more_areas more_areas;
static char options[LINUX_OPTIONS_BYTES];

static const void *memory(uint64_t physical) { return (const void *)physical; }

static const char *modules_check(struct linux_image *image)
{
    const struct machine_module *m = &machine.linux_image;
    if (!m->bytes)
        return "there is no module `linux`";
    if (!machine.initramfs.bytes)
        return "there is no module `initramfs`";
    if (linux_module_check(m, memory(m->start)))
        return "linux: the module is corrupt: its bytes do not give its checksum (crc32=)";
    if (linux_module_check(&machine.initramfs, memory(machine.initramfs.start)))
        return "initramfs: the module is corrupt: its bytes do not give its checksum (crc32=)";
    return linux_check(memory(m->start), m->bytes, image);
}

/* The log's head is complete from here on. */
static void log_seal(struct handover *h)
{
    h->text_crc32 = crc32_of((const char *)h + HANDOVER_TEXT_OFFSET, h->text_bytes);
    h->head_crc32 = crc32_of(h, offsetof(struct handover, head_crc32));
}

static void code_move(uint64_t to, const uint8_t *from, uint64_t bytes)
{
    uint8_t *at = (uint8_t *)to;
    for (uint64_t i = 0; i < bytes; i++)
        at[i] = from[i];
}

static const char *linux_start(struct handover *h)
{
    struct linux_image image;
    const struct range kept[2] = { { (uint64_t)h, (uint64_t)h + h->bytes },
                                   { h->information & ~(uint64_t)(PAGE_BYTES - 1),
                                     (h->information + *(const uint32_t *)memory(h->information) + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1) } };
    const char *error = machine_read(memory(h->information), &machine);
    if (!error)
        error = modules_check(&image);
    if (error)
        return error;
    if (!ranges_add(&machine.used, kept[0].start, kept[0].end) || !ranges_add(&machine.used, h->image_start, h->image_end))
        return "the memory map has too many ranges";
    uint64_t place = linux_place(&image, &machine);
    if (!place)
        return "linux: not enough memory in one piece below 4 GiB";
    if (!linux_options(&image, machine.linux_image.options, (uint64_t)h, h->bytes, options))
        return "linux: its command line is too long";
    log_seal(h);
    linux_fill(&params, &image, &machine, kept, options, &more_areas);
    quiesce();
    code_move(place, (const uint8_t *)memory(machine.linux_image.start) + image.code, image.code_bytes);
    linux_enter(place + ENTRY_64_OFFSET, &params);
}

void handover_main(struct handover *h)
{
    struct text refusal = { h->refusal, sizeof h->refusal, 0, false };
    const char *error = linux_start(h);
    size_t n = 0;
    while (error[n])
        n++;
    text_add(&refusal, error, n);
}
