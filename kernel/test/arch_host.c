/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch.h for cmocka: the core runs unchanged on frames of one mapping, address spaces of four levels in such frames, and regions for
 * capability tables that fault where they are not backed. Free frames are poisoned, so that AddressSanitizer sees a late access.
 */
#include "kernel/test/arch_host.h"

#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "kernel/x86_64/arch.h"

#define REGION_BYTES 0x400000ull
#define REGION_PAGES (REGION_BYTES / PAGE_BYTES)
#define REGION_TABLES 2
#define WORDS_BYTES ((SELECTOR_MAX + 1) * sizeof(cap_word))
#define ENTRIES 512
#define ENTRY_PRESENT 1u
#define ENTRY_WRITE 2u
#define ENTRY_EXECUTE 4u
#define ENTRY_MAY_EXECUTE 8u
#define ENTRY_KERNELS_OWN 16u
#define ENTRY_LARGE 32u

_Static_assert(WORDS_BYTES + (SELECTOR_MAX + 1) * sizeof(struct cap_slot) <= REGION_BYTES, "a full table fits");

struct host host;

static char *frames;                          /* HOST_FRAMES of them */
static uint32_t frames_free[HOST_FRAMES], frames_free_count;
static bool frame_taken[HOST_FRAMES];
static void *frame_notes[HOST_FRAMES];        /* of page tables: the frame with their mappings */
static char *regions;
static void *region_page[CAP_REGIONS_MAX][REGION_PAGES];    /* the frame that pays for a backed page */
static void *region_table[CAP_REGIONS_MAX][REGION_TABLES];

static void *memory_map(size_t bytes, int protection)
{
    void *memory = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        abort();
    }
    return memory;
}

static void memory_init(void)
{
    frames = memory_map((size_t)HOST_FRAMES * PAGE_BYTES, PROT_READ | PROT_WRITE);
    regions = memory_map(CAP_REGIONS_MAX * REGION_BYTES, PROT_NONE);
    for (uint32_t i = HOST_FRAMES; i-- > 0;)
        frames_free[frames_free_count++] = i;
    ASAN_POISON_MEMORY_REGION(frames, (size_t)HOST_FRAMES * PAGE_BYTES);
}

void host_reset(void)
{
    if (!frames)
        memory_init();
    if (host.frames_used)
        fail_msg("%lu frames of the last machine are in use", (unsigned long)host.frames_used);
    host = (struct host){.allocations_left = UINT64_MAX};
}

void arch_words_copy(uint64_t *to, const uint64_t *from, uint64_t words) { memcpy(to, from, words * sizeof *to); }

struct cpu *arch_cpu(void) { return &host.cpu; }
unsigned arch_cpu_count(void) { return 1; }
struct cpu *arch_cpu_at(unsigned number) { return number == 0 ? &host.cpu : NULL; }
void arch_cpu_interrupt(struct cpu *cpu) { fail_msg("CPU %u is interrupted", cpu->number); }
void arch_cpu_relax(void) { fail_msg("the only CPU waits for another one"); }
void arch_kernel_tlb_flush(void) { }
void arch_spaces_tlb_flush(void) { }

/* --- Frames ------------------------------------------------------------------------------------------------------------------------ */

void *arch_frame_allocate(void)
{
    if (!frames_free_count || !host.allocations_left)
        return NULL;
    host.allocations_left--;
    host.frames_used++;
    uint32_t index = frames_free[--frames_free_count];
    ASSERT(!frame_taken[index]);
    frame_taken[index] = true;
    char *frame = frames + (size_t)index * PAGE_BYTES;
    ASAN_UNPOISON_MEMORY_REGION(frame, PAGE_BYTES);
    memset(frame, 0, PAGE_BYTES);
    return frame;
}

