/* SPDX-License-Identifier: Apache-2.0 */
/* The estimator in C beside its numpy reference (tests/oracle/estimate.py), on the cases that the reference wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribution/estimate.h"

#define LINE 65536

struct reading {
    FILE *file;
    char line[LINE], *at;
};

static bool next_line(struct reading *reading)
{
    if (fgets(reading->line, sizeof reading->line, reading->file) == NULL) {
        return false;
    }
    reading->at = reading->line;
    return true;
}

/* Is the line about `word`? Then what follows are its numbers. */
static bool is(struct reading *reading, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(reading->line, word, length) != 0 || (reading->line[length] != ' ' && reading->line[length] != '\n')) {
        return false;
    }
    reading->at = reading->line + length;
    return true;
}

static bool number(struct reading *reading, double *ret)
{
    char *end;

    *ret = strtod(reading->at, &end);
    bool found = end != reading->at;
    reading->at = end;
    return found;
}

static double must(struct reading *reading)
{
    double value = 0;

    assert_true(number(reading, &value));
    return value;
}

static void assert_near(const char *what, size_t i, double found, double expected, double scale)
{
    if (!(fabs(found - expected) <= 1e-6 * fmax(fabs(expected), scale))) {
        fail_msg("%s %zu: %.12g, the reference says %.12g", what, i, found, expected);
    }
}

static struct jb_op_prior prior[JB_WORK_CELLS];
static struct jb_estimate_setup setup;

static void read_rows(struct reading *reading, struct jb_rows **ret)
{
    uint64_t lags[JB_LAGS];
    size_t lag_count = 0, lag = 0;
    double value, energy_j = 0, seconds = 0, edge_s = 0;
    bool joins = false, windows = false;

    assert_true(next_line(reading) && is(reading, "lags"));
    while (number(reading, &value)) {
        lags[lag_count++] = (uint64_t)value;
    }
    assert_int_equal(jb_rows_create(lags, lag_count, 1000, ret), 0);
    assert_true(next_line(reading) && is(reading, "setup"));
    memset(prior, 0, sizeof prior);
    setup = (struct jb_estimate_setup){.cells = (size_t)must(reading), .prior = prior};
    setup.update_s = must(reading);
    setup.edge_s = must(reading);
    setup.steps_per_update = must(reading);
    setup.time_share = must(reading) != 0;
    setup.jackknife = (unsigned)must(reading);
    windows = must(reading) != 0;
    while (next_line(reading) && !is(reading, "lag")) {
        if (is(reading, "prior")) {
            size_t cell = (size_t)must(reading);
            prior[cell].known = true;
            prior[cell].mean_w = must(reading);
            prior[cell].sd_w = must(reading);
        } else if (is(reading, "row")) {
            energy_j = must(reading);
            seconds = must(reading);
            edge_s = must(reading);
            joins = must(reading) != 0;
            lag = 0;
        } else if (is(reading, "at")) {
            struct jb_work_share shares[JB_WORK_CELLS];
            size_t count = 0;
            while (number(reading, &value)) {
                shares[count].cell = (uint16_t)value;
                shares[count++].seconds = must(reading);
            }
            if (windows) {
                jb_rows_add_window(*ret, lag++, energy_j / seconds, seconds, shares, count);
            } else {
                jb_rows_add(*ret, lag++, energy_j, seconds, edge_s, joins, shares, count);
            }
        }
    }
}

static void compare(struct reading *reading, const struct jb_estimate *estimate, const struct jb_rows *rows,
                    const uint64_t *lags)
{
    double piece_s[JB_WORK_CELLS];
    struct jb_work_piece piece = {0};
    uint64_t energy_uj = 0, parts[JB_WORK_CELLS + JB_CONTEXTS], sum = 0;
    double weights[JB_WORK_CELLS];

    for (size_t i = 0; i < JB_WORK_CELLS; i++) {
        weights[i] = sqrt(1 + (double)i);
    }
    do {
        if (is(reading, "lag")) {
            assert_near("lag", 0, estimate->lag_s, (double)lags[(size_t)must(reading)] / 1e9, 1e-9);
        } else if (is(reading, "informed")) {
            assert_int_equal(estimate->informed, must(reading) != 0);
        } else if (is(reading, "numbers")) {
            assert_near("mean", 0, estimate->mean_w, must(reading), 0);
            assert_near("tau", 0, estimate->tau_w, must(reading), 0);
            assert_near("noise", 0, estimate->noise_j, must(reading), 0);
            assert_near("edge noise", 0, estimate->edge_noise_j, must(reading), 0);
            assert_near("likelihood", 0, estimate->likelihood, must(reading), 1);
        } else if (is(reading, "sum")) {
            assert_near("deviation of a sum", 0, jb_estimate_sd(estimate, weights), must(reading), 0);
        } else if (is(reading, "piece")) {
            energy_uj = (uint64_t)must(reading);
            for (size_t i = 0; i < estimate->cells; i++) {
                piece_s[i] = must(reading);
            }
            memcpy(piece.cell_s, piece_s, estimate->cells * sizeof piece_s[0]);
            jb_divide_piece(energy_uj, &piece, estimate, 10, NULL, parts);
        } else {
            bool power = is(reading, "power"), sd = is(reading, "sd"), group = is(reading, "group");
            bool part = is(reading, "parts");
            for (size_t i = 0; i < estimate->cells && (power || sd || group || part); i++) {
                double value = must(reading);
                if (power) {
                    assert_near("power", i, estimate->power_w[i], value, 0);
                } else if (sd) {
                    assert_near("deviation", i, estimate->sd_w[i], value, 0);
                } else if (group) {
                    assert_int_equal(estimate->group[i], (int)value);
                } else {
                    assert_true(fabs((double)parts[i] - value) <= fmax(1, 1e-6 * value));
                    sum += parts[i];
                }
            }
        }
    } while (next_line(reading));
    assert_int_equal(sum, energy_uj);
    assert_true(jb_rows_count(rows) > 0);
}

static void as_the_reference(void **state)
{
    const char *name = *state;
    struct reading *reading = calloc(1, sizeof *reading);
    char path[1024];
    struct jb_rows *rows = NULL;
    struct jb_estimate estimate;
    uint64_t lags[JB_LAGS] = {0, 500000, 1500000};

    assert_non_null(reading);
    (void)snprintf(path, sizeof path, "%s/tests/oracle/cases/%s.txt", getenv("JB_SOURCE_ROOT"), name);
    reading->file = fopen(path, "re");
    assert_non_null(reading->file);
    read_rows(reading, &rows);
    assert_int_equal(jb_estimate(rows, &setup, &estimate), 0);
    compare(reading, &estimate, rows, lags);
    jb_estimate_finish(&estimate);
    jb_rows_destroy(rows);
    (void)fclose(reading->file);
    free(reading);
}

#define CASE(name)                                                                                                     \
    {                                                                                                                  \
        name, as_the_reference, NULL, NULL, (char[])                                                                   \
        {                                                                                                              \
            name                                                                                                       \
        }                                                                                                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE("rapl"),       CASE("drift"), CASE("holes"),   CASE("lags"), CASE("prior"),   CASE("coarse"),
        CASE("many-steps"), CASE("few"),   CASE("windows"), CASE("time"), CASE("nothing"), CASE("twins"),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
