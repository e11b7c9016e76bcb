/* SPDX-License-Identifier: Apache-2.0 */
/* What other rooms tell: the grid, the doctor; and whether the meter is well. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"

struct told {
    char zone[128];
    bool fails;
};

static char *grid(void *context, const char *zone, struct jb_diag *diag)
{
    struct told *told = context;

    strcpy(told->zone, zone != NULL ? zone : "none");
    if (told->fails) {
        jb_fail(diag, -2, "there is no zone %s", zone);
        jb_fix(diag, "joulebook grid zones");
        return NULL;
    }
    return strdup("{\"schema\": 1}");
}

static char *doctor(void *context)
{
    struct told *told = context;

    return told->fails ? NULL : strdup("{\"schema\": 1, \"channels\": []}");
}

static struct world *with(void **state, struct told *told)
{
    struct world *world = *state;

    world->config.grid = grid;
    world->config.doctor = doctor;
    world->config.context = told;
    return world;
}

static void the_grid_is_asked_about_a_zone_or_its_own(void **state)
{
    struct told told = {0};
    struct world *world = with(state, &told);

    ask_for(world, 200, jb_document_grid, "", "");
    assert_string_equal(told.zone, "none");
    ask_for(world, 200, jb_document_grid, "", "zone=");
    assert_string_equal(told.zone, "none");
    ask_for(world, 200, jb_document_grid, "", "zone=US-CAL-CISO");
    assert_string_equal(told.zone, "US-CAL-CISO");
}

static void a_zone_that_is_none_is_not_found(void **state)
{
    struct told told = {.fails = true};
    struct world *world = with(state, &told);

    json_t *root = ask_for(world, 404, jb_document_grid, "", "zone=XX");
    assert_string_equal(text_at(root, "error"), "there is no zone XX");
    assert_string_equal(text_at(root, "fix"), "joulebook grid zones");
    ask_for(world, 503, jb_document_grid, "", "");
    ask_for(world, 400, jb_document_grid, "", "zone=a&zone=b");
    ask_for(world, 400, jb_document_grid, "", "place=a");
    char query[200] = "zone=";
    memset(query + 5, 'x', 96);
    ask_for(world, 400, jb_document_grid, "", query);
}

static void the_doctor_tells_or_is_not_to_be_had(void **state)
{
    struct told told = {0};
    struct world *world = with(state, &told);

    assert_int_equal(json_array_size(at(ask_for(world, 200, jb_document_doctor, "", ""), "channels")), 0);
    told.fails = true;
    ask_for(world, 503, jb_document_doctor, "", "");
    world->config.doctor = NULL;
    world->config.grid = NULL;
    ask_for(world, 503, jb_document_doctor, "", "");
    ask_for(world, 503, jb_document_grid, "", "");
}

static void a_meter_that_ticks_is_well(void **state)
{
    struct world *world = *state;

    ask_raw(world, jb_document_health, "", "", NULL);
    assert_int_equal(world->reply.status, 200);
    assert_string_equal(world->reply.body, "ok\n");
    assert_string_equal(world->reply.type, JB_TYPE_TEXT);
}

static void one_that_has_stopped_is_not(void **state)
{
    struct world *world = *state;

    change(world)->t_ns = jb_mono_ns() - 6 * JB_NS_PER_S;
    changed(world);
    ask_raw(world, jb_document_health, "", "", NULL);
    assert_int_equal(world->reply.status, 503);
    assert_non_null(strstr(world->reply.body, "has not ticked for 6."));
    change(world)->seq = 0;
    changed(world);
    ask_raw(world, jb_document_health, "", "", NULL);
    assert_int_equal(world->reply.status, 503);
    assert_non_null(strstr(world->reply.body, "not ticked yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_grid_is_asked_about_a_zone_or_its_own, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_zone_that_is_none_is_not_found, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_doctor_tells_or_is_not_to_be_had, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_meter_that_ticks_is_well, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(one_that_has_stopped_is_not, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
