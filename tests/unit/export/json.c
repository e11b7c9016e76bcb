/* SPDX-License-Identifier: Apache-2.0 */
/* The run record as JSON: interface.md's names and nesting, null for what is not known, microjoules exact. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static json_t *load(const struct jb_record *record, bool pretty)
{
    char *text = NULL;
    json_error_t error;
    assert_int_equal(jb_record_json(record, pretty, &text), 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        fail_msg("line %d: %s in %s", error.line, error.text, text);
    }
    free(text);
    return root;
}

/* Every key of the words, in this order: objects of the contract are compared by name and by place. */
static void has_keys(json_t *object, const char *words)
{
    void *iterator = json_object_iter(object);
    char *copy = strdup(words), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        assert_non_null(iterator);
        assert_string_equal(json_object_iter_key(iterator), word);
        iterator = json_object_iter_next(object, iterator);
    }
    assert_null(iterator);
    free(copy);
}

static void the_names_are_those_of_the_contract(void **state)
{
    struct fixture f;
    fixture_init(&f);
    json_t *root = load(&f.record, true);
    has_keys(root, "schema run energy carbon cost work regions region_totals phases layers operators self hardware "
                   "warnings");
    assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
    has_keys(json_object_get(root, "run"),
             "id name project tags host machine_id command started ended duration_s status "
             "exit_code signal parent");
    json_t *energy = json_object_get(root, "energy");
    has_keys(energy, "machine_j run_j footprint_j idle_j others_j unattributed_j uncertainty_j run_uncertainty_j "
                     "footprint_uncertainty_j measured_j modelled_j coverage total wall channels");
    json_t *channels = json_object_get(energy, "channels");
    assert_int_equal(json_array_size(channels), FIXTURE_CHANNELS);
    has_keys(json_array_get(channels, 0), "id device name energy_j run_j idle_j others_j unattributed_j footprint_j "
                                          "uncertainty_j run_uncertainty_j method source in_total parent twin_of "
                                          "update_period_s coverage idle_source flags note context_w context_tax_j");
    json_t *carbon = json_object_get(root, "carbon");
    has_keys(carbon,
             "emissions_g uncertainty_g embodied_g intensity_g_per_kwh basis zone zone_name zone_note pue segments "
             "steps credits former marginal");
    has_keys(json_array_get(json_object_get(carbon, "segments"), 0),
             "start end g_per_kwh uncertainty_g_per_kwh source factor estimated live age_s energy_j emissions_g");
    has_keys(json_object_get(root, "self"), "cpu_s energy_j max_rss_bytes events_dropped");
    has_keys(json_object_get(root, "hardware"), "cpu sockets cores threads virtual ram_bytes gpus board");
    json_decref(root);
}

static void values_are_those_of_the_record(void **state)
{
    struct fixture f;
    fixture_init(&f);
    json_t *root = load(&f.record, false);
    const char *id, *started, *status, *word, *parent, *twin;
    double pue, period;
    int exit_code;
    assert_int_equal(json_unpack(root, "{s:{s:s,s:s,s:s,s:i,s:n,s:n},s:{s:f}}", "run", "id", &id, "started", &started,
                                 "status", &status, "exit_code", &exit_code, "signal", "parent", "carbon", "pue", &pue),
                     0);
    assert_string_equal(id, f.record.id);
    assert_string_equal(started, "2025-11-22T03:00:00.123Z");
    assert_string_equal(status, "finished");
    assert_int_equal(exit_code, 0);
    assert_true(pue == 1.1);
    const json_t *channels = json_object_get(json_object_get(root, "energy"), "channels");
    assert_int_equal(json_unpack(json_array_get(channels, 4), "{s:[s,s],s:f,s:n}", "flags", &word, &parent,
                                 "update_period_s", &period, "parent"),
                     0);
    assert_string_equal(word, "wrapped");
    assert_string_equal(parent, "gap");
    assert_true(period == 0.001);
    assert_int_equal(json_unpack(json_array_get(channels, 1), "{s:s,s:n}", "parent", &parent, "twin_of"), 0);
    assert_string_equal(parent, "cpu/0/package");
    assert_int_equal(json_unpack(json_array_get(channels, 5), "{s:s,s:n}", "twin_of", &twin, "parent"), 0);
    assert_string_equal(twin, "cpu/0/package");
    json_decref(root);
}

