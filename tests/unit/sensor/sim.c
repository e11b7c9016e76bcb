/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor that follows the program: energy is the integral of a known power, whoever looks and whenever. */
#include "tree.h"

#include "base/clock.h"
#include "base/file.h"
#include "sensor/sim_load.h"
#include "trace/ring.h"
#include "trace/writer.h"

#include <jansson.h>
#include <math.h>

extern const struct jb_sensor_driver jb_sensor_sim;

#define POWERS "# watts\nidle 20\nconv 100 \n  a conv 50\nmm\t60\n\ndefault 30 # of the rest"
#define MS     JB_NS_PER_MS

/* ---- the load alone ---- */

enum { CONV = 1, MM, OTHER, MARK };

static struct jb_sim_load *load_make(void)
{
    struct jb_sim_load *load = calloc(1, sizeof(*load));
    char text[] = POWERS;
    assert_non_null(load);
    assert_int_equal(jb_sim_powers_parse(text, &load->powers, NULL), 0);
    jb_sim_load_init(load);
    jb_sim_load_name(load, CONV, "aten::convolution");
    jb_sim_load_name(load, MM, "aten::mm");
    jb_sim_load_name(load, OTHER, "aten::relu");
    jb_sim_load_name(load, MARK, "Optimizer.step#SGD.step");
    return load;
}

static void put(struct jb_sim_load *load, uint32_t thread, uint64_t t_ns, enum jb_event_kind kind, uint32_t name)
{
    struct jb_traced traced = {.thread = thread, .event = {.t_ns = t_ns, .kind = (uint8_t)kind, .name = name}};
    jb_sim_load_event(load, &traced);
}

static void end(struct jb_sim_load *load, uint32_t thread, uint64_t t_ns)
{
    struct jb_traced traced = {.thread = thread,
                               .event = {.t_ns = t_ns, .kind = JB_EVENT_OPERATOR, .flags = JB_EVENT_END}};
    jb_sim_load_event(load, &traced);
}

static uint64_t at(struct jb_sim_load *load, uint64_t t_ns)
{
    jb_sim_load_advance(load, t_ns);
    return jb_sim_load_uj(load);
}

static void the_innermost_operator_says_the_power(void **state)
{
    struct jb_sim_load *load = load_make();
    put(load, 0, 10 * MS, JB_EVENT_OPERATOR, OTHER); /* until then 20 W */
    assert_int_equal(at(load, 10 * MS), 200000);
    put(load, 0, 12 * MS, JB_EVENT_OPERATOR, CONV); /* 30 W */
    assert_int_equal(at(load, 12 * MS), 260000);
    put(load, 0, 14 * MS, JB_EVENT_OPERATOR, MM); /* 100 W */
    assert_int_equal(at(load, 14 * MS), 460000);
    end(load, 0, 15 * MS); /* 60 W */
    assert_int_equal(at(load, 15 * MS), 520000);
    end(load, 0, 16 * MS); /* 100 W again */
    end(load, 0, 17 * MS); /* 30 W again */
    assert_int_equal(at(load, 17 * MS), 650000);
    assert_int_equal(at(load, 20 * MS), 710000);
    assert_int_equal(load->operators[CONV].calls, 1);
    assert_true(fabs(load->operators[CONV].joules - 0.3) < 1e-12);
    assert_true(fabs(load->operators[CONV].seconds - 0.003) < 1e-12);
    assert_true(fabs(load->idle.seconds - 0.013) < 1e-12);
    free(load);
}

static void only_operators_draw_power(void **state)
{
    struct jb_sim_load *load = load_make();
    static const enum jb_event_kind others[] = {JB_EVENT_BACKWARD, JB_EVENT_MARK,  JB_EVENT_RANGE, JB_EVENT_LAYER,
                                                JB_EVENT_EPOCH,    JB_EVENT_PHASE, JB_EVENT_STEP,  JB_EVENT_REGION};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        put(load, 0, 1 * MS, others[i], MARK);
    }
    assert_int_equal(at(load, 10 * MS), 200000);
    put(load, 0, 10 * MS, JB_EVENT_OPERATOR, MM);
    put(load, 0, 10 * MS, JB_EVENT_BACKWARD, MARK); /* inside an operator nothing but another one changes its power */
    put(load, 0, 10 * MS, JB_EVENT_LEVEL, 0);
    assert_int_equal(at(load, 20 * MS), 800000);
    end(load, 0, 20 * MS);
    end(load, 0, 20 * MS);
    assert_int_equal(at(load, 30 * MS), 1000000);
    free(load);
}

