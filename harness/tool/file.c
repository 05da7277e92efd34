/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whole files under a limit, and atomic replacement; see file.h.
 */
#include "harness/tool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

/* Grows as it reads: the size that stat tells may be wrong (a pipe, a file being written). */
static bool stream_read(FILE *in, size_t limit, char **bytes, size_t *size, struct error *e)
{
    size_t capacity = 1 << 16, used = 0;
    char *buffer = malloc(capacity + 1);
    while (buffer) {
        used += fread(buffer + used, 1, capacity - used, in);
        if (ferror(in) || used > limit || used < capacity)
            break;
        capacity *= 2;
        char *grown = realloc(buffer, capacity + 1);
        if (!grown)
            free(buffer);
        buffer = grown;
    }
    if (!buffer)
        return error_set(e, "out of memory");
    if (ferror(in) || used > limit) {
        bool failed = ferror(in);
        free(buffer);
        return failed ? error_set(e, "%s", strerror(errno)) : error_set(e, "larger than the limit of %zu bytes", limit);
    }
    buffer[used] = 0;
    *bytes = buffer;
    *size = used;
    return true;
}

bool file_read(const char *path, size_t limit_bytes, char **bytes, size_t *size, struct error *e)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return error_set(e, "%s: %s", path, strerror(errno));
    struct stat status;
    bool ok = true;
    if (fstat(fileno(in), &status) != 0)
        ok = error_set(e, "%s", strerror(errno));
    else if (S_ISDIR(status.st_mode))
        ok = error_set(e, "is a folder");
    else if (S_ISREG(status.st_mode) && status.st_size > 0 && (size_t)status.st_size > limit_bytes)
        ok = error_set(e, "%lld bytes, larger than the limit of %zu", (long long)status.st_size, limit_bytes);
    else
        ok = stream_read(in, limit_bytes, bytes, size, e);
    fclose(in);
    return ok ? true : error_prefix(e, "%s", path);
}

bool file_digest(const char *path, char text[FILE_DIGEST_BYTES])
{
    unsigned char block[1 << 16];
    size_t used;
    unsigned long long size = 0;
    uLong crc = crc32(0, NULL, 0);
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    while ((used = fread(block, 1, sizeof block, in)) > 0) {
        crc = crc32_z(crc, block, used);
        size += used;
    }
    bool ok = !ferror(in);
    fclose(in);
    snprintf(text, FILE_DIGEST_BYTES, "%08lx:%llu", crc, size);
    return ok;
}

/* The file behind `path`: what a link points at is replaced, and the link stays. */
static char *file_behind(const char *path, bool *straight)
{
    struct stat status;
    bool there = stat(path, &status) == 0;
    *straight = there ? !S_ISREG(status.st_mode) : lstat(path, &status) == 0; /* a link to nothing makes what it points at */
    char *real = there && !*straight ? realpath(path, NULL) : NULL;
    return real ? real : strdup(path);
}

bool file_create(struct file_output *f, const char *path, struct error *e)
{
    *f = (struct file_output){ 0 };
    f->path = file_behind(path, &f->straight);
    if (!f->path || asprintf(&f->temporary, "%s%s", f->path, f->straight ? "" : ".XXXXXX") < 0) {
        free(f->path);
        return error_set(e, "out of memory");
    }
    int fd = f->straight ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : mkstemp(f->temporary);
    f->stream = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!f->stream) {
        error_set(e, "%s: %s", path, strerror(errno));
        free(f->path);
        free(f->temporary);
        return false;
    }
    if (f->straight)
        return true;
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask); /* mkstemp's 0600 would make results private */
    return true;
}

bool file_system_is_full(const char *path)
{
    struct statvfs s;
    return statvfs(path, &s) == 0 && s.f_blocks > 0 && s.f_bavail == 0;
}

void file_abandon(struct file_output *f)
{
    if (f->stream)
        fclose(f->stream);
    if (!f->straight)
        unlink(f->temporary);
    free(f->temporary);
    free(f->path);
    *f = (struct file_output){ 0 };
}

bool file_commit(struct file_output *f, struct error *e)
{
    bool ok = fflush(f->stream) == 0 && !ferror(f->stream) && (f->straight || fsync(fileno(f->stream)) == 0);
    ok = fclose(f->stream) == 0 && ok;
    f->stream = NULL;
    if (!ok || (!f->straight && rename(f->temporary, f->path) != 0)) {
        error_set(e, "%s: %s", f->path, strerror(errno));
        file_abandon(f);
        return false;
    }
    free(f->temporary);
    free(f->path);
    *f = (struct file_output){ 0 };
    return true;
}
