/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One instruction each: what C cannot say of the processor. Ring 0 unless the name says otherwise.
 */
#ifndef KERNEL_X86_64_CPU_H
#define KERNEL_X86_64_CPU_H

#include <stddef.h>
#include <stdint.h>

/* Model specific registers (Intel SDM vol. 4, AMD APM vol. 2 appendix A). */
#define MSR_APIC_BASE 0x1b
#define MSR_SYSENTER_CS 0x174
#define MSR_X2APIC_FIRST 0x800
#define MSR_PREDICTION_COMMAND 0x49
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_FMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX 0xc0000103
#define MSR_AMD_DE_CFG 0xc0011029

#define EFER_SYSCALL 0x1u
#define EFER_NO_EXECUTE 0x800u

#define CR0_MONITOR_COPROCESSOR 0x2u
#define CR0_EMULATION 0x4u
#define CR0_TASK_SWITCHED 0x8u
#define CR0_NUMERIC_ERROR 0x20u
#define CR0_WRITE_PROTECT 0x10000u
#define CR0_ALIGNMENT_MASK 0x40000u
#define CR0_NOT_WRITE_THROUGH 0x20000000u
#define CR0_CACHE_DISABLE 0x40000000u

#define CR4_PHYSICAL_ADDRESS_EXTENSION 0x20u
#define CR4_MACHINE_CHECK 0x40u
#define CR4_GLOBAL_PAGES 0x80u
#define CR4_COUNTER_READ 0x100u
#define CR4_FXSAVE 0x200u
#define CR4_UMIP 0x800u
#define CR4_PROCESS_CONTEXT 0x20000u
#define CR4_XSAVE 0x40000u
#define CR4_SMEP 0x100000u
#define CR4_SMAP 0x200000u

#define RFLAGS_ALWAYS_1 0x2u
#define RFLAGS_TRAP 0x100u
#define RFLAGS_INTERRUPT 0x200u
#define RFLAGS_DIRECTION 0x400u
#define RFLAGS_IO_PRIVILEGE 0x3000u
#define RFLAGS_NESTED_TASK 0x4000u
#define RFLAGS_RESUME 0x10000u
#define RFLAGS_ALIGNMENT_CHECK 0x40000u

struct descriptor_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" :: "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t cr0_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value) :: "memory");
    return value;
}

static inline uint64_t cr2_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value) :: "memory");
    return value;
}

static inline uint64_t cr3_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value) :: "memory");
    return value;
}

static inline uint64_t cr4_read(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value) :: "memory");
    return value;
}

static inline void cr0_write(uint64_t value) { __asm__ volatile("mov %0, %%cr0" :: "r"(value) : "memory"); }
static inline void cr3_write(uint64_t value) { __asm__ volatile("mov %0, %%cr3" :: "r"(value) : "memory"); }
static inline void cr4_write(uint64_t value) { __asm__ volatile("mov %0, %%cr4" :: "r"(value) : "memory"); }
static inline void dr7_write(uint64_t value) { __asm__ volatile("mov %0, %%dr7" :: "r"(value) : "memory"); }
static inline void invlpg(uint64_t address) { __asm__ volatile("invlpg (%0)" :: "r"(address) : "memory"); }
/* Forgets translations that are not global (Intel SDM vol. 2A, INVPCID). */
#define INVPCID_ADDRESS 0          /* of one address under one tag */
#define INVPCID_SPACE 1            /* of one tag */
#define INVPCID_ALL_SPACES 3       /* of all tags */
static inline void invpcid(uint64_t type, uint64_t tag, uint64_t address)
{
    const struct { uint64_t tag, address; } descriptor = { tag, address };
    __asm__ volatile("invpcid %1, %0" :: "r"(type), "m"(descriptor) : "memory");
}
static inline void swapgs(void) { __asm__ volatile("swapgs" ::: "memory"); }
static inline void lgdt(const struct descriptor_pointer *p) { __asm__ volatile("lgdt %0" :: "m"(*p)); }
static inline void lidt(const struct descriptor_pointer *p) { __asm__ volatile("lidt %0" :: "m"(*p)); }
static inline void ltr(uint16_t selector) { __asm__ volatile("ltr %0" :: "r"(selector) : "memory"); }
static inline void lldt(uint16_t selector) { __asm__ volatile("lldt %0" :: "r"(selector) : "memory"); }
/* State of the FPU, with all components that XCR0 turns on; areas are aligned to 64 bytes. */
static inline void xcr0_write(uint32_t value) { __asm__ volatile("xsetbv" :: "c"(0), "a"(value), "d"(0) : "memory"); }
static inline void xsave(void *area) { __asm__ volatile("xsave64 (%0)" :: "r"(area), "a"(~0u), "d"(~0u) : "memory"); }
static inline void xsaveopt(void *area) { __asm__ volatile("xsaveopt64 (%0)" :: "r"(area), "a"(~0u), "d"(~0u) : "memory"); }
static inline void xrstor(const void *area) { __asm__ volatile("xrstor64 (%0)" :: "r"(area), "a"(~0u), "d"(~0u) : "memory"); }
static inline void fxsave(void *area) { __asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory"); }
static inline void fxrstor(const void *area) { __asm__ volatile("fxrstor64 (%0)" :: "r"(area) : "memory"); }
static inline void mfence(void) { __asm__ volatile("mfence" ::: "memory"); }
static inline void cpu_halt(void) { __asm__ volatile("hlt" ::: "memory"); }
static inline void cpu_pause(void) { __asm__ volatile("pause" ::: "memory"); }
static inline void cpu_nop(void) { __asm__ volatile("nop"); }
static inline void interrupts_disable(void) { __asm__ volatile("cli" ::: "memory"); }

static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port) : "memory"); }
static inline void out16(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" :: "a"(value), "Nd"(port) : "memory"); }
static inline void out32(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" :: "a"(value), "Nd"(port) : "memory"); }

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

/* memset and memcpy as the processor has them; the direction flag is clear throughout the kernel. */
static inline void store_string(void *to, uint8_t byte, size_t n)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
}

static inline void store_string_words(void *to, uint64_t word, size_t words)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
}

static inline void move_string(void *to, const void *from, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) :: "memory");
}

#endif
