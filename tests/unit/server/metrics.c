/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of the board: names, units, sums; and what Prometheus' own checker says. */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

static const char *scrape(struct world *world, bool openmetrics)
{
    ask_raw(world, jb_document_metrics, "", "", openmetrics ? "application/openmetrics-text" : NULL);
    assert_int_equal(world->reply.status, 200);
    assert_true(world->reply.vary_accept);
    return world->reply.body;
}

static void assert_line(const char *text, const char *line)
{
    const char *found = strstr(text, line);
    if (found == NULL || (found != text && found[-1] != '\n') || found[strlen(line)] != '\n') {
        fail_msg("there is no line %s in\n%s", line, text);
    }
}

static void the_machine_is_the_sum_of_the_leaves(void **state)
{
    const char *text = scrape(*state, false);

    assert_line(text,
                "joulebook_energy_joules_total{device=\"cpu\",channel=\"cpu/0/package\",method=\"counter\"} 212125.0");
    assert_line(text,
                "joulebook_energy_joules_total{device=\"gpu\",channel=\"gpu/0/board\",method=\"counter\"} 300000.0");
    assert_line(text, "joulebook_domain_energy_joules_total{device=\"cpu\",channel=\"cpu/0/core\",method=\"counter\","
                      "source=\"rapl-perf\"} 100000.0");
    assert_line(text, "joulebook_power_watts{device=\"cpu\",channel=\"cpu/0/package\"} 212.125");
    assert_null(strstr(text, "joulebook_power_watts{device=\"cpu\",channel=\"cpu/0/core\"}"));
}

static void what_is_not_known_has_no_sample(void **state)
{
    struct world *world = *state;
    const char *text = scrape(world, false);

    assert_null(strstr(text, "gpu/1/board"));
    assert_null(strstr(text, "NaN"));
    struct jb_board_view *view = change(world);
    memset(view, 0, sizeof(*view));
    view->grid.g_per_kwh = view->self_energy_j = NAN;
    changed(world);
    text = scrape(world, false);
    assert_null(strstr(text, "joules"));
    assert_null(strstr(text, "grams"));
    assert_line(text, "joulebook_runs_active 0");
}

static void carbon_by_zone_and_source(void **state)
{
    const char *text = scrape(*state, false);

    /* Measured and estimated ones of one source are one sample. */
    assert_line(text, "joulebook_emissions_grams_total{zone=\"KR\",source=\"electricitymaps\"} 346.25");
    assert_line(
        text,
        "joulebook_grid_intensity_grams_per_kwh{zone=\"KR\",source=\"electricitymaps\",estimated=\"false\"} 415.5");
}

static void the_rest_of_what_is_promised(void **state)
{
    const char *text = scrape(*state, false);

    assert_line(text, "joulebook_runs_active 2");
    assert_line(text, "joulebook_sensor_up{sensor=\"rapl-perf\",reason=\"ok\"} 1");
    assert_line(text, "joulebook_sensor_up{sensor=\"nvml\",reason=\"absent\"} 0");
    assert_line(text, "joulebook_self_cpu_seconds_total 12.5");
    assert_line(text, "joulebook_self_energy_joules_total 8.125");
    assert_line(text, "joulebook_build_info{version=\"" JB_VERSION "\"} 1");
    assert_line(text, "joulebook_machine_info{machine_id=\"0123456789abcdef\",host=\"gpu1\",cpu=\"AMD EPYC 9965\","
                      "gpu=\"NVIDIA H100 (2)\"} 1");
    assert_null(strstr(text, "01K0")); /* no run has a label */
}

static void names_have_base_units_and_counters_end_in_total(void **state)
{
    static const char *const never[] = {"milli", "micro", "kilo",  "mega",    "_kw_",
                                        "_mw",   "_uj",   "_kwh_", "percent", "hours"};
    const char *text = scrape(*state, false);
    size_t families = 0;

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        char name[128] = "";
        size_t length = strcspn(line, "\n");
        assert_true(length > 0);
        if (strncmp(line, "# TYPE ", 7) != 0) {
            continue;
        }
        families++;
        size_t name_length = strcspn(line + 7, " ");
        assert_true(name_length < sizeof(name));
        memcpy(name, line + 7, name_length);
        bool counter = strncmp(line + 7 + name_length, " counter\n", 9) == 0;
        bool total = name_length > 6 && strcmp(name + name_length - 6, "_total") == 0;
        assert_int_equal(counter, total);
        assert_true(jb_starts(name, "joulebook_"));
        for (size_t i = 0; i < JB_COUNT(never); i++) {
            if (strstr(name, never[i]) != NULL) {
                fail_msg("%s has %s in it", name, never[i]);
            }
        }
    }
    assert_int_equal(families, 12);
}

