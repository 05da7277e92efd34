/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of boot archives: cpio, "new ASCII" format (magic 070701; cpio(5)). Freestanding, without allocation, for kernel, root
 * server and host alike. Whatever the bytes are, nothing outside of them is read.
 */
#ifndef KERNEL_BOOT_ARCHIVE_H
#define KERNEL_BOOT_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

struct archive {
    const uint8_t *bytes;
    size_t n;
    size_t offset;             /* of the next entry */
    const char *error;         /* why archive_next returned ARCHIVE_BAD */
};

struct archive_entry {
    const char *name;          /* NUL-terminated, within the archive */
    const uint8_t *data;
    size_t bytes;
    uint32_t mode;             /* st_mode */
};

enum archive_result { ARCHIVE_ENTRY, ARCHIVE_END, ARCHIVE_BAD };

#define ARCHIVE_MODE_TYPE 0170000u
#define ARCHIVE_MODE_FILE 0100000u

void archive_open(struct archive *a, const void *bytes, size_t n);
/* The next entry, up to the trailer. After ARCHIVE_BAD or ARCHIVE_END it answers the same for ever. */
enum archive_result archive_next(struct archive *a, struct archive_entry *out);
/* Reads the archive to its end. Returns NULL, or what is wrong with it. */
const char *archive_check(const void *bytes, size_t n);
/* The first regular file of that name: ARCHIVE_END when there is none, ARCHIVE_BAD with *error (if not NULL) set. */
enum archive_result archive_find(const void *bytes, size_t n, const char *name, struct archive_entry *out, const char **error);

#endif
