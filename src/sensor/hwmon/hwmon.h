/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwmon.h - between the files of the hwmon driver: the chips that Linux shows, what is known of them, and the gauges
 * made of their files.
 */
#ifndef JB_SENSOR_HWMON_H
#define JB_SENSOR_HWMON_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/sensor.h"

#define JB_HWMON_CHIPS 256 /* drives, network ports and memory modules have one each */
#define JB_HWMON_FILES 128 /* open at once */
#define JB_HWMON_POWER 16  /* powerN_* of one chip are looked for up to here */

struct jb_hwmon_chip {
    int number;      /* of hwmonN: not stable over boots */
    char folder[64]; /* where its files are */
    char name[32];   /* sanitised */
};

/* Ascending by number, however the folder lists them; the count. */
size_t jb_hwmon_chips(const char *root, struct jb_hwmon_chip chips[JB_HWMON_CHIPS]);

/* folder/<kind><index>_<item>, e.g. "power", 1, "input". */
void jb_hwmon_path(const struct jb_hwmon_chip *chip, const char *kind, int index, const char *item, char *path,
                   size_t size);

/* The index (1 and up; 0 for "in") of the first <kind>N_* whose label is `label`; with NULL the first that there is.
 * -ENOENT. */
int jb_hwmon_find(const char *root, const struct jb_hwmon_chip *chip, const char *kind, const char *label);

enum jb_hwmon_use {
    JB_HWMON_POWER_OF,    /* powerN of that label is a power of `domain` */
    JB_HWMON_VOLT_AMPERE, /* so is inN of `label` times currN of `label2` */
    JB_HWMON_SUPPLY,      /* powerN of that label is what one of the machine's supplies takes in: all are added up */
    JB_HWMON_SOCKETS,     /* energyN of the label EsocketM: hwmon_energy.c */
    JB_HWMON_ELSEWHERE,   /* another driver reads it, `why` says which */
};

struct jb_hwmon_rule {
    const char *chip; /* its name; one that ends in '*' is a beginning */
    enum jb_hwmon_use use;
    const char *label, *label2; /* NULL: whatever it is called */
    enum jb_domain domain;
    enum jb_device device;
    bool per_chip; /* chip after chip is socket after socket, as far as anybody can tell */
    const char *id, *name, *why;
    unsigned max_w;
    double rel_error;
};

/* The next rule for that chip after `after` (NULL: the first); NULL when there is none. */
const struct jb_hwmon_rule *jb_hwmon_rule(const char *chip, const struct jb_hwmon_rule *after);

/* What one channel is made of: the sum of its files, or the product of two. */
struct jb_hwmon_gauge {
    int channel, first, count;
    bool product;
    bool never_zero; /* who reads this draws something: 0 says that the chip does not know */
};

struct jb_hwmon_state {
    int fds[JB_HWMON_FILES];
    int fd_count;
    struct jb_hwmon_gauge gauges[JB_MAX_CHANNELS];
    int gauge_count;
};

/* Open the file as one more of the gauge; 0 or a negative errno. */
int jb_hwmon_add_file(struct jb_source *source, struct jb_hwmon_gauge *gauge, const char *path);
/* The gauge's value in microwatts or microjoules; -ERANGE when it is negative, -ENODATA for a zero that cannot
 * be. */
int jb_hwmon_value(const struct jb_hwmon_state *state, const struct jb_hwmon_gauge *gauge, uint64_t *ret);
/* Keep the gauge if it can be read, else say in its channel why not. */
void jb_hwmon_keep(struct jb_source *source, const struct jb_hwmon_gauge *gauge, int err);

/* An id that another channel has too gets a number. */
void jb_hwmon_make_unique(const struct jb_source *source, struct jb_channel *channel);

/* amd_energy and its like: a channel for each socket. */
void jb_hwmon_add_sockets(struct jb_source *source, const struct jb_hwmon_chip *chip);

#endif