static void several_threads_draw_the_mean_of_theirs(void **state)
{
    struct jb_sim_load *load = load_make();
    put(load, 0, 0, JB_EVENT_OPERATOR, CONV);
    put(load, 5, 0, JB_EVENT_OPERATOR, MM);
    put(load, 511, 0, JB_EVENT_MARK, MARK); /* is inside no operator */
    assert_int_equal(at(load, 10 * MS), 800000);
    put(load, 511, 10 * MS, JB_EVENT_OPERATOR, MM);
    assert_int_equal(at(load, 40 * MS), 2999999); /* 73.333333 W: whole microwatts, however often it is looked at */
    end(load, 0, 40 * MS);
    assert_int_equal(at(load, 50 * MS), 3599999);
    end(load, 5, 50 * MS);
    end(load, 511, 50 * MS);
    assert_int_equal(at(load, 60 * MS), 3799999);
    /* What each cost is its own power over its part of the time, and adds up. */
    double sum = load->idle.joules;
    for (size_t i = 0; i < JB_WIRE_NAMES; i++) {
        sum += load->operators[i].joules;
        assert_true(fabs(load->operators[i].joules - load->operators[i].seconds * (double)load->power_uw[i] * 1e-6) <
                    1e-9);
    }
    assert_true(fabs(sum - 3.8) < 1e-6);
    assert_true(fabs(load->operators[CONV].seconds - 0.015) < 1e-12);
    free(load);
}

static void what_makes_no_sense_is_bounded(void **state)
{
    struct jb_sim_load *load = load_make();
    end(load, 3, 1 * MS); /* nothing is open */
    assert_int_equal(at(load, 10 * MS), 200000);
    for (int i = 0; i < 1000; i++) {
        put(load, 3, 10 * MS, JB_EVENT_OPERATOR, i < 128 ? MM : CONV);
    }
    assert_int_equal(at(load, 20 * MS), 800000); /* deeper than is looked: the parent's */
    for (int i = 0; i < 999; i++) {
        end(load, 3, 20 * MS);
    }
    assert_int_equal(at(load, 30 * MS), 1400000);
    put(load, 3, 5 * MS, JB_EVENT_OPERATOR, CONV); /* time does not go back */
    assert_int_equal(at(load, 40 * MS), 2400000);
    put(load, JB_WIRE_SLOTS, 40 * MS, JB_EVENT_OPERATOR, CONV);
    put(load, 2, 40 * MS, JB_EVENT_OPERATOR, JB_WIRE_NAMES);
    put(load, 3, 40 * MS, JB_EVENT_NONE, 0); /* it has ended, with two open */
    assert_int_equal(at(load, 50 * MS), 2600000);
    /* Its number is another thread's. */
    put(load, 3, 50 * MS, JB_EVENT_OPERATOR, CONV);
    struct jb_traced next = {.thread = 3, .generation = 1, .event = {.t_ns = 60 * MS, .kind = JB_EVENT_MARK}};
    jb_sim_load_event(load, &next);
    assert_int_equal(at(load, 70 * MS), 2600000 + 1000000 + 200000);
    put(load, 1, 70 * MS, JB_EVENT_OPERATOR, CONV);
    put(load, 4, 70 * MS, JB_EVENT_OPERATOR, MM);
    jb_sim_load_forget(load);
    assert_int_equal(at(load, 80 * MS), 4000000);
    end(load, 1, 80 * MS);
    assert_int_equal(at(load, 90 * MS), 4200000);
    free(load);
}