static void carbon_names_every_source_and_what_it_was_before(void **state)
{
    struct fixture f;
    fixture_init(&f);
    fixture_live(&f);
    json_t *root = load(&f.record, true);
    json_t *carbon = json_object_get(root, "carbon"), *segments = json_object_get(carbon, "segments");
    const char *step, *step2, *credit, *until, *source, *reason, *by, *currency;
    double emissions, uncertainty, intensity, of_first, first_g, second_g, coverage, amount, per_kwh, age;
    int live, live2;
    assert_int_equal(json_unpack(carbon, "{s:[s,s],s:[s]}", "steps", &step, &step2, "credits", &credit), 0);
    assert_string_equal(step, f.steps[0]);
    assert_string_equal(step2, f.steps[1]);
    assert_string_equal(credit, "Source: ElectricityMaps.com");
    has_keys(json_array_get(json_object_get(carbon, "former"), 0),
             "until emissions_g uncertainty_g intensity_g_per_kwh source reason");
    assert_int_equal(json_unpack(carbon, "{s:[{s:s,s:F,s:F,s:F,s:s,s:s}]}", "former", "until", &until, "emissions_g",
                                 &emissions, "uncertainty_g", &uncertainty, "intensity_g_per_kwh", &intensity, "source",
                                 &source, "reason", &reason),
                     0);
    assert_string_equal(until, "2025-11-23T03:00:00.123Z");
    assert_true(emissions == 29.5 && uncertainty == 4.25 && intensity == 436);
    assert_string_equal(reason, "hourly values came in for 10 min");
    assert_int_equal(json_unpack(carbon, "{s:{s:F,s:F,s:F,s:F,s:s}}", "marginal", "emissions_g", &emissions,
                                 "uncertainty_g", &uncertainty, "intensity_g_per_kwh", &intensity, "coverage",
                                 &coverage, "source", &by),
                     0);
    assert_true(emissions == 41.5 && uncertainty == 6.125 && intensity == 612.5 && coverage == 0.75);
    assert_string_equal(by, "watttime");
    assert_int_equal(json_unpack(root, "{s:{s:F,s:s,s:F,s:F}}", "cost", "amount", &amount, "currency", &currency,
                                 "per_kwh", &per_kwh, "coverage", &coverage),
                     0);
    assert_true(amount == 0.0215 && per_kwh == 0.29 && coverage == 1);
    assert_string_equal(currency, "EUR");
    assert_int_equal(json_unpack(segments, "[{s:F,s:b,s:F,s:F},{s:n,s:b,s:n,s:F}]", "uncertainty_g_per_kwh", &of_first,
                                 "live", &live, "age_s", &age, "emissions_g", &first_g, "uncertainty_g_per_kwh", "live",
                                 &live2, "age_s", "emissions_g", &second_g),
                     0);
    assert_true(of_first == 19 && live && age == 0 && !live2);
    double expected_g = (double)f.segments[0].energy_uj / 3.6e12 * 380 * 1.1;
    assert_true(fabs(first_g - expected_g) < 1e-9 * expected_g);
    expected_g += (double)f.segments[1].energy_uj / 3.6e12 * 400 * 1.1;
    assert_true(fabs(first_g + second_g - expected_g) < 1e-9 * expected_g);
    json_decref(root);
}

