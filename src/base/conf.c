/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c - read, check and hand out the configuration.
 *
 * One value per entry of jb_conf_keys, in the same order. A value is parsed when it is set, so that every
 * error is told where it can be mended: with file and line, or the name of the variable. Documented in
 * conf.h.
 */
#include "base/conf.h"

#include "base/choice.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/conf_put.h"
#include "base/diag.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEYS 128

struct value {
    char *text;   /* NULL: unset */
    char *origin; /* NULL: the default */
    double number;
    uint64_t duration_ns;
    bool flag;
};

struct jb_conf {
    size_t count;
    struct value values[];
};

static size_t count_keys(void)
{
    size_t count = 0;
    while (jb_conf_keys[count].section) {
        count++;
    }
    return count;
}

/* The index of a key, or the number of keys when there is no such one. */
static size_t find(const char *section, const char *key)
{
    size_t i = 0;
    while (jb_conf_keys[i].section &&
           (strcmp(jb_conf_keys[i].section, section) != 0 || strcmp(jb_conf_keys[i].key, key) != 0)) {
        i++;
    }
    return i;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < JB_COUNT(words); i++) {
        if (jb_ieq(text, words[i])) {
            *ret = i % 2;
            return true;
        }
    }
    return false;
}

static int out_of_limits(const struct jb_conf_key *key, const char *text, const char *unit, struct jb_diag *diag)
{
    if (isinf(key->max)) {
        return jb_fail(diag, -EINVAL, "%s: '%s' must be at least %g%s", key->key, text, key->min, unit);
    }
    return jb_fail(diag, -EINVAL, "%s: '%s' must be between %g%s and %g%s", key->key, text, key->min, unit, key->max,
                   unit);
}

static bool within(const struct jb_conf_key *key, double number)
{
    return (key->min == 0 && key->max == 0) || (number >= key->min && number <= key->max);
}

/* Fills the parsed form of `value` from `text`. */
static int parse_value(const struct jb_conf_key *key, const char *text, struct value *value, struct jb_diag *diag)
{
    switch (key->type) {
    case JB_CONF_STRING:
        if (key->choices && !jb_choice_has(key->choices, text)) {
            return jb_choice_fail(diag, key->key, key->choices, text);
        }
        return 0;
    case JB_CONF_NUMBER:
        if (jb_parse_double(text, &value->number) < 0) {
            return jb_fail(diag, -EINVAL, "%s: '%s' is not a number", key->key, text);
        }
        return within(key, value->number) ? 0 : out_of_limits(key, text, "", diag);
    case JB_CONF_DURATION: {
        struct jb_diag why = {0};
        int r = jb_duration_parse(text, &value->duration_ns, &why);
        if (r < 0) {
            return jb_fail(diag, r, "%s: %s", key->key, why.text);
        }
        return within(key, (double)value->duration_ns / (double)JB_NS_PER_S) ? 0 : out_of_limits(key, text, "s", diag);
    }
    case JB_CONF_BOOL:
        if (!parse_bool(text, &value->flag)) {
            return jb_fail(diag, -EINVAL, "%s: '%s' is neither true nor false", key->key, text);
        }
        return 0;
    }
    return -EINVAL;
}

static void value_finish(struct value *value)
{
    free(value->text);
    free(value->origin);
    *value = (struct value){0};
}

/* `origin` NULL: the default itself. The old value stays when the new one is bad. */
static int store(struct jb_conf *conf, size_t index, const char *text, const char *origin, struct jb_diag *diag)
{
    const struct jb_conf_key *key = &jb_conf_keys[index];
    if (*text == '\0' && key->type == JB_CONF_STRING) {
        text = key->fallback;
        origin = NULL;
    }
    struct value value = {0};
    if (text) {
        int r = parse_value(key, text, &value, diag);
        if (r < 0) {
            return r;
        }
        value.text = strdup(text);
        value.origin = origin ? strdup(origin) : NULL;
        if (!value.text || (origin && !value.origin)) {
            value_finish(&value);
            return jb_fail(diag, -ENOMEM, "out of memory");
        }
    }
    value_finish(&conf->values[index]);
    conf->values[index] = value;
    return 0;
}

struct jb_conf *jb_conf_create(void)
{
    size_t count = count_keys();
    struct jb_conf *conf = calloc(1, sizeof(*conf) + count * sizeof(conf->values[0]));
    if (!conf) {
        return NULL;
    }
    conf->count = count;
    for (size_t i = 0; i < count; i++) {
        if (jb_conf_keys[i].fallback && store(conf, i, jb_conf_keys[i].fallback, NULL, NULL) < 0) {
            jb_conf_destroy(conf);
            return NULL;
        }
    }
    return conf;
}