static void powers_are_found_by_the_first_fitting_line(void **state)
{
    struct jb_sim_powers powers;
    char text[] = POWERS;
    assert_int_equal(jb_sim_powers_parse(text, &powers, NULL), 0);
    assert_int_equal(jb_sim_power_uw(&powers, "aten::convolution"), 100000000);
    assert_int_equal(jb_sim_power_uw(&powers, "a conv"), 100000000);
    assert_int_equal(jb_sim_power_uw(&powers, "aten::addmm"), 60000000);
    assert_int_equal(jb_sim_power_uw(&powers, "idle"), 30000000);
    assert_int_equal(powers.idle_uw, 20000000);
    assert_int_equal(powers.most_uw, 100000000);
    assert_string_equal(powers.rows[1].pattern, "a conv");
    char plain[] = "idle 7";
    assert_int_equal(jb_sim_powers_parse(plain, &powers, NULL), 0);
    assert_int_equal(jb_sim_power_uw(&powers, "mm"), 7000000);
    char empty[] = "";
    assert_int_equal(jb_sim_powers_parse(empty, &powers, NULL), 0);
    assert_int_equal(jb_sim_power_uw(&powers, "mm"), 0);
    static const char *const bad[] = {"conv", "60", "conv x", "conv -1", "conv nan", "conv 1e9", "\n\nconv 5 W"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char copy[32];
        struct jb_diag diag = {{0}, {0}};
        snprintf(copy, sizeof(copy), "%s", bad[i]);
        powers.count = 77;
        assert_int_equal(jb_sim_powers_parse(copy, &powers, &diag), -EINVAL);
        assert_int_equal(powers.count, 77);
        assert_non_null(strstr(diag.text, i == 6 ? "line 3" : "line 1"));
    }
    char many[JB_SIM_ROWS * 8 + 16] = "";
    for (int i = 0; i <= JB_SIM_ROWS; i++) {
        snprintf(many + strlen(many), 8, "op 1\n");
    }
    assert_int_equal(jb_sim_powers_parse(many, &powers, NULL), -EINVAL);
    char wide[JB_SIM_PATTERN + 16];
    memset(wide, 'x', sizeof(wide));
    snprintf(wide + JB_SIM_PATTERN, 8, " 1");
    assert_int_equal(jb_sim_powers_parse(wide, &powers, NULL), -EINVAL);
}

/* ---- the sensor and a ring ---- */

struct run {
    struct tree *tree;
    struct jb_ring *ring;
    struct jb_wire *wire;
    uint32_t conv, mm;
};

static struct run run_begin(struct tree *tree)
{
    struct run run = {.tree = tree};
    tree_write(tree, "/powers", POWERS);
    assert_int_equal(jb_ring_create(&run.ring, &tree->diag), 0);
    run.wire = jb_wire_attach_place(jb_ring_place(run.ring));
    assert_non_null(run.wire);
    jb_ring_listen(run.ring, JB_LEVEL_FULL, JB_PATH_API);
    tree->env.ring = jb_ring_place(run.ring);
    run.conv = jb_wire_intern(run.wire, "aten::convolution");
    run.mm = jb_wire_intern(run.wire, "aten::mm");
    return run;
}

static void run_end(struct run *run)
{
    tree_close(run->tree);
    jb_wire_detach();
    jb_ring_destroy(run->ring);
}

static const char *spec_of(const struct run *run, const char *more)
{
    static char spec[512];
    snprintf(spec, sizeof(spec), "powers=%s/powers%s", run->tree->root, more);
    return spec;
}

static void spin(uint64_t ns)
{
    for (uint64_t start_ns = jb_mono_ns(); jb_mono_ns() - start_ns < ns;) {
    }
}

static void work_a_while(const struct run *run)
{
    for (int i = 0; i < 20; i++) {
        assert_true(jb_wire_begin(run->wire, JB_EVENT_OPERATOR, run->conv, 0));
        spin(150000);
        assert_true(jb_wire_begin(run->wire, JB_EVENT_OPERATOR, run->mm, 0));
        spin(50000);
        jb_wire_end(run->wire, JB_EVENT_OPERATOR);
        jb_wire_end(run->wire, JB_EVENT_OPERATOR);
        spin(30000);
    }
}

/* Another source of the same spec. */
struct second {
    struct jb_source source;
    struct jb_channel channels[JB_MAX_CHANNELS];
};

static void second_open(struct second *second, const struct tree *tree, const char *spec)
{
    memset(second, 0, sizeof(*second));
    second->source = (struct jb_source){.driver = &jb_sensor_sim,
                                        .env = &tree->env,
                                        .spec = spec,
                                        .channels = second->channels,
                                        .priv = calloc(1, jb_sensor_sim.priv_size)};
    assert_int_equal(jb_sensor_sim.open(&second->source, NULL), 0);
}

static void second_close(struct second *second)
{
    jb_sensor_sim.close(&second->source);
    free(second->source.priv);
}

static struct jb_reading read_one(struct jb_source *source)
{
    struct jb_reading reading;
    struct jb_sink sink = {.readings = &reading, .capacity = 1};
    source->driver->read(source, &sink);
    assert_int_equal(sink.count, 1);
    assert_int_equal(reading.status, JB_OK);
    return reading;
}

