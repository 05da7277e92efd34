/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of user programs. Refuses rather than repairs: what the kernel maps is exactly what the file says.
 */
#include "kernel/boot/elf.h"

#include "kernel/abi/abi.h"

#define CLASS_64 2
#define DATA_LITTLE_ENDIAN 1
#define VERSION_CURRENT 1
#define OS_SYSTEM_V 0
#define OS_GNU 3
#define TYPE_EXECUTABLE 2
#define TYPE_DYNAMIC 3
#define MACHINE_X86_64 62
#define PROGRAM_HEADERS_MAX 64
#define SEGMENT_LOAD 1
#define SEGMENT_DYNAMIC 2
#define SEGMENT_INTERPRETER 3
#define FLAG_EXECUTE 1u
#define FLAG_WRITE 2u
#define FLAG_READ 4u

/* As they lie in the file, where nothing need be aligned. */
struct file_header {
    uint8_t magic[4], class, data, version, os, abi_version, padding[7];
    uint16_t type, machine;
    uint32_t object_version;
    uint64_t entry, program_headers, section_headers;
    uint32_t flags;
    uint16_t header_bytes, program_header_bytes, program_header_count;
    uint16_t section_header_bytes, section_header_count, section_names;
} __attribute__((packed));
_Static_assert(sizeof(struct file_header) == 64, "as ELF64 has it");

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
} __attribute__((packed));
_Static_assert(sizeof(struct program_header) == 56, "as ELF64 has it");

static const struct program_header *program_headers(const struct file_header *h)
{
    return (const struct program_header *)((const uint8_t *)h + h->program_headers);
}

static const char *file_header_error(const struct file_header *h)
{
    if (h->magic[0] != 0x7f || h->magic[1] != 'E' || h->magic[2] != 'L' || h->magic[3] != 'F')
        return "ELF: bad magic number";
    if (h->class != CLASS_64)
        return "ELF: not 64-bit";
    if (h->data != DATA_LITTLE_ENDIAN)
        return "ELF: not little-endian";
    if (h->version != VERSION_CURRENT || h->object_version != VERSION_CURRENT)
        return "ELF: unknown version";
    if (h->os != OS_SYSTEM_V && h->os != OS_GNU)
        return "ELF: for another system";
    if (h->type == TYPE_DYNAMIC)
        return "ELF: position independent or shared, not a static executable";
    if (h->type != TYPE_EXECUTABLE)
        return "ELF: not an executable";
    if (h->machine != MACHINE_X86_64)
        return "ELF: not for x86-64";
    if (h->header_bytes != sizeof *h || h->program_header_bytes != sizeof(struct program_header))
        return "ELF: headers of unknown size";
    return NULL;
}

static const char *program_headers_error(const struct file_header *h, size_t n)
{
    if (h->program_header_count == 0)
        return "ELF: no program headers";
    if (h->program_header_count > PROGRAM_HEADERS_MAX)
        return "ELF: too many program headers";
    if (h->program_headers > n || n - h->program_headers < h->program_header_count * sizeof(struct program_header))
        return "ELF: truncated within the program headers";
    return NULL;
}

/* A segment by itself. */
static const char *segment_error(const struct program_header *p, size_t n)
{
    if (p->file_bytes > p->memory_bytes)
        return "ELF: a segment is larger in the file than in memory";
    if (p->offset > n || p->file_bytes > n - p->offset)
        return "ELF: truncated within a segment";
    if (p->memory_bytes > ELF_MEMORY_BYTES_MAX)
        return "ELF: a segment is huge (64 MiB at most)";
    if (p->alignment % PAGE_BYTES != 0 || p->alignment == 0 || (p->alignment & (p->alignment - 1)) != 0)
        return "ELF: a segment is aligned to less than a page, or to no power of two";
    if (p->address % PAGE_BYTES != p->offset % PAGE_BYTES)
        return "ELF: a segment is misaligned (address and offset differ within a page)";
    if (p->address < USER_BOTTOM || p->address >= USER_TOP || p->memory_bytes > USER_TOP - p->address)
        return "ELF: a segment lies outside of user space (or is not canonical)";
    if ((p->flags & FLAG_WRITE) && (p->flags & FLAG_EXECUTE))
        return "ELF: a segment is writable and executable";
    if (!(p->flags & FLAG_READ))
        return "ELF: a segment is not readable";
    return NULL;
}

