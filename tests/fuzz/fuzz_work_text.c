/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of run_text.work, from a database of anybody's. What is read must be of sound figures, regions must lie in
 * earlier ones, and what is written of it must read back as the same number of rows.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/json.h"

static int sound(double value)
{
    return isnan(value) || (value >= 0 && isfinite(value));
}

static void check(const struct jb_record_work *work)
{
    for (size_t i = 0; i < work->region_count; i++) {
        const struct jb_record_region *r = &work->regions[i];
        if (r->parent < 0 || (r->parent > 0 && r->parent >= r->id) || !sound(r->start_s) || !sound(r->duration_s) ||
            !sound(r->uncertainty_uj)) {
            abort();
        }
    }
    for (size_t i = 0; i < work->operator_count; i++) {
        const struct jb_record_operator *o = &work->operators[i];
        if (o->merged < -1 || !sound(o->time_s) || !sound(o->uncertainty_uj) || strlen(o->name) >= sizeof(o->name)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_record record = {.run_uj = 1000, .emissions_g = 1};
    struct jb_record_work again = {0};
    char *text = malloc(size + 1), *written = NULL;
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (jb_json_to_work(text, &record.work) == 0) {
        check(&record.work);
        jb_record_work_price(&record);
        if (jb_json_from_work(&record.work, &written) < 0 || jb_json_to_work(written, &again) < 0 ||
            again.region_count != record.work.region_count || again.operator_count != record.work.operator_count ||
            again.group_count != record.work.group_count || again.phase_count != record.work.phase_count ||
            jb_record_operators_uj(&again) != jb_record_operators_uj(&record.work)) {
            abort();
        }
    }
    free(text);
    free(written);
    jb_record_finish(&record);
    jb_record_work_finish(&again);
    return 0;
}
