/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of a record to and from JSON text, with jansson (jansson.readthedocs.io).
 *
 * Odd: jansson refuses strings that are not UTF-8 and numbers that are not finite, so both are made presentable here;
 * it keeps objects in the order they were written, so tags keep theirs.
 */
#include "store/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_TAGS 1024 /* a record looks for a tag's key among all of them */

json_t *jb_json_from_text(const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) {
        char *copy = strdup(text);
        if (copy != NULL) {
            jb_sanitise(copy);
            value = json_string(copy);
        }
        free(copy);
    }
    return value;
}

static int finish(json_t *value, bool good, char **ret)
{
    char *text = good ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(value);
    if (text == NULL) {
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}

json_t *jb_json_strings(char *const *strings, size_t count)
{
    json_t *array = json_array();
    bool good = array != NULL;
    for (size_t i = 0; good && i < count; i++) {
        good = json_array_append_new(array, jb_json_from_text(strings[i])) == 0;
    }
    if (!good) {
        json_decref(array);
        return NULL;
    }
    return array;
}

int jb_json_from_strings(char *const *strings, size_t count, char **ret)
{
    if (count == 0) {
        *ret = NULL;
        return 0;
    }
    json_t *array = jb_json_strings(strings, count);
    return finish(array, array != NULL, ret);
}

int jb_json_from_tags(const struct jb_tag *tags, size_t count, char **ret)
{
    if (count == 0) {
        *ret = NULL;
        return 0;
    }
    json_t *object = json_object();
    bool good = object != NULL;
    for (size_t i = 0; good && i < count; i++) {
        json_t *value = jb_json_from_text(tags[i].value);
        if (json_string_value(value) != NULL && json_object_set(object, tags[i].key, value) == 0) {
            json_decref(value);
            continue;
        }
        char *key = strdup(tags[i].key);
        if (key != NULL) {
            jb_sanitise(key);
        }
        good = key != NULL && json_object_set(object, key, value) == 0;
        free(key);
        json_decref(value);
    }
    return finish(object, good, ret);
}

json_t *jb_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

int jb_json_from_segments(const struct jb_record_segment *segments, size_t count, char **ret)
{
    if (count == 0) {
        *ret = NULL;
        return 0;
    }
    json_t *array = json_array();
    bool good = array != NULL;
    for (size_t i = 0; good && i < count; i++) {
        const struct jb_record_segment *s = &segments[i];
        json_t *object = json_object();
        good = object != NULL && json_object_set_new(object, "start_ns", json_integer(s->start_ns)) == 0 &&
               json_object_set_new(object, "end_ns", json_integer(s->end_ns)) == 0 &&
               json_object_set_new(object, "g_per_kwh", jb_json_real(s->g_per_kwh)) == 0 &&
               json_object_set_new(object, "rel_error", jb_json_real(s->rel_error)) == 0 &&
               json_object_set_new(object, "source", jb_json_from_text(s->source)) == 0 &&
               json_object_set_new(object, "factor", jb_json_from_text(s->factor)) == 0 &&
               json_object_set_new(object, "estimated", json_boolean(s->estimated)) == 0 &&
               json_object_set_new(object, "live", json_boolean(s->live)) == 0 &&
               json_object_set_new(object, "age_s", jb_json_real(s->age_s)) == 0 &&
               json_object_set_new(object, "energy_uj", json_integer((json_int_t)s->energy_uj)) == 0;
        if (!good) {
            json_decref(object);
        } else {
            good = json_array_append_new(array, object) == 0;
        }
    }
    return finish(array, good, ret);
}

static int load(const char *text, json_t **ret)
{
    json_t *value = json_loads(text, 0, NULL);
    if (value == NULL) {
        return -EBADMSG;
    }
    *ret = value;
    return 0;
}

void jb_json_free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(strings[i]);
    }
    free(strings);
}

int jb_json_read_strings(const json_t *array, char ***ret, size_t *ret_count)
{
    size_t count = json_array_size(array), done = 0;
    char **strings = count == 0 ? NULL : calloc(count, sizeof(*strings));
    int r = array != NULL && !json_is_array(array) ? -EBADMSG : count > 0 && strings == NULL ? -ENOMEM : 0;
    while (r == 0 && done < count) {
        const char *one = json_string_value(json_array_get(array, done));
        strings[done] = one == NULL ? NULL : strdup(one);
        r = one == NULL ? -EBADMSG : strings[done] == NULL ? -ENOMEM : 0;
        done++;
    }
    if (r < 0) {
        jb_json_free_strings(strings, done);
        return r;
    }
    *ret = strings;
    *ret_count = count;
    return 0;
}

int jb_json_to_strings(const char *text, char ***ret, size_t *ret_count)
{
    json_t *array = NULL;
    int r = text == NULL ? 0 : load(text, &array);
    if (r == 0) {
        r = jb_json_read_strings(array, ret, ret_count);
    }
    json_decref(array);
    return r;
}

int jb_json_to_tags(const char *text, struct jb_record *record)
{
    json_t *object = NULL;
    int r = text == NULL ? 0 : load(text, &object);
    if (r < 0) {
        return r;
    }
    r = object != NULL && (!json_is_object(object) || json_object_size(object) > MAX_TAGS) ? -EBADMSG : 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (r == 0 && json_string_value(value) == NULL) {
            r = -EBADMSG;
        }
        if (r == 0) {
            r = jb_record_tag(record, key, json_string_value(value));
        }
    }
    json_decref(object);
    return r;
}

double jb_json_read_real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    return json_is_number(value) && isfinite(number) ? number : NAN;
}

void jb_json_read_text(const json_t *object, const char *key, char *buffer, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    jb_copy(buffer, size, text != NULL ? text : "");
}

static void to_segment(const json_t *object, struct jb_record_segment *ret)
{
    *ret = (struct jb_record_segment){
        .start_ns = json_integer_value(json_object_get(object, "start_ns")),
        .end_ns = json_integer_value(json_object_get(object, "end_ns")),
        .g_per_kwh = jb_json_read_real(object, "g_per_kwh"),
        .rel_error = jb_json_read_real(object, "rel_error"),
        .estimated = json_is_true(json_object_get(object, "estimated")),
        .live = json_is_true(json_object_get(object, "live")),
        .age_s = jb_json_read_real(object, "age_s"),
        .energy_uj = (uint64_t)json_integer_value(json_object_get(object, "energy_uj")),
    };
    jb_json_read_text(object, "source", ret->source, sizeof(ret->source));
    jb_json_read_text(object, "factor", ret->factor, sizeof(ret->factor));
}

int jb_json_to_segments(const char *text, struct jb_record_segment **ret, size_t *ret_count)
{
    json_t *array = NULL;
    int r = text == NULL ? 0 : load(text, &array);
    if (r < 0) {
        return r;
    }
    size_t count = json_array_size(array);
    struct jb_record_segment *segments = count == 0 ? NULL : calloc(count, sizeof(*segments));
    r = array != NULL && !json_is_array(array) ? -EBADMSG : count > 0 && segments == NULL ? -ENOMEM : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        to_segment(json_array_get(array, i), &segments[i]);
    }
    json_decref(array);
    if (r < 0) {
        free(segments);
        return r;
    }
    *ret = segments;
    *ret_count = count;
    return 0;
}
