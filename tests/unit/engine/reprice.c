/* SPDX-License-Identifier: Apache-2.0 */
/* A run in a store, priced anew by a user's own file: no network. What changes, what is kept, and when nothing is done.
 */
#include "test.h"

#include "base/clock.h"
#include "base/ident.h"
#include "base/text.h"
#include "engine/price.h"
#include "engine/reprice.h"
#include "grid/settings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S     ((int64_t)JB_NS_PER_S)
#define NOON  (INT64_C(1795348800) * S) /* 2026-11-22T12:00:00Z */
#define HALF  (1800 * S)
#define JOULE UINT64_C(1000000)

struct world {
    char folder[32], db[64], csv[64];
    struct jb_store *store;
    char id[JB_RUN_ID_TEXT];
    struct jb_grid_settings settings;
};

static void write_csv(const struct world *world, const char *text)
{
    FILE *file = fopen(world->csv, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void append(struct world *world, struct jb_record *record, uint64_t t0_ns, uint64_t t_ns, uint64_t energy_uj)
{
    struct jb_record_channel *total = record->channels;
    struct jb_chunk_channel part = {.energy_uj = &energy_uj, .run_uj = energy_uj};
    struct jb_chunk chunk = {.t0_ns = t0_ns, .tick_ns = &t_ns, .tick_count = 1, .channels = &part, .channel_count = 1};
    total->energy_uj += energy_uj;
    total->run_uj += energy_uj;
    total->footprint_uj += energy_uj;
    jb_record_sum(record);
    assert_int_equal(jb_store_append(world->store, record, &chunk, NULL), 0);
    struct jb_mark_channel sums = {.run_uj = total->run_uj};
    struct jb_store_mark mark = {
        .t_ns = t_ns, .wall_ns = record->started_ns + (int64_t)t_ns, .channels = &sums, .channel_count = 1};
    assert_int_equal(jb_store_mark(world->store, &mark, NULL), 0);
}

/* An hour from noon on: 100 J in its first half, 300 J in its second; priced at 400 g/kWh. */
static void make_run(struct world *world)
{
    static char word[] = "train", *command[] = {word};
    struct jb_record_channel channel = {
        .in_total = true, .parent = -1, .twin_of = -1, .context_w = NAN, .context_tax_j = NAN};
    struct jb_record_segment segment = {.start_ns = NOON,
                                        .end_ns = NOON + 2 * HALF,
                                        .g_per_kwh = 400,
                                        .rel_error = 0.2,
                                        .age_s = NAN,
                                        .energy_uj = 400 * JOULE};
    struct jb_record record = {
        .command = command, .command_count = 1, .started_ns = NOON, .pue = 1, .channels = &channel, .channel_count = 1};
    record.embodied_g = record.emissions_g = record.emissions_uncertainty_g = NAN;
    assert_int_equal(jb_ulid(NOON, record.id), 0);
    jb_copy(world->id, sizeof(world->id), record.id);
    jb_copy(record.host, sizeof(record.host), "made-up");
    jb_copy(record.machine_id, sizeof(record.machine_id), "0123");
    jb_copy(record.basis, sizeof(record.basis), "footprint");
    jb_copy(record.zone, sizeof(record.zone), "KR");
    jb_copy(channel.id, sizeof(channel.id), "cpu/0/package");
    jb_copy(segment.source, sizeof(segment.source), "the year (ODbL)");
    jb_copy(segment.factor, sizeof(segment.factor), "lifecycle");
    assert_int_equal(jb_store_begin(world->store, &record, NULL), 0);
    append(world, &record, 0, HALF, 100 * JOULE);
    append(world, &record, HALF, 2 * HALF, 300 * JOULE);
    record.ended_ns = NOON + 2 * HALF;
    record.duration_s = 3600;
    record.status = JB_RUN_FINISHED;
    record.intensity_g_per_kwh = 400;
    record.emissions_g = 400 * 400 / 3.6e6;
    record.segments = &segment;
    record.segment_count = 1;
    assert_int_equal(jb_store_end(world->store, &record, NULL), 0);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    strcpy(world->folder, "/tmp/jb-reprice-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->db, sizeof(world->db), "%s/x.db", world->folder);
    snprintf(world->csv, sizeof(world->csv), "%s/x.csv", world->folder);
    assert_int_equal(jb_store_open(world->db, JB_STORE_WRITE, &world->store, NULL), 0);
    world->settings = (struct jb_grid_settings){.latitude = NAN, .longitude = NAN};
    world->settings.walltime.ahead_ns = NOON + 24 * 3600 * S - jb_wall_ns();
    world->settings.access[0].url = world->csv;
    assert_string_equal(jb_providers[0]->name, "file");
    make_run(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[80];
    jb_store_close(world->store);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", world->db, endings[i]);
        unlink(name);
    }
    unlink(world->csv);
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

#define BOTH "start,g_per_kwh,end\n2026-11-22T12:00:00Z,100,\n2026-11-22T12:30:00Z,500,2026-11-22T13:30:00Z\n"

static void each_half_at_its_own_value(void **state)
{
    struct world *world = *state;
    struct jb_reprice_config config = {.settings = &world->settings, .how = JB_FETCH_CACHED};
    struct jb_reprice_result result = {0};
    struct jb_record record = {0};
    double grams = (100 * 100 + 300 * 500) / 3.6e6;

    write_csv(world, BOTH);
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, NULL), 0);
    assert_true(result.changed);
    assert_float_equal(result.old_g, 400 * 400 / 3.6e6, 1e-9);
    assert_float_equal(result.new_g, grams, 1e-9);
    assert_float_equal(result.live_before, 0, 0);
    assert_float_equal(result.live_after, 1, 1e-9);
    assert_int_equal(jb_store_load(world->store, world->id, &record, NULL), 0);
    assert_float_equal(record.emissions_g, grams, 1e-9);
    assert_int_equal(record.segment_count, 2);
    assert_int_equal(record.footprint_uj, 400 * JOULE); /* the energy is what it was */
    assert_int_equal(record.price_count, 1);
    assert_float_equal(record.prices[0].emissions_g, 400 * 400 / 3.6e6, 1e-9);
    assert_string_equal(record.prices[0].source, "the year (ODbL)");
    assert_true(record.prices[0].reason[0] != '\0');
    assert_false(jb_price_provisional(&record));
    jb_record_finish(&record);
    /* A second time there is nothing to do, and no former price more. */
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, NULL), 0);
    assert_false(result.changed);
    assert_int_equal(jb_store_load(world->store, world->id, &record, NULL), 0);
    assert_int_equal(record.price_count, 1);
    jb_record_finish(&record);
}

