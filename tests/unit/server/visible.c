/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see a run whole, and that no document lets others see more. */
#include "world.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "server/visible.h"

static void one_sees_ones_own_and_who_sees_all_sees_all(void **state)
{
    static const struct jb_viewer nobody_known_by_chance = {.known = false, .uid = 1000};
    static const struct {
        const struct jb_viewer *viewer;
        int64_t owner;
        bool visible;
    } cases[] = {
        {&kim, 1000, true},
        {&kim, 1001, false},
        {&kim, JB_OWNER_UNKNOWN, false},
        {&kim, 0, false},
        {&lee, 1001, true},
        {&somebody, 0, false},
        {&somebody, 1000, false},
        {&somebody, JB_OWNER_UNKNOWN, false},
        {&nobody_known_by_chance, 1000, false},
        {&root_user, 1000, true},
        {&root_user, JB_OWNER_UNKNOWN, true},
        {&kim, INT64_C(0x1000003e8), false}, /* 1000 in its low 32 bits */
    };
    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        assert_int_equal(jb_visible(cases[i].viewer, cases[i].owner), cases[i].visible);
    }
}

static void a_search_is_among_ones_own(void **state)
{
    struct jb_run_filter all = {0}, own = {0}, none = {0};

    jb_visible_filter(&root_user, &all);
    jb_visible_filter(&kim, &own);
    jb_visible_filter(&somebody, &none);
    assert_false(all.has_owner);
    assert_true(own.has_owner);
    assert_int_equal(own.owner, 1000);
    assert_true(none.has_owner);
    assert_int_equal(none.owner, UINT32_MAX); /* no user has that id */
}

/* The matrix: each document, asked by each viewer, holds the secrets of those runs only that are his. */
static void no_document_tells_what_others_run(void **state)
{
    struct world *world = *state;
    static const struct jb_viewer *const viewers[] = {&kim, &lee, &somebody};
    static const struct {
        jb_document_fn document;
        const char *rest, *query;
        const char *kims, *lees; /* what the answer holds of their secrets, to them */
    } cases[] = {
        {jb_document_live, "", "", "resnet", "bert"},
        {jb_document_runs, "", "", "resnet", "theirs\",\"project\":\"vision"},
        {jb_document_runs, "", "q=bert", "", ""},
        {jb_document_runs, "", "project=vision", "resnet", "theirs\",\"project\":\"vision"},
        {jb_document_runs, "", "tag=accuracy=0.93", "resnet", ""},
        {jb_document_run, "01J0000000000000000000000D", "", "resnet", ""},
        {jb_document_run, "01K0000000000000000000000A", "", "secret.py", ""},
        {jb_document_run, "bert", "", "", "secret.py"},
        {jb_document_run, "last", "", "resnet", "secret.py"},
        {jb_document_hosts, "", "", "", ""},
        {jb_document_history, "", "", "", ""},
    };
    static const char *const secrets[] = {"resnet", "bert", "vision", "secret-project", "secret.py", "accuracy"};

    for (size_t i = 0; i < JB_COUNT(cases); i++) {
        for (size_t v = 0; v < JB_COUNT(viewers); v++) {
            world->viewer = *viewers[v];
            ask_raw(world, cases[i].document, cases[i].rest, cases[i].query, NULL);
            const char *his = v == 0 ? cases[i].kims : v == 1 ? cases[i].lees : "";
            const char *body = world->reply.body;
            assert_non_null(strstr(body, his));
            if (world->reply.status != 200) {
                body = ""; /* what was asked is repeated */
            }
            if (v == 2) {
                for (size_t s = 0; s < JB_COUNT(secrets); s++) {
                    if (strstr(body, secrets[s]) != NULL) {
                        fail_msg("case %zu tells a stranger \"%s\": %s", i, secrets[s], body);
                    }
                }
            }
            assert_true(v == 0 || strstr(body, "resnet") == NULL);
            assert_true(v == 1 || strstr(body, "bert") == NULL);
        }
    }
}

static void what_is_below_anothers_run_is_forbidden(void **state)
{
    struct world *world = *state;
    static const char *const below[] = {"", "/series", "/export"};
    char rest[64];

    for (size_t i = 0; i < JB_COUNT(below); i++) {
        jb_snprintf(rest, sizeof(rest), "01J0000000000000000000000C%s", below[i]);
        world->viewer = kim;
        ask_for(world, 403, jb_document_run, rest, "");
        world->viewer = somebody;
        ask_for(world, 403, jb_document_run, rest, "");
        jb_snprintf(rest, sizeof(rest), "01K0000000000000000000000B%s", below[i]); /* on the board alone */
        ask_for(world, 403, jb_document_run, rest, "");
    }
    world->viewer = root_user;
    ask_for(world, 200, jb_document_run, "01J0000000000000000000000C", "");
    world->viewer = lee;
    ask_for(world, 200, jb_document_run, "01j0000000000000000000000c", "");
}

static void metrics_show_projects_to_those_who_see_all(void **state)
{
    struct world *world = *state;

    world->viewer = kim; /* the sums of a project are of all who take part in it */
    ask_raw(world, jb_document_metrics, "", "", NULL);
    assert_null(strstr(world->reply.body, "secret-project"));
    assert_non_null(strstr(world->reply.body, "joulebook_run_energy_joules_total{project=\"\"} 2.0\n"));
    world->viewer = root_user;
    ask_raw(world, jb_document_metrics, "", "", NULL);
    assert_non_null(strstr(world->reply.body, "joulebook_run_energy_joules_total{project=\"secret-project\"} 1.5\n"));
    assert_non_null(strstr(world->reply.body, "joulebook_run_energy_joules_total{project=\"\"} 0.5\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_sees_ones_own_and_who_sees_all_sees_all, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_search_is_among_ones_own, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(no_document_tells_what_others_run, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_below_anothers_run_is_forbidden, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(metrics_show_projects_to_those_who_see_all, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
