/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Vector registers as a whole, for tests of their isolation.
 */
#ifndef WORKLOADS_LIB_FPU_H
#define WORKLOADS_LIB_FPU_H

#define FPU_REGISTERS 16
#define FPU_REGISTER_BYTES 32

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct fpu_registers {
    uint64_t ymm[FPU_REGISTERS][4]; /* upper halves are left alone where there is no AVX */
};

/* Whether the CPU has AVX and the kernel has turned it on. */
bool fpu_has_avx(void);
void fpu_load_ymm(const struct fpu_registers *in);
void fpu_store_ymm(struct fpu_registers *out);
void fpu_load_xmm(const struct fpu_registers *in);
void fpu_store_xmm(struct fpu_registers *out);
void fpu_load_mxcsr(uint32_t mxcsr);
uint32_t fpu_store_mxcsr(void);
/* Loads the registers of `in`, spins until *released is not 0, stores them in `out`. */
void fpu_spin(const struct fpu_registers *in, struct fpu_registers *out, const volatile uint64_t *released);
#endif

#endif