/* The texts that Prometheus' own parser is given: what is usual, and what is meant to break it. */
static void promtool_finds_nothing_to_say(void **state)
{
    struct world *world = *state;

    if (access("/usr/bin/promtool", X_OK) != 0) {
        skip();
    }
    for (int hostile = 0; hostile < 2; hostile++) {
        if (hostile) {
            struct jb_board_view *view = change(world);
            jb_copy(view->channels[0].id, sizeof(view->channels[0].id), "a\"} 1\n\\\xff");
            jb_copy(view->channels[2].id, sizeof(view->channels[2].id), "a\"} 1\n\\\xfe");
            view->channels[2].device = view->channels[0].device;
            view->channels[2].method = view->channels[0].method;
            jb_copy(view->projects[0].name, sizeof(view->projects[0].name), "{\x01");
            jb_copy(view->projects[1].name, sizeof(view->projects[1].name), "{\x02");
            changed(world);
        }
        char path[] = "/tmp/jb-metrics-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        const char *text = scrape(world, false);
        assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        pid_t child = fork();
        if (child == 0) {
            lseek(fd, 0, SEEK_SET);
            dup2(fd, 0);
            dup2(2, 1);
            execl("/usr/bin/promtool", "promtool", "check", "metrics", (char *)NULL);
            _exit(127);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        close(fd);
        unlink(path);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void openmetrics_is_given_to_those_who_ask(void **state)
{
    struct world *world = *state;
    const char *text = scrape(world, true);

    assert_string_equal(world->reply.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_line(text, "# TYPE joulebook_energy_joules counter");
    assert_line(text, "# UNIT joulebook_energy_joules joules");
    assert_line(text, "# UNIT joulebook_grid_intensity_grams_per_kwh grams_per_kwh");
    assert_line(text, "# TYPE joulebook_build info");
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    scrape(world, false);
    assert_string_equal(world->reply.type, "text/plain; version=0.0.4; charset=utf-8");
}

/* "name{label=,label=}" of a sample, as a row of the manual has it: without values. */
static void shape_of(const char *line, char *ret, size_t size)
{
    size_t length = 0;
    bool quoted = false;

    for (; *line != '\0' && *line != '\n' && (quoted || *line != ' ') && length + 1 < size; line++) {
        if (quoted && *line == '\\') {
            line++;
        } else if (*line == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            ret[length++] = *line;
        }
    }
    ret[length] = '\0';
}

/* The same of a row "| `name` | type | `label`, `label` | what |". */
static void shape_of_row(const char *row, char *ret, size_t size)
{
    size_t length = 0, column = 0, labels = 0;

    for (; *row != '\n' && column < 4 && length + 3 < size; row++) {
        column += *row == '|';
        if (*row != '`' || (column != 1 && column != 3)) {
            continue;
        }
        if (column == 3) {
            ret[length++] = labels++ == 0 ? '{' : ',';
        }
        for (row++; *row != '`' && *row != '\n' && length + 3 < size; row++) {
            ret[length++] = *row;
        }
        if (column == 3) {
            ret[length++] = '=';
        }
    }
    if (labels > 0) {
        ret[length++] = '}';
    }
    ret[length] = '\0';
}

/* Each sample is of a row, each row has a sample: dashboards are held against the manual (tests/docs/check_metrics.py).
 */
static void the_manual_has_these_names_and_labels(void **state)
{
    JB_CLEANUP(jb_freep) char *manual = NULL;
    char path[4096], shapes[32][256], shape[256];
    bool seen[32] = {false};
    size_t rows = 0, size;
    const char *root = getenv("JB_SOURCE_ROOT");

    if (root == NULL) {
        skip();
    }
    jb_snprintf(path, sizeof(path), "%s/docs/metrics.md", root);
    assert_int_equal(jb_read_all(path, 1 << 20, &manual, &size, NULL), 0);
    for (const char *row = manual; (row = strstr(row, "\n| `joulebook_")) != NULL; row++) {
        assert_true(rows < JB_COUNT(shapes));
        shape_of_row(row + 1, shapes[rows++], sizeof(shapes[0]));
    }
    assert_int_equal(rows, 12);
    for (const char *line = scrape(*state, false); *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t i = 0;
        if (*line == '#') {
            continue;
        }
        shape_of(line, shape, sizeof(shape));
        while (i < rows && strcmp(shape, shapes[i]) != 0) {
            i++;
        }
        if (i == rows) {
            fail_msg("the manual lacks %s", shape);
        }
        seen[i] = true;
    }
    for (size_t i = 0; i < rows; i++) {
        if (!seen[i]) {
            fail_msg("there is no %s", shapes[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_machine_is_the_sum_of_the_leaves, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_known_has_no_sample, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(carbon_by_zone_and_source, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_rest_of_what_is_promised, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(names_have_base_units_and_counters_end_in_total, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(promtool_finds_nothing_to_say, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_manual_has_these_names_and_labels, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(openmetrics_is_given_to_those_who_ask, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
