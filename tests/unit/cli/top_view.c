/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of top_view.c: what is told is read, what is not is unknown. */
#include "cli/top_view.h"
#include "../base/support.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>

static struct top_view view;

static int parse(const char *text)
{
    struct jb_diag diag = {0};
    int error = top_view_parse(text, strlen(text), &view, &diag);
    assert_true(error == 0 || diag.text[0] != '\0');
    return error;
}

static const char whole[] =
    "{\"schema\": 1, \"seq\": 4711, \"t_ms\": 1795316400100, \"interval_s\": 0.1, \"version\": \"0.6.0\", "
    "\"elapsed_s\": 7200.1, \"host\": \"gpu1\", \"machine\": {\"power_w\": 412.3, \"energy_j\": 2968560, "
    "\"uncertainty_j\": 59371, \"runs_j\": 1, \"idle_j\": 2, \"others_j\": 3, \"unattributed_j\": 4, \"measured_j\": "
    "75, "
    "\"modelled_j\": 25, \"emissions_g\": 346.2, \"pue\": 1.2}, \"channels\": [{\"id\": \"cpu/0/package\", "
    "\"device\": \"gpu\", \"domain\": \"package\", \"unit\": 3, \"name\": \"AMD EPYC 9965\", \"source\": "
    "\"rapl-perf\", "
    "\"method\": \"modelled\", \"in_total\": true, \"twin_of\": \"other\", \"status\": \"denied\", \"reason\": "
    "\"why\", "
    "\"fix\": \"how\", \"note\": \"so\", \"power_w\": 212.1, \"limit_w\": 400, \"energy_j\": 9, \"rel_error\": 0.02, "
    "\"update_period_s\": 0.001, \"covered_s\": 7200, \"gap_s\": 1}], \"sources\": [{\"source\": \"nvml\", "
    "\"title\": \"NVIDIA\", \"status\": \"absent\", \"reason\": \"not found\", \"fix\": null}], \"runs\": [{\"id\": "
    "\"01J\", \"mine\": true, \"user\": \"kim\", \"name\": \"resnet\", \"project\": \"p\", \"command\": \"c\", "
    "\"pid\": 4242, "
    "\"elapsed_s\": 300.1, \"power_w\": 250.2, \"devices\": {\"cpu\": 100.1, \"ram\": 10.1, \"gpu\": 140, \"board\": "
    "null}, "
    "\"run_j\": 75060, \"footprint_j\": 80010, \"machine_j\": 123690, \"uncertainty_j\": 2100, \"basis\": "
    "\"footprint\", "
    "\"emissions_g\": 9.2, \"emissions_uncertainty_g\": 0.9, \"phase\": \"forward\", \"epoch\": 3, \"step\": 1200, "
    "\"epochs_planned\": 30, \"epoch_nth\": 4, \"projected_j\": 6e5, \"projected_uncertainty_j\": 9e3, "
    "\"projected_s\": 2250.5, \"projected_emissions_g\": 69.2}], "
    "\"grid\": {\"zone\": \"KR\", \"zone_name\": \"South Korea\", \"g_per_kwh\": 415.5, \"rel_error\": 0.1, "
    "\"source\": "
    "\"electricitymaps\", \"factor\": \"lifecycle\", \"kind\": \"live\", \"estimated\": true, \"age_s\": 320, "
    "\"note\": \"n\"}, "
    "\"self\": {\"cpu_s\": 12.1, \"share\": 0.0021, \"energy_j\": 8.1, \"rss_bytes\": 9437184, \"clients\": 3}, "
    "\"history\": {\"kept\": false, \"error\": \"disk full\", \"fix\": \"rm\"}, \"warnings\": [\"w1\", \"w2\"]}";

static void every_field_is_read(void **state)
{
    assert_int_equal(parse(whole), 0);
    assert_int_equal(view.t_ms, INT64_C(1795316400100));
    assert_string_equal(view.host, "gpu1");
    assert_string_equal(view.version, "0.6.0");
    assert_true(view.power_w == 412.3 && view.energy_j == 2968560 && view.uncertainty_j == 59371 && view.pue == 1.2);
    assert_true(view.runs_j == 1 && view.idle_j == 2 && view.others_j == 3 && view.unattributed_j == 4);
    assert_true(view.emissions_g == 346.2 && view.elapsed_s == 7200.1 && top_modelled_share(&view) == 0.25);
    assert_true(view.channel_count == 1 && view.source_count == 1 && view.run_count == 1 && view.warning_count == 2);
    const struct top_channel *c = &view.channels[0];
    assert_string_equal(c->id, "cpu/0/package");
    assert_string_equal(c->name, "AMD EPYC 9965");
    assert_string_equal(c->status, "denied");
    assert_string_equal(c->reason, "why");
    assert_string_equal(c->fix, "how");
    assert_string_equal(c->twin_of, "other");
    assert_true(c->device == TOP_DEVICE_GPU && c->unit == 3 && c->modelled && c->in_total);
    assert_true(c->power_w == 212.1 && c->limit_w == 400 && c->rel_error == 0.02 && c->gap_s == 1);
    assert_string_equal(view.sources[0].reason, "not found");
    const struct top_run *r = &view.runs[0];
    assert_string_equal(r->name, "resnet");
    assert_true(r->mine && r->pid == 4242 && r->epoch == 3 && r->step == 1200);
    assert_true(r->epochs_planned == 30 && r->epoch_nth == 4 && r->projected_j == 6e5 && r->projected_sigma_j == 9e3);
    assert_true(r->projected_s == 2250.5 && r->projected_g == 69.2);
    assert_true(r->device_w[TOP_DEVICE_GPU] == 140 && isnan(r->device_w[TOP_DEVICE_BOARD]));
    assert_true(r->emissions_g == 9.2 && r->emissions_sigma_g == 0.9 && top_run_energy(r) == 80010);
    assert_true(view.grid.g_per_kwh == 415.5 && view.grid.estimated && view.grid.age_s == 320);
    assert_string_equal(view.grid.source, "electricitymaps");
    assert_string_equal(view.history_error, "disk full");
    assert_string_equal(view.warnings[1], "w2");
    assert_true(view.clients == 3 && view.self_share == 0.0021);
}