void arch_frame_free(void *frame)
{
    size_t offset = (size_t)((char *)frame - frames);
    ASSERT(offset % PAGE_BYTES == 0 && offset / PAGE_BYTES < HOST_FRAMES && frame_taken[offset / PAGE_BYTES]);
    frame_taken[offset / PAGE_BYTES] = false;
    frames_free[frames_free_count++] = (uint32_t)(offset / PAGE_BYTES);
    host.frames_used--;
    ASAN_POISON_MEMORY_REGION(frame, PAGE_BYTES);
}

uint64_t arch_frames_free(void) { return frames_free_count; }

/* Frame 0 is at physical address one page: 0 is no page table. */
uint64_t arch_physical(const void *frame) { return (uint64_t)((const char *)frame - frames) + PAGE_BYTES; }
void *arch_virtual(uint64_t physical) { return frames + (physical - PAGE_BYTES); }

/* --- Address spaces: level 4 is the root, an entry of level 1 is a page. */

static unsigned table_index(uint64_t address, unsigned level) { return (unsigned)(address >> (3 + 9 * level)) % ENTRIES; }
static uint64_t *table_at(uint64_t entry) { return arch_virtual(entry & ~(uint64_t)(PAGE_BYTES - 1)); }

/* The last entry on the way: the one that maps, or the first that is empty. */
static uint64_t *entry_deepest(uint64_t page_table, uint64_t address, unsigned *level)
{
    uint64_t *table = arch_virtual(page_table);
    for (*level = 4;; --*level) {
        uint64_t *entry = &table[table_index(address, *level)];
        if (*level == 1 || !*entry || *entry & ENTRY_LARGE)
            return entry;
        table = table_at(*entry);
    }
}

static uint64_t level_bytes(unsigned level) { return 1ull << (3 + 9 * level); }
static void **notes_of(const uint64_t *entry) { return &frame_notes[(size_t)((const char *)entry - frames) / PAGE_BYTES]; }

bool arch_address_is_user(uint64_t address) { return address >= USER_BOTTOM && address < USER_TOP; }

uint64_t arch_space_create(void)
{
    void *root = arch_frame_allocate();
    return root ? arch_physical(root) : 0;
}

static bool table_free(uint64_t *table, unsigned level, unsigned *budget, uint64_t *freed)
{
    for (unsigned i = 0; level > 1 && i < ENTRIES; i++) {
        if (!table[i])
            continue;
        ASSERT(!(table[i] & ENTRY_LARGE));
        if (!table_free(table_at(table[i]), level - 1, budget, freed))
            return false;
        table[i] = 0;
    }
    if (!*budget)
        return false;
    --*budget;
    for (unsigned i = 0; level == 1 && i < ENTRIES; i++)
        ASSERT(!table[i]);
    void **notes = notes_of(table);
    if (*notes) {
        arch_frame_free(*notes);
        ++*freed;
    }
    *notes = NULL;
    arch_frame_free(table);
    ++*freed;
    return true;
}

bool arch_space_free(uint64_t page_table, unsigned *budget, uint64_t *freed)
{
    ASSERT(page_table && host.page_table != page_table);
    return table_free(arch_virtual(page_table), 4, budget, freed);
}

arch_entry *arch_entry_find(uint64_t page_table, uint64_t address)
{
    unsigned level;
    uint64_t *entry = arch_address_is_user(address) ? entry_deepest(page_table, address, &level) : NULL;
    return entry && *entry ? entry : NULL;
}

enum arch_map_result arch_entry_make(uint64_t page_table, uint64_t address, uint64_t bytes, arch_entry **entry, uint64_t *made)
{
    unsigned level, wanted = bytes == PAGE_BYTES ? 1 : 2;
    ASSERT(arch_address_is_user(address) && address % bytes == 0);
    while ((*entry = entry_deepest(page_table, address, &level)), !**entry && level > wanted) {
        void *frame = made ? arch_frame_allocate() : NULL;
        if (!frame)
            return ARCH_MAP_NO_MEMORY;
        ++*made;
        **entry = arch_physical(frame) | ENTRY_PRESENT;
    }
    if (**entry || level < wanted)
        return ARCH_MAP_OCCUPIED;
    if (!*notes_of(*entry)) {
        if (!made || !(*notes_of(*entry) = arch_frame_allocate()))
            return ARCH_MAP_NO_MEMORY;
        ++*made;
    }
    return ARCH_MAP_OK;
}

