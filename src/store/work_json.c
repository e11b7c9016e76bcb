/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run did with its energy as the text that run_text keeps: an object with a few figures and the arrays phases,
 * regions, groups and operators. A row of those is an array too, because there may be thousands: its places are those
 * of the functions below, and one that is missing is unknown.
 *
 * Seconds have 12 digits, deviations 7, energies all of theirs; emissions are left out (work.h). Reading is for hostile
 * text: a row that is none is left out, a figure that is none is unknown, and only a text that is no object is refused.
 */
#include "store/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define DIGITS       12  /* of seconds: a microsecond of eleven days */
#define SIGMA_DIGITS 7   /* more than any deviation is worth */
#define MAX_S        1e9 /* what is longer is not a run but a damaged record */

static json_t *sigma(double value)
{
    double scale = pow(10, SIGMA_DIGITS - 1 - floor(log10(fabs(value))));
    double rounded = nearbyint(value * scale) / scale;
    return jb_json_real(isfinite(rounded) ? rounded : value);
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)(value < INT64_MAX ? value : INT64_MAX));
}

static json_t *phase_row(const struct jb_record_work *work, size_t i)
{
    const struct jb_record_phase *p = &work->phases[i];
    return json_pack("[o, o, o, o]", jb_json_from_text(p->name), jb_json_real(p->duration_s), count(p->energy_uj),
                     sigma(p->uncertainty_uj));
}

static json_t *region_row(const struct jb_record_work *work, size_t i)
{
    const struct jb_record_region *r = &work->regions[i];
    return json_pack("[I, I, o, o, I, o, o, o, o, i]", (json_int_t)r->id, (json_int_t)r->parent,
                     jb_json_from_text(r->kind), jb_json_from_text(r->name), (json_int_t)r->index,
                     jb_json_real(r->start_s), jb_json_real(r->duration_s), count(r->energy_uj),
                     sigma(r->uncertainty_uj), (int)r->guessed);
}

static json_t *group_row(const struct jb_record_work *work, size_t i)
{
    const struct jb_record_group *g = &work->groups[i];
    return json_pack("[o, o, o, o, o, o]", jb_json_from_text(g->kind), jb_json_from_text(g->name), count(g->calls),
                     jb_json_real(g->time_s), count(g->energy_uj), sigma(g->uncertainty_uj));
}

static json_t *operator_row(const struct jb_record_work *work, size_t i)
{
    const struct jb_record_operator *o = &work->operators[i];
    return json_pack("[o, o, o, o, o, o, o, o, i, o]", jb_json_from_text(o->name), jb_json_from_text(o->class_name),
                     jb_json_from_text(o->device), count(o->calls), jb_json_real(o->time_s), count(o->energy_uj),
                     sigma(o->uncertainty_uj), jb_json_from_text(o->confidence), o->merged,
                     o->merged_uncertainty_uj > 0 ? sigma(o->merged_uncertainty_uj) : json_null());
}

static json_t *rows(const struct jb_record_work *work, size_t number,
                    json_t *(*row)(const struct jb_record_work *work, size_t i))
{
    json_t *array = json_array();
    bool good = array != NULL;
    for (size_t i = 0; good && i < number; i++) {
        good = json_array_append_new(array, row(work, i)) == 0;
    }
    if (!good) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *figures(const struct jb_record_work *work)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ops",
                     jb_json_from_text(work->ops), "attribution", jb_json_from_text(work->attribution), "sources",
                     jb_json_from_text(work->sources), "epochs_planned",
                     work->epochs_planned > 0 ? count(work->epochs_planned) : json_null(), "steps", count(work->steps),
                     "steps_caught", count(work->steps_caught), "caught_s", jb_json_real(work->caught_s), "slowdown",
                     jb_json_real(work->slowdown), "slowdown_sd", sigma(work->slowdown_sd), "lag_s",
                     jb_json_real(work->lag_s), "edge_s", jb_json_real(work->edge_s), "outside_uj",
                     count(work->outside_uj), "outside_uncertainty_uj", sigma(work->outside_uncertainty_uj),
                     "outside_s", jb_json_real(work->outside_s), "unattributed_uj", count(work->unattributed_uj));
}