/* In microjoules, as the text has them: doubles would hide one. */
static void segments_sum_to_the_basis_exactly(void **state)
{
    struct fixture f;
    char *text = NULL;
    fixture_init(&f);
    assert_int_equal(jb_record_json(&f.record, false, &text), 0);
    uint64_t sum_uj = 0;
    for (const char *at = strstr(text, "\"segments\":"); (at = strstr(at, "\"energy_j\":")) != NULL;) {
        uint64_t whole = 0, part = 0, scale = 100000;
        for (at += strlen("\"energy_j\":"); *at != '.'; at++) {
            whole = whole * 10 + (uint64_t)(*at - '0');
        }
        for (at++; *at >= '0' && *at <= '9'; at++, scale /= 10) {
            part += (uint64_t)(*at - '0') * scale;
        }
        sum_uj += whole * 1000000 + part;
        if (strstr(at, "\"steps\"") == NULL || strstr(at, "\"energy_j\":") > strstr(at, "\"steps\"")) {
            break;
        }
    }
    assert_true(sum_uj == f.record.footprint_uj);
    free(text);
}

static void a_record_without_them_has_empty_lists_and_nulls(void **state)
{
    struct fixture f;
    fixture_init(&f);
    json_t *root = load(&f.record, true);
    json_t *carbon = json_object_get(root, "carbon");
    static const char *const lists[] = {"steps", "credits", "former"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_is_array(json_object_get(carbon, lists[i])));
        assert_int_equal(json_array_size(json_object_get(carbon, lists[i])), 0);
    }
    assert_true(json_is_null(json_object_get(carbon, "marginal")) && json_is_null(json_object_get(root, "cost")));
    json_decref(root);
}

static void microjoules_are_printed_exactly(void **state)
{
    struct fixture f;
    char *text = NULL;
    fixture_init(&f);
    assert_int_equal(jb_record_json(&f.record, false, &text), 0);
    assert_non_null(strstr(text, "\"energy_j\":45012.345678,"));
    assert_non_null(strstr(text, "\"run_j\":21000.000001,"));
    assert_non_null(strstr(text, "\"energy_j\":180500.000007,"));
    free(text);
}

static void what_is_not_known_is_null(void **state)
{
    struct fixture f;
    fixture_init(&f);
    struct jb_record *r = &f.record;
    r->name = r->project = NULL;
    r->host[0] = r->machine_id[0] = r->zone[0] = '\0';
    r->emissions_g = r->embodied_g = r->self_energy_j = r->duration_s = NAN;
    r->ended_ns = 0;
    r->has_exit_code = false;
    r->status = JB_RUN_LOST;
    r->hardware_json = NULL;
    r->segments[0].g_per_kwh = INFINITY;
    json_t *root = load(r, true);
    const char *status;
    assert_int_equal(json_unpack(root, "{s:{s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:s}}", "run", "name", "project", "host",
                                 "machine_id", "ended", "duration_s", "exit_code", "status", &status),
                     0);
    assert_string_equal(status, "lost");
    assert_int_equal(json_unpack(root, "{s:{s:n,s:n,s:n,s:[{s:n},{s:n}]},s:{s:n},s:n}", "carbon", "emissions_g",
                                 "embodied_g", "zone", "segments", "g_per_kwh", "age_s", "self", "energy_j",
                                 "hardware"),
                     0);
    json_decref(root);
}

static void nothing_measured_is_null_and_not_zero(void **state)
{
    struct jb_record record = {.coverage = NAN, .emissions_g = NAN};
    json_t *root = load(&record, false);
    assert_int_equal(json_unpack(root, "{s:{s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n}}", "energy", "machine_j", "run_j",
                                 "footprint_j", "idle_j", "others_j", "unattributed_j", "uncertainty_j", "measured_j",
                                 "modelled_j", "coverage"),
                     0);
    json_decref(root);
}

static void a_run_that_used_nothing_measurable_has_zero(void **state)
{
    struct jb_record record = {.coverage = 1};
    double machine_j = -1;
    json_t *root = load(&record, false);
    assert_int_equal(json_unpack(root, "{s:{s:f}}", "energy", "machine_j", &machine_j), 0);
    assert_true(machine_j == 0);
    json_decref(root);
}