static void what_is_missing_or_of_another_type_is_unknown(void **state)
{
    const char *const texts[] = {
        "{\"schema\": 1}",
        "{\"schema\": 1, \"t_ms\": \"late\", \"machine\": [], \"grid\": 7, \"channels\": {}, \"runs\": null}",
        "{\"schema\": 1, \"t_ms\": -4, \"machine\": {\"power_w\": null, \"energy_j\": \"1\", \"pue\": -1}}",
        "{\"schema\": 1, \"t_ms\": 9223372036854775807, \"machine\": {\"power_w\": true}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(texts[i]), 0);
        assert_int_equal(view.t_ms, -1);
        assert_true(isnan(view.power_w) && isnan(view.energy_j) && isnan(view.pue) && isnan(view.grid.g_per_kwh));
        assert_true(isnan(top_modelled_share(&view)));
        assert_true(view.channel_count == 0 && view.run_count == 0 && view.warning_count == 0);
    }
    assert_int_equal(parse("{\"schema\": 1, \"runs\": [null, 7, {}], \"channels\": [[]], \"warnings\": [{}]}"), 0);
    assert_true(view.run_count == 3 && view.channel_count == 1 && view.warning_count == 1);
    for (size_t i = 0; i < 3; i++) {
        assert_true(view.runs[i].pid == -1 && view.runs[i].epoch == -1 && view.runs[i].epochs_planned == -1 &&
                    isnan(view.runs[i].projected_j) && isnan(view.runs[i].power_w) && !view.runs[i].mine);
    }
    assert_true(view.channels[0].unit == -1 && isnan(view.channels[0].power_w) && !view.channels[0].in_total);
}

static void joules_are_those_of_the_basis(void **state)
{
    const char *const bases[] = {"run", "footprint", "machine"};
    for (int i = 0; i < 3; i++) {
        char text[200];
        snprintf(text, sizeof(text),
                 "{\"schema\": 1, \"runs\": [{\"run_j\": 1, \"footprint_j\": 2, \"machine_j\": 3, "
                 "\"basis\": \"%s\"}]}",
                 bases[i]);
        assert_int_equal(parse(text), 0);
        assert_true(top_run_energy(&view.runs[0]) == i + 1);
    }
}

static void texts_are_cut_and_harmless(void **state)
{
    char text[2000], name[600];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    snprintf(text, sizeof(text), "{\"schema\": 1, \"host\": \"a\\u001b[2Jb\\u202e\", \"runs\": [{\"name\": \"%s\"}]}",
             name);
    assert_int_equal(parse(text), 0);
    assert_string_equal(view.host, "a?[2Jb?");
    assert_int_equal(strlen(view.runs[0].name), sizeof(view.runs[0].name) - 1);
}

static void what_has_no_room_is_counted(void **state)
{
    struct jb_buf text = {0};
    jb_buf_puts(&text, "{\"schema\": 1, \"runs\": [{}");
    for (int i = 1; i < TOP_MAX_RUNS + 5; i++) {
        jb_buf_puts(&text, ",{}");
    }
    jb_buf_puts(&text, "]}");
    assert_int_equal(parse(text.data), 0);
    assert_int_equal(view.run_count, TOP_MAX_RUNS);
    assert_int_equal(view.left_out, 5);
    jb_buf_finish(&text);
}

static void what_is_no_document_is_refused_and_leaves_the_old_one(void **state)
{
    const char *const texts[] = {
        "", "null", "[]", "{", "{\"schema\": 2}", "{\"schema\": \"1\"}", "{}", "\xff", "{\"schema\": 1} x"};
    assert_int_equal(parse(whole), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(texts[i]), -EBADMSG);
        assert_string_equal(view.host, "gpu1");
    }
}

static void powers_of_a_lost_meter_are_forgotten_and_energies_are_not(void **state)
{
    assert_int_equal(parse(whole), 0);
    top_view_forget_now(&view);
    assert_true(isnan(view.power_w) && isnan(view.channels[0].power_w) && isnan(view.runs[0].power_w));
    assert_true(isnan(view.runs[0].device_w[TOP_DEVICE_CPU]));
    assert_true(view.energy_j == 2968560 && view.runs[0].footprint_j == 80010);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(what_is_missing_or_of_another_type_is_unknown),
        cmocka_unit_test(joules_are_those_of_the_basis),
        cmocka_unit_test(texts_are_cut_and_harmless),
        cmocka_unit_test(what_has_no_room_is_counted),
        cmocka_unit_test(what_is_no_document_is_refused_and_leaves_the_old_one),
        cmocka_unit_test(powers_of_a_lost_meter_are_forgotten_and_energies_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
