/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grid_table.h - the compiled-in tables (made by tools/gen_grid.py) and what their figures are worth.
 *
 * Only for src/grid/. A place is found through a key: one of its names, folded (fold.h). All arrays are sorted by byte
 * value of what they are searched by.
 */
#ifndef JB_GRID_GRID_TABLE_H
#define JB_GRID_GRID_TABLE_H

#include "grid/grid.h"

#include <stddef.h>
#include <stdint.h>

/* What sort of figure a place has. */
enum jb_place_kind {
    JB_PLACE_ZONE,    /* Electricity Maps, consumption */
    JB_PLACE_COUNTRY, /* Ember, production */
    JB_PLACE_STATE,   /* eGRID direct, made lifecycle by a ratio */
    JB_PLACE_PROXY,   /* that of the neighbour it is connected to */
    JB_PLACE_AVERAGE, /* a country known only by its zones */
    JB_PLACE_REGION,  /* a continent or a club of countries */
    JB_PLACE_WORLD,
    JB_PLACE_NOTHING, /* a place without a figure */
};

struct jb_grid_place {
    const char *zone, *live, *name, *country; /* live: the zone that providers know; "" for regions of the world */
    enum jb_place_kind kind;
    int year;
    double g_per_kwh;
    double spread; /* relative, of the figures inside the place; what it is of, depends on kind: see grid_table.c */
    const char *source, *note;
};

struct jb_grid_key {
    uint16_t place;    /* index into jb_grid_places */
    const char *label; /* the name as people write it */
    const char *note;  /* said when the place was found by this name; "" for none */
};

extern const struct jb_grid_place jb_grid_places[]; /* those with a figure first, each part sorted by zone */
extern const size_t jb_grid_place_count;
extern const size_t jb_grid_listed_count; /* those with a figure */
extern const size_t jb_grid_world_index;
extern const int jb_grid_newest_year;

extern const char *const jb_grid_keys[]; /* sorted, ends with NULL */
extern const struct jb_grid_key jb_grid_key_infos[];
extern const size_t jb_grid_key_count;

const struct jb_grid_key *jb_grid_key_find(const char *folded); /* NULL when there is none */

/* What a place says, without its origin's note. Never for a JB_PLACE_NOTHING. */
void jb_grid_fill(const struct jb_grid_place *place, struct jb_intensity *ret);

/* Put `text` before what the note says already. */
void jb_grid_note(struct jb_intensity *intensity, const char *text);

/* One sigma of the figure, relative. */
double jb_grid_rel_error(const struct jb_grid_place *place);

#endif
