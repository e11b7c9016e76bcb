/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run's carbon has beside its segments, as the text that run_text keeps: {"steps": [...], "credits": [...],
 * "marginal": {...}, "cost": {...}}; what there is none of is left out.
 *
 * Reading is for hostile text: a figure that is none is unknown, and a text that is no such object is refused whole.
 */
#include "store/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"

static int add_strings(json_t *object, const char *key, char *const *strings, size_t count)
{
    return count == 0 ? 0 : json_object_set_new(object, key, jb_json_strings(strings, count));
}

static json_t *marginal_json(const struct jb_record_marginal *marginal)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "emissions_g", jb_json_real(marginal->emissions_g), "uncertainty_g",
                     jb_json_real(marginal->uncertainty_g), "intensity_g_per_kwh",
                     jb_json_real(marginal->intensity_g_per_kwh), "coverage", jb_json_real(marginal->coverage),
                     "source", jb_json_from_text(marginal->source));
}

static json_t *cost_json(const struct jb_record_cost *cost)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "amount", jb_json_real(cost->amount), "per_kwh",
                     jb_json_real(cost->per_kwh), "coverage", jb_json_real(cost->coverage), "currency",
                     jb_json_from_text(cost->currency));
}

int jb_json_from_carbon(const struct jb_record *record, char **ret)
{
    if (record->step_count == 0 && record->credit_count == 0 && !record->marginal.known && !record->cost.known) {
        *ret = NULL;
        return 0;
    }
    json_t *object = json_object();
    bool good = object != NULL && add_strings(object, "steps", record->steps, record->step_count) == 0 &&
                add_strings(object, "credits", record->credits, record->credit_count) == 0;
    if (good && record->marginal.known) {
        good = json_object_set_new(object, "marginal", marginal_json(&record->marginal)) == 0;
    }
    if (good && record->cost.known) {
        good = json_object_set_new(object, "cost", cost_json(&record->cost)) == 0;
    }
    char *text = good ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (text == NULL) {
        return -ENOMEM;
    }
    *ret = text;
    return 0;
}

static double part(const json_t *object, const char *key)
{
    double number = jb_json_read_real(object, key);
    return number >= 0 && number <= 1 ? number : NAN;
}

static void to_marginal(const json_t *object, struct jb_record_marginal *ret)
{
    *ret = (struct jb_record_marginal){
        .known = true,
        .emissions_g = jb_json_read_real(object, "emissions_g"),
        .uncertainty_g = jb_json_read_real(object, "uncertainty_g"),
        .intensity_g_per_kwh = jb_json_read_real(object, "intensity_g_per_kwh"),
        .coverage = part(object, "coverage"),
    };
    jb_json_read_text(object, "source", ret->source, sizeof(ret->source));
}

static void to_cost(const json_t *object, struct jb_record_cost *ret)
{
    *ret = (struct jb_record_cost){
        .known = true,
        .amount = jb_json_read_real(object, "amount"),
        .per_kwh = jb_json_read_real(object, "per_kwh"),
        .coverage = part(object, "coverage"),
    };
    jb_json_read_text(object, "currency", ret->currency, sizeof(ret->currency));
}

static int to_lists(const json_t *object, struct jb_record *record)
{
    char **steps = NULL;
    size_t count = 0;
    int r = jb_json_read_strings(json_object_get(object, "steps"), &steps, &count);
    if (r == 0) {
        r = jb_json_read_strings(json_object_get(object, "credits"), &record->credits, &record->credit_count);
    }
    if (r < 0) {
        jb_json_free_strings(steps, count);
        return r;
    }
    record->steps = steps;
    record->step_count = count;
    return 0;
}

int jb_json_to_carbon(const char *text, struct jb_record *record)
{
    if (text == NULL) {
        return 0;
    }
    json_t *object = json_loads(text, 0, NULL);
    int r = json_is_object(object) ? to_lists(object, record) : -EBADMSG;
    if (r == 0 && json_is_object(json_object_get(object, "marginal"))) {
        to_marginal(json_object_get(object, "marginal"), &record->marginal);
    }
    if (r == 0 && json_is_object(json_object_get(object, "cost"))) {
        to_cost(json_object_get(object, "cost"), &record->cost);
    }
    json_decref(object);
    return r;
}
