/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What machine this is: lines "key: value". No serial numbers, no addresses: nothing that names an owner.
 */
#ifndef HANDOVER_INIT_IDENTITY_H
#define HANDOVER_INIT_IDENTITY_H

#include "handover/init/bytes.h"

bool identity_write(struct bytes *out);

#endif
