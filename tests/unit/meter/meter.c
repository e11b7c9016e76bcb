/* SPDX-License-Identifier: Apache-2.0 */
/* The meter with made-up sensors: numbering, failures, lanes that hang and come back. */
#include "wait.h"

#include "base/diag.h"
#include "meter/meter.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_NS (3600 * JB_NS_PER_S)

static struct jb_meter *create(const struct jb_meter_config *config)
{
    struct jb_meter *meter = NULL;
    struct jb_diag diag = {0};
    int err = jb_meter_create(config, &meter, &diag);
    if (err < 0) {
        fail_msg("%s", diag.text);
    }
    return meter;
}

static struct jb_meter *create_quick(const char *sensors)
{
    return create(&(struct jb_meter_config){.sensors = sensors, .interval_ns = JB_NS_PER_MS});
}

/* Waits for lanes to open. */
static struct jb_meter *create_open(const char *sensors, uint64_t interval_ns, uint64_t patience_ns)
{
    return create(&(struct jb_meter_config){
        .sensors = sensors, .interval_ns = interval_ns, .lane_patience_ns = patience_ns, .open_wait_ns = WAIT_NS});
}

static struct jb_source_info info(const struct jb_meter *meter, int source)
{
    struct jb_source_info info;
    jb_meter_source_info(meter, source, &info);
    return info;
}

static size_t count_status(const struct jb_poll *poll, int channel, enum jb_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < poll->count; i++) {
        count += poll->readings[i].channel == channel && poll->readings[i].status == status;
    }
    return count;
}

static void a_list_that_makes_no_sense_makes_no_meter(void **state)
{
    struct jb_meter *meter = (struct jb_meter *)16;
    struct jb_diag diag = {0};
    assert_int_equal(jb_meter_create(&(struct jb_meter_config){.sensors = "fale"}, &meter, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "fale"));
    assert_non_null(strstr(diag.fix, "fake"));
    assert_ptr_equal(meter, (struct jb_meter *)16);
    jb_meter_destroy(NULL);
}

static void a_list_can_be_checked_without_opening_anything(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(jb_meter_check_sensors("fake:watts=1,rapl-perf", &diag), 0);
    assert_int_equal(jb_meter_check_sensors("-cpu-model", &diag), 0);
    assert_int_equal(jb_meter_check_sensors(NULL, &diag), 0);
    assert_string_equal(diag.text, "");
    assert_int_equal(jb_meter_check_sensors("rapl-pref", &diag), -EINVAL);
    assert_non_null(strstr(diag.fix, "rapl-perf"));
    assert_int_equal(jb_meter_check_sensors("", &diag), -EINVAL);
    assert_int_equal(jb_meter_check_sensors("rapl-pref", NULL), -EINVAL);
}

static void test_drivers_are_opened_only_by_name(void **state)
{
    char root[] = "/tmp/jb-meter-XXXXXX";
    assert_non_null(mkdtemp(root));
    struct jb_perf_ops perf;
    jb_perf_ops_init(&perf, root);
    struct jb_meter *meter = create(
        &(struct jb_meter_config){.env = {.root = root, .perf = &perf, .nvml_path = "/nonexistent/libnvidia-ml.so.1"}});
    assert_true(jb_meter_source_count(meter) >= 2);
    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        assert_null(strstr(info(meter, i).driver, "fake"));
    }
    /* What is not here is remembered, and is no error. */
    assert_string_equal(info(meter, 0).driver, "rapl-perf");
    assert_int_equal(info(meter, 0).result, -ENODEV);
    assert_true(info(meter, 0).reason[0] != '\0');
    jb_meter_destroy(meter);
    rmdir(root);
}

static void channels_are_numbered_over_all_sources(void **state)
{
    struct jb_meter *meter = create_quick("fake:channels=2,fake:device=gpu:channels=3");
    assert_int_equal(jb_meter_channel_count(meter), 5);
    assert_int_equal(jb_meter_source_count(meter), 2);
    assert_int_equal(jb_meter_source_first(meter, 0), 0);
    assert_int_equal(jb_meter_source_first(meter, 1), 2);
    assert_int_equal(jb_meter_source_first(meter, 2), -1);
    assert_int_equal(jb_meter_channel_source(meter, 1), 0);
    assert_int_equal(jb_meter_channel_source(meter, 4), 1);
    assert_int_equal(jb_meter_channel_source(meter, 5), -1);
    assert_string_equal(jb_meter_channel(meter, 3)->id, "gpu/1/fake");
    assert_null(jb_meter_channel(meter, 5));
    assert_null(jb_meter_channel(meter, -1));
    assert_int_equal(jb_meter_mirror_of(meter, 0), -1);
    assert_int_equal(jb_meter_mirror_of(meter, 99), -1);
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_true(poll.channels_changed);
    assert_int_equal(poll.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(poll.readings[i].channel, i);
    }
    jb_meter_poll(meter, &poll);
    assert_false(poll.channels_changed);
    assert_int_equal(info(meter, 0).reads, 2);
    jb_meter_destroy(meter);
}