void jb_conf_destroy(struct jb_conf *conf)
{
    if (conf) {
        for (size_t i = 0; i < conf->count; i++) {
            value_finish(&conf->values[i]);
        }
        free(conf);
    }
}

/* Hints at a near key of the section, or at the section in which the key is. */
static void hint_key(const char *section, const char *key, struct jb_diag *diag)
{
    const char *names[MAX_KEYS + 1];
    size_t count = 0;
    for (const struct jb_conf_key *k = jb_conf_keys; k->section; k++) {
        if (strcmp(k->key, key) == 0) {
            jb_fix(diag, "did you mean '%s' in [%s]?", key, k->section);
            return;
        }
        if (strcmp(k->section, section) == 0 && count < MAX_KEYS) {
            names[count++] = k->key;
        }
    }
    names[count] = NULL;
    const char *nearest = jb_nearest(key, names);
    if (nearest) {
        jb_fix(diag, "did you mean '%s'?", nearest);
        return;
    }
    char known[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof(known); i++) {
        length += (size_t)jb_snprintf(known + length, sizeof(known) - length, "%s%s", i ? ", " : "", names[i]);
    }
    jb_fix(diag, "the keys of [%s] are %s", section, known);
}

bool jb_conf_check_section(const char *section, struct jb_diag *diag)
{
    const char *names[MAX_KEYS + 1];
    size_t count = 0;
    for (const struct jb_conf_key *k = jb_conf_keys; k->section; k++) {
        if (strcmp(k->section, section) == 0) {
            return true;
        }
        if (count < MAX_KEYS) {
            names[count++] = k->section;
        }
    }
    names[count] = NULL;
    jb_fail(diag, -EINVAL, "unknown section [%s]", section);
    const char *nearest = jb_nearest(section, names);
    if (nearest) {
        jb_fix(diag, "did you mean [%s]?", nearest);
    }
    return false;
}

int jb_conf_put(struct jb_conf *conf, const char *section, const char *key, const char *value, const char *origin,
                struct jb_diag *diag)
{
    if (!jb_conf_check_section(section, diag)) {
        return -EINVAL;
    }
    size_t index = find(section, key);
    if (index == conf->count) {
        jb_fail(diag, -EINVAL, "unknown key '%s' in [%s]", key, section);
        hint_key(section, key, diag);
        return -EINVAL;
    }
    return store(conf, index, value, origin, diag);
}

int jb_conf_set(struct jb_conf *conf, const char *section, const char *key, const char *value, struct jb_diag *diag)
{
    return jb_conf_put(conf, section, key, value, "flag", diag);
}

/* The value of a key that is set; NULL otherwise. */
static const struct value *get(const struct jb_conf *conf, const char *section, const char *key, enum jb_conf_type type)
{
    size_t index = find(section, key);
    assert(index < conf->count && jb_conf_keys[index].type == type);
    if (index >= conf->count || jb_conf_keys[index].type != type || !conf->values[index].text) {
        return NULL;
    }
    return &conf->values[index];
}

const char *jb_conf_string(const struct jb_conf *conf, const char *section, const char *key)
{
    const struct value *value = get(conf, section, key, JB_CONF_STRING);
    return value ? value->text : NULL;
}

bool jb_conf_number(const struct jb_conf *conf, const char *section, const char *key, double *ret)
{
    const struct value *value = get(conf, section, key, JB_CONF_NUMBER);
    if (value) {
        *ret = value->number;
    }
    return value != NULL;
}

bool jb_conf_duration(const struct jb_conf *conf, const char *section, const char *key, uint64_t *ret_ns)
{
    const struct value *value = get(conf, section, key, JB_CONF_DURATION);
    if (value) {
        *ret_ns = value->duration_ns;
    }
    return value != NULL;
}

bool jb_conf_bool(const struct jb_conf *conf, const char *section, const char *key)
{
    const struct value *value = get(conf, section, key, JB_CONF_BOOL);
    return value && value->flag;
}

const char *jb_conf_origin(const struct jb_conf *conf, const char *section, const char *key)
{
    size_t index = find(section, key);
    assert(index < conf->count);
    if (index >= conf->count || !conf->values[index].origin) {
        return "default";
    }
    return conf->values[index].origin;
}
