/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jetson_rails.h - which rail feeds which on each Jetson, and what its total is. Pure: labels in, roles out.
 *
 * A role is given only where a document says so (the sources stand in jetson_rails.c). A rail of which nobody says what
 * feeds it is neither added up nor called a part of something.
 */
#ifndef JB_SENSOR_JETSON_RAILS_H
#define JB_SENSOR_JETSON_RAILS_H

#include <stdbool.h>
#include <stddef.h>

#define JB_JETSON_RAILS 48 /* of one machine: 16 chips of three */
#define JB_JETSON_LABEL 32

enum jb_jetson_role {
    JB_JETSON_UNKNOWN, /* nothing says what feeds it */
    JB_JETSON_OUTSIDE, /* known to be of the carrier board; how it relates to the total is not settled */
    JB_JETSON_TOTAL,   /* the rail that all others lie in */
    JB_JETSON_ADDEND,  /* one of the rails whose sum is the total */
    JB_JETSON_PART,    /* lies in another rail, or in the total */
};

struct jb_jetson_plan {
    const char *board;                         /* "Jetson AGX Orin"; NULL: no row of the table fits */
    const char *note;                          /* what the total covers; NULL */
    bool sum;                                  /* the total is the sum of the addends */
    bool complete;                             /* sum: all its addends are here */
    const char *missing;                       /* else the first that is not */
    enum jb_jetson_role role[JB_JETSON_RAILS]; /* of each rail */
    int parent[JB_JETSON_RAILS];               /* PART: the rail it lies in; -1: the total */
    int total;                                 /* the rail that is the total; -1 */
};

/* soc: "tegra234", NULL when this is no known Jetson. usable[i]: the rail can be read. */
void jb_jetson_plan(const char *soc, const char labels[][JB_JETSON_LABEL], const bool *usable, size_t count,
                    struct jb_jetson_plan *ret);

#endif
