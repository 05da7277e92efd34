/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading what the boot loader left, through the early linear map, which reaches the first 4 GiB.
 */
#include "kernel/boot/boot_information.h"

#include "kernel/boot/multiboot2.h"
#include "kernel/boot/pvh.h"
#include "kernel/boot/start.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/print.h"

_Noreturn void boot_refuse(const char *what, const char *why)
{
    print("tollgate: boot refused: %s%s%s\n", what, what[0] ? ": " : "", why);
    arch_exit(EXIT_BAD_BOOT);
}

void boot_information_read(uint32_t protocol, uint64_t address, struct boot_information *out)
{
    const void *information = linear_address(address);
    const char *error;
    if (protocol == BOOT_PROTOCOL_MULTIBOOT2)
        error = multiboot2_read(information, EARLY_LINEAR_BYTES - address, out);
    else
        error = pvh_read(information, linear_address(0), EARLY_LINEAR_BYTES, out);
    if (error)
        boot_refuse("", error);
    if (out->archive_bytes > EARLY_LINEAR_BYTES || out->archive > EARLY_LINEAR_BYTES - out->archive_bytes)
        boot_refuse("", "the boot archive lies above 4 GiB");
    out->information = address;
    if (out->handover && !ranges_add_pages(&out->kept, address, address + *(const uint32_t *)information, PAGE_BYTES))
        boot_refuse("", "too many modules");
}
