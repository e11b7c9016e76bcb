/* SPDX-License-Identifier: Apache-2.0 */
/* What a run did with its energy, for a person: what the lines say, that they fit, and what is marked. */
#include "cli/work_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/work_compare.h"

/* report.c has the rest of the report in it; this is all that is used of it here. */
char *cli_energy_pm(double energy_uj, double sigma_uj, char *buffer, size_t size)
{
    jb_snprintf(buffer, size, "%g+-%g", energy_uj / 1e6, sigma_uj / 1e6);
    return buffer;
}

static const struct cli_style plain = {"", "", "", "", "", "", ""};
static const struct cli_style marks = {"[b]", "[d]", "[r]", "[y]", "[g]", "[c]", "[o]"};
static const struct cli_work_look narrow = {.style = &plain, .utf8 = true, .columns = 80, .rows = CLI_WORK_ROWS};

/* 100 J: half to one operator, a group, one that is hardly known, and what is outside. */
struct made {
    struct jb_record record;
    struct jb_record_phase phases[3];
    struct jb_record_region regions[40];
    struct jb_record_group groups[30];
    struct jb_record_operator operators[40];
};

static void make(struct made *m)
{
    *m = (struct made){.record = {.run_uj = 100000000, .run_uncertainty_uj = 30000000, .duration_s = 20}};
    m->phases[0] = (struct jb_record_phase){"forward", 5, 25000000, 500000};
    m->phases[1] = (struct jb_record_phase){"backward", 14, 75000000, 800000};
    m->phases[2] = (struct jb_record_phase){"evaluate", 0, 0, NAN};
    m->operators[0] = (struct jb_record_operator){
        "aten::mkldnn_convolution", "convolution", "cpu", 1840, 9, 50000000, 1000000, "high", -1, NAN};
    m->operators[1] = (struct jb_record_operator){
        "aten::native_batch_norm", "normalization", "cpu", 920, 3, 12000000, 500000, "medium", 7, 500000};
    m->operators[2] = (struct jb_record_operator){
        "aten::threshold_backward", "activation", "cpu", 920, 2, 8000000, 300000, "medium", 7, 500000};
    m->operators[3] =
        (struct jb_record_operator){"aten::bernoulli_", "dropout", "cpu", 1200000, 1, 3680000, 4000000, "low", -1, NAN};
    m->record.work = (struct jb_record_work){.known = true,
                                             .ops = "auto",
                                             .attribution = "estimated",
                                             .sources = "pytorch",
                                             .steps = 920,
                                             .steps_caught = 214,
                                             .slowdown = 0.004,
                                             .slowdown_sd = 0.002,
                                             .outside_uj = 20320000,
                                             .outside_uncertainty_uj = 1000000,
                                             .outside_s = 4,
                                             .unattributed_uj = 6000000,
                                             .phases = m->phases,
                                             .phase_count = 3,
                                             .regions = m->regions,
                                             .groups = m->groups,
                                             .operators = m->operators,
                                             .operator_count = 4};
}

/* Not inlined: GCC takes what open_memstream() leaves in `text` for the address of `text`. */
__attribute__((noinline)) static char *report_of(const struct jb_record *record, const struct cli_work_look *look)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cli_work_report(out, record, look);
    fclose(out);
    return text;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void fits(const char *text, int columns)
{
    while (*text != '\0') {
        char line[1024];
        size_t length = strcspn(text, "\n");
        jb_snprintf(line, sizeof(line), "%.*s", (int)length, text);
        while (strlen(line) > 0 && line[strlen(line) - 1] == ' ') {
            line[strlen(line) - 1] = '\0';
        }
        if (cli_columns(line) > columns) {
            fail_msg("%d columns: %s", cli_columns(line), line);
        }
        text += length + (text[length] == '\n');
    }
}

