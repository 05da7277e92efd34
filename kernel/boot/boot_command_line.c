/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeping the loader's command line, whole or not at all: results name it, so a cut one would lie.
 */
#include "kernel/boot/boot_information.h"

const char *boot_command_line_copy(struct boot_information *out, const char *line, uint64_t limit)
{
    for (uint64_t i = 0; i < limit && i < ROOT_COMMAND_LINE_BYTES; i++) {
        out->command_line[i] = line[i];
        if (line[i] == 0)
            return NULL;
    }
    out->command_line[0] = 0;
    return limit < ROOT_COMMAND_LINE_BYTES ? "command line is not terminated" : "command line is too long (2047 bytes at most)";
}
