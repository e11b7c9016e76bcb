/* SPDX-License-Identifier: Apache-2.0 */
/* The made-up sensor: exact where it should be, false where it is asked to be. */
#include "tree.h"

#include "sensor/fake.h"

#include <errno.h>
#include <time.h>

extern const struct jb_sensor_driver jb_sensor_fake, jb_sensor_fake_lane;

static int open_fake(struct tree *tree, const char *spec)
{
    return tree_open(tree, &jb_sensor_fake, spec);
}

/* The fault begins when the sensor is this old; the tests move its birth instead of waiting. */
static void age(struct tree *tree, uint64_t ns)
{
    struct jb_fake *fake = tree->source.priv;
    fake->start_ns -= ns;
}

static struct jb_reading read_first(struct tree *tree)
{
    tree_read(tree);
    assert_true(tree->sink.count >= 1);
    assert_int_equal(tree->readings[0].channel, 0);
    return tree->readings[0];
}

static void energy_is_exactly_power_times_time(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=123.456"), 0);
    uint64_t start_ns = ((struct jb_fake *)tree->source.priv)->start_ns;
    for (int i = 0; i < 100; i++) {
        struct jb_reading reading = read_first(tree);
        assert_int_equal(reading.t_before_ns, reading.t_after_ns);
        unsigned __int128 expected = (unsigned __int128)123456000 * (reading.t_after_ns - start_ns) / 1000000000;
        assert_int_equal(reading.raw, (uint64_t)expected);
        age(tree, UINT64_C(987654321));
        start_ns -= UINT64_C(987654321);
    }
}

static void a_counter_that_moves_now_and_then_does_so_off_its_grid(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=1000:update=1ms:jitter=100us"), 0); /* shows its age in ns */
    assert_int_equal(tree->channels[0].refresh_ns, 1000000);
    uint64_t last = 0, moved = 0;
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int i = 0; i < 20000; i++) {
        age(tree, 50123);
        struct jb_reading reading = read_first(tree);
        uint64_t old_ns = reading.t_after_ns - ((struct jb_fake *)tree->source.priv)->start_ns;
        assert_true(reading.raw <= old_ns && reading.raw >= last && old_ns - reading.raw < 1350000);
        if (reading.raw != last) {
            int64_t off = (int64_t)(reading.raw - (reading.raw + 500000) / 1000000 * 1000000);
            least = off < least ? off : least;
            most = off > most ? off : most;
            moved++;
        }
        last = reading.raw;
    }
    assert_true(moved > 900);
    assert_true(least >= -173206 && least < -150000 && most <= 173206 && most > 150000);
}

static void a_wrapping_counter_stays_below_its_range(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=1:wrap=1000:start=990:max=2"), 0);
    assert_int_equal(tree->channels[0].wrap, 1000);
    assert_int_equal(tree->channels[0].horizon_ns, 500000); /* 1000 uJ at 2 W */
    age(tree, 1000000000);
    for (int i = 0; i < 1000; i++) {
        age(tree, 7777);
        assert_true(read_first(tree).raw < 1000);
    }
}

static void power_is_a_gauge_and_scale_is_undone_by_the_unit(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=50:kind=power:scale=1000/1:device=gpu:unit=3"), 0);
    assert_string_equal(tree->channels[0].id, "gpu/3/fake");
    assert_int_equal(tree->channels[0].method, JB_METHOD_INTEGRATED);
    assert_int_equal(tree->channels[0].domain, JB_DOMAIN_GPU);
    assert_int_equal(tree->channels[0].unit_num, 1000);
    assert_int_equal(read_first(tree).raw, 50000);
}

static void several_channels_have_ids_of_their_own(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "channels=3:device=ram"), 0);
    assert_int_equal(tree->source.channel_count, 3);
    assert_int_equal(tree_channel(tree, "ram/2/fake")->unit, 2);
    assert_int_equal(open_fake(tree, "channels=2:unit=-1"), 0);
    assert_int_equal(tree->channels[1].unit, -1);
    assert_string_not_equal(tree->channels[0].id, tree->channels[1].id);
    tree_read(tree);
    assert_int_equal(tree->sink.count, 2);
}

