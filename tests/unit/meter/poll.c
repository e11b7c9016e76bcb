/* SPDX-License-Identifier: Apache-2.0 */
/* Polling with drivers of the test's own: what it allocates (nothing), and what it makes of drivers that misbehave. */
#include "wait.h"

#include "meter/meter.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- counting allocations: the linker sends the libraries' calls here (--wrap) ---- */

static _Thread_local bool counting;
static _Thread_local int allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    allocations += counting;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += counting;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations += counting;
    return __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    allocations += counting;
    return __real_strdup(text);
}

/* ---- drivers ---- */

static int open_eight(struct jb_source *source, struct jb_diag *diag)
{
    for (int i = 0; i < 8; i++) {
        struct jb_channel *channel = jb_source_add_channel(source);
        assert_non_null(channel);
        snprintf(channel->id, sizeof(channel->id), "cpu/%d/x", i);
        channel->parent = i ? 0 : -1;
    }
    return 0;
}

static void read_eight(struct jb_source *source, struct jb_sink *sink)
{
    for (int i = 0; i < 8; i++) {
        jb_emit(sink, i, 1, 2, (uint64_t)i);
    }
}

static int uses_of_eight(struct jb_source *source, struct jb_gpu_use *ret, size_t max)
{
    assert_true(max >= 3);
    ret[0] = (struct jb_gpu_use){.channel = -1, .pid = 1};
    ret[1] = (struct jb_gpu_use){.channel = 7, .pid = 2};
    ret[2] = (struct jb_gpu_use){.channel = 8, .pid = 3};
    return 3;
}

/* Names channels that it never described, and says more than anybody has room for. */
static void read_wildly(struct jb_source *source, struct jb_sink *sink)
{
    jb_emit(sink, -1, 1, 1, 1);
    jb_emit(sink, 8, 1, 1, 1);
    jb_emit(sink, 255, 1, 1, 1);
    jb_emit_failure(sink, 2000000000, 1, JB_GONE);
    jb_emit(sink, 3, 1, 1, 42);
}

static atomic_uint floods; /* that have begun */

static void read_floods(struct jb_source *source, struct jb_sink *sink)
{
    uint64_t flood = atomic_fetch_add(&floods, 1);
    for (uint64_t i = 0; i < 10000; i++) {
        jb_emit(sink, 0, i, i, flood);
    }
}

/* Two dies that show one counter. */
static int open_dies(struct jb_source *source, struct jb_diag *diag)
{
    for (int i = 0; i < 2; i++) {
        struct jb_channel *channel = jb_source_add_channel(source);
        assert_non_null(channel);
        channel->domain = JB_DOMAIN_PACKAGE;
        channel->unit = 0;
        channel->die = i;
    }
    return 0;
}

static void read_dies(struct jb_source *source, struct jb_sink *sink)
{
    jb_emit(sink, 0, 1, 1, 77);
    jb_emit(sink, 1, 1, 1, 77);
}

static sem_t gate;

static int open_gated(struct jb_source *source, struct jb_diag *diag)
{
    while (sem_wait(&gate) < 0) {
    }
    return open_eight(source, diag);
}

static int closed;

static int open_half(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    assert_non_null(channel);
    channel->status = JB_UNSUPPORTED;
    snprintf(channel->reason, sizeof(channel->reason), "too old");
    return -EIO; /* and no word in diag */
}

static void close_counting(struct jb_source *source)
{
    closed++;
}

#define DRIVER .abi = JB_SENSOR_ABI, .title = "test", .test = true, .priv_size = 8
static const struct jb_sensor_driver eight = {DRIVER,
                                              .name = "eight",
                                              .open = open_eight,
                                              .read = read_eight,
                                              .close = close_counting,
                                              .processes = uses_of_eight};
static const struct jb_sensor_driver eight_lane = {
    DRIVER, .name = "eight-lane", .blocking = true, .open = open_eight, .read = read_eight, .processes = uses_of_eight};
static const struct jb_sensor_driver gated = {DRIVER, .name = "gated", .blocking = true, .open = open_gated,
                                              .read = read_eight};
static const struct jb_sensor_driver wild = {DRIVER, .name = "wild", .open = open_eight, .read = read_wildly};
static const struct jb_sensor_driver dies = {DRIVER, .name = "dies", .open = open_dies, .read = read_dies};
static const struct jb_sensor_driver dies_lane = {DRIVER, .name = "dies-lane", .blocking = true, .open = open_dies,
                                                  .read = read_dies};

static enum jb_status real_status;

static int open_real(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    assert_non_null(channel);
    channel->domain = JB_DOMAIN_PACKAGE;
    channel->status = real_status;
    return 0;
}

#define HARDWARE .abi = JB_SENSOR_ABI, .title = "test", .priv_size = 8
static const struct jb_sensor_driver real = {HARDWARE, .name = "real", .open = open_real, .read = read_dies};
static const struct jb_sensor_driver model = {
    HARDWARE, .name = "model", .stand_in = true, .stand_in_for = JB_DEVICE_CPU, .open = open_real, .read = read_dies};
