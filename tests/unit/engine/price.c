/* SPDX-License-Identifier: Apache-2.0 */
/* Emissions: the basis decides the energy, the PUE multiplies, the uncertainties add in quadrature, unknown stays
 * unknown. */
#include "test.h"

#include "base/text.h"
#include "engine/price.h"

#include <math.h>
#include <stdlib.h>

static struct jb_record make(const char *basis)
{
    struct jb_record record = {
        .machine_uj = 7200000000000, /* 2 kWh */
        .run_uj = 3600000000000,
        .footprint_uj = 5400000000000,
        .uncertainty_uj = 720000000000, /* 10 % */
        .run_uncertainty_uj = 360000000000,
        .footprint_uncertainty_uj = 540000000000,
        .intensity_g_per_kwh = 400,
        .intensity_rel_error = 0.2,
        .pue = 1.5,
        .channel_count = 1,
        .channels = calloc(1, sizeof(struct jb_record_channel)),
    };
    jb_copy(record.basis, sizeof(record.basis), basis);
    return record;
}

static void check(const char *basis, double grams)
{
    struct jb_record record = make(basis);

    jb_price(&record);
    assert_float_equal(record.emissions_g, grams, 1e-9 * grams);
    assert_float_equal(record.emissions_uncertainty_g, grams * hypot(0.1, 0.2), 1e-9 * grams);
    jb_record_finish(&record);
}

static void the_basis_decides(void **state)
{
    check("machine", 2 * 400 * 1.5);
    check("run", 1 * 400 * 1.5);
    check("footprint", 1.5 * 400 * 1.5);
}

static void without_an_intensity_or_channels_it_is_unknown(void **state)
{
    struct jb_record record = make("run");

    record.intensity_g_per_kwh = NAN;
    jb_price(&record);
    assert_true(isnan(record.emissions_g));
    record.intensity_g_per_kwh = 400;
    size_t count = record.channel_count;
    record.channel_count = 0;
    jb_price(&record);
    assert_true(isnan(record.emissions_g));
    record.channel_count = count;
    jb_record_finish(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_basis_decides),
        cmocka_unit_test(without_an_intensity_or_channels_it_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
