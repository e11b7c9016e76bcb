/* SPDX-License-Identifier: Apache-2.0 */
/* What a run says that it will have used, beside what was booked of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/daemon_impl.h"

/* 100 J of its own, 120 J with its idle, 300 J of the machine; 400 g/kWh known to a tenth. */
struct scene {
    struct jb_daemon *daemon;
    struct peer peer;
    struct jb_board_run run;
};

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    scene->daemon = calloc(1, sizeof(*scene->daemon));
    assert_non_null(scene->daemon);
    scene->daemon->session = calloc(1, sizeof(*scene->daemon->session));
    assert_non_null(scene->daemon->session);
    scene->daemon->session->intensity.g_per_kwh = 400;
    scene->daemon->session->intensity.rel_error = 0.1;
    scene->peer.hello.pue = 1.5;
    scene->peer.plan = (struct jb_link_plan){30, 4, 600e6, 60e6, 90, 3};
    scene->run = (struct jb_board_run){
        .elapsed_s = 15, .run_uj = 100000000, .footprint_uj = 120000000, .machine_uj = 300000000, .grams = 0.02};
    jb_copy(scene->run.basis, sizeof(scene->run.basis), "footprint");
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;

    free(scene->daemon->session);
    free(scene->daemon);
    free(scene);
    return 0;
}

static void look(struct scene *scene)
{
    daemon_plan_view(scene->daemon, &scene->peer, &scene->run);
}

static void the_basis_grows_as_the_run_does(void **state)
{
    struct scene *scene = *state;
    const struct jb_board_run *run = &scene->run;

    look(scene);
    assert_true(run->epochs_planned == 30 && run->epoch_nth == 4);
    assert_float_equal(run->projected_uj, 720e6, 1);
    assert_float_equal(run->projected_sigma_uj, 72e6, 1);
    assert_float_equal(run->projected_s, 90, 1e-9);
    assert_float_equal(run->projected_sigma_s, 3, 1e-9);
    scene->run.sigma_uj = 12e6; /* a tenth, by the sensors */
    look(scene);
    assert_float_equal(run->projected_sigma_uj, hypot(72e6, 72e6), 1);
    scene->run.sigma_uj = 0;
    look(scene);
    double more_g = 600 / 3.6e6 * 400 * 1.5, sigma_g = 72 / 3.6e6 * 400 * 1.5;
    assert_float_equal(run->projected_grams, 0.02 + more_g, 1e-12);
    assert_float_equal(run->projected_grams_sigma, hypot(sigma_g, 0.1 * (0.02 + more_g)), 1e-12);
    jb_copy(scene->run.basis, sizeof(scene->run.basis), "machine");
    look(scene);
    assert_float_equal(run->projected_uj, 1800e6, 1);
    assert_float_equal(run->projected_sigma_uj, 60e6, 1); /* that of the time */
    scene->run.run_uj = 1;
    look(scene);
    assert_float_equal(run->projected_uj, 1800e6, 1);
    scene->run.run_uj = 100000000;
    jb_copy(scene->run.basis, sizeof(scene->run.basis), "run");
    look(scene);
    assert_float_equal(run->projected_uj, 600e6, 1);
}

/* The word is up to a second old, and may be a lie. */
static void it_is_never_less_than_now(void **state)
{
    struct scene *scene = *state;

    scene->peer.plan.run_uj = 1e6;
    scene->peer.plan.duration_s = 1;
    look(scene);
    assert_float_equal(scene->run.projected_uj, 120e6, 1);
    assert_float_equal(scene->run.projected_s, 15, 1e-9);
    assert_float_equal(scene->run.projected_grams, 0.02, 1e-12);
}

static void what_is_not_known_is_not_nothing(void **state)
{
    struct scene *scene = *state;
    const struct jb_board_run *run = &scene->run;

    scene->peer.plan = (struct jb_link_plan){30, 1, -1, -1, -1, -1};
    look(scene);
    assert_true(run->epochs_planned == 30 && run->epoch_nth == 1);
    assert_true(isnan(run->projected_uj) && isnan(run->projected_sigma_uj) && isnan(run->projected_s));
    assert_true(isnan(run->projected_sigma_s) && isnan(run->projected_grams) && isnan(run->projected_grams_sigma));
    scene->peer.plan = (struct jb_link_plan){30, 0, 600e6, -1, 90, -1};
    look(scene);
    assert_true(run->epoch_nth == -1 && run->projected_uj > 0 && isnan(run->projected_sigma_uj));
    assert_true(isnan(run->projected_sigma_s) && run->projected_grams > 0 && isnan(run->projected_grams_sigma));
    scene->daemon->session->intensity.g_per_kwh = NAN;
    look(scene);
    assert_true(run->projected_uj > 0 && isnan(run->projected_grams));
    scene->run.run_uj = 0;
    look(scene);
    assert_true(isnan(run->projected_uj));
    scene->peer.plan.planned = 0;
    look(scene);
    assert_true(run->epochs_planned == -1 && run->epoch_nth == -1 && isnan(run->projected_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_basis_grows_as_the_run_does, begin, end),
        cmocka_unit_test_setup_teardown(it_is_never_less_than_now, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_not_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