static const struct jb_sensor_driver flood = {DRIVER, .name = "flood", .open = open_eight, .read = read_floods};
static const struct jb_sensor_driver flood_lane = {DRIVER, .name = "flood-lane", .blocking = true, .open = open_eight,
                                                   .read = read_floods};
static const struct jb_sensor_driver half = {DRIVER, .name = "half", .open = open_half, .read = read_eight,
                                             .close = close_counting};
static const struct jb_sensor_driver foreign = {
    .abi = JB_SENSOR_ABI + 1, .name = "foreign", .title = "test", .test = true, .open = open_eight, .read = read_eight};

/* In the place of sensor/registry.c, which the linker then leaves out. */
const struct jb_sensor_driver *const jb_sensor_drivers[] = {
    &real, &model, &eight, &eight_lane, &gated, &wild, &dies, &dies_lane, &flood, &flood_lane, &half, &foreign, NULL};

static struct jb_meter *create(const char *sensors, uint64_t interval_ns)
{
    struct jb_meter *meter = NULL;
    assert_int_equal(
        jb_meter_create(
            &(struct jb_meter_config){.sensors = sensors, .interval_ns = interval_ns, .open_wait_ns = WAIT_NS}, &meter,
            NULL),
        0);
    return meter;
}

static void polling_allocates_nothing(void **state)
{
    struct jb_meter *meter = create("eight,eight-lane,eight-lane", JB_NS_PER_MS);
    struct jb_poll poll;
    size_t readings = 0;
    allocations = 0;
    counting = true;
    free(__wrap_malloc(1));
    assert_int_equal(allocations, 1); /* the count works */
    for (int i = 0; i < 2000 || readings < 20000; i++) {
        jb_meter_poll(meter, &poll);
        readings += poll.count;
    }
    jb_meter_poll_final(meter, WAIT_NS, &poll);
    counting = false;
    assert_int_equal(allocations, 1);
    jb_meter_destroy(meter);
}

static void a_lane_that_opens_late_brings_its_channels_late_and_without_memory(void **state)
{
    struct jb_meter *meter = NULL;
    struct jb_poll poll;
    struct jb_source_info info;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(jb_meter_create(&(struct jb_meter_config){.sensors = "eight,gated"}, &meter, NULL), 0);
    jb_meter_poll(meter, &poll);
    jb_meter_poll(meter, &poll);
    assert_false(poll.channels_changed);
    assert_int_equal(jb_meter_channel_count(meter), 8);
    assert_int_equal(jb_meter_source_first(meter, 1), -1);
    jb_meter_source_info(meter, 1, &info);
    assert_int_equal(info.result, -EINPROGRESS);
    assert_int_equal(sem_post(&gate), 0);
    allocations = 0;
    counting = true;
    WAIT_FOR((jb_meter_poll(meter, &poll), jb_meter_channel_count(meter) == 16));
    counting = false;
    assert_int_equal(allocations, 0);
    assert_true(poll.channels_changed);
    assert_int_equal(jb_meter_source_first(meter, 1), 8);
    jb_meter_source_info(meter, 1, &info);
    assert_int_equal(info.result, 0);
    jb_meter_destroy(meter);
}

static void readings_of_channels_that_do_not_exist_are_dropped(void **state)
{
    struct jb_meter *meter = create("eight,wild", JB_NS_PER_MS);
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.count, 9);
    assert_int_equal(poll.readings[8].channel, 11);
    assert_int_equal(poll.readings[8].raw, 42);
    jb_meter_destroy(meter);
}

static void uses_of_channels_that_do_not_exist_are_dropped(void **state)
{
    struct jb_meter *meter = create("eight,eight", JB_NS_PER_MS);
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.use_count, 2);
    assert_int_equal(poll.uses[0].channel, 7);
    assert_int_equal(poll.uses[1].channel, 15);
    assert_int_equal(poll.uses[1].pid, 2);
    jb_meter_destroy(meter);
}

static void a_flood_is_cut_and_counted(void **state)
{
    struct jb_meter *meter = create("flood", JB_NS_PER_MS);
    struct jb_poll poll;
    struct jb_source_info info;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.count, JB_METER_MAX_READINGS);
    jb_meter_source_info(meter, 0, &info);
    assert_int_equal(info.failures, 10000 - JB_METER_MAX_READINGS);
    jb_meter_destroy(meter);
}

static void a_full_mailbox_keeps_the_newest(void **state)
{
    atomic_store(&floods, 0);
    struct jb_meter *meter = create("flood-lane", JB_NS_PER_MS);
    struct jb_poll poll;
    WAIT_FOR(atomic_load(&floods) >= 4); /* each fills the mailbox; three are in it or were */
    jb_meter_poll(meter, &poll);
    assert_true(poll.count > 0);
    for (size_t i = 0; i < poll.count; i++) {
        assert_true(poll.readings[i].raw >= 2);
        assert_true(i == 0 || poll.readings[i].t_after_ns == poll.readings[i - 1].t_after_ns + 1);
    }
    jb_meter_destroy(meter);
}

