/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of targets, and what their families share.
 */
#include "harness/tool/target.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tool/file.h"
#include "harness/tool/tool.h"

extern const struct target target_qemu, target_qemu_uefi, target_bochs, target_kvm, target_linux, target_linux_qemu,
    target_linux_qemu_mitigations, target_linux_kvm, target_metal;

const struct target *const target_table[] = {
    &target_qemu, &target_qemu_uefi, &target_bochs, &target_kvm, &target_linux, &target_linux_qemu,
    &target_linux_qemu_mitigations, &target_linux_kvm, &target_metal, NULL,
};

const struct target *target_find(const char *name)
{
    for (const struct target *const *t = target_table; *t; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    return NULL;
}

const char *target_names(void)
{
    static char names[256];
    if (names[0])
        return names;
    for (const struct target *const *t = target_table; *t; t++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", (*t)->name);
    }
    return names;
}

void finding_works(struct finding *f) { *f = (struct finding){ .works = true }; }

void finding_fails(struct finding *f, const char *remedy, const char *reason, ...)
{
    va_list args;
    *f = (struct finding){ .works = false };
    va_start(args, reason);
    vsnprintf(f->reason, sizeof f->reason, reason, args);
    va_end(args);
    snprintf(f->remedy, sizeof f->remedy, "%s", remedy);
    /* A reason may quote what an emulator printed; it goes to terminals and into JSON. */
    for (char *c = f->reason; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            *c = '?';
}

/* Command lines are part of a result: they should not tell where in the file system somebody keeps the tree. */
static const char *path_shorten(const char *path)
{
    static char here[4096];
    if (!getcwd(here, sizeof here))
        return path;
    size_t length = strlen(here);
    return strncmp(path, here, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

char *target_file(const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", path_shorten(tool_build_dir()), name) < 0)
        abort();
    return path;
}

char *target_image(struct launch *launch, const char *name)
{
    char *path = target_file(name), digest[FILE_DIGEST_BYTES];
    arguments_add(&launch->images, "%s=%s", name, file_digest(path, digest) ? digest : "unknown");
    return path;
}

void launch_free(struct launch *launch)
{
    arguments_free(&launch->arguments);
    arguments_free(&launch->environment);
    arguments_free(&launch->temporary);
    arguments_free(&launch->images);
    free(launch->lockstep);
}

char *target_results(void)
{
    char *path;
    const char *tree = path_shorten(tool_tree_dir());
    char here[4096];
    bool in_tree = strcmp(tree, ".") == 0 || (getcwd(here, sizeof here) && strcmp(tree, here) == 0);
    if (asprintf(&path, "%s%sresults/local", in_tree ? "" : tree, in_tree ? "" : "/") < 0)
        abort();
    return path;
}

bool target_needs_program(const char *program, const char *package, struct finding *finding)
{
    char remedy[128];
    if (process_findable(program))
        return true;
    snprintf(remedy, sizeof remedy, "apt-get install %s", package);
    finding_fails(finding, remedy, "%s is not installed", program);
    return false;
}

bool target_needs_file(const char *path, const char *remedy, struct finding *finding)
{
    if (access(path, R_OK) == 0)
        return true;
    finding_fails(finding, remedy, "%s is missing", path);
    return false;
}

bool target_needs_built(const char *name, const char *make_target, struct finding *finding)
{
    char remedy[128];
    char *path = target_file(name);
    snprintf(remedy, sizeof remedy, "make %s", make_target);
    bool there = target_needs_file(path, remedy, finding);
    free(path);
    return there;
}

static bool file_is_older(const char *path, const char *than)
{
    struct stat a, b;
    if (stat(path, &a) != 0 || stat(than, &b) != 0)
        return false;
    return a.st_mtim.tv_sec != b.st_mtim.tv_sec ? a.st_mtim.tv_sec < b.st_mtim.tv_sec : a.st_mtim.tv_nsec < b.st_mtim.tv_nsec;
}

bool target_needs_fresh(const char *name, const char *made_from, const char *make_target, struct finding *finding)
{
    char remedy[128];
    char *path = target_file(name), *source = target_file(made_from);
    snprintf(remedy, sizeof remedy, "make %s", make_target);
    bool ok = target_needs_file(path, remedy, finding);
    if (ok && file_is_older(path, source)) {
        finding_fails(finding, remedy, "%s is older than %s", path, source);
        ok = false;
    }
    free(path);
    free(source);
    return ok;
}