static void parents_that_do_not_exist_are_null(void **state)
{
    struct fixture f;
    fixture_init(&f);
    f.channels[0].parent = 77;
    f.channels[0].twin_of = -5;
    json_t *root = load(&f.record, false);
    const json_t *channels = json_object_get(json_object_get(root, "energy"), "channels");
    assert_int_equal(json_unpack(json_array_get(channels, 0), "{s:n,s:n}", "parent", "twin_of"), 0);
    json_decref(root);
}

static void a_tag_given_twice_has_its_last_value(void **state)
{
    struct fixture f;
    fixture_init(&f);
    f.tags[1].key = f.tags[0].key;
    json_t *root = load(&f.record, false); /* rejects duplicates */
    const char *value;
    assert_int_equal(json_unpack(root, "{s:{s:{s:s}}}", "run", "tags", "lr", &value), 0);
    assert_string_equal(value, "7");
    json_decref(root);
}

static void hardware_that_is_no_object_is_null(void **state)
{
    static const char *const broken[] = {"", "[1]", "{\"cpu\":", "nonsense", "\"text\"", "{\"a\":1}x"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        struct fixture f;
        char copy[32];
        fixture_init(&f);
        snprintf(copy, sizeof(copy), "%s", broken[i]);
        f.record.hardware_json = copy;
        json_t *root = load(&f.record, false);
        assert_true(json_is_null(json_object_get(root, "hardware")));
        json_decref(root);
    }
}

static void hostile_text_stays_text(void **state)
{
    struct fixture f;
    fixture_init(&f);
    char name[] = "\",\"x\":1}\xFF\033]0;", argument[] = "a\nb\"\\";
    f.record.name = name;
    f.record.command[1] = argument;
    json_t *root = load(&f.record, true);
    const char *text, *word;
    assert_int_equal(
        json_unpack(root, "{s:{s:s,s:[s,s,s,s]}}", "run", "name", &text, "command", &word, &word, &word, &word), 0);
    assert_string_equal(text, "\",\"x\":1}\xEF\xBF\xBD\033]0;");
    const json_t *command = json_object_get(json_object_get(root, "run"), "command");
    assert_string_equal(json_string_value(json_array_get(command, 1)), argument);
    json_decref(root);
}

static void pretty_and_compact_say_the_same(void **state)
{
    struct fixture f;
    char *text = NULL;
    fixture_init(&f);
    json_t *pretty = load(&f.record, true), *compact = load(&f.record, false);
    assert_true(json_equal(pretty, compact));
    assert_int_equal(jb_record_json(&f.record, true, &text), 0);
    assert_int_equal(strncmp(text, "{\n  \"schema\": 1,\n  \"run\": {\n    \"id\": ", 38), 0);
    assert_string_equal(text + strlen(text) - 3, "\n}\n");
    free(text);
    assert_int_equal(jb_record_json(&f.record, false, &text), 0);
    assert_null(strchr(text, '\n'));
    free(text);
    json_decref(pretty);
    json_decref(compact);
}

static void the_format_writes_the_same_record(void **state)
{
    struct fixture f;
    char *text = NULL;
    fixture_init(&f);
    assert_int_equal(jb_record_json(&f.record, true, &text), 0);
    char *written = fixture_write(&jb_export_json, &f.record, NULL);
    assert_string_equal(written, text);
    free(written);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_are_those_of_the_contract),
        cmocka_unit_test(values_are_those_of_the_record),
        cmocka_unit_test(carbon_names_every_source_and_what_it_was_before),
        cmocka_unit_test(segments_sum_to_the_basis_exactly),
        cmocka_unit_test(a_record_without_them_has_empty_lists_and_nulls),
        cmocka_unit_test(microjoules_are_printed_exactly),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(nothing_measured_is_null_and_not_zero),
        cmocka_unit_test(a_run_that_used_nothing_measurable_has_zero),
        cmocka_unit_test(parents_that_do_not_exist_are_null),
        cmocka_unit_test(a_tag_given_twice_has_its_last_value),
        cmocka_unit_test(hardware_that_is_no_object_is_null),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(pretty_and_compact_say_the_same),
        cmocka_unit_test(the_format_writes_the_same_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
