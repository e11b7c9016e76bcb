/* SPDX-License-Identifier: Apache-2.0 */
/* A run as a log of jtop: its columns, the second that each value belongs to, and what is not known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"
#include "export/export.h"
#include "store/vitals.h"

#define CHANNELS 5
#define TICKS    10 /* a second */
#define MS       UINT64_C(1000000)

struct place {
    char folder[64], path[128];
    struct jb_store *store;
    struct jb_record record;
    struct jb_record_channel channels[CHANNELS];
    struct jb_diag diag;
};

static void name(struct jb_record_channel *channel, int number, const char *id, const char *source, const char *method)
{
    *channel = (struct jb_record_channel){.number = number, .parent = -1, .twin_of = -1};
    jb_copy(channel->id, sizeof(channel->id), id);
    jb_copy(channel->source, sizeof(channel->source), source);
    jb_copy(channel->method, sizeof(channel->method), method);
    jb_copy(channel->device, sizeof(channel->device), "board");
}

/* `count` ticks of 100 ms from start_ms on: 1 W for channel 0, 2 W for channel 1 ...; `gap`: nothing of channel 0. */
static void append(struct place *p, uint64_t start_ms, int count, bool gap)
{
    uint64_t ticks[TICKS], values[CHANNELS][TICKS];
    struct jb_chunk_channel channels[CHANNELS] = {{0}};
    for (int i = 0; i < count; i++) {
        ticks[i] = (start_ms + 100 * (uint64_t)(i + 1)) * MS;
        for (int c = 0; c < CHANNELS; c++) {
            bool missing = gap && c == 0;
            values[c][i] = missing ? (i == count - 1 ? JB_GAP : JB_NO_VALUE) : 100000 * (uint64_t)(c + 1);
            channels[c].idle_uj += missing ? 0 : values[c][i];
        }
    }
    for (int c = 0; c < CHANNELS; c++) {
        channels[c].energy_uj = values[c];
        p->channels[c].idle_uj += channels[c].idle_uj;
        p->channels[c].energy_uj = p->channels[c].footprint_uj = p->channels[c].idle_uj;
    }
    struct jb_chunk chunk = {.t0_ns = start_ms * MS,
                             .tick_ns = ticks,
                             .tick_count = (size_t)count,
                             .channels = channels,
                             .channel_count = CHANNELS};
    assert_int_equal(jb_store_append(p->store, &p->record, &chunk, &p->diag), 0);
}

static void begin(struct place *p)
{
    static char word[] = "true";
    static char *command[] = {word};
    p->record = (struct jb_record){.id = "01JDA5Z3K8Q4R7T2V9W6X0Y1ZA",
                                   .host = "here",
                                   .machine_id = "ab",
                                   .command = command,
                                   .command_count = 1,
                                   .started_ns = INT64_C(1763780400250000000),
                                   .duration_s = NAN,
                                   .channels = p->channels,
                                   .channel_count = CHANNELS,
                                   .basis = "machine",
                                   .emissions_g = NAN,
                                   .embodied_g = NAN,
                                   .pue = 1,
                                   .self_cpu_s = NAN,
                                   .self_energy_j = NAN};
    assert_int_equal(jb_store_begin(p->store, &p->record, &p->diag), 0);
}