static void what_a_sensor_says_comes_through_unchanged(void **state)
{
    struct jb_meter *meter = create_quick("fake:watts=200");
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    struct jb_reading first = poll.readings[0];
    for (int i = 0; i < 1000; i++) {
        jb_meter_poll(meter, &poll);
        assert_int_equal(poll.count, 1);
        uint64_t used_uj = poll.readings[0].raw - first.raw;
        uint64_t elapsed_ns = poll.readings[0].t_after_ns - first.t_after_ns;
        uint64_t expected_uj = elapsed_ns / 5; /* 200 W: 200000000 uJ in 10^9 ns */
        assert_true(used_uj >= expected_uj - (expected_uj > 0) && used_uj <= expected_uj + 1);
    }
    jb_meter_destroy(meter);
}

static void one_that_is_refused_is_remembered_and_costs_the_others_nothing(void **state)
{
    struct jb_meter *meter = create_quick("fake:fault=eacces,fake,fake:bad");
    assert_int_equal(info(meter, 0).result, -EACCES);
    assert_true(info(meter, 0).reason[0] && info(meter, 0).fix[0]);
    assert_int_equal(info(meter, 1).result, 0);
    assert_string_equal(info(meter, 1).reason, "");
    assert_int_equal(info(meter, 2).result, -EINVAL);
    assert_int_equal(jb_meter_channel_count(meter), 1);
    assert_int_equal(jb_meter_source_first(meter, 0), -1);
    assert_int_equal(jb_meter_source_first(meter, 1), 0);
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.count, 1);
    jb_meter_destroy(meter);
}

static void a_device_that_is_gone_stays_in_the_list_as_gone(void **state)
{
    struct jb_meter *meter = create_quick("fake:fault=gone,fake:fault=nan,fake");
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(count_status(&poll, 0, JB_GONE), 1);
    assert_int_equal(jb_meter_channel(meter, 0)->status, JB_GONE);
    assert_int_equal(jb_meter_channel(meter, 1)->status, JB_OK); /* a failed reading is not final */
    assert_int_equal(info(meter, 1).failures, 1);
    assert_true(poll.channels_changed);
    jb_meter_poll(meter, &poll);
    assert_false(poll.channels_changed);
    assert_int_equal(jb_meter_channel(meter, 2)->status, JB_OK);
    jb_meter_destroy(meter);
}

static void more_channels_than_a_meter_holds_are_left_out(void **state)
{
    struct jb_meter *meter =
        create_quick("fake:channels=64,fake:channels=64,fake:channels=64,fake:channels=60,fake:channels=9");
    assert_int_equal(jb_meter_channel_count(meter), JB_METER_MAX_CHANNELS);
    assert_int_equal(info(meter, 4).result, 0);
    assert_non_null(strstr(info(meter, 4).reason, "5 of 9"));
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.count, JB_METER_MAX_CHANNELS);
    for (size_t i = 0; i < poll.count; i++) {
        assert_int_equal(poll.readings[i].channel, i);
    }
    jb_meter_destroy(meter);
}

static void a_lane_delivers_in_order_of_time(void **state)
{
    struct jb_meter *meter = create_open("fake-lane:watts=10,fake", JB_NS_PER_MS, 0);
    /* Quick ones are first to be opened, lanes follow when they have. */
    assert_int_equal(jb_meter_channel_count(meter), 2);
    int lane = jb_meter_source_first(meter, 1);
    assert_true(info(meter, 1).lane);
    assert_int_equal(info(meter, 1).result, 0);
    uint64_t last_ns = 0, got = 0;
    struct jb_poll poll;
    while (got < 20) {
        WAIT_FOR((jb_meter_poll(meter, &poll), count_status(&poll, lane, JB_OK) > 0));
        for (size_t i = 0; i < poll.count; i++) {
            if (poll.readings[i].channel == lane) {
                assert_true(poll.readings[i].t_after_ns > last_ns);
                last_ns = poll.readings[i].t_after_ns;
                got++;
            }
        }
    }
    assert_true(info(meter, 1).reads >= 20);
    jb_meter_destroy(meter);
}

