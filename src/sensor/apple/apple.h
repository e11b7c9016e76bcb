/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apple.h - the energy channels of Apple silicon, as IOReport's group "Energy Model" lists them.
 *
 * IOReport is not documented by Apple. What is built on here is what several open programs agree on (macmon, asitop,
 * zeus-apple-silicon): a sample lists channels by name, each with a unit label and a cumulative value since boot, for
 * any user. Names seen: "CPU Energy", on chips of two dies "DIE_0_CPU Energy" and "DIE_1_CPU Energy"; "GPU Energy";
 * "ANE" or "ANE0"; "DRAM" or "DRAM0"; clusters, cores and the rest, which lie in these or are not understood.
 *
 * The samples come from one of two places: IOReport itself (apple_ioreport.c, on macOS only), or files of a recorded
 * machine (apple_files.c, on every system): ROOT/apple/channels holds a line "name<TAB>unit" for each, ROOT/apple/<N>
 * the value of line N, counted from 0.
 */
#ifndef JB_SENSOR_APPLE_APPLE_H
#define JB_SENSOR_APPLE_APPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/sensor.h"

#define JB_APPLE_MAX 48 /* channels that we keep; an M1 Ultra has well over 100, most of which are parts */

enum jb_apple_part { JB_APPLE_CPU, JB_APPLE_GPU, JB_APPLE_ANE, JB_APPLE_DRAM, JB_APPLE_GPU_SRAM };

/* What a channel's name says. false: a part of another, or nothing that is understood. */
bool jb_apple_name(const char *name, enum jb_apple_part *ret_part, int *ret_number);

/* "mJ", "uJ", "nJ", with or without blanks around, as count * num / den microjoules. -EINVAL: another unit, of which
 * nothing is guessed. */
int jb_apple_unit(const char *label, uint64_t *ret_num, uint64_t *ret_den);

/* A place that samples come from. */
struct jb_apple_place {
    /* Calls `found` for each channel of the group, in an order that stays the same. 0 or a negative errno. */
    int (*list)(void *state, void (*found)(void *context, int index, const char *name, const char *unit),
                void *context);
    /* The values of `count` channels by the indexes that list() gave. 0 or a negative errno for all of them. */
    int (*read)(void *state, const int *indexes, int count, uint64_t *values);
    void (*close)(void *state);
    const char *path; /* shown to people */
};

#define JB_APPLE_STATE 512 /* bytes that a place may use as its state, zeroed */

/* -ENODEV: not this kind of machine. */
int jb_apple_files_open(const struct jb_sensor_env *env, void *state, const struct jb_apple_place **ret,
                        struct jb_diag *diag);
int jb_apple_ioreport_open(void *state, const struct jb_apple_place **ret, struct jb_diag *diag);

#endif