/* A second, a second in which the board's total is missing, a second, and half a one. */
static void fill(struct place *p)
{
    append(p, 0, TICKS, false);
    append(p, 1000, TICKS, true);
    append(p, 2000, TICKS, false);
    append(p, 3000, TICKS / 2, false);
    p->record.duration_s = 3.5;
    p->record.ended_ns = p->record.started_ns + INT64_C(3500000000);
    p->record.status = JB_RUN_FINISHED;
    jb_record_sum(&p->record);
    assert_int_equal(jb_store_end(p->store, &p->record, &p->diag), 0);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    jb_copy(p->folder, sizeof(p->folder), "/tmp/jb-jtop-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof(p->path), "%s/joulebook.db", p->folder);
    assert_int_equal(jb_store_open(p->path, JB_STORE_WRITE, &p->store, &p->diag), 0);
    name(&p->channels[0], 0, "board/total", "jetson", "integrated");
    name(&p->channels[1], 1, "rail/VDD_GPU_SOC", "jetson", "integrated");
    name(&p->channels[2], 2, "rail/VDDQ", "jetson", "integrated");
    name(&p->channels[3], 3, "cpu/model", "cpu-model", "modelled");
    name(&p->channels[4], 4, "=plug,\"wall\"", "plug", "integrated");
    p->channels[0].in_total = true;
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct place *p = *state;
    char path[160];
    jb_store_close(p->store);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
        unlink(path);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

static void look(struct place *p, uint64_t ms, const char *json)
{
    assert_int_equal(jb_store_vitals_put(p->store, ms * MS, json, &p->diag), 0);
}

static char *written(struct place *p)
{
    struct jb_export_input input = {.record = &p->record, .store = p->store};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int r = jb_export_find("jtop")->write(&input, out, &p->diag);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(p->diag.text, "");
    assert_int_equal(r, 0);
    return text;
}

static void assert_written(struct place *p, const char *expected)
{
    char *text = written(p);
    assert_string_equal(text, expected);
    free(text);
}

static void without_looks_there_are_time_and_power(void **state)
{
    struct place *p = *state;
    begin(p);
    fill(p);
    assert_written(p, "time,Power VDD_GPU_SOC,Power VDDQ,\"Power =plug,\"\"wall\"\"\",Power TOT\n"
                      "2025-11-22 03:00:01.250000,2000,3000,5000,1000\n"
                      "2025-11-22 03:00:02.250000,2000,3000,5000,\n"
                      "2025-11-22 03:00:03.250000,2000,3000,5000,1000\n"
                      "2025-11-22 03:00:03.750000,2000,3000,5000,1000\n");
}

static void each_look_belongs_to_the_second_that_it_ends(void **state)
{
    struct place *p = *state;
    begin(p);
    look(p, 1000,
         "{\"uptime_s\":59.5,\"cpu\":[12,\"off\",null],\"ram_kb\":[1,4],\"swap_kb\":[0,0],\"gpu\":412,"
         "\"engines_khz\":{\"VIC\":\"off\",\"APE\":150000},\"fans_pwm\":{\"pwmfan0\":51},"
         "\"temps_mdeg\":{\"cpu\":47531,\"cv0\":\"off\"},\"nvp_model\":\"MODE_30W\"}");
    look(p, 3000, "{\"uptime_s\":93784,\"cpu\":[0],\"emc\":3,\"gpu\":1000}");
    look(p, 3650, "{\"gpu\":5}"); /* a moment after the end */
    look(p, 9000, "{\"gpu\":999}");
    fill(p);
    p->record.channel_count = 1;
    assert_written(
        p, "time,uptime,CPU1,CPU2,CPU3,RAM,SWAP,EMC,GPU,VIC,APE,Fan pwmfan0,Temp cpu,Temp cv0,Power TOT,nvp model\n"
           "2025-11-22 03:00:01.250000,0:00:59.500000,12,OFF,,0.25,0,,41.2,OFF,150000,20,47.531,,1000,MODE_30W\n"
           "2025-11-22 03:00:02.250000,,,,,,,,,,,,,,,\n"
           "2025-11-22 03:00:03.250000,\"1 day, 2:03:04\",0,,,,,3,100,,,,,,1000,\n"
           "2025-11-22 03:00:03.750000,,,,,,,,0.5,,,,,,1000,\n");
}

static void a_late_look_tells_of_the_second_before(void **state)
{
    struct place *p = *state;
    begin(p);
    look(p, 1040, "{\"gpu\":10}");
    look(p, 2490, "{\"gpu\":20}");
    look(p, 3003, "{\"gpu\":30}");
    look(p, 3430, "{\"gpu\":40}"); /* the last, of a piece of a second */
    fill(p);
    p->record.channel_count = 1;
    assert_written(p, "time,GPU,Power TOT\n"
                      "2025-11-22 03:00:01.250000,1,1000\n"
                      "2025-11-22 03:00:02.250000,2,\n"
                      "2025-11-22 03:00:03.250000,3,1000\n"
                      "2025-11-22 03:00:03.750000,4,1000\n");
}

static void what_is_no_look_is_an_unknown_second(void **state)
{
    static const char *const bad[] = {"",
                                      "[",
                                      "[1]",
                                      "{\"gpu\":\"x\"",
                                      "7",
                                      "{\"cpu\":7,\"ram_kb\":[\"a\"],\"temps_mdeg\":[]}",
                                      "{\"uptime_s\":-1e300,\"gpu\":{},\"cpu\":[[]],\"nvp_model\":5}"};
    struct place *p = *state;
    begin(p);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        look(p, 1000 + i, bad[i]);
    }
    fill(p);
    p->record.channel_count = 1;
    char *text = written(p);
    assert_non_null(strstr(text, "03:00:01.250000,"));
    assert_non_null(strstr(text, ",1000\n"));
    size_t commas = 0, header = strcspn(text, "\n");
    for (size_t i = 0, in_row = 0; text[i]; i++) {
        in_row += text[i] == ',';
        if (text[i] == '\n') {
            commas = commas == 0 ? in_row : commas;
            assert_int_equal(in_row, commas); /* every row has all columns */
            in_row = 0;
        }
    }
    assert_true(header > 0);
    free(text);
}

static void long_runs_are_fetched_in_windows_without_a_seam(void **state)
{
    struct place *p = *state;
    begin(p);
    for (uint64_t second = 0; second < 1100; second++) {
        append(p, second * 1000, TICKS, false);
    }
    p->record.duration_s = 1100;
    p->record.ended_ns = p->record.started_ns + INT64_C(1100000000000);
    p->record.status = JB_RUN_FINISHED;
    jb_record_sum(&p->record);
    assert_int_equal(jb_store_end(p->store, &p->record, &p->diag), 0);
    p->record.channel_count = 1;
    char *text = written(p);
    size_t rows = 0;
    for (const char *at = text; (at = strstr(at, ",1000\n")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, 1100);
    free(text);
}

static void a_run_that_is_not_over_ends_where_its_series_does(void **state)
{
    struct place *p = *state;
    begin(p);
    append(p, 0, TICKS, false);
    append(p, 1000, TICKS / 2, false);
    p->record.channel_count = 1;
    assert_written(p, "time,Power TOT\n2025-11-22 03:00:01.250000,1000\n2025-11-22 03:00:01.750000,1000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_looks_there_are_time_and_power, setup, teardown),
        cmocka_unit_test_setup_teardown(each_look_belongs_to_the_second_that_it_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_late_look_tells_of_the_second_before, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_look_is_an_unknown_second, setup, teardown),
        cmocka_unit_test_setup_teardown(long_runs_are_fetched_in_windows_without_a_seam, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_that_is_not_over_ends_where_its_series_does, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
