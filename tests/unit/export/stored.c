/* SPDX-License-Identifier: Apache-2.0 */
/* A run that went through the real store: what was appended is what the series formats show. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/diag.h"
#include "export/export.h"
#include "html_check.h"

#define CHUNKS 6
#define TICKS  10

struct place {
    char folder[64], path[128];
    struct jb_store *store;
    struct jb_record record;
    struct jb_diag diag;
};

/* Two channels at 10 Hz for 6 s; chunk 3 of the second is a gap. */
static void append_chunks(struct place *p, struct jb_record *record)
{
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        uint64_t ticks[TICKS], one[TICKS], two[TICKS];
        struct jb_chunk_channel channels[2] = {{.energy_uj = one}, {.energy_uj = two}};
        for (int i = 0; i < TICKS; i++) {
            ticks[i] = (uint64_t)(chunk * TICKS + i + 1) * 100000000;
            one[i] = 5000000 + (uint64_t)i;
            two[i] = chunk == 3 ? (i == 0 ? JB_GAP : JB_NO_VALUE) : 2000000;
            channels[0].run_uj += one[i] / 2;
            channels[0].idle_uj += one[i] - one[i] / 2;
            channels[1].idle_uj += two[i] < JB_GAP ? two[i] : 0;
        }
        for (int c = 0; c < 2; c++) {
            struct jb_record_channel *total = &record->channels[c];
            total->run_uj += channels[c].run_uj;
            total->idle_uj += channels[c].idle_uj;
            total->footprint_uj = total->energy_uj = total->run_uj + total->idle_uj;
        }
        struct jb_chunk data = {.t0_ns = (uint64_t)chunk * TICKS * 100000000,
                                .tick_ns = ticks,
                                .tick_count = TICKS,
                                .channels = channels,
                                .channel_count = 2};
        assert_int_equal(jb_store_append(p->store, record, &data, &p->diag), 0);
    }
}

static int setup(void **state)
{
    static char word[] = "true";
    static char *command[] = {word};
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    jb_copy(p->folder, sizeof(p->folder), "/tmp/jb-stored-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof(p->path), "%s/joulebook.db", p->folder);
    assert_int_equal(jb_store_open(p->path, JB_STORE_WRITE, &p->store, &p->diag), 0);
    struct jb_record_channel channels[2] = {
        {.id = "cpu/0/package",
         .device = "cpu",
         .name = "CPU",
         .source = "rapl-perf",
         .method = "counter",
         .in_total = true},
        {.id = "gpu/0/board",
         .device = "gpu",
         .name = "GPU",
         .source = "nvml",
         .method = "counter",
         .in_total = true,
         .number = 1},
    };
    struct jb_record record = {
        .id = "01JDA5Z3K8Q4R7T2V9W6X0Y1ZA",
        .host = "here",
        .machine_id = "ab",
        .command = command,
        .command_count = 1,
        .started_ns = INT64_C(1763780400000000000),
        .duration_s = NAN,
        .channels = channels,
        .channel_count = 2,
        .basis = "footprint",
        .intensity_g_per_kwh = 360,
        .emissions_g = NAN,
        .embodied_g = NAN,
        .pue = 1,
        .self_cpu_s = NAN,
        .self_energy_j = NAN,
    };
    for (int c = 0; c < 2; c++) {
        channels[c].parent = channels[c].twin_of = -1;
    }
    assert_int_equal(jb_store_begin(p->store, &record, &p->diag), 0);
    append_chunks(p, &record);
    jb_record_sum(&record);
    record.coverage = 1;
    record.ended_ns = record.started_ns + INT64_C(6000000000);
    record.duration_s = 6;
    record.status = JB_RUN_FINISHED;
    assert_int_equal(jb_store_end(p->store, &record, &p->diag), 0);
    assert_int_equal(jb_store_load(p->store, record.id, &p->record, &p->diag), 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct place *p = *state;
    char path[160];
    jb_record_finish(&p->record);
    jb_store_close(p->store);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
        unlink(path);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

static char *written(struct place *p, const char *format)
{
    struct jb_export_input input = {.record = &p->record, .store = p->store};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int r = jb_export_find(format)->write(&input, out, &p->diag);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(p->diag.text, "");
    assert_int_equal(r, 0);
    return text;
}

static void the_series_has_every_value_and_sums_to_the_record(void **state)
{
    struct place *p = *state;
    char *csv = written(p, "csv"), *fields[16];
    struct jb_csv reader;
    double energy_j = 0, run_j = 0, value = 0;
    int rows = 0, last_row_ok = 11;
    jb_csv_init(&reader, csv);
    assert_int_equal(jb_csv_row(&reader, fields, 16), 11);
    while ((last_row_ok = jb_csv_row(&reader, fields, 16)) == 11) {
        assert_int_equal(jb_parse_double(fields[5], &value), 0);
        energy_j += value;
        assert_int_equal(jb_parse_double(fields[6], &value), 0);
        run_j += value;
        rows++;
    }
    assert_int_equal(last_row_ok, 0);
    assert_int_equal(rows, 2 * CHUNKS * TICKS - TICKS);
    assert_true(fabs(energy_j - (double)p->record.machine_uj / 1e6) < 1e-6);
    assert_true(fabs(run_j - (double)p->record.run_uj / 1e6) < 1e-6);
    free(csv);
}

static void the_report_draws_the_gap(void **state)
{
    struct place *p = *state;
    char *page = written(p, "html");
    const char *at;
    size_t lines = 0;
    assert_null(html_fault(page, &at));
    for (at = page; (at = strstr(at, "class=\"line gpu d0\"")); at++) {
        lines++;
    }
    assert_int_equal(lines, 3); /* the legend's, before and after the gap */
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_series_has_every_value_and_sums_to_the_record, setup, teardown),
        cmocka_unit_test_setup_teardown(the_report_draws_the_gap, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
