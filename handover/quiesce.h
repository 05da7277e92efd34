/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Registers that the kernel may have set and that Linux expects as firmware leaves them. This CPU alone: the others lost theirs or set
 * them again when they start.
 */
#ifndef HANDOVER_QUIESCE_H
#define HANDOVER_QUIESCE_H

void quiesce(void);

#endif