uint64_t arch_entry_cost(uint64_t page_table, uint64_t address, uint64_t bytes)
{
    unsigned level, wanted = bytes == PAGE_BYTES ? 1 : 2;
    const uint64_t *entry = entry_deepest(page_table, address, &level);
    if (level < wanted)
        return 0;
    return level - wanted + (level > wanted || !*notes_of(entry));
}

uint64_t arch_table_drop(uint64_t page_table, uint64_t address)
{
    unsigned level, budget = 1;
    uint64_t *entry = entry_deepest(page_table, address, &level), freed = 0;
    if (level > 1)
        return 0;
    uint64_t *table = (uint64_t *)(void *)((uintptr_t)entry & ~(uintptr_t)(PAGE_BYTES - 1));
    for (unsigned i = 0; i < ENTRIES; i++)
        if (table[i])
            return 0;
    uint64_t *directory = arch_virtual(page_table);
    for (level = 4; level > 2; level--)
        directory = table_at(directory[table_index(address, level)]);
    directory[table_index(address, 2)] = 0;
    ASSERT(table_free(table, 1, &budget, &freed));
    return freed;
}

/* What a TLB may still know that is true no more. Every change of a page that was there is owed, until it is told; machine.c asks after each entry. */
#define TLB_OWED_MAX 4096
static const arch_entry *tlb_owed[TLB_OWED_MAX];

static void tlb_owe(const arch_entry *entry)
{
    ASSERT(host.tlb_owed < TLB_OWED_MAX);
    tlb_owed[host.tlb_owed++] = entry;
}

void arch_entry_set(arch_entry *entry, uint64_t physical, uint64_t bytes, unsigned rights)
{
    ASSERT(!(rights & MEMORY_WRITE && rights & MEMORY_EXECUTE) && physical % bytes == 0 && !*entry);
    *entry = physical | ENTRY_PRESENT | (rights & MEMORY_WRITE ? ENTRY_WRITE : 0) | (rights & MEMORY_EXECUTE ? ENTRY_EXECUTE : 0) |
             (rights & MAY_EXECUTE ? ENTRY_MAY_EXECUTE : 0) | (rights & KERNELS_OWN ? ENTRY_KERNELS_OWN : 0) |
             (bytes == PAGE_BYTES ? 0 : ENTRY_LARGE);
}

bool arch_entry_copy(arch_entry *entry, const arch_entry *from, unsigned rights)
{
    unsigned have = arch_entry_rights(from);
    bool wants_both = (rights & (MEMORY_WRITE | MEMORY_EXECUTE)) == (MEMORY_WRITE | MEMORY_EXECUTE);
    if (rights & ~(have | (have & MAY_EXECUTE ? MEMORY_EXECUTE : 0)) || wants_both)
        return false;
    arch_entry_set(entry, arch_entry_physical(from), arch_entry_bytes(from), MEMORY_READ | rights | (rights & MEMORY_WRITE ? have & MAY_EXECUTE : 0));
    return true;
}

uint64_t arch_entry_bytes(const arch_entry *entry) { return *entry & ENTRY_LARGE ? LARGE_PAGE_BYTES : PAGE_BYTES; }
uint64_t arch_entry_physical(const arch_entry *entry) { return *entry & ~(uint64_t)(PAGE_BYTES - 1); }

unsigned arch_entry_rights(const arch_entry *entry)
{
    return MEMORY_READ | (*entry & ENTRY_WRITE ? MEMORY_WRITE : 0u) | (*entry & ENTRY_EXECUTE ? MEMORY_EXECUTE : 0u) |
           (*entry & ENTRY_MAY_EXECUTE ? MAY_EXECUTE : 0u) | (*entry & ENTRY_KERNELS_OWN ? KERNELS_OWN : 0u);
}