static void a_lane_that_cannot_open_says_why(void **state)
{
    struct jb_meter *meter = create_open("fake-lane:fault=eacces,fake-lane:nonsense=1", JB_NS_PER_MS, 0);
    assert_int_equal(info(meter, 0).result, -EACCES);
    assert_true(info(meter, 0).reason[0] && info(meter, 0).fix[0]);
    assert_int_equal(info(meter, 1).result, -EINVAL);
    assert_int_equal(jb_meter_channel_count(meter), 0);
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    jb_meter_poll_final(meter, HOUR_NS, &poll); /* nothing to wait for */
    assert_int_equal(poll.count, 0);
    jb_meter_destroy(meter);
}

static void a_call_that_hangs_stalls_nobody_else(void **state)
{
    struct jb_meter *meter =
        create_open("fake,fake-lane:fault=hang:channels=2,fake-lane:device=ram", JB_NS_PER_MS, 20 * JB_NS_PER_MS);
    struct jb_poll poll;
    int hung = jb_meter_source_first(meter, 1), other = jb_meter_source_first(meter, 2);
    size_t timeouts = 0, quick = 0, lane = 0;
    WAIT_FOR((jb_meter_poll(meter, &poll), quick += count_status(&poll, 0, JB_OK),
              lane += count_status(&poll, other, JB_OK),
              timeouts += count_status(&poll, hung, JB_TIMEOUT) + count_status(&poll, hung + 1, JB_TIMEOUT),
              info(meter, 1).hung && lane > 10));
    assert_true(quick > 0);
    assert_int_equal(timeouts, 2); /* once for each channel */
    assert_int_equal(jb_meter_channel(meter, hung)->status, JB_TIMEOUT);
    assert_int_equal(jb_meter_channel(meter, hung + 1)->status, JB_TIMEOUT);
    assert_true(info(meter, 1).reason[0] != '\0');
    jb_meter_poll(meter, &poll);
    assert_int_equal(count_status(&poll, hung, JB_TIMEOUT), 0);
    /* The hung lane is not waited for at the end: an hour would not pass the test's own limit. */
    jb_meter_poll_final(meter, HOUR_NS, &poll);
    assert_true(count_status(&poll, other, JB_OK) > 0);
    jb_meter_destroy(meter);
}

static void a_hang_while_opening_is_told(void **state)
{
    struct jb_meter *meter = create(&(struct jb_meter_config){
        .sensors = "fake-lane:fault=hang-open,fake", .interval_ns = JB_NS_PER_MS, .lane_patience_ns = JB_NS_PER_MS});
    struct jb_poll poll;
    WAIT_FOR((jb_meter_poll(meter, &poll), info(meter, 1).hung));
    assert_int_equal(info(meter, 1).result, -EINPROGRESS);
    assert_non_null(strstr(info(meter, 1).reason, "opening"));
    assert_int_equal(poll.count, 1);
    jb_meter_destroy(meter);
}

static void a_lane_that_comes_back_goes_on(void **state)
{
    struct jb_meter *meter = create_open("fake-lane:watts=10:fault=stall:for=200ms", JB_NS_PER_MS, 20 * JB_NS_PER_MS);
    struct jb_poll poll;
    WAIT_FOR((jb_meter_poll(meter, &poll), info(meter, 0).hung));
    assert_int_equal(jb_meter_channel(meter, 0)->status, JB_TIMEOUT);
    WAIT_FOR((jb_meter_poll(meter, &poll), !info(meter, 0).hung));
    assert_int_equal(jb_meter_channel(meter, 0)->status, JB_OK);
    assert_true(poll.channels_changed);
    WAIT_FOR((jb_meter_poll(meter, &poll), count_status(&poll, 0, JB_OK) > 0));
    jb_meter_destroy(meter);
}

static void an_abandoned_lane_that_comes_back_finds_its_memory(void **state)
{
    /* The sanitizers watch this: the meter and everything it was given are gone when the thread wakes up. */
    int before = thread_count();
    char *root = strdup("/nowhere"),
         *sensors = strdup("fake-lane:fault=stall:for=400ms,fake-lane:fault=hang-open:for=400ms");
    assert_true(root && sensors);
    struct jb_meter *meter =
        create(&(struct jb_meter_config){.env = {.root = root}, .sensors = sensors, .interval_ns = JB_NS_PER_MS});
    memset(root, 'x', strlen(root));
    memset(sensors, 'x', strlen(sensors));
    free(root);
    free(sensors);
    jb_meter_destroy(meter);
    WAIT_FOR(thread_count() == before);
}