static void faults_that_last_begin_at_their_time(void **state)
{
    static const struct {
        const char *spec;
        enum jb_status status;
    } cases[] = {{"fault=gone:at=1h", JB_GONE}, {"fault=eacces:at=1h", JB_DENIED}, {"fault=nan:at=1h", JB_FAILED}};
    struct tree *tree = *state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_fake(tree, cases[i].spec), 0);
        assert_int_equal(read_first(tree).status, JB_OK);
        age(tree, UINT64_C(3600000000000));
        assert_int_equal(read_first(tree).status, cases[i].status);
        assert_int_equal(read_first(tree).status, cases[i].status);
    }
}

static void eacces_from_the_start_is_a_refused_open(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "fault=eacces"), -EACCES);
    assert_true(tree->diag.text[0] && tree->diag.fix[0]);
}

static void a_frozen_counter_stands_still(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=10:fault=frozen:at=1s"), 0);
    age(tree, UINT64_C(5000000000));
    assert_int_equal(read_first(tree).raw, 10000000);
    age(tree, UINT64_C(5000000000));
    assert_int_equal(read_first(tree).raw, 10000000);
}

static void a_reset_counter_starts_from_zero(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=1:start=1000000000000:fault=reset:at=1h"), 0);
    assert_true(tree->channels[0].zero_at_reset);
    assert_true(read_first(tree).raw >= UINT64_C(1000000000000));
    age(tree, UINT64_C(3600000000000));
    assert_true(read_first(tree).raw < UINT64_C(1000000000));
}

static void a_backward_or_wild_reading_happens_once(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=10:start=1000000:fault=backwards:at=1h"), 0);
    uint64_t before = read_first(tree).raw;
    age(tree, UINT64_C(3600000000000));
    assert_int_equal(read_first(tree).raw, before / 2);
    assert_true(read_first(tree).raw >= before);
    assert_int_equal(open_fake(tree, "watts=10:fault=wild:at=1h"), 0);
    assert_true(read_first(tree).raw < UINT64_C(1) << 59);
    age(tree, UINT64_C(3600000000000));
    assert_true(read_first(tree).raw >= UINT64_C(1) << 60);
    assert_true(read_first(tree).raw < UINT64_C(1) << 59);
}

static void a_stall_takes_its_time_once(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "fault=stall:for=20ms"), 0);
    uint64_t start_ns = ((struct jb_fake *)tree->source.priv)->start_ns;
    assert_true(read_first(tree).t_after_ns - start_ns >= 20000000);
    assert_true(((struct jb_fake *)tree->source.priv)->spent);
}

static void processes_are_told_with_their_window(void **state)
{
    struct tree *tree = *state;
    struct jb_gpu_use uses[2];
    assert_int_equal(open_fake(tree, NULL), 0);
    assert_int_equal(jb_sensor_fake.processes(&tree->source, uses, 2), -ENOTSUP);
    assert_int_equal(open_fake(tree, "device=gpu:pid=42:busy=0.25"), 0);
    assert_int_equal(jb_sensor_fake.processes(&tree->source, uses, 2), 1);
    assert_int_equal(uses[0].pid, 42);
    assert_true(uses[0].utilisation_known);
    assert_int_equal(uses[0].busy_ppm, 250000);
    uint64_t end_ns = uses[0].t1_ns;
    assert_int_equal(jb_sensor_fake.processes(&tree->source, uses, 2), 1);
    assert_int_equal(uses[0].t0_ns, end_ns);
    assert_int_equal(jb_sensor_fake.processes(&tree->source, uses, 0), 0);
    assert_int_equal(open_fake(tree, "pid=42"), 0);
    assert_int_equal(jb_sensor_fake.processes(&tree->source, uses, 2), 1);
    assert_false(uses[0].utilisation_known);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    static const char *const specs[] = {"watts",        "watts=",          "watts=-1",
                                        "watts=nan",    "watts=1e99",      "colour=red",
                                        "kind=guess",   "device=tpu",      "unit=-2",
                                        "unit=x",       "channels=0",      "channels=65",
                                        "scale=1",      "scale=0/1",       "scale=1/0",
                                        "wrap=-1",      "start=5:wrap=5",  "at=2",
                                        "for=fast",     "update=1",        "update=1ms:jitter=251us",
                                        "jitter=1us",   "pid=0",           "pid=99999999999",
                                        "busy=-1",      "fault=gremlin",   "error=-1",
                                        "fault=hang",   "fault=hang-open", "=",
                                        "watts=1::unit"};
    struct tree *tree = *state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        if (open_fake(tree, specs[i]) != -EINVAL || !tree->diag.text[0]) {
            fail_msg("%s", specs[i]);
        }
    }
    char longest[1024];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(open_fake(tree, longest), -EINVAL);
    assert_int_equal(open_fake(tree, "wats=1"), -EINVAL);
    assert_non_null(strstr(tree->diag.fix, "watts"));
}