static void what_is_not_known_prints_nothing(void **state)
{
    struct made m;
    make(&m);
    m.record.work.known = false;
    char *text = report_of(&m.record, &narrow);
    assert_string_equal(text, "");
    free(text);
    m.record.work = (struct jb_record_work){.known = true, .ops = "phases"};
    text = report_of(&m.record, &narrow);
    assert_string_equal(text, "");
    free(text);
}

static void phases_have_bars_and_those_without_anything_are_left_out(void **state)
{
    struct made m;
    make(&m);
    char *text = report_of(&m.record, &narrow);
    has(text, "  phases  how the run's energy divides; ± is of that, the run's own ± 30.0 % is\n"
              "          common to all\n");
    has(text, "  phase       time           energy     %  \n");
    has(text, "  forward   5.00 s  25.0 J ± 500 mJ  25.0  ████████\n");
    has(text, "  backward  14.0 s  75.0 J ± 800 mJ  75.0  ████████████████████████\n");
    assert_null(strstr(text, "evaluate"));
    assert_null(strstr(text, "kept last"));
    free(text);
    m.record.run_uj *= 2; /* of a run that was lost later */
    text = report_of(&m.record, &narrow);
    has(text, "  phases  as of when they were kept last: 100 J of the run's 200 J\n");
    free(text);
}

static void operators_say_what_they_are_and_how_far_to_believe_them(void **state)
{
    struct made m;
    make(&m);
    char *text = report_of(&m.record, &narrow);
    has(text, "  operators  from 214 of 920 steps, told by pytorch; catching slowed the run by\n"
              "             0.4 % ± 0.2 %\n");
    has(text, "  conv   mkldnn_convolution      1840  9.00 s  50.0 J  27.2 mJ  50.0 ±2.0  high\n");
    has(text, "  norm   native_batch_norm       1840  5.00 s  20.0 J  10.9 mJ  20.0 ±1.0  med\n"
              "         + threshold_backward ");
    has(text, "  drop   bernoulli_            1.20 M  1.00 s    ~4 J    ~3 uJ    ~4 ±7.8  LOW\n");
    has(text, "         outside operators             4.00 s  20.3 J           20.3 ±2.0  \n");
    has(text, "         unattributed                          6.00 J                 6.0  \n");
    has(text, "  by class: convolution 50.0 %, normalization 12.0 %, activation 8.0 %,");
    has(text, "this operator from the rest; its figures are little more than its share");
    has(text, "dropout\n  ~4 %\n"); /* a sum of nothing but what is hardly known */
    has(text, "+: their power cannot be told apart");
    has(text, "outside: the program between operators. unattributed: not known which");
    assert_null(strstr(text, "--limit"));
    fits(text, 80);
    free(text);
}

static void confidence_has_colours(void **state)
{
    struct made m;
    make(&m);
    struct cli_work_look look = narrow;
    look.style = &marks;
    char *text = report_of(&m.record, &look);
    has(text, "[g]high[o]\n");
    has(text, "[y]med[o]\n");
    has(text, "[r]LOW[o]\n");
    assert_null(strstr(text, "[g][o]"));
    free(text);
}

static void without_utf8_all_is_ascii(void **state)
{
    struct made m;
    make(&m);
    struct cli_work_look look = narrow;
    look.utf8 = false;
    jb_copy(m.operators[0].name, sizeof(m.operators[0].name),
            "a_very_long_name_of_an_operator_that_does_not_fit_at_all");
    m.record.work.region_count = 5;
    m.record.work.group_count = 1;
    m.groups[0] = (struct jb_record_group){"layer", "features.0", 7, 2, 30000000, 1};
    for (int i = 0; i < 5; i++) {
        m.regions[i] = (struct jb_record_region){.kind = "epoch", .index = i, .energy_uj = 20000000, .duration_s = 4};
    }
    char *text = report_of(&m.record, &look);
    for (const char *at = text; *at != '\0'; at++) {
        assert_true((unsigned char)*at < 0x80);
    }
    has(text, "  forward   5.00 s  25.0 J +- 500 mJ  25.0  ########\n");
    has(text, "..");
    fits(text, 80);
    free(text);
}