static void it_shows_what_the_events_say(void **state)
{
    struct run run = run_begin(*state);
    assert_int_equal(tree_open(run.tree, &jb_sensor_sim, spec_of(&run, ":update=2ms:lag=1ms")), 0);
    assert_string_equal(run.tree->channels[0].id, "cpu/0/sim");
    assert_int_equal(run.tree->channels[0].refresh_ns, 2 * MS);
    for (int i = 0; i < 3; i++) {
        work_a_while(&run);
    }
    struct jb_reading reading = read_one(&run.tree->source);
    /* The meter's own reader finds the same events: nothing was taken away. */
    static struct jb_traced events[4096];
    uint64_t shown_ns = reading.t_before_ns - reading.t_before_ns % (2 * MS) - 1 * MS;
    size_t count = jb_ring_drain(run.ring, jb_mono_ns(), events, 4096);
    assert_int_equal(count, 240);
    struct jb_sim_load *load = load_make();
    load->known[run.conv] = load->known[run.mm] = true;
    load->power_uw[run.conv] = 100000000;
    load->power_uw[run.mm] = 60000000;
    for (size_t i = 0; i < count && events[i].event.t_ns <= shown_ns; i++) {
        jb_sim_load_event(load, &events[i]);
    }
    assert_int_equal(reading.raw, at(load, shown_ns));
    assert_true(load->operators[run.mm].calls > 10);
    free(load);
    run_end(&run);
}

static void two_sources_show_the_same_at_the_same_time(void **state)
{
    struct run run = run_begin(*state);
    struct second second;
    assert_int_equal(tree_open(run.tree, &jb_sensor_sim, spec_of(&run, "")), 0);
    work_a_while(&run);
    second_open(&second, run.tree, spec_of(&run, "")); /* later */
    size_t compared = 0;
    uint64_t last = 0;
    for (int i = 0; i < 40; i++) {
        work_a_while(&run);
        struct jb_reading a = read_one(&run.tree->source), b = read_one(&second.source);
        struct jb_reading again = read_one(&run.tree->source);
        if (a.t_before_ns / MS == b.t_before_ns / MS) {
            assert_int_equal(a.raw, b.raw);
            compared++;
        }
        if (a.t_before_ns / MS == again.t_before_ns / MS) { /* between two updates nothing moves */
            assert_int_equal(a.raw, again.raw);
        }
        assert_true(a.raw > last);
        last = a.raw;
    }
    assert_true(compared > 0);
    second_close(&second);
    run_end(&run);
}

static void a_coarse_unit_is_undone_by_the_channel(void **state)
{
    struct run run = run_begin(*state);
    struct second fine;
    assert_int_equal(tree_open(run.tree, &jb_sensor_sim, spec_of(&run, ":unit=61:device=gpu")), 0);
    assert_string_equal(run.tree->channels[0].id, "gpu/0/sim");
    assert_int_equal(run.tree->channels[0].unit_num, 61);
    assert_int_equal(run.tree->channels[0].domain, JB_DOMAIN_GPU);
    second_open(&fine, run.tree, spec_of(&run, ""));
    struct jb_reading a, b;
    do {
        a = read_one(&run.tree->source);
        b = read_one(&fine.source);
    } while (a.t_before_ns / MS != b.t_before_ns / MS);
    assert_int_equal(a.raw, b.raw / 61);
    second_close(&fine);
    run_end(&run);
}