static void only_the_one_on_a_lane_is_marked_blocking(void **state)
{
    assert_false(jb_sensor_fake.blocking);
    assert_true(jb_sensor_fake_lane.blocking);
    assert_true(jb_sensor_fake.test && jb_sensor_fake_lane.test);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

static void a_meter_of_the_node_is_one_for_the_whole_machine(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "domain=node:kind=power:watts=70:unit=3"), 0);
    assert_string_equal(tree->channels[0].id, "node/fake");
    assert_int_equal(tree->channels[0].domain, JB_DOMAIN_NODE);
    assert_int_equal(tree->channels[0].device, JB_DEVICE_BOARD);
    assert_int_equal(tree->channels[0].unit, -1);
    assert_int_equal(open_fake(tree, "domain=package"), -EINVAL);
}

static uint64_t cpu_ns(void)
{
    struct timespec used;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void our_own_cpu_time_costs_what_is_asked(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "watts=0:own=1000:max=1e6"), 0);
    uint64_t before_ns = cpu_ns();
    uint64_t first = read_first(tree).raw;
    while (cpu_ns() - before_ns < 20000000) {
    }
    uint64_t second = read_first(tree).raw;
    assert_true(first >= before_ns);
    assert_true(second - first >= 19000000 && second <= cpu_ns()); /* 1000 W: a microjoule a nanosecond */
}

static void a_late_sensor_fails_until_then_and_a_hole_ends(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(open_fake(tree, "fault=late:at=5s"), 0);
    assert_int_equal(read_first(tree).status, JB_FAILED);
    age(tree, UINT64_C(5000000000));
    assert_int_equal(read_first(tree).status, JB_OK);
    assert_int_equal(open_fake(tree, "fault=nan:at=5s:for=2s"), 0);
    assert_int_equal(read_first(tree).status, JB_OK);
    age(tree, UINT64_C(5000000000));
    assert_int_equal(read_first(tree).status, JB_FAILED);
    age(tree, UINT64_C(2000000000));
    assert_int_equal(read_first(tree).status, JB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TREE(energy_is_exactly_power_times_time),
        ON_TREE(a_counter_that_moves_now_and_then_does_so_off_its_grid),
        ON_TREE(a_wrapping_counter_stays_below_its_range),
        ON_TREE(power_is_a_gauge_and_scale_is_undone_by_the_unit),
        ON_TREE(several_channels_have_ids_of_their_own),
        ON_TREE(a_meter_of_the_node_is_one_for_the_whole_machine),
        ON_TREE(our_own_cpu_time_costs_what_is_asked),
        ON_TREE(a_late_sensor_fails_until_then_and_a_hole_ends),
        ON_TREE(faults_that_last_begin_at_their_time),
        ON_TREE(eacces_from_the_start_is_a_refused_open),
        ON_TREE(a_frozen_counter_stands_still),
        ON_TREE(a_reset_counter_starts_from_zero),
        ON_TREE(a_backward_or_wild_reading_happens_once),
        ON_TREE(a_stall_takes_its_time_once),
        ON_TREE(processes_are_told_with_their_window),
        ON_TREE(options_that_make_no_sense_are_refused),
        cmocka_unit_test(only_the_one_on_a_lane_is_marked_blocking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
