/* SPDX-License-Identifier: Apache-2.0 */
/* The summary row: what stands in which column, and that what is not known is empty. */
#include "export/summary.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/diag.h"
#include "fixture.h"

static void check(const struct jb_record *record, const char *column, const char *expected)
{
    char *csv = fixture_write(&jb_export_summary, record, NULL);
    char *text = fixture_csv(csv, column, 1);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    free(csv);
}

static double number(const struct jb_record *record, const char *column)
{
    double value = NAN;
    char *csv = fixture_write(&jb_export_summary, record, NULL);
    char *text = fixture_csv(csv, column, 1);
    assert_non_null(text);
    assert_int_equal(jb_parse_double(text, &value), 0);
    free(text);
    free(csv);
    return value;
}

static void the_row_tells_what_the_record_knows(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const struct jb_record *r = &f.record;
    check(r, "id", r->id);
    check(r, "name", "resnet-50");
    check(r, "project", "digits");
    check(r, "started", "2025-11-22T03:00:00.123Z");
    check(r, "ended", "2025-11-22T03:10:00.123Z");
    check(r, "duration_s", "600");
    check(r, "status", "finished");
    check(r, "exit_code", "0");
    check(r, "signal", "");
    check(r, "command", "python3 train.py --epochs 10");
    check(r, "host", "node17");
    check(r, "coverage", "0.968");
    check(r, "emissions_g", "26.25");
    check(r, "embodied_g", "4.75");
    check(r, "basis", "footprint");
    check(r, "zone", "KR");
    check(r, "zone_source", "electricitymaps-yearly-2025 (ODbL)");
    check(r, "zone_note", "guessed from the time zone Asia/Seoul");
    check(r, "pue", "1.1");
    check(r, "cpu", "Intel Xeon Gold 6248");
    check(r, "gpus", "1 x NVIDIA H100 80GB HBM3");
    check(r, "ram_j", "18000.0");
    check(r, "board_j", "");
    check(r, "tags", "lr=0.01;seed=7");
}

static void energies_fit_together_as_printed(void **state)
{
    struct fixture f;
    fixture_init(&f);
    const struct jb_record *r = &f.record;
    double machine = number(r, "machine_j");
    double parts = number(r, "run_j") + number(r, "idle_j") + number(r, "others_j") + number(r, "unattributed_j");
    double devices = number(r, "cpu_j") + number(r, "ram_j") + number(r, "gpu_j");
    assert_true(fabs(machine - parts) < 1e-6);
    assert_true(fabs(machine - devices) < 1e-6);
    assert_true(fabs(machine - number(r, "measured_j") - number(r, "modelled_j")) < 1e-6);
    assert_true(number(r, "uncertainty_j") == r->uncertainty_uj / 1e6);
}

static void what_is_not_known_is_empty(void **state)
{
    static const char *const columns[] = {
        "name",
        "project",
        "ended",
        "duration_s",
        "exit_code",
        "signal",
        "command",
        "host",
        "machine_j",
        "run_j",
        "footprint_j",
        "idle_j",
        "others_j",
        "unattributed_j",
        "uncertainty_j",
        "run_uncertainty_j",
        "footprint_uncertainty_j",
        "measured_j",
        "modelled_j",
        "coverage",
        "emissions_g",
        "emissions_uncertainty_g",
        "embodied_g",
        "basis",
        "intensity_g_per_kwh",
        "zone",
        "zone_source",
        "zone_note",
        "pue",
        "cpu_j",
        "ram_j",
        "gpu_j",
        "board_j",
        "cpu",
        "gpus",
        "self_cpu_s",
        "self_energy_j",
        "tags",
        "live_share",
        "estimated_share",
        "marginal_emissions_g",
        "marginal_coverage",
        "cost",
        "cost_coverage",
        "currency",
    };
    struct jb_record record = {
        .id = "A",
        .started_ns = 1,
        .duration_s = NAN,
        .status = JB_RUN_LOST,
        .coverage = NAN,
        .emissions_g = NAN,
        .emissions_uncertainty_g = NAN,
        .embodied_g = NAN,
        .intensity_g_per_kwh = NAN,
        .pue = NAN,
        .self_cpu_s = NAN,
        .self_energy_j = NAN,
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
        check(&record, columns[i], "");
    }
    check(&record, "status", "lost");
}