static uint64_t page_start(const struct program_header *p) { return p->address & ~(uint64_t)(PAGE_BYTES - 1); }
static uint64_t page_end(const struct program_header *p)
{
    return (p->address + p->memory_bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

static bool is_loaded(const struct program_header *p) { return p->type == SEGMENT_LOAD && p->memory_bytes > 0; }

/* p is one of the headers of its file. */
static bool overlaps_earlier(const struct file_header *h, const struct program_header *p)
{
    for (const struct program_header *q = program_headers(h); q < p; q++)
        if (is_loaded(q) && page_start(q) < page_end(p) && page_start(p) < page_end(q))
            return true;
    return false;
}

struct sums {
    unsigned segments;
    uint64_t memory_bytes;
    bool entry_is_executable;
};

static const char *load_error(const struct file_header *h, size_t n, const struct program_header *p, struct sums *sums)
{
    const char *error = segment_error(p, n);
    if (error)
        return error;
    if (overlaps_earlier(h, p))
        return "ELF: segments overlap, or share a page";
    sums->memory_bytes += page_end(p) - page_start(p);
    if (++sums->segments > ELF_SEGMENTS_MAX)
        return "ELF: too many segments";
    if (sums->memory_bytes > ELF_MEMORY_BYTES_MAX)
        return "ELF: huge (64 MiB at most)";
    if ((p->flags & FLAG_EXECUTE) && h->entry >= p->address && h->entry - p->address < p->memory_bytes)
        sums->entry_is_executable = true;
    return NULL;
}

static const char *segments_error(const struct file_header *h, size_t n)
{
    struct sums sums = { 0 };
    for (const struct program_header *p = program_headers(h); p < program_headers(h) + h->program_header_count; p++) {
        const char *error = NULL;
        if (p->type == SEGMENT_DYNAMIC || p->type == SEGMENT_INTERPRETER)
            error = "ELF: dynamically linked";
        else if (is_loaded(p))
            error = load_error(h, n, p, &sums);
        if (error)
            return error;
    }
    if (sums.segments == 0)
        return "ELF: nothing to load";
    return sums.entry_is_executable ? NULL : "ELF: entry is not in an executable segment";
}

bool elf_check(const void *bytes, size_t n, const char **error)
{
    const struct file_header *h = bytes;
    *error = "ELF: truncated within the header";
    if (n < sizeof *h)
        return false;
    if (!(*error = file_header_error(h)) && !(*error = program_headers_error(h, n)))
        *error = segments_error(h, n);
    return *error == NULL;
}

uint64_t elf_entry(const void *bytes) { return ((const struct file_header *)bytes)->entry; }

bool elf_segment_next(const void *bytes, unsigned *index, struct elf_segment *out)
{
    const struct file_header *h = bytes;
    while (*index < h->program_header_count) {
        const struct program_header *p = &program_headers(h)[(*index)++];
        if (!is_loaded(p))
            continue;
        *out = (struct elf_segment){
            .address = p->address,
            .memory_bytes = p->memory_bytes,
            .data = (const uint8_t *)bytes + p->offset,
            .file_bytes = p->file_bytes,
            .rights = MEMORY_READ | (p->flags & FLAG_WRITE ? MEMORY_WRITE : 0u) | (p->flags & FLAG_EXECUTE ? MEMORY_EXECUTE : 0u),
        };
        return true;
    }
    return false;
}
