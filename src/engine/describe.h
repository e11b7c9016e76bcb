/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - a machine as the "hardware" object of the run record. */
#ifndef JB_ENGINE_DESCRIBE_H
#define JB_ENGINE_DESCRIBE_H

#include "hardware/hardware.h"
#include "ledger/overlap.h"

/* Compact JSON, malloc'd; NULL without memory. The channels add the accelerators that only a vendor library
 * shows. */
char *jb_describe_machine(const struct jb_machine *machine, const struct jb_overlap_node *nodes, size_t count);

#endif