static void long_names_and_large_figures_still_fit(void **state)
{
    struct made m;
    make(&m);
    m.record.run_uj = 0;
    m.record.work.operator_count = 40;
    m.record.work.group_count = 30;
    for (int i = 0; i < 40; i++) {
        m.operators[i] = (struct jb_record_operator){.class_name = "normalization", .device = "cuda:0", .merged = -1};
        jb_snprintf(m.operators[i].name, sizeof(m.operators[i].name),
                    "aten::an_operator_with_a_name_that_nobody_can_read_number_%d_backward_ä", i);
        jb_copy(m.operators[i].confidence, sizeof(m.operators[i].confidence), i % 2 ? "low" : "medium");
        m.operators[i].calls = UINT64_C(999600000) * (uint64_t)(i + 1);
        m.operators[i].energy_uj = UINT64_C(9990000000000) + (uint64_t)i;
        m.operators[i].uncertainty_uj = 1e12;
        m.operators[i].time_s = 359999;
    }
    for (int i = 0; i < 30; i++) {
        m.groups[i] = (struct jb_record_group){.kind = "layer", .calls = 999600000, .time_s = 359999};
        jb_snprintf(m.groups[i].name, sizeof(m.groups[i].name),
                    "model.encoder.layers.%d.self_attention.query_projection.with.more", i);
        m.groups[i].energy_uj = UINT64_C(9990000000000);
        m.groups[i].uncertainty_uj = 9.99e12;
    }
    char *text = report_of(&m.record, &narrow);
    fits(text, 80);
    has(text, "28 more"); /* 12 rows and the others */
    has(text, "and 20 more");
    free(text);
}

static void tables_are_as_long_as_was_asked_for(void **state)
{
    struct made m;
    make(&m);
    struct cli_work_look look = narrow;
    m.record.work.operator_count = 16;
    for (int i = 0; i < 16; i++) {
        m.operators[i] = (struct jb_record_operator){.class_name = "matmul", .device = "cpu", .merged = -1, .calls = 1};
        jb_snprintf(m.operators[i].name, sizeof(m.operators[i].name), "op%d", i);
        m.operators[i].energy_uj = 1000000 * (uint64_t)(40 - i);
    }
    char *text = report_of(&m.record, &look);
    has(text, "op11 ");
    assert_null(strstr(text, "op12 "));
    has(text, "4 more");
    has(text, "All rows: joulebook show --limit 0");
    free(text);
    look.rows = 15; /* saying "1 more" takes as much room as the one */
    text = report_of(&m.record, &look);
    has(text, "op15 ");
    assert_null(strstr(text, " more"));
    assert_null(strstr(text, "--limit"));
    free(text);
    m.record.work.group_count = 8;
    for (int i = 0; i < 8; i++) {
        m.groups[i] = (struct jb_record_group){.kind = "layer", .energy_uj = 9 - (unsigned)i};
        jb_snprintf(m.groups[i].name, sizeof(m.groups[i].name), "layer%d", i);
    }
    look.rows = 3;
    text = report_of(&m.record, &look);
    has(text, "layer2 ");
    assert_null(strstr(text, "layer3 "));
    has(text, "and 5 more");
    free(text);
}

static void where_nothing_could_be_told_that_is_said_once(void **state)
{
    struct made m;
    make(&m);
    m.record.work.operator_count = 20;
    for (int i = 0; i < 20; i++) {
        m.operators[i] = m.operators[3];
        m.operators[i].uncertainty_uj = 0;
    }
    char *text = report_of(&m.record, &narrow);
    has(text, "         8 more");
    assert_null(strstr(text, "high"));
    assert_null(strstr(text, "±0.0"));
    const char *more = strstr(text, "8 more"), *low = more != NULL ? strstr(more, "LOW\n") : NULL;
    assert_true(low != NULL && low < strchr(more, '\n'));
    has(text, "these operators apart; their figures are little more than shares");
    fits(text, 80);
    free(text);
}

