/* SPDX-License-Identifier: Apache-2.0 */
/* Idle power: what is preferred to what, what is learned, and what is left alone. */
#include "test.h"

#include "base/file.h"
#include "base/text.h"
#include "engine/idle.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct jb_store *store;
static const struct jb_machine machine = {
    .id = "m",
    .cpu = {.name = "Intel Xeon Gold 6248",
            .vendor = "Intel",
            .sockets = 2,
            .cores = 40,
            .threads = 80,
            .tdp_w = 150,
            .found = JB_FOUND_TABLE},
    .ram_bytes = UINT64_C(64) << 30,
};
static const struct jb_channel package = {
    .id = "cpu/0/package", .method = JB_METHOD_COUNTER, .domain = JB_DOMAIN_PACKAGE, .unit = 0};

static void put(const char *source, uint64_t idle_uw, double seconds)
{
    struct jb_baseline baseline = {.idle_uw = idle_uw, .sigma_uw = 1000, .measured_ns = 1, .seconds = seconds};

    jb_copy(baseline.source, sizeof(baseline.source), source);
    assert_int_equal(jb_store_baseline_put(store, machine.id, package.id, &baseline, NULL), 0);
}

static void without_a_baseline_the_model_speaks(void **state)
{
    struct jb_idle idle;

    jb_idle_choose(NULL, &machine, &package, &idle);
    assert_string_equal(idle.source, "model");
    assert_in_range(idle.idle_uw, 5 * 1000000, 60 * 1000000); /* of one socket of 150 W */
    assert_true(idle.sigma_uw > 0);
}

static void a_stored_baseline_beats_the_model(void **state)
{
    struct jb_idle idle;

    put("learned", 33000000, 10);
    jb_idle_choose(store, &machine, &package, &idle);
    assert_string_equal(idle.source, "learned");
    assert_int_equal(idle.idle_uw, 33000000);
    put("calibrated", 31000000, 20);
    jb_idle_choose(store, &machine, &package, &idle);
    assert_string_equal(idle.source, "calibrated");
}

static void a_modelled_channel_takes_the_models_own(void **state)
{
    struct jb_channel model = {.id = "cpu/0/package",
                               .method = JB_METHOD_MODELLED,
                               .domain = JB_DOMAIN_PACKAGE,
                               .unit = -1,
                               .idle_uw = 7000000,
                               .rel_error = 0.25};
    struct jb_idle idle;

    put("calibrated", 31000000, 20);
    jb_idle_choose(store, &machine, &model, &idle);
    assert_string_equal(idle.source, "model");
    assert_int_equal(idle.idle_uw, 7000000);
}

static void what_cannot_idle_has_none(void **state)
{
    struct jb_channel rail = {.id = "rail", .method = JB_METHOD_COUNTER, .domain = JB_DOMAIN_CORE, .unit = 0};
    struct jb_idle idle;

    jb_idle_choose(NULL, &machine, &rail, &idle);
    assert_string_equal(idle.source, "none");
    assert_int_equal(idle.idle_uw, 0);
}

static void quiet_seconds_have_a_mean_and_a_spread(void **state)
{
    struct jb_quiet quiet = {0};
    uint64_t idle_uw, sigma_uw;

    jb_quiet_add(&quiet, 0, 0); /* no time: nothing */
    assert_false(jb_quiet_idle(&quiet, 1, &idle_uw, &sigma_uw));
    jb_quiet_add(&quiet, 10000000, 1000000000);
    jb_quiet_add(&quiet, 14000000, 1000000000);
    assert_false(jb_quiet_idle(&quiet, 3, &idle_uw, &sigma_uw));
    assert_true(jb_quiet_idle(&quiet, 2, &idle_uw, &sigma_uw));
    assert_int_equal(idle_uw, 12000000);
    assert_int_equal(sigma_uw, 2000000);
}

static void learn(double seconds, uint64_t power_uw)
{
    struct jb_quiet quiet = {0};

    for (double s = 0; s < seconds; s += 1) {
        jb_quiet_add(&quiet, power_uw, 1000000000);
    }
    assert_int_equal(jb_idle_learn(store, machine.id, package.id, &quiet, 1, NULL), 0);
}

static void learning_weighs_by_seconds_and_forgets(void **state)
{
    struct jb_baseline now;

    learn(2, 50000000); /* too short to be believed */
    assert_true(jb_store_baseline_get(store, machine.id, package.id, &now) < 0);
    learn(10, 20000000);
    learn(30, 40000000);
    assert_int_equal(jb_store_baseline_get(store, machine.id, package.id, &now), 0);
    assert_string_equal(now.source, "learned");
    assert_int_equal(now.idle_uw, 35000000);
    assert_true(now.sigma_uw > 5000000); /* the two periods disagree, and it shows */
    learn(5000, 20000000);
    learn(600, 60000000);
    assert_int_equal(jb_store_baseline_get(store, machine.id, package.id, &now), 0);
    assert_in_range(now.idle_uw, 38000000, 42000000); /* old quiet counts for ten minutes at most */
}

static void a_calibrated_baseline_is_not_unlearned(void **state)
{
    struct jb_baseline now;

    put("calibrated", 31000000, 20);
    learn(100, 90000000);
    assert_int_equal(jb_store_baseline_get(store, machine.id, package.id, &now), 0);
    assert_int_equal(now.idle_uw, 31000000);
}

static int open_store(void **state)
{
    char path[128];

    jb_copy(folder, sizeof(folder), "/tmp/jb-idle-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    return jb_store_open(path, JB_STORE_WRITE, &store, NULL);
}

static int close_store(void **state)
{
    static const char *const names[] = {"x.db", "x.db-wal", "x.db-shm"};
    char path[128];

    jb_store_close(store);
    store = NULL;
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_baseline_the_model_speaks),    WITH_STORE(a_stored_baseline_beats_the_model),
        WITH_STORE(a_modelled_channel_takes_the_models_own),      cmocka_unit_test(what_cannot_idle_has_none),
        cmocka_unit_test(quiet_seconds_have_a_mean_and_a_spread), WITH_STORE(learning_weighs_by_seconds_and_forgets),
        WITH_STORE(a_calibrated_baseline_is_not_unlearned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