int jb_json_from_work(const struct jb_record_work *work, char **ret)
{
    if (!work->known) {
        *ret = NULL;
        return 0;
    }
    json_t *object = figures(work);
    bool good = object != NULL &&
                json_object_set_new(object, "phases", rows(work, work->phase_count, phase_row)) == 0 &&
                json_object_set_new(object, "regions", rows(work, work->region_count, region_row)) == 0 &&
                json_object_set_new(object, "groups", rows(work, work->group_count, group_row)) == 0 &&
                json_object_set_new(object, "operators", rows(work, work->operator_count, operator_row)) == 0;
    char *text = good ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) : NULL;
    json_decref(object);
    if (text == NULL) {
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}

static uint64_t to_count(const json_t *value)
{
    json_int_t number = json_integer_value(value);
    return number > 0 ? (uint64_t)number : 0;
}

/* A figure that cannot be below nothing. */
static double to_amount(const json_t *value)
{
    double number = json_number_value(value);
    return json_is_number(value) && number >= 0 && isfinite(number) ? number : NAN;
}

static double to_seconds(const json_t *value)
{
    double number = to_amount(value);
    return number <= MAX_S ? number : NAN;
}

static void to_text(const json_t *value, char *buffer, size_t size)
{
    const char *text = json_string_value(value);
    jb_copy(buffer, size, text != NULL ? text : "");
}

static void read_phase(const json_t *row, void *place)
{
    struct jb_record_phase *ret = place;
    to_text(json_array_get(row, 0), ret->name, sizeof(ret->name));
    ret->duration_s = to_seconds(json_array_get(row, 1));
    ret->energy_uj = to_count(json_array_get(row, 2));
    ret->uncertainty_uj = to_amount(json_array_get(row, 3));
}

/* A region lies in one that began before it: whoever walks up need not fear for the end. */
static void read_region(const json_t *row, void *place)
{
    struct jb_record_region *ret = place;
    json_int_t parent = json_integer_value(json_array_get(row, 1));
    const json_t *index = json_array_get(row, 4);
    ret->id = json_integer_value(json_array_get(row, 0));
    ret->parent = parent > 0 && parent < ret->id ? parent : 0;
    to_text(json_array_get(row, 2), ret->kind, sizeof(ret->kind));
    to_text(json_array_get(row, 3), ret->name, sizeof(ret->name));
    ret->index = json_is_integer(index) && json_integer_value(index) >= 0 ? json_integer_value(index) : -1;
    ret->start_s = to_seconds(json_array_get(row, 5));
    ret->duration_s = to_seconds(json_array_get(row, 6));
    ret->energy_uj = to_count(json_array_get(row, 7));
    ret->uncertainty_uj = to_amount(json_array_get(row, 8));
    ret->guessed = json_integer_value(json_array_get(row, 9)) != 0;
    ret->emissions_g = NAN;
}

static void read_group(const json_t *row, void *place)
{
    struct jb_record_group *ret = place;
    to_text(json_array_get(row, 0), ret->kind, sizeof(ret->kind));
    to_text(json_array_get(row, 1), ret->name, sizeof(ret->name));
    ret->calls = to_count(json_array_get(row, 2));
    ret->time_s = to_seconds(json_array_get(row, 3));
    ret->energy_uj = to_count(json_array_get(row, 4));
    ret->uncertainty_uj = to_amount(json_array_get(row, 5));
}

