/* SPDX-License-Identifier: Apache-2.0 */
/* The CPU's power model: curve, fractions by segment, what a guest and a container pay, errors. */
#include "support.h"

static struct jb_machine machine_of(const char *vendor, const char *name, double tdp_w, unsigned table_cores,
                                    unsigned sockets, unsigned threads)
{
    struct jb_machine m;
    memset(&m, 0, sizeof m);
    snprintf(m.cpu.vendor, sizeof m.cpu.vendor, "%s", vendor);
    snprintf(m.cpu.name, sizeof m.cpu.name, "%s", name);
    m.cpu.family = 6;
    m.cpu.found = JB_FOUND_TABLE;
    m.cpu.tdp_w = tdp_w;
    m.cpu.table_cores = table_cores;
    m.cpu.sockets = sockets;
    m.cpu.cores = sockets * table_cores;
    m.cpu.threads = threads;
    return m;
}

static void the_curve_has_its_points_and_rises_between(void **state)
{
    (void)state;
    static const double points[] = {0, .173, .234, .298, .363, .426, .503, .599, .723, .863, 1};
    double last = -1;
    for (int i = 0; i <= 10; i++) {
        assert_near(jb_spec_curve(i / 10.0), points[i], 1e-9);
    }
    assert_near(jb_spec_curve(0.05), .0865, 1e-9);
    for (int i = 0; i <= 1000; i++) {
        assert_true(jb_spec_curve(i / 1000.0) > last);
        last = jb_spec_curve(i / 1000.0);
    }
    assert_true(jb_spec_curve(-1) == 0 && jb_spec_curve(2) == 1 && jb_spec_curve(NAN) == 0);
}

static void two_sockets_of_intel_draw_more_than_their_tdp(void **state)
{
    (void)state;
    struct jb_machine m = machine_of("Intel", "Intel(R) Xeon(R) Gold 9999 CPU @ 2.50GHz", 150, 20, 2, 80);
    struct jb_cpu_power_model p;
    jb_cpu_power_model(&m, &p);
    assert_near(p.tdp_w, 300, 0);
    assert_near(jb_cpu_power_w(&p, 0), 300 * 0.15, 1e-9);
    assert_near(jb_cpu_power_w(&p, 1), 300 * 1.1, 1e-9);
    assert_near(p.charged, 1, 0);
    assert_int_equal(p.cpus, 80);
    assert_string_equal(p.note, "");
}

static void segments_differ_in_rest_and_full_power(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("AMD", "AMD EPYC 9999 64-Core Processor", 200, 64, 1, 128);
    jb_cpu_power_model(&m, &p);
    assert_near(p.max_fraction, 0.95, 1e-9);
    m = machine_of("AMD", "AMD Ryzen 9 9999X 16-Core Processor", 170, 16, 1, 32);
    jb_cpu_power_model(&m, &p);
    assert_near(p.max_fraction, 0.95 * 1.35, 1e-9);
    m = machine_of("Intel", "12th Gen Intel(R) Core(TM) i7-1260P", 28, 12, 1, 16);
    m.laptop = true;
    jb_cpu_power_model(&m, &p);
    assert_near(p.idle_fraction, 0.10, 1e-9);
    m = machine_of("Intel", "13th Gen Intel(R) Core(TM) i9-13900K", 125, 24, 1, 32); /* 253 W for a while */
    jb_cpu_power_model(&m, &p);
    assert_near(p.max_fraction, 1.6, 1e-9);
    m = machine_of("Ampere", "Ampere(R) Altra(R) Processor Q99-99", 200, 80, 1, 80);
    jb_cpu_power_model(&m, &p);
    assert_near(p.max_fraction, 1, 1e-9);
}

/* The whole server draws no less than its package: SPECpower's watts for the model are an upper bound. */
static void specpower_bounds_the_model(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("AMD", "AMD EPYC 7773X 64-Core Processor", 280, 64, 2, 256); /* 257.5 W a socket */
    jb_cpu_power_model(&m, &p);
    assert_near(jb_cpu_power_w(&p, 1), 2 * 257.5, 1e-9);
    m = machine_of("AMD", "AMD EPYC 9654 96-Core Processor", 360, 96, 2, 384); /* 356: does not bind */
    jb_cpu_power_model(&m, &p);
    assert_near(jb_cpu_power_w(&p, 1), 2 * 360 * 0.95, 1e-9);
    m.cpu.found = JB_FOUND_CONFIG; /* who says what it draws is believed */
    m.cpu.tdp_w = 500;
    jb_cpu_power_model(&m, &p);
    assert_near(jb_cpu_power_w(&p, 1), 2 * 500 * 0.95, 1e-9);
}

