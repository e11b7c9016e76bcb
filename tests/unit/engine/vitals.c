/* SPDX-License-Identifier: Apache-2.0 */
/* The watch: looks reach the database through the writer, only on a Jetson, and stopping it is prompt and final. */
#include "../folder.h"
#include "test.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/vitals.h"
#include "store/vitals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

static char folder[64];
static struct jb_store *store;
static struct jb_writer *writer;

static void put(const char *path, const char *data, size_t length)
{
    char full[256];
    snprintf(full, sizeof(full), "%s%s", folder, path);
    for (char *slash = full + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void make_jetson(void)
{
    static const char compatible[] = "nvidia,p3701-0005\0nvidia,tegra234";
    put("/proc/device-tree/compatible", compatible, sizeof(compatible));
    put("/sys/devices/gpu.0/load", "998\n", 4);
}

static int begin(void **state)
{
    static char program[] = "true";
    static char *command[] = {program};
    char path[96];
    struct jb_record record = {.started_ns = 1,
                               .duration_s = NAN,
                               .command = command,
                               .command_count = 1,
                               .basis = "run",
                               .pue = 1,
                               .machine_id = "m",
                               .host = "h"};

    jb_copy(record.id, sizeof(record.id), id);
    jb_copy(folder, sizeof(folder), "/tmp/jb-vitals-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    int error = jb_store_open(path, JB_STORE_WRITE, &store, NULL);
    error = error == 0 ? jb_store_begin(store, &record, NULL) : error;
    return error == 0 ? jb_writer_create(store, id, 4, 16, &writer) : error;
}

static int end(void **state)
{
    jb_writer_finish(writer, 10 * JB_NS_PER_S, NULL);
    jb_store_close(store);
    return folder_remove(folder);
}

struct seen {
    int count;
    uint64_t t_ns;
    char json[512];
};

static int see(void *context, uint64_t t_ns, const char *json)
{
    struct seen *seen = context;
    seen->count++;
    seen->t_ns = t_ns;
    jb_copy(seen->json, sizeof(seen->json), json);
    return 0;
}

static void stored(struct seen *ret)
{
    *ret = (struct seen){0};
    assert_int_equal(jb_writer_finish(writer, 10 * JB_NS_PER_S, NULL), 0);
    writer = NULL;
    assert_int_equal(jb_store_vitals(store, id, see, ret, NULL), 0);
}

static void looks_reach_the_database(void **state)
{
    struct seen seen;
    make_jetson();
    uint64_t start_ns = jb_mono_ns() - 7 * JB_NS_PER_S; /* the run began long ago: a look is due at once */
    struct jb_vitals_watch *watch = jb_vitals_watch_start(folder, writer, start_ns);
    assert_non_null(watch);
    jb_vitals_watch_stop(watch);
    stored(&seen);
    assert_true(seen.count >= 1);
    assert_true(seen.t_ns >= 7 * JB_NS_PER_S - JB_NS_PER_MS);
    assert_string_equal(seen.json, "{\"gpu\":998}");
}

static void right_after_the_start_there_is_nothing_to_tell(void **state)
{
    struct seen seen;
    make_jetson();
    jb_vitals_watch_stop(jb_vitals_watch_start(folder, writer, jb_mono_ns() + JB_NS_PER_S));
    stored(&seen);
    assert_int_equal(seen.count, 0);
}

static void other_machines_are_not_watched(void **state)
{
    assert_null(jb_vitals_watch_start(folder, writer, jb_mono_ns()));
    make_jetson();
    assert_null(jb_vitals_watch_start(folder, NULL, jb_mono_ns()));
    jb_vitals_watch_stop(NULL);
}

static void more_looks_than_the_disk_takes_are_dropped(void **state)
{
    struct seen seen;
    for (int i = 0; i < 1000; i++) {
        jb_writer_vitals(writer, (uint64_t)i * JB_NS_PER_MS, "{}");
    }
    stored(&seen);
    assert_in_range(seen.count, 16, 1000);
}

static void the_object_has_what_is_known(void **state)
{
    struct jb_buf json = {0};
    struct jb_vitals v = {.uptime_ms = 81772071,
                          .cpu_count = 3,
                          .cpu_percent = {12, JB_VITAL_OFF, JB_VITAL_UNKNOWN},
                          .ram_kb = 4,
                          .ram_used_kb = 1,
                          .swap_kb = JB_VITAL_UNKNOWN,
                          .swap_used_kb = JB_VITAL_UNKNOWN,
                          .emc_percent = 3,
                          .gpu_permille = JB_VITAL_UNKNOWN,
                          .gpu_hz = 612000000,
                          .nvp_model = "MAXN"};
    jb_vitals_add(&v.engines, "VIC", JB_VITAL_OFF);
    jb_vitals_add(&v.engines, "APE", 150000);
    jb_vitals_add(&v.temps, "cpu", -1500);
    jb_vitals_json(&v, &json);
    assert_string_equal(
        json.data, "{\"uptime_s\":81772.071,\"cpu\":[12,\"off\",null],\"ram_kb\":[1,4],\"emc\":3,\"gpu_hz\":612000000,"
                   "\"engines_khz\":{\"VIC\":\"off\",\"APE\":150000},\"temps_mdeg\":{\"cpu\":-1500},"
                   "\"nvp_model\":\"MAXN\"}");
    jb_copy(v.nvp_model, sizeof(v.nvp_model), "a\"b");
    jb_vitals_json(&v, &json);
    assert_null(strstr(json.data, "nvp_model"));
    jb_buf_finish(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(looks_reach_the_database, begin, end),
        cmocka_unit_test_setup_teardown(right_after_the_start_there_is_nothing_to_tell, begin, end),
        cmocka_unit_test_setup_teardown(other_machines_are_not_watched, begin, end),
        cmocka_unit_test_setup_teardown(more_looks_than_the_disk_takes_are_dropped, begin, end),
        cmocka_unit_test(the_object_has_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
