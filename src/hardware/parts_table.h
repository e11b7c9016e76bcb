/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts_table.h - the tables that tools/gen_parts.py makes of data/ (internal to hardware/).
 *
 * Texts lie in the rows themselves: without pointers the tables need no relocation when the program starts and only
 * the pages that a search touches are read.
 */
#ifndef JB_HARDWARE_PARTS_TABLE_H
#define JB_HARDWARE_PARTS_TABLE_H

#include "hardware/hardware.h"

#include <stddef.h>

extern const struct jb_part jb_parts[]; /* ascending by kind, then key */
extern const size_t jb_parts_count;

/* What a driver calls a board -> its row. */
struct jb_gpu_alias {
    char driver_name[72];
    unsigned part;
};
extern const struct jb_gpu_alias jb_gpu_aliases[]; /* ascending by name */
extern const size_t jb_gpu_aliases_count;

/* SPECpower_ssj2008: watts at the wall of a lean server with this CPU, per socket; medians over `results` servers. */
struct jb_spec_power {
    char key[48];
    double idle_w, max_w;
    unsigned results;
};
extern const struct jb_spec_power jb_spec_powers[]; /* ascending by key */
extern const size_t jb_spec_powers_count;

#endif
