/* SPDX-License-Identifier: Apache-2.0 */
/* The object of list --json. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

static json_t *finish(struct jb_list_json *list)
{
    char *text = NULL;
    json_error_t error;
    assert_int_equal(jb_list_json_end(list, &text), 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    free(text);
    return root;
}

static void a_list_of_none_is_an_empty_array(void **state)
{
    struct jb_list_json *list;
    assert_int_equal(jb_list_json_begin(&list), 0);
    json_t *root = finish(list);
    int schema;
    json_t *runs;
    assert_int_equal(json_unpack(root, "{s:i,s:o !}", "schema", &schema, "runs", &runs), 0);
    assert_int_equal(schema, 1);
    assert_true(json_is_array(runs));
    assert_int_equal(json_array_size(runs), 0);
    json_decref(root);
}

static void each_run_has_its_object_and_three_sums(void **state)
{
    struct fixture f;
    struct jb_list_json *list;
    fixture_init(&f);
    struct jb_record bare = {.id = "B", .started_ns = 1, .coverage = NAN, .emissions_g = NAN};
    assert_int_equal(jb_list_json_begin(&list), 0);
    assert_int_equal(jb_list_json_add(list, &f.record), 0);
    assert_int_equal(jb_list_json_add(list, &bare), 0);
    json_t *root = finish(list);
    const char *id = NULL, *bare_id = NULL;
    double machine_j = 0, footprint_j = 0, emissions_g = 0;
    assert_int_equal(json_unpack(root, "{s:i,s:[{s:{s:s},s:f,s:f,s:f,s:n !},{s:{s:s},s:n,s:n,s:n,s:n !}] !}", "schema",
                                 &(int){0}, "runs", "run", "id", &id, "machine_j", &machine_j, "footprint_j",
                                 &footprint_j, "emissions_g", &emissions_g, "wall", "run", "id", &bare_id, "machine_j",
                                 "footprint_j", "emissions_g", "wall"),
                     0);
    assert_string_equal(id, f.record.id);
    assert_string_equal(bare_id, "B");
    assert_true(machine_j == (double)f.record.machine_uj / 1e6);
    assert_true(footprint_j == (double)f.record.footprint_uj / 1e6);
    assert_true(emissions_g == f.record.emissions_g);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_none_is_an_empty_array),
        cmocka_unit_test(each_run_has_its_object_and_three_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
