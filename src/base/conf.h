/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the configuration: /etc/joulebook.conf < the user's file < environment < flags.
 *
 * Files are `[section]` and `key = value`, `#` or `;` start a comment line, a value may be "quoted" (without
 * escapes: it holds no quote). The keys that exist are listed in one table (conf_keys.c), with type, limits,
 * default and help: an unknown section or key, a value of the wrong type or beyond the limits, or a line that
 * is neither is an error that names file, line and the nearest known key. A later value wins; an empty string
 * goes back to the default, which is how the user's file takes back one of /etc.
 *
 * JOULEBOOK_<SECTION>_<KEY> overrides files and is checked alike; set but empty it does not count. An unknown
 * JOULEBOOK_ name is not an error (other tools may use the prefix).
 *
 * A config owns copies of all its strings. Not thread-safe while loading; read-only afterwards.
 */
#ifndef JB_BASE_CONF_H
#define JB_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_diag;
struct jb_conf;

enum jb_conf_type { JB_CONF_STRING, JB_CONF_NUMBER, JB_CONF_DURATION, JB_CONF_BOOL };
struct jb_conf_key {
    const char *section, *key;
    enum jb_conf_type type;
    double min, max;      /* of numbers, and of durations in seconds; both 0: no limit */
    const char *fallback; /* as it would stand in a file; NULL: unset */
    const char *help;
    const char *choices; /* of strings: "machine|run|footprint"; NULL: anything */
};
extern const struct jb_conf_key jb_conf_keys[]; /* ends with a NULL section */

/* Load the files of /etc (below root) and of the user, then the environment. JOULEBOOK_CONFIG names one file
 * to read instead of both. A file that does not exist is not an error unless JOULEBOOK_CONFIG names it. */
int jb_conf_load(const char *root, struct jb_conf **ret_conf, struct jb_diag *diag);
int jb_conf_parse(struct jb_conf *conf, const char *text, const char *name, struct jb_diag *diag); /* one file's text */
struct jb_conf *jb_conf_create(void); /* all defaults; NULL without memory */
void jb_conf_destroy(struct jb_conf *conf);

/* Set one value as a flag would (wins over everything). -EINVAL with a message on a bad value. */
int jb_conf_set(struct jb_conf *conf, const char *section, const char *key, const char *value, struct jb_diag *diag);

/* Values; the key must be in the table (a programming error otherwise). An unset key gives NULL / false. */
const char *jb_conf_string(const struct jb_conf *conf, const char *section, const char *key);
bool jb_conf_number(const struct jb_conf *conf, const char *section, const char *key, double *ret);
bool jb_conf_duration(const struct jb_conf *conf, const char *section, const char *key, uint64_t *ret_ns);
bool jb_conf_bool(const struct jb_conf *conf, const char *section, const char *key);
/* Where the value came from: "default", "/etc/joulebook.conf:3", "JOULEBOOK_GRID_ZONE", "flag". */
const char *jb_conf_origin(const struct jb_conf *conf, const char *section, const char *key);

/* May others read a file from which a password came? The first such file is told in diag, with the command that mends
 * it. A warning: the password counts all the same. */
bool jb_conf_exposed(const struct jb_conf *conf, struct jb_diag *diag);

#endif