static void destroying_ends_the_threads_of_lanes_that_answer(void **state)
{
    int before = thread_count();
    struct jb_meter *meter = create_open("fake-lane,fake-lane,fake-lane", JB_NS_PER_MS, 0);
    assert_int_equal(thread_count(), before + 3);
    jb_meter_destroy(meter);
    WAIT_FOR(thread_count() == before);
}

static void the_final_poll_brings_a_reading_from_after_it_was_asked(void **state)
{
    struct jb_meter *meter = create_open("fake,fake-lane", HOUR_NS, 0);
    struct jb_poll poll;
    int lane = jb_meter_source_first(meter, 1);
    uint64_t asked_ns = jb_mono_ns();
    jb_meter_poll_final(meter, WAIT_NS, &poll);
    bool quick = false, late = false;
    for (size_t i = 0; i < poll.count; i++) {
        late |= poll.readings[i].channel == lane && poll.readings[i].t_after_ns >= asked_ns;
        quick |= poll.readings[i].channel == 0 && poll.readings[i].t_after_ns >= asked_ns;
    }
    assert_true(late && quick);
    jb_meter_destroy(meter);
}

static void the_final_poll_waits_for_a_lane_still_opening(void **state)
{
    struct jb_meter *meter = create_quick("fake-lane:fault=hang-open:for=100ms");
    struct jb_poll poll;
    jb_meter_poll_final(meter, WAIT_NS, &poll);
    assert_int_equal(jb_meter_channel_count(meter), 1);
    assert_true(count_status(&poll, 0, JB_OK) > 0);
    jb_meter_destroy(meter);
}

static void the_final_poll_gives_up_at_its_deadline(void **state)
{
    struct jb_meter *meter = create_open("fake,fake-lane:fault=hang", JB_NS_PER_MS, HOUR_NS);
    struct jb_poll poll;
    jb_meter_poll_final(meter, 10 * JB_NS_PER_MS, &poll); /* would never return otherwise */
    assert_int_equal(count_status(&poll, 0, JB_OK), 1);
    jb_meter_destroy(meter);
}

static void processes_come_with_numbers_over_all_sources(void **state)
{
    struct jb_meter *meter =
        create_open("fake:channels=3,fake:device=gpu:pid=11:busy=0.5,fake-lane:device=gpu:pid=22", JB_NS_PER_MS, 0);
    struct jb_poll poll;
    bool quick = false, lane = false;
    WAIT_FOR((jb_meter_poll(meter, &poll), ({
                  for (size_t i = 0; i < poll.use_count; i++) {
                      if (poll.uses[i].pid == 11) {
                          assert_int_equal(poll.uses[i].channel, 3);
                          assert_int_equal(poll.uses[i].busy_ppm, 500000);
                          quick = true;
                      } else {
                          assert_int_equal(poll.uses[i].pid, 22);
                          assert_int_equal(poll.uses[i].channel, 4);
                          assert_false(poll.uses[i].utilisation_known);
                          lane = true;
                      }
                  }
                  quick &&lane;
              })));
    /* Not with every poll, but always with the last. */
    struct jb_poll next;
    jb_meter_poll_final(meter, WAIT_NS, &next);
    assert_true(next.use_count >= 2);
    jb_meter_destroy(meter);
}

static void processes_are_not_asked_at_every_poll(void **state)
{
    struct jb_meter *meter = create_quick("fake:pid=1");
    struct jb_poll poll;
    size_t uses = 0;
    uint64_t start_ns = jb_mono_ns(), polls = 0;
    do {
        jb_meter_poll(meter, &poll);
        uses += poll.use_count;
    } while (++polls < 50);
    uint64_t seconds = (jb_mono_ns() - start_ns) / JB_NS_PER_S;
    assert_true(uses >= 1 && uses <= seconds + 2);
    jb_meter_destroy(meter);
}

static void lanes_leave_signals_to_the_caller(void **state)
{
    struct jb_meter *meter = create_open("fake-lane", JB_NS_PER_MS, 0);
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    int lanes = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[PATH_MAX], line[256];
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
        bool ours = false;
        while (file && fgets(line, sizeof(line), file)) {
            ours |= strncmp(line, "Name:\tjb-fake", 13) == 0;
            if (ours && strncmp(line, "SigBlk:\t", 8) == 0) {
                /* SIGINT is bit 1, SIGTERM bit 14, SIGUSR1 bit 9. */
                unsigned long long blocked = strtoull(line + 8, NULL, 16);
                assert_int_equal(blocked & 0x4202, 0x4202);
                lanes++;
            }
        }
        if (file) {
            fclose(file);
        }
    }
    closedir(dir);
    assert_true(lanes >= 1); /* and those that other tests left hanging */
    jb_meter_destroy(meter);
}