void arch_entry_reduce(arch_entry *entry, unsigned rights)
{
    tlb_owe(entry);
    if (rights & MEMORY_WRITE)
        *entry &= ~(uint64_t)ENTRY_WRITE;
    if (rights & MEMORY_EXECUTE)
        *entry &= ~(uint64_t)(ENTRY_EXECUTE | ENTRY_MAY_EXECUTE);
}

void arch_entry_clear(arch_entry *entry)
{
    tlb_owe(entry);
    *entry = 0;
    *arch_entry_mapping(entry) = NULL;
}

struct mapping **arch_entry_mapping(const arch_entry *entry)
{
    struct mapping **notes = *notes_of(entry);
    ASSERT(notes);
    return &notes[(uintptr_t)entry % PAGE_BYTES / sizeof *entry];
}

bool arch_space_next(uint64_t page_table, uint64_t *address, uint64_t end, unsigned *budget)
{
    for (unsigned scanned = 1; *address < end && *budget; scanned++) {
        unsigned level;
        if (*entry_deepest(page_table, *address, &level)) {
            *address &= ~(level_bytes(level) - 1);
            return true;
        }
        *address = (*address & ~(level_bytes(level) - 1)) + level_bytes(level);
        *budget -= scanned % 32 == 0;
    }
    return false;
}

void arch_tlb_drop(uint64_t page_table, uint64_t address)
{
    unsigned level;
    const arch_entry *entry = entry_deepest(page_table, address, &level);
    for (unsigned i = 0; i < host.tlb_owed; i++)
        if (tlb_owed[i] == entry)
            tlb_owed[i--] = tlb_owed[--host.tlb_owed];
}

bool arch_is_page_fault(unsigned vector, uint64_t error, unsigned *access)
{
    *access = error & 16 ? MEMORY_EXECUTE : error & 2 ? MEMORY_WRITE : MEMORY_READ;
    return vector == 14;
}

void arch_space_leave(uint64_t page_table)
{
    if (host.page_table == page_table)
        host.page_table = 0;
}

void arch_space_leave_any(void) { host.page_table = 0; }

/* --- Regions for capability tables ------------------------------------------------------------------------------------------------- */

cap_word *arch_cap_region_words(uint32_t index)
{
    ASSERT(index < CAP_REGIONS_MAX);
    return (cap_word *)(void *)(regions + index * REGION_BYTES);
}

struct cap_slot *arch_cap_region_slots(uint32_t index)
{
    return (struct cap_slot *)(void *)(regions + index * REGION_BYTES + WORDS_BYTES);
}

/* Where the frames of an address are noted: *page and *table. */
static void region_find(const void *address, void ***page, void ***table)
{
    size_t offset = (size_t)((const char *)address - regions);
    ASSERT(offset < CAP_REGIONS_MAX * REGION_BYTES);
    *page = &region_page[offset / REGION_BYTES][offset % REGION_BYTES / PAGE_BYTES];
    *table = &region_table[offset / REGION_BYTES][offset % REGION_BYTES / (REGION_BYTES / REGION_TABLES)];
}

static bool frame_note(void **at, uint64_t *count)
{
    if (*at)
        return true;
    *at = arch_frame_allocate();
    *count += *at != NULL;
    return *at;
}

bool arch_cap_region_back(void *address, uint64_t *count)
{
    void **page, **table;
    region_find(address, &page, &table);
    if (!frame_note(table, count) || !frame_note(page, count))
        return false;
    char *start = (char *)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1));
    ASSERT(!mprotect(start, PAGE_BYTES, PROT_READ | PROT_WRITE));
    return true;
}

uint64_t arch_cap_region_cost(const void *address)
{
    void **page, **table;
    region_find(address, &page, &table);
    return (uint64_t)!*page + !*table;
}

static bool notes_free(void **notes, size_t n, unsigned *budget, uint64_t *freed)
{
    for (size_t i = 0; i < n; i++) {
        if (!notes[i])
            continue;
        if (!*budget)
            return false;
        --*budget;
        arch_frame_free(notes[i]);
        notes[i] = NULL;
        ++*freed;
    }
    return true;
}