static void read_operator(const json_t *row, void *place)
{
    struct jb_record_operator *ret = place;
    const json_t *merged = json_array_get(row, 8);
    to_text(json_array_get(row, 0), ret->name, sizeof(ret->name));
    to_text(json_array_get(row, 1), ret->class_name, sizeof(ret->class_name));
    to_text(json_array_get(row, 2), ret->device, sizeof(ret->device));
    ret->calls = to_count(json_array_get(row, 3));
    ret->time_s = to_seconds(json_array_get(row, 4));
    ret->energy_uj = to_count(json_array_get(row, 5));
    ret->uncertainty_uj = to_amount(json_array_get(row, 6));
    to_text(json_array_get(row, 7), ret->confidence, sizeof(ret->confidence));
    json_int_t number = json_is_integer(merged) ? json_integer_value(merged) : -1;
    ret->merged = number >= 0 && number < JB_RECORD_WORK_ROWS ? (int)number : -1;
    ret->merged_uncertainty_uj = to_amount(json_array_get(row, 9));
}

/* The rows of an array as structs of `size` bytes. */
static int read_rows(const json_t *array, size_t size, void (*read)(const json_t *row, void *place), void **ret,
                     size_t *ret_count)
{
    size_t number = json_array_size(array), done = 0;
    number = number < JB_RECORD_WORK_ROWS ? number : JB_RECORD_WORK_ROWS;
    char *places = number == 0 ? NULL : calloc(number, size);
    if (number > 0 && places == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < number; i++) {
        const json_t *row = json_array_get(array, i);
        if (json_is_array(row)) {
            read(row, places + done++ * size);
        }
    }
    *ret = places;
    *ret_count = done;
    return 0;
}

static int to_rows(const json_t *object, struct jb_record_work *work)
{
    void *phases = NULL, *regions = NULL, *groups = NULL, *operators = NULL;
    int r =
        read_rows(json_object_get(object, "phases"), sizeof(*work->phases), read_phase, &phases, &work->phase_count);
    if (r == 0) {
        r = read_rows(json_object_get(object, "regions"), sizeof(*work->regions), read_region, &regions,
                      &work->region_count);
    }
    if (r == 0) {
        r = read_rows(json_object_get(object, "groups"), sizeof(*work->groups), read_group, &groups,
                      &work->group_count);
    }
    if (r == 0) {
        r = read_rows(json_object_get(object, "operators"), sizeof(*work->operators), read_operator, &operators,
                      &work->operator_count);
    }
    work->phases = phases;
    work->regions = regions;
    work->groups = groups;
    work->operators = operators;
    return r;
}

static void to_figures(const json_t *object, struct jb_record_work *ret)
{
    *ret = (struct jb_record_work){
        .known = true,
        .epochs_planned = to_count(json_object_get(object, "epochs_planned")),
        .steps = to_count(json_object_get(object, "steps")),
        .steps_caught = to_count(json_object_get(object, "steps_caught")),
        .caught_s = to_seconds(json_object_get(object, "caught_s")),
        .slowdown = jb_json_read_real(object, "slowdown"),
        .slowdown_sd = to_amount(json_object_get(object, "slowdown_sd")),
        .lag_s = jb_json_read_real(object, "lag_s"),
        .edge_s = to_seconds(json_object_get(object, "edge_s")),
        .outside_uj = to_count(json_object_get(object, "outside_uj")),
        .outside_uncertainty_uj = to_amount(json_object_get(object, "outside_uncertainty_uj")),
        .outside_s = to_seconds(json_object_get(object, "outside_s")),
        .unattributed_uj = to_count(json_object_get(object, "unattributed_uj")),
    };
    jb_json_read_text(object, "ops", ret->ops, sizeof(ret->ops));
    jb_json_read_text(object, "attribution", ret->attribution, sizeof(ret->attribution));
    jb_json_read_text(object, "sources", ret->sources, sizeof(ret->sources));
}

int jb_json_to_work(const char *text, struct jb_record_work *ret)
{
    if (text == NULL) {
        return 0;
    }
    json_t *object = json_loads(text, 0, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return -EBADMSG;
    }
    struct jb_record_work work;
    to_figures(object, &work);
    int r = to_rows(object, &work);
    json_decref(object);
    if (r < 0) {
        jb_record_work_finish(&work);
        return r;
    }
    *ret = work;
    return 0;
}
