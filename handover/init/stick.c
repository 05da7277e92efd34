/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file gets its name only when its bytes are on the device; they are read back from there after the caches were dropped. Whatever fails
 * leaves the partition as it was, as far as its device allows.
 */
#include "handover/init/stick.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "handover/init/series.h"

#define LABEL "TOLLGATE"
#define FAT_LABEL "TOLLGATE   "
#define FAT16_LABEL_AT 43
#define FAT32_LABEL_AT 71
#define FAT16_TYPE_AT 54
#define FAT32_TYPE_AT 82
#define FOLDER "/stick"
#define TEMPORARY FOLDER "/RUN.TMP"
#define VARIABLES FOLDER "/tollgate.env"
#define VARIABLES_BYTES_MAX 65536
#define RUNS_MAX 99999
#define POLL_US 250000

/* --- finding it --- */

static bool is_named(const char *name)
{
    char path[320], line[128];
    bool named = false;
    snprintf(path, sizeof path, "/sys/class/block/%s/uevent", name);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        named = named || strcmp(line, "PARTNAME=" LABEL "\n") == 0;
    if (f)
        fclose(f);
    return named;
}

static bool is_labelled(const char *device)
{
    char sector[512];
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    bool got = fd >= 0 && pread(fd, sector, sizeof sector, 0) == (ssize_t)sizeof sector;
    if (fd >= 0)
        close(fd);
    return got && ((memcmp(sector + FAT16_TYPE_AT, "FAT", 3) == 0 && memcmp(sector + FAT16_LABEL_AT, FAT_LABEL, 11) == 0) ||
                   (memcmp(sector + FAT32_TYPE_AT, "FAT32", 5) == 0 && memcmp(sector + FAT32_LABEL_AT, FAT_LABEL, 11) == 0));
}

static bool stick_look(struct stick *s)
{
    DIR *blocks = opendir("/sys/class/block");
    bool found = false;
    for (struct dirent *e; blocks && !found && (e = readdir(blocks));) {
        if (e->d_name[0] == '.' || snprintf(s->device, sizeof s->device, "/dev/%s", e->d_name) >= (int)sizeof s->device)
            continue;
        found = (is_named(e->d_name) || is_labelled(s->device)) && access(s->device, R_OK) == 0;
    }
    if (blocks)
        closedir(blocks);
    return found;
}

bool stick_find(struct stick *s, unsigned seconds)
{
    for (unsigned tries = seconds * (1000000 / POLL_US) + 1; tries > 0; tries--) {
        if (stick_look(s))
            return true;
        if (tries > 1)
            usleep(POLL_US);
    }
    s->device[0] = '\0';
    return false;
}

/* --- writing --- */

static bool fail(struct stick *s, const char *what)
{
    const char *why = errno == ENOSPC ? "it is full" : errno == EROFS ? "it is write-protected" : strerror(errno);
    if (!s->reason[0]) /* the first cause */
        snprintf(s->reason, sizeof s->reason, "%s: %s", what, why);
    return false;
}

static bool mount_it(struct stick *s, unsigned long flags)
{
    int read_only = 0, fd = open(s->device, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (ioctl(fd, BLKROGET, &read_only) != 0)
            read_only = 0;
        close(fd);
    }
    errno = EROFS;
    if (read_only && !(flags & MS_RDONLY))
        return fail(s, "writing");
    if ((mkdir(FOLDER, 0755) != 0 && errno != EEXIST) || mount(s->device, FOLDER, "vfat", flags, "") != 0)
        return fail(s, "mounting it");
    return true;
}

