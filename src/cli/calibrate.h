/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.h - between the calibrate_*.c files only.
 *
 * calibrate.c           options; idle power
 * calibrate_wall.c      the wall: collect readings, fit, keep; show, forget
 * calibrate_readings.c  where readings come from: a node meter, a person, a file
 */
#ifndef JB_CLI_CALIBRATE_H
#define JB_CLI_CALIBRATE_H

#include "attribution/wall_fit.h"
#include "cli/cli.h"
#include "engine/session.h"

#define CALIBRATE_READINGS 256

struct calibrate_options {
    struct cli_common common;
    uint64_t duration_ns; /* 0: not given */
    const char *sensors, *pairs;
    bool typed, show, forget, no_load;
    bool of_wall;       /* an option was given that is the wall's alone */
    unsigned steps;     /* 0: not given */
    double meter_error; /* NAN: not given */
};

struct calibrate_readings {
    struct jb_wall_reading list[CALIBRATE_READINGS];
    size_t count;
    char meter[64];
    double meter_error; /* NAN: not known */
};

int calibrate_wall(struct calibrate_options *options); /* an exit status */

/* Watch for INT and TERM from now on; a descriptor that becomes readable, or -1. */
int calibrate_watch(void);

/* Readings of a started session: of its node meter, or typed where asked for or nothing else answers. -1 or an exit
 * status. */
int calibrate_measure(struct jb_session *session, const struct calibrate_options *options, int stop_fd,
                      struct calibrate_readings *ret);
/* Rows of sensors_w,wall_w[,seconds]; a first row of words is a header. -1 or an exit status. */
int calibrate_pairs(const char *path, struct calibrate_readings *ret);

#endif
