/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of the ordinary build: none. The instrumented build of the same sources has traced/trace_point.h (kernel/rules.mk). For C and assembly.
 */
#ifndef TRACE_POINT_H
#define TRACE_POINT_H

#ifndef __ASSEMBLER__
#define TRACE_POINT(point, argument0, argument1) ((void)0)
#else
.macro TRACE_POINT point, argument0, argument1
.endm
.macro TRACE_TRAP
.endm
.macro TRACE_OUTSIDE point
.endm
.macro TRACE_NOTHING
.endm
/* A way out of the fast path by its name: another name of its target. */
.macro FAST_EXIT name, target
\target\()_\name:
.endm
#endif

#endif