static bool write_all(struct stick *s, const char *bytes, size_t n)
{
    int fd = open(TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(s, "making a file");
    for (size_t done = 0; done < n;) {
        ssize_t now = write(fd, bytes + done, n - done);
        if (now <= 0) {
            errno = now == 0 ? ENOSPC : errno;
            fail(s, "writing");
            close(fd);
            return false;
        }
        done += (size_t)now;
    }
    bool ok = fsync(fd) == 0 || fail(s, "writing");
    return (close(fd) == 0 || fail(s, "writing")) && ok;
}

/* The first number that no file has. */
static bool name_choose(struct stick *s)
{
    char path[64];
    for (unsigned i = 1; i <= RUNS_MAX; i++) {
        snprintf(s->file, sizeof s->file, "RUN%05u.LOG", i);
        snprintf(path, sizeof path, FOLDER "/%s", s->file);
        if (access(path, F_OK) != 0)
            return true;
    }
    errno = EEXIST;
    return fail(s, "finding a name for the file");
}

static bool file_make(struct stick *s, const char *bytes, size_t n)
{
    char path[64];
    if (!mount_it(s, MS_NOATIME))
        return false;
    bool ok = write_all(s, bytes, n) && name_choose(s);
    snprintf(path, sizeof path, FOLDER "/%s", s->file);
    if (ok && rename(TEMPORARY, path) != 0)
        ok = fail(s, "naming the file");
    if (!ok)
        unlink(TEMPORARY);
    sync();
    if (umount(FOLDER) != 0)
        ok = fail(s, "leaving it");
    return ok;
}

/* --- reading back --- */

static void caches_drop(const char *device)
{
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    ioctl(fd, BLKFLSBUF, 0);
    close(fd);
}

static bool file_equals(struct stick *s, const char *bytes, size_t n)
{
    char path[64], piece[4096];
    size_t done = 0;
    ssize_t now;
    snprintf(path, sizeof path, FOLDER "/%s", s->file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(s, "reading back");
    while ((now = read(fd, piece, sizeof piece)) > 0 && (size_t)now <= n - done && memcmp(piece, bytes + done, (size_t)now) == 0)
        done += (size_t)now;
    close(fd);
    errno = now < 0 ? errno : EIO;
    return (now == 0 && done == n) || fail(s, "reading back");
}

bool stick_save(struct stick *s, const char *bytes, size_t n)
{
    s->reason[0] = s->file[0] = '\0';
    bool ok = file_make(s, bytes, n);
    if (ok) {
        caches_drop(s->device);
        ok = mount_it(s, MS_RDONLY) && file_equals(s, bytes, n);
        umount(FOLDER);
    }
    return ok;
}

/* --- what the menu has noted --- */

/* Opens the block of variables on the mounted partition and reads it; -1: there is none. */
static int variables_open(int flags, char *block, size_t *n)
{
    int fd = open(VARIABLES, flags | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : pread(fd, block, VARIABLES_BYTES_MAX, 0);
    *n = got > 0 ? (size_t)got : 0;
    return fd;
}

void stick_failed(struct stick *s, struct bytes *out)
{
    static char block[VARIABLES_BYTES_MAX];
    size_t n;
    if (mount_it(s, MS_RDONLY)) {
        int fd = variables_open(O_RDONLY, block, &n);
        if (fd >= 0 && !series_failed(block, n, out))
            out->used = 0;
        if (fd >= 0)
            close(fd);
        umount(FOLDER);
    }
    s->reason[0] = '\0';
}

bool stick_forget(struct stick *s)
{
    static char before[VARIABLES_BYTES_MAX], block[VARIABLES_BYTES_MAX];
    size_t n;
    if (!mount_it(s, MS_NOATIME))
        return false;
    int fd = variables_open(O_RDWR, block, &n);
    bool ok = true;
    memcpy(before, block, n);
    series_forget(block, n);
    if (fd >= 0 && memcmp(before, block, n) != 0)
        ok = (pwrite(fd, block, n, 0) == (ssize_t)n && fsync(fd) == 0) || fail(s, "writing tollgate.env");
    if (fd >= 0)
        close(fd);
    sync();
    return umount(FOLDER) == 0 && ok;
}