static json_t *truth_read(const char *path)
{
    json_t *truth = json_load_file(path, 0, NULL);
    assert_non_null(truth);
    return truth;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void the_truth_is_written_at_the_end(void **state)
{
    struct run run = run_begin(*state);
    char more[128], path[96];
    snprintf(path, sizeof(path), "%s/truth.json", run.tree->root);
    snprintf(more, sizeof(more), ":truth=%s", path);
    assert_int_equal(tree_open(run.tree, &jb_sensor_sim, spec_of(&run, more)), 0);
    work_a_while(&run);
    read_one(&run.tree->source);
    work_a_while(&run);
    tree_close(run.tree);
    json_t *truth = truth_read(path), *operators = json_object_get(truth, "operators");
    const json_t *conv = json_object_get(operators, "aten::convolution"), *mm = json_object_get(operators, "aten::mm");
    assert_int_equal(json_object_size(operators), 2);
    assert_int_equal((int)number(conv, "calls"), 40);
    assert_true(fabs(number(mm, "joules") - 60 * number(mm, "seconds")) < 1e-6);
    assert_true(fabs(number(conv, "joules") - 100 * number(conv, "seconds")) < 1e-6);
    assert_true(number(conv, "seconds") >= 40 * 150e-6);
    double sum = number(conv, "joules") + number(mm, "joules") + number(json_object_get(truth, "idle"), "joules");
    assert_true(fabs(sum - number(truth, "joules")) < 1e-4);
    json_decref(truth);
    run_end(&run);
}

/* More than a ring holds, and nobody looked: what is shown moves on rightly, and no truth is claimed. */
static void after_a_gap_it_is_right_again_and_claims_no_truth(void **state)
{
    struct run run = run_begin(*state);
    static struct jb_traced events[4096];
    char more[128], path[96];
    snprintf(path, sizeof(path), "%s/truth.json", run.tree->root);
    snprintf(more, sizeof(more), ":truth=%s", path);
    assert_int_equal(tree_open(run.tree, &jb_sensor_sim, spec_of(&run, more)), 0);
    for (int i = 0; i < 3 * (int)JB_WIRE_EVENTS / 2; i++) {
        assert_true(jb_wire_begin(run.wire, JB_EVENT_OPERATOR, run.conv, 0));
        jb_wire_end(run.wire, JB_EVENT_OPERATOR);
        while (i % 1024 == 0 && jb_ring_drain(run.ring, jb_mono_ns(), events, 4096) > 0) {
        }
    }
    spin(2 * MS);
    read_one(&run.tree->source);
    assert_true(jb_wire_begin(run.wire, JB_EVENT_OPERATOR, run.mm, 0));
    spin(2 * MS);
    struct jb_reading a = read_one(&run.tree->source), b;
    do {
        b = read_one(&run.tree->source);
    } while (b.t_before_ns / MS < a.t_before_ns / MS + 10);
    uint64_t updates = b.t_before_ns / MS - a.t_before_ns / MS;
    assert_int_equal(b.raw - a.raw, updates * 60000);
    jb_wire_end(run.wire, JB_EVENT_OPERATOR);
    tree_close(run.tree);
    assert_int_equal(access(path, F_OK), -1);
    run_end(&run);
}

static void what_it_is_asked_for_is_checked(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/powers", POWERS);
    char spec[128];
    snprintf(spec, sizeof(spec), "powers=%s/powers", tree->root);
    assert_int_equal(tree_open(tree, &jb_sensor_sim, spec), -ENODEV);
    assert_non_null(strstr(tree->diag.text, "no ring"));
    tree->env.ring = "/proc/self/no-such-ring";
    assert_true(tree_open(tree, &jb_sensor_sim, spec) < 0);
    struct run run = run_begin(tree);
    static const char *const bad[] = {":update=0s",  ":update=99us", ":update=x", ":lag=11s", ":unit=0",
                                      ":device=ram", ":watts=3",     ":unit",     ":lag=-1s"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(tree_open(tree, &jb_sensor_sim, spec_of(&run, bad[i])), -EINVAL);
        assert_true(tree->diag.text[0] != '\0');
    }
    assert_int_equal(tree_open(tree, &jb_sensor_sim, NULL), -EINVAL);
    assert_int_equal(tree_open(tree, &jb_sensor_sim, spec_of(&run, "-missing")), -ENOENT);
    tree_write(tree, "/powers", "conv much");
    assert_int_equal(tree_open(tree, &jb_sensor_sim, spec_of(&run, "")), -EINVAL);
    run_end(&run);
}

static void a_copy_of_the_environment_knows_the_ring(void **state)
{
    struct tree *tree = *state;
    tree->env.ring = "/proc/1/fd/2";
    struct jb_sensor_env *copy = jb_sensor_env_copy(&tree->env);
    assert_string_equal(copy->ring, "/proc/1/fd/2");
    assert_ptr_not_equal(copy->ring, tree->env.ring);
    jb_sensor_env_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_innermost_operator_says_the_power),
        cmocka_unit_test(only_operators_draw_power),
        cmocka_unit_test(several_threads_draw_the_mean_of_theirs),
        cmocka_unit_test(what_makes_no_sense_is_bounded),
        cmocka_unit_test(powers_are_found_by_the_first_fitting_line),
        cmocka_unit_test_setup_teardown(it_shows_what_the_events_say, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(two_sources_show_the_same_at_the_same_time, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_coarse_unit_is_undone_by_the_channel, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(the_truth_is_written_at_the_end, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(after_a_gap_it_is_right_again_and_claims_no_truth, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(what_it_is_asked_for_is_checked, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_copy_of_the_environment_knows_the_ring, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests_name("sensor/sim", tests, NULL, NULL);
}