static void what_does_not_fit_into_one_poll_comes_with_the_next(void **state)
{
    /* Three full mailboxes are more than one poll holds; an hour keeps them from being filled again. */
    atomic_store(&floods, 0);
    struct jb_meter *meter = create("flood-lane,flood-lane,flood-lane", 3600 * JB_NS_PER_S);
    struct jb_poll poll;
    size_t of_channel[24] = {0}, total = 0;
    WAIT_FOR(({
        jb_meter_poll(meter, &poll);
        for (size_t i = 0; i < poll.count; i++) {
            assert_in_range(poll.readings[i].channel, 0, 23);
            of_channel[poll.readings[i].channel]++;
        }
        total += poll.count;
        assert_true(poll.count <= JB_METER_MAX_READINGS);
        total == 3 * 2048;
    }));
    assert_true(of_channel[0] == 2048 && of_channel[8] == 2048 && of_channel[16] == 2048);
    jb_meter_destroy(meter);
}

static void mirrors_are_numbered_over_all_sources(void **state)
{
    struct jb_meter *meter = create("eight,dies,dies-lane", JB_NS_PER_MS);
    assert_int_equal(jb_meter_channel_count(meter), 12);
    for (int i = 0; i < 12; i++) {
        int expected = i == 9 ? 8 : i == 11 ? 10 : -1;
        assert_int_equal(jb_meter_mirror_of(meter, i), expected);
    }
    jb_meter_destroy(meter);
}

static void a_driver_that_fails_to_open_is_closed_and_keeps_its_channels(void **state)
{
    closed = 0;
    struct jb_meter *meter = create("half,eight", JB_NS_PER_MS);
    struct jb_source_info info;
    assert_int_equal(closed, 1);
    jb_meter_source_info(meter, 1, &info);
    assert_string_equal(info.driver, "half");
    assert_int_equal(info.result, -EIO);
    assert_true(info.reason[0] != '\0');
    assert_int_equal(jb_meter_channel_count(meter), 9);
    assert_string_equal(jb_meter_channel(meter, 8)->reason, "too old");
    struct jb_poll poll;
    jb_meter_poll(meter, &poll);
    assert_int_equal(poll.count, 8);
    jb_meter_destroy(meter);
    assert_int_equal(closed, 2);
}

static int result_of_model(const char *sensors, enum jb_status status)
{
    real_status = status;
    struct jb_meter *meter = create(sensors, JB_NS_PER_MS);
    struct jb_source_info info;
    jb_meter_source_info(meter, jb_meter_source_count(meter) - 1, &info);
    assert_string_equal(info.driver, "model");
    assert_int_equal(info.result != 0, info.reason[0] != '\0');
    struct jb_poll poll;
    jb_meter_poll(meter, &poll); /* a source that was not opened is not read */
    jb_meter_destroy(meter);
    return info.result;
}

static void a_model_stays_away_from_what_is_measured_unless_it_is_named(void **state)
{
    assert_int_equal(result_of_model(NULL, JB_OK), -ENODEV);
    assert_int_equal(result_of_model(NULL, JB_DENIED), 0);
    assert_int_equal(result_of_model("-real", JB_OK), 0);
    assert_int_equal(result_of_model("real,model", JB_OK), 0);
}

static void a_driver_of_another_version_is_not_called(void **state)
{
    struct jb_meter *meter = create("foreign", JB_NS_PER_MS);
    struct jb_source_info info;
    jb_meter_source_info(meter, 0, &info);
    assert_int_equal(info.result, -EPROTO);
    assert_int_equal(jb_meter_channel_count(meter), 0);
    jb_meter_destroy(meter);
}

static void parents_stay_indexes_of_the_source(void **state)
{
    struct jb_meter *meter = create("eight,eight", JB_NS_PER_MS);
    assert_int_equal(jb_meter_channel(meter, 9)->parent, 0);
    assert_int_equal(jb_meter_source_first(meter, 1) + jb_meter_channel(meter, 9)->parent, 8);
    jb_meter_destroy(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polling_allocates_nothing),
        cmocka_unit_test(a_lane_that_opens_late_brings_its_channels_late_and_without_memory),
        cmocka_unit_test(readings_of_channels_that_do_not_exist_are_dropped),
        cmocka_unit_test(uses_of_channels_that_do_not_exist_are_dropped),
        cmocka_unit_test(a_flood_is_cut_and_counted),
        cmocka_unit_test(a_full_mailbox_keeps_the_newest),
        cmocka_unit_test(what_does_not_fit_into_one_poll_comes_with_the_next),
        cmocka_unit_test(mirrors_are_numbered_over_all_sources),
        cmocka_unit_test(a_driver_that_fails_to_open_is_closed_and_keeps_its_channels),
        cmocka_unit_test(a_model_stays_away_from_what_is_measured_unless_it_is_named),
        cmocka_unit_test(a_driver_of_another_version_is_not_called),
        cmocka_unit_test(parents_stay_indexes_of_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