/* The file has forgotten the first half since: what the record knows of it is not given up. */
static void what_was_live_stays(void **state)
{
    struct world *world = *state;
    struct jb_reprice_config config = {.settings = &world->settings, .how = JB_FETCH_CACHED};
    struct jb_reprice_result result = {0};

    write_csv(world, BOTH);
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, NULL), 0);
    double grams = result.new_g;
    write_csv(world, "start,g_per_kwh,end\n2026-11-22T12:30:00Z,500,2026-11-22T13:30:00Z\n");
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, NULL), 0);
    assert_false(result.changed);
    assert_float_equal(result.new_g, grams, 1e-9);
}

static void nobody_to_ask_changes_nothing(void **state)
{
    struct world *world = *state;
    struct jb_reprice_config config = {.settings = &world->settings, .how = JB_FETCH_CACHED};
    struct jb_reprice_result result = {0};
    struct jb_diag diag = {0};

    write_csv(world, "start,g_per_kwh,end\n2020-01-01T00:00:00Z,500,2020-01-01T01:00:00Z\n");
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, &diag), -ENODATA);
    assert_true(diag.text[0] != '\0');
    world->settings.access[0].url = NULL;
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, &diag), -ENODATA);
    assert_int_equal(jb_reprice(world->store, "01NOTTHERE", &config, &result, &diag), -ENOENT);
}

static void another_zone_by_request(void **state)
{
    struct world *world = *state;
    struct jb_reprice_config config = {.settings = &world->settings, .how = JB_FETCH_CACHED, .zone = "DE"};
    struct jb_reprice_result result = {0};
    struct jb_record record = {0};
    struct jb_intensity place;

    world->settings.access[0].url = NULL;
    assert_int_equal(jb_grid_zone("DE", &place, NULL), 0);
    assert_int_equal(jb_reprice(world->store, world->id, &config, &result, NULL), 0);
    assert_true(result.changed);
    assert_float_equal(result.new_g, 400 * place.g_per_kwh / 3.6e6, 1e-9);
    assert_int_equal(jb_store_load(world->store, world->id, &record, NULL), 0);
    assert_string_equal(record.zone, "DE");
    assert_non_null(strstr(record.prices[0].reason, "DE"));
    jb_record_finish(&record);
    config.zone = "Atlantis";
    assert_true(jb_reprice(world->store, world->id, &config, &result, NULL) < 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_half_at_its_own_value),
        TEST(what_was_live_stays),
        TEST(nobody_to_ask_changes_nothing),
        TEST(another_zone_by_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
