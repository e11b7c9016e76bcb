/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - a machine as the "hardware" object of the run record. */
#ifndef JB_ENGINE_DESCRIBE_H
#define JB_ENGINE_DESCRIBE_H

#include "hardware/hardware.h"
#include "meter/meter.h"

/* Compact JSON, malloc'd; NULL without memory. `meter` adds the accelerators that only a vendor library shows; may be
 * NULL. */
char *jb_describe_machine(const struct jb_machine *machine, const struct jb_meter *meter);

#endif