static void a_guest_pays_for_its_threads_and_says_so(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("Intel", "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 300, 32, 1, 8);
    m.virtual_machine = true;
    jb_cpu_power_model(&m, &p);
    assert_near(p.charged, 8 / 64.0, 1e-9);
    assert_non_null(strstr(p.note, "8 of 64 threads"));
    m.cpu.sockets = 8; /* a hypervisor that gives each thread a socket changes nothing */
    jb_cpu_power_model(&m, &p);
    assert_near(p.tdp_w * p.charged, 300 * 8 / 64.0, 1e-9);
    assert_true(p.rel_error >= 0.35);
    m = machine_of("AWS", "AWS Graviton3", 100, 64, 1, 8); /* no second threads on ARM */
    m.virtual_machine = true;
    m.cpu.family = -1;
    jb_cpu_power_model(&m, &p);
    assert_near(p.charged, 8 / 64.0, 1e-9);
}

static void a_guest_of_a_family_pays_by_core(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("AMD", "AMD EPYC", 6.3, 0, 1, 2);
    m.cpu.found = JB_FOUND_FAMILY;
    snprintf(m.cpu.source, sizeof m.cpu.source, "family EPYC: 6.3 W per core");
    m.virtual_machine = true;
    jb_cpu_power_model(&m, &p);
    assert_near(jb_cpu_power_w(&p, 1), 6.3 * 0.95, 1e-9);
    assert_non_null(strstr(p.note, "6.3 W per core"));
    assert_non_null(strstr(p.note, "virtual machine"));
    assert_true(p.rel_error >= 0.35 && p.rel_error <= 0.5);
}

static void a_container_pays_for_its_quota_also_in_a_guest(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("AMD", "AMD EPYC 9999 64-Core Processor", 200, 64, 1, 128);
    m.cpu_limit = 2.5;
    jb_cpu_power_model(&m, &p);
    assert_near(p.charged, 1, 0); /* a quota of a service is no container: the machine is all ours */
    m.container = true;
    jb_cpu_power_model(&m, &p);
    assert_near(p.charged, 2.5 / 128, 1e-9);
    assert_int_equal(p.cpus, 3);
    assert_non_null(strstr(p.note, "2.5 of 128 threads"));
    m.virtual_machine = true;
    m.cpu.threads = 16;
    jb_cpu_power_model(&m, &p);
    assert_near(p.charged, 16 / 128.0 * 2.5 / 16, 1e-9);
    assert_non_null(strstr(p.note, "virtual machine"));
    assert_non_null(strstr(p.note, "container"));
}

static void the_clock_and_the_table_make_it_surer(void **state)
{
    (void)state;
    struct jb_cpu_power_model p;
    struct jb_machine m = machine_of("AMD", "AMD EPYC 9999 64-Core Processor", 200, 64, 1, 128);
    jb_cpu_power_model(&m, &p);
    assert_near(p.rel_error, 0.25, 0);
    m.cpu.frequency = true;
    jb_cpu_power_model(&m, &p);
    assert_near(p.rel_error, 0.15, 0);
    m.cpu.found = JB_FOUND_FAMILY;
    jb_cpu_power_model(&m, &p);
    assert_true(p.rel_error >= 0.35);
    m.cpu.found = JB_FOUND_GUESS;
    jb_cpu_power_model(&m, &p);
    assert_near(p.rel_error, 0.5, 0);
}

static void an_unknown_machine_has_no_power(void **state)
{
    (void)state;
    struct jb_machine m;
    struct jb_cpu_power_model p;
    memset(&m, 0, sizeof m);
    jb_cpu_power_model(&m, &p);
    assert_true(p.tdp_w == 0);
    assert_true(jb_cpu_power_w(&p, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_curve_has_its_points_and_rises_between),
        cmocka_unit_test(two_sockets_of_intel_draw_more_than_their_tdp),
        cmocka_unit_test(segments_differ_in_rest_and_full_power),
        cmocka_unit_test(specpower_bounds_the_model),
        cmocka_unit_test(a_guest_pays_for_its_threads_and_says_so),
        cmocka_unit_test(a_guest_of_a_family_pays_by_core),
        cmocka_unit_test(a_container_pays_for_its_quota_also_in_a_guest),
        cmocka_unit_test(the_clock_and_the_table_make_it_surer),
        cmocka_unit_test(an_unknown_machine_has_no_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