bool arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *freed)
{
    char *start = regions + index * REGION_BYTES;
    ASSERT(!madvise(start, REGION_BYTES, MADV_DONTNEED) && !mprotect(start, REGION_BYTES, PROT_NONE));
    return notes_free(region_page[index], REGION_PAGES, budget, freed) && notes_free(region_table[index], REGION_TABLES, budget, freed);
}

/* --- Interrupt lines ------------------------------------------------------------------------------------------------------------------ */

unsigned arch_irq_lines(void) { return HOST_LINES; }
unsigned arch_irq_line_mode(unsigned line) { return line == HOST_LINE_LEVEL ? ICU_MODE_LEVEL | ICU_MODE_LOW : 0; }
unsigned arch_irq_line_of_isa(unsigned isa) { return isa == 0 ? 2 : isa; }

bool arch_irq_reaches(struct cpu *cpu) { return cpu == &host.cpu; }

void arch_irq_line_set(unsigned line, unsigned vector, unsigned mode, bool masked, struct cpu *cpu)
{
    ASSERT(line < HOST_LINES && cpu == &host.cpu);
    host.lines[line].vector = vector;
    host.lines[line].mode = mode;
    host.lines[line].masked = masked;
}

void arch_irq_end(void) { host.irq_ends++; }

void arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data)
{
    ASSERT(cpu == &host.cpu);
    *address = 0xfee00000;
    *data = vector;
}

/* --- Threads, time, the end ---------------------------------------------------------------------------------------------------------- */

void arch_thread_init(struct thread *t)
{
    memset(t->regs, 0, sizeof t->regs);
    t->rip = t->rsp = t->rbp = 0;
    t->rflags = 0x202;
}

void arch_fpu_clear(void *area) { (void)area; }
void arch_extras_leave(void) {}

void arch_resume(void) { longjmp(host.leave, HOST_RESUME); }

uint64_t arch_ticks(void) { return host.ticks; }
uint64_t arch_ticks_hz(void) { return HOST_TICKS_HZ; }

void arch_timer_arm(uint64_t ticks)
{
    host.timer_ticks = ticks;
    host.timer_armed = true;
}

void arch_timer_disarm(void) { host.timer_armed = false; }

void arch_idle(void)
{
    host.idle = true;
    longjmp(host.leave, HOST_IDLE);
}

void arch_interrupts_take(void) {}

bool arch_probe(unsigned kind, unsigned n, uint64_t user_rip, uint64_t *ticks, uint64_t *empty_ticks)
{
    (void)user_rip;
    *ticks = n;
    *empty_ticks = 0;
    return kind != PROBE_PAGE_TABLE_PCID; /* the machine has none */
}

void arch_noise(uint64_t *out)
{
    for (uint64_t i = 0; i < 6; i++)
        out[i] = 10 + i;
}

size_t arch_console_try(const char *bytes, size_t n, unsigned where)
{
    host.console_where = where;
    ASSERT(host.console_bytes + n <= sizeof host.console);
    if (host.console_busy) {
        host.console_busy--;
        return 0;
    }
    memcpy(host.console + host.console_bytes, bytes, n);
    host.console_bytes += n;
    return n;
}

uint32_t arch_console_line(void) { return arch_irq_line_of_isa(4); }
bool arch_console_refresh(unsigned *budget) { return *budget > 0; }
int arch_console_read(void) { return host.console_input && *host.console_input ? *host.console_input++ : -1; }
bool arch_console_baud_set(uint64_t baud) { return baud && baud <= 115200 && 115200 % baud == 0 && 115200 / baud <= UINT16_MAX; }

void arch_exit(unsigned status)
{
    host.exit_status = status;
    longjmp(host.leave, HOST_EXIT);
}

void arch_panic(const char *reason, const char *file, int line)
{
    print_error("broken: %s\n", reason);
    _fail(file, line);
    abort();
}