static void each_device_has_its_rows_and_its_sum(void **state)
{
    struct made m;
    make(&m);
    jb_copy(m.operators[0].device, sizeof(m.operators[0].device), "cuda:0");
    char *text = report_of(&m.record, &narrow);
    const char *gpu = strstr(text, "on cuda:0"), *cpu = strstr(text, "on cpu");
    assert_true(gpu != NULL && cpu != NULL && gpu < cpu);
    assert_true(strstr(text, "mkldnn_convolution") > gpu && strstr(text, "mkldnn_convolution") < cpu);
    assert_true(cpu != NULL && strstr(cpu, "bernoulli_") != NULL);
    fits(text, 80);
    free(text);
}

static void what_catching_did_is_said_in_words(void **state)
{
    struct made m;
    char *text;
    make(&m);
    m.record.work.slowdown = NAN;
    m.record.work.steps = 0;
    m.record.work.caught_s = 3;
    jb_copy(m.record.work.attribution, sizeof(m.record.work.attribution), "time");
    text = report_of(&m.record, &narrow);
    has(text, "from 3.00 s of 20.0 s, told by pytorch; --attribution time: plain\n"
              "             time share, as if all drew the same power");
    has(text, "how much catching slowed\n             the run is not known");
    free(text);
    make(&m);
    m.record.work.slowdown = -0.0004;
    m.record.work.steps_caught = 920;
    text = report_of(&m.record, &narrow);
    has(text, "from all of 920 steps");
    has(text, "no slowdown by catching was");
    has(text, "(0.0 % ± 0.2 %)\n");
    fits(text, 80);
    free(text);
}

static void few_epochs_are_told_one_by_one_and_many_together(void **state)
{
    struct made m;
    make(&m);
    m.record.work.region_count = 12;
    for (int i = 0; i < 40; i++) {
        m.regions[i] = (struct jb_record_region){.kind = "epoch",
                                                 .index = i,
                                                 .duration_s = 2,
                                                 .energy_uj = 10000000 - (uint64_t)i * 100000,
                                                 .uncertainty_uj = 50000,
                                                 .emissions_g = NAN};
    }
    char *text = report_of(&m.record, &narrow);
    has(text, "  epochs  12, of 2.00 s ± 0 s and 9.45 J ± 361 mJ each (±: how they differ); the");
    has(text, "first 10.0 J, the last 8.90 J; over the run their energy falls by 11.6\n          % ± 1.0 %");
    has(text, "     11  2.00 s  8.90 J ± 50.0 mJ  unknown  ");
    fits(text, 80);
    free(text);
    m.record.work.region_count = 13;
    for (int i = 0; i < 13; i++) {
        m.regions[i].energy_uj = i % 2 ? 11000000 : 9000000;
    }
    m.regions[3].guessed = true;
    text = report_of(&m.record, &narrow);
    has(text, "no change that could be told from\n          chance");
    has(text, "inferred from the data");
    assert_null(strstr(text, "CO2e"));
    free(text);
    m.record.work.region_count = 1;
    text = report_of(&m.record, &narrow);
    has(text, "  epochs  1, of 2.00 s and 9.00 J\n");
    free(text);
    m.record.work.epochs_planned = 50; /* and was stopped */
    text = report_of(&m.record, &narrow);
    has(text, "  epochs  1 (50 were planned), of 2.00 s and 9.00 J\n");
    free(text);
    m.record.work.epochs_planned = 1;
    text = report_of(&m.record, &narrow);
    has(text, "  epochs  1, of 2.00 s and 9.00 J\n");
    free(text);
}

