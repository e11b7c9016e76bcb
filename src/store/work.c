/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record of work can do by itself: be freed, be added up, and be priced. Documented in work.h.
 */
#include "store/work.h"

#include <math.h>
#include <stdlib.h>

#include "store/record.h"

void jb_record_work_finish(struct jb_record_work *work)
{
    if (work == NULL) {
        return;
    }
    free(work->phases);
    free(work->regions);
    free(work->groups);
    free(work->operators);
    *work = (struct jb_record_work){0};
}

uint64_t jb_record_phases_uj(const struct jb_record_work *work)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < work->phase_count; i++) {
        sum += work->phases[i].energy_uj;
    }
    return sum;
}

uint64_t jb_record_operators_uj(const struct jb_record_work *work)
{
    uint64_t sum = work->outside_uj + work->unattributed_uj;
    for (size_t i = 0; i < work->operator_count; i++) {
        sum += work->operators[i].energy_uj;
    }
    return sum;
}

void jb_record_work_price(struct jb_record *record)
{
    double per_uj = record->run_uj > 0 ? record->emissions_g / (double)record->run_uj : NAN;
    for (size_t i = 0; i < record->work.region_count; i++) {
        struct jb_record_region *region = &record->work.regions[i];
        region->emissions_g = per_uj * (double)region->energy_uj;
    }
}