static void what_reading_costs_is_known(void **state)
{
    uint64_t begin_ns = jb_mono_ns();
    struct jb_meter *meter = create_open("fake:channels=64,fake-lane:channels=64", JB_NS_PER_MS, 0);
    struct jb_poll poll;
    WAIT_FOR((jb_meter_poll(meter, &poll), info(meter, 0).cost_ns > 0 && info(meter, 1).cost_ns > 0));
    assert_true(info(meter, 0).cost_ns <= jb_mono_ns() - begin_ns);
    assert_true(info(meter, 1).cost_ns <= jb_self_cpu_ns());
    jb_meter_destroy(meter);
}

static void put(const char *root, const char *zone, const char *file, const char *text)
{
    char path[PATH_MAX];
    static const char *const folders[] = {"", "/sys", "/sys/class", "/sys/class/powercap"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", root, folders[i]);
        mkdir(path, 0755);
    }
    snprintf(path, sizeof(path), "%s/sys/class/powercap/%s", root, zone);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/sys/class/powercap/%s/%s", root, zone, file);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void mirrored_dies_are_found_at_open(void **state)
{
    char root[] = "/tmp/jb-meter-XXXXXX", command[PATH_MAX];
    assert_non_null(mkdtemp(root));
    put(root, "intel-rapl:0", "name", "package-0-die-0\n");
    put(root, "intel-rapl:0", "energy_uj", "123456789\n");
    put(root, "intel-rapl:1", "name", "package-0-die-1\n");
    put(root, "intel-rapl:1", "energy_uj", "123456789\n");
    put(root, "intel-rapl:2", "name", "package-1\n");
    put(root, "intel-rapl:2", "energy_uj", "123456789\n");
    struct jb_meter *meter = create(&(struct jb_meter_config){.env = {.root = root}, .sensors = "fake,rapl-powercap"});
    assert_int_equal(jb_meter_channel_count(meter), 4);
    assert_int_equal(jb_meter_mirror_of(meter, 0), -1);
    assert_int_equal(jb_meter_mirror_of(meter, 1), 0);
    assert_int_equal(jb_meter_mirror_of(meter, 2), -1);
    jb_meter_destroy(meter);
    for (int i = 0; i < 3; i++) {
        static const char *const files[] = {"name", "energy_uj", ""};
        for (size_t k = 0; k < 3; k++) {
            snprintf(command, sizeof(command), "%s/sys/class/powercap/intel-rapl:%d/%s", root, i, files[k]);
            remove(command);
        }
    }
    static const char *const folders[] = {"/sys/class/powercap", "/sys/class", "/sys", ""};
    for (size_t i = 0; i < 4; i++) {
        snprintf(command, sizeof(command), "%s%s", root, folders[i]);
        rmdir(command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_makes_no_sense_makes_no_meter),
        cmocka_unit_test(a_list_can_be_checked_without_opening_anything),
        cmocka_unit_test(test_drivers_are_opened_only_by_name),
        cmocka_unit_test(channels_are_numbered_over_all_sources),
        cmocka_unit_test(what_a_sensor_says_comes_through_unchanged),
        cmocka_unit_test(one_that_is_refused_is_remembered_and_costs_the_others_nothing),
        cmocka_unit_test(a_device_that_is_gone_stays_in_the_list_as_gone),
        cmocka_unit_test(more_channels_than_a_meter_holds_are_left_out),
        cmocka_unit_test(a_lane_delivers_in_order_of_time),
        cmocka_unit_test(a_lane_that_cannot_open_says_why),
        cmocka_unit_test(a_call_that_hangs_stalls_nobody_else),
        cmocka_unit_test(a_hang_while_opening_is_told),
        cmocka_unit_test(a_lane_that_comes_back_goes_on),
        cmocka_unit_test(an_abandoned_lane_that_comes_back_finds_its_memory),
        cmocka_unit_test(destroying_ends_the_threads_of_lanes_that_answer),
        cmocka_unit_test(the_final_poll_brings_a_reading_from_after_it_was_asked),
        cmocka_unit_test(the_final_poll_waits_for_a_lane_still_opening),
        cmocka_unit_test(the_final_poll_gives_up_at_its_deadline),
        cmocka_unit_test(processes_come_with_numbers_over_all_sources),
        cmocka_unit_test(processes_are_not_asked_at_every_poll),
        cmocka_unit_test(lanes_leave_signals_to_the_caller),
        cmocka_unit_test(what_reading_costs_is_known),
        cmocka_unit_test(mirrored_dies_are_found_at_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