static void runs_are_compared_by_phase_and_class(void **state)
{
    struct made a, b;
    struct jb_record none = {0};
    make(&a);
    make(&b);
    jb_copy(b.phases[0].name, sizeof(b.phases[0].name), "data");
    b.record.work.operator_count = 1;
    const struct jb_record *const records[] = {&a.record, &b.record, &none};
    struct cli_table table;
    cli_table_init(&table, (const char *const[]){"run", "1", "2", "3", NULL});
    cli_work_compare(&table, records, 3);
    static const char *const expected[][4] = {
        {"phases", "", "", ""},
        {"  forward", "25+-0.5", "", ""},
        {"  backward", "75+-0.8", "75+-0.8", ""},
        {"  data", "", "25+-0.5", ""},
        {"operators", "", "", ""},
        {"  convolution", "50.0 J, 50.0 %", "50.0 J, 65.5 %", ""},
        {"  normalization", "12.0 J, 12.0 %", "", ""},
        {"  activation", "8.00 J, 8.0 %", "", ""},
        {"  dropout", "~4 J, ~4 %", "", ""},
    };
    assert_int_equal(table.rows, sizeof(expected) / sizeof(expected[0]));
    for (size_t row = 0; row < table.rows; row++) {
        for (size_t column = 0; column < 4; column++) {
            assert_string_equal(table.cells[row * 4 + column], expected[row][column]);
        }
    }
    cli_table_finish(&table);
    cli_table_init(&table, (const char *const[]){"run", "1", NULL});
    cli_work_compare(&table, records + 2, 1);
    assert_int_equal(table.rows, 0);
    cli_table_finish(&table);
}

static void cells_are_as_documented(void **state)
{
    char text[64];
    assert_string_equal(cli_work_percent(0, 1, text, sizeof(text)), "0.0");
    assert_string_equal(cli_work_percent(0.0004, 1, text, sizeof(text)), "<0.1");
    assert_string_equal(cli_work_percent(-0.0004, 1, text, sizeof(text)), "0.0");
    assert_string_equal(cli_work_percent(-0.004, 1, text, sizeof(text)), "-0.4");
    assert_string_equal(cli_work_percent(1, 3, text, sizeof(text)), "33.3");
    assert_string_equal(cli_work_percent(1, 0, text, sizeof(text)), "?");
    assert_string_equal(cli_work_percent(NAN, 1, text, sizeof(text)), "?");
    assert_string_equal(cli_work_count(999999, text, sizeof(text)), "999999");
    assert_string_equal(cli_work_count(1000000, text, sizeof(text)), "1.00 M");
    assert_string_equal(cli_work_count(999600000, text, sizeof(text)), "1.00 G");
    assert_string_equal(cli_work_count(UINT64_MAX, text, sizeof(text)), "1.84e7 T");
    assert_string_equal(cli_work_bar(1, 2, 4, true, text, sizeof(text)), "██");
    assert_string_equal(cli_work_bar(1, 1000, 4, true, text, sizeof(text)), "▏");
    assert_string_equal(cli_work_bar(1, 1000, 4, false, text, sizeof(text)), "#");
    assert_string_equal(cli_work_bar(5, 1, 4, false, text, sizeof(text)), "####");
    assert_string_equal(cli_work_bar(0, 1, 4, true, text, sizeof(text)), "");
    assert_string_equal(cli_work_bar(NAN, 1, 4, true, text, sizeof(text)), "");
    char small[8];
    assert_string_equal(cli_work_bar(1, 1, 24, true, small, sizeof(small)), "██"); /* no half characters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_prints_nothing),
        cmocka_unit_test(phases_have_bars_and_those_without_anything_are_left_out),
        cmocka_unit_test(operators_say_what_they_are_and_how_far_to_believe_them),
        cmocka_unit_test(confidence_has_colours),
        cmocka_unit_test(without_utf8_all_is_ascii),
        cmocka_unit_test(long_names_and_large_figures_still_fit),
        cmocka_unit_test(tables_are_as_long_as_was_asked_for),
        cmocka_unit_test(where_nothing_could_be_told_that_is_said_once),
        cmocka_unit_test(each_device_has_its_rows_and_its_sum),
        cmocka_unit_test(what_catching_did_is_said_in_words),
        cmocka_unit_test(few_epochs_are_told_one_by_one_and_many_together),
        cmocka_unit_test(runs_are_compared_by_phase_and_class),
        cmocka_unit_test(cells_are_as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