static void each_source_is_named_once_and_estimates_have_their_share(void **state)
{
    struct fixture f;
    struct jb_record_segment segments[40];
    fixture_init(&f);
    for (size_t i = 0; i < 40; i++) {
        segments[i] = (struct jb_record_segment){.energy_uj = 10, .estimated = i % 4 == 0};
        jb_copy(segments[i].source, sizeof(segments[i].source), i % 2 ? "energinet" : "electricitymaps");
    }
    f.record.segments = segments;
    f.record.segment_count = 40;
    check(&f.record, "zone_source", "electricitymaps; energinet");
    check(&f.record, "estimated_share", "0.25");
    check(&f.record, "live_share", "0");
    segments[0].live = true; /* and estimated, as its provider says */
    check(&f.record, "live_share", "0.025");
    check(&f.record, "estimated_share", "0.25");
    for (size_t i = 0; i < 40; i++) { /* of nobody's record: the row stays one */
        jb_snprintf(segments[i].source, sizeof(segments[i].source), "s%zu", i);
    }
    check(&f.record, "zone_source", "s0; s1; s2; s3; s4; s5; s6; s7; s8; s9; s10; s11; s12; s13; s14; s15");
}

static void marginal_and_cost_have_columns_of_their_own(void **state)
{
    struct fixture f;
    fixture_init(&f);
    check(&f.record, "marginal_emissions_g", "");
    check(&f.record, "cost", "");
    fixture_live(&f);
    check(&f.record, "emissions_g", "26.25");
    check(&f.record, "marginal_emissions_g", "41.5");
    check(&f.record, "marginal_coverage", "0.75");
    check(&f.record, "cost", "0.0215");
    check(&f.record, "cost_coverage", "1");
    check(&f.record, "currency", "EUR");
    f.record.channel_count = 0;
    f.record.machine_uj = f.record.measured_uj = f.record.modelled_uj = 0;
    f.record.coverage = NAN;
    check(&f.record, "marginal_emissions_g", ""); /* of nothing that was measured */
}

static void tags_can_be_taken_apart_again(void **state)
{
    struct fixture f;
    char key[] = "a=b;c", value[] = "x\\y";
    fixture_init(&f);
    f.tags[0] = (struct jb_tag){key, value};
    f.tags[1] = (struct jb_tag){key, NULL};
    check(&f.record, "tags", "a\\=b\\;c=x\\\\y;a\\=b\\;c=");
}

static void each_source_is_named_once(void **state)
{
    struct fixture f;
    fixture_init(&f);
    jb_copy(f.segments[1].source, sizeof(f.segments[1].source), "config");
    check(&f.record, "zone_source", "electricitymaps-yearly-2025 (ODbL); config");
}

static void hostile_text_stays_in_its_column(void **state)
{
    struct fixture f;
    char name[] = "a,\"b\"\nc", project[] = "=1+1";
    fixture_init(&f);
    f.record.name = name;
    f.record.project = project;
    check(&f.record, "name", "a,\"b\" c");
    check(&f.record, "project", "'=1+1");
    check(&f.record, "host", "node17");
}

static void equal_gpus_are_counted(void **state)
{
    struct fixture f;
    char hardware[] = "{\"gpus\":[\"H100\",{\"name\":\"T4\"},\"H100\",7]}";
    fixture_init(&f);
    f.record.hardware_json = hardware;
    check(&f.record, "gpus", "2 x H100 + 1 x T4 + 1 x GPU");
    f.record.hardware_json = NULL;
    check(&f.record, "gpus", "1 x NVIDIA H100 80GB HBM3"); /* what was metered */
}

static void header_and_row_have_as_many_columns(void **state)
{
    struct fixture f;
    char *fields[64];
    struct jb_csv reader;
    fixture_init(&f);
    char *csv = fixture_write(&jb_export_summary, &f.record, NULL);
    jb_csv_init(&reader, csv);
    int columns = jb_csv_row(&reader, fields, 64);
    assert_true(columns > 30);
    assert_int_equal(jb_csv_row(&reader, fields, 64), columns);
    assert_int_equal(jb_csv_row(&reader, fields, 64), 0);
    free(csv);
}

static void a_full_disk_is_an_error(void **state)
{
    struct fixture f;
    struct jb_diag diag = {0};
    fixture_init(&f);
    struct jb_export_input input = {.record = &f.record};
    FILE *out = fopen("/dev/full", "we");
    if (!out) {
        skip();
    }
    setvbuf(out, NULL, _IONBF, 0);
    assert_int_equal(jb_export_summary.write(&input, out, &diag), -EIO);
    assert_int_equal(jb_export_codecarbon.write(&input, out, &diag), -EIO);
    assert_int_equal(jb_export_json.write(&input, out, &diag), -EIO);
    assert_int_equal(jb_export_html.write(&input, out, &diag), -EIO);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_row_tells_what_the_record_knows),
        cmocka_unit_test(energies_fit_together_as_printed),
        cmocka_unit_test(what_is_not_known_is_empty),
        cmocka_unit_test(each_source_is_named_once_and_estimates_have_their_share),
        cmocka_unit_test(marginal_and_cost_have_columns_of_their_own),
        cmocka_unit_test(tags_can_be_taken_apart_again),
        cmocka_unit_test(each_source_is_named_once),
        cmocka_unit_test(hostile_text_stays_in_its_column),
        cmocka_unit_test(equal_gpus_are_counted),
        cmocka_unit_test(header_and_row_have_as_many_columns),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
