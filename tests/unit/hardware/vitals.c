/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a Jetson: what each file says, what is off, and what is not known. */
#include "support.h"

#include "hardware/vitals.h"

#include <signal.h>

static void look(const struct machine *m, struct jb_vitals *ret)
{
    struct jb_vitals_state state;
    jb_vitals_init(&state, m->root);
    jb_vitals_read(&state, ret);
    jb_vitals_finish(&state);
}

static int64_t item(const struct jb_vitals_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return list->items[i].value;
        }
    }
    return JB_VITAL_UNKNOWN;
}

static void cpus_are_busy_by_the_time_between_two_looks(void **state)
{
    struct jb_vitals_state kept;
    struct jb_vitals v;
    jb_vitals_init(&kept, NULL);
    jb_vitals_cpus(&kept, "cpu  1 1 1 1 1 1 1\ncpu0 100 0 0 800 50 0 50 7 7 7\ncpu1 0 0 0 100 0 0 0\nintr 1 2\n", "0-1",
                   &v);
    assert_int_equal(v.cpu_count, 2);
    assert_int_equal(v.cpu_percent[0], JB_VITAL_UNKNOWN);
    jb_vitals_cpus(&kept, "cpu0 150 0 0 840 55 0 55 9 9 9\ncpu1 0 0 0 200 0 0 0\n", "0-1", &v);
    assert_int_equal(v.cpu_percent[0], 60); /* 40 of 100 ticks idle; waiting for the disk is busy, as in jtop */
    assert_int_equal(v.cpu_percent[1], 0);
    jb_vitals_cpus(&kept, "cpu0 150 0 0 840 55 0 55\ncpu1 0 0 0 100 0 0 0\n", "0-1", &v);
    assert_int_equal(v.cpu_percent[0], JB_VITAL_UNKNOWN); /* stands still */
    assert_int_equal(v.cpu_percent[1], JB_VITAL_UNKNOWN); /* steps back */
}

static void cores_that_are_switched_off_are_off_whatever_their_number(void **state)
{
    struct jb_vitals_state kept;
    struct jb_vitals v;
    jb_vitals_init(&kept, NULL);
    jb_vitals_cpus(&kept, "cpu0 1 0 0 1 0 0 0\ncpu3 1 0 0 1 0 0 0\n", "0-5", &v);
    jb_vitals_cpus(&kept, "cpu0 2 0 0 2 0 0 0\ncpu3 2 0 0 1 0 0 0\n", "0-5", &v);
    assert_int_equal(v.cpu_count, 6);
    assert_int_equal(v.cpu_percent[0], 50);
    assert_int_equal(v.cpu_percent[1], JB_VITAL_OFF);
    assert_int_equal(v.cpu_percent[3], 100);
    assert_int_equal(v.cpu_percent[5], JB_VITAL_OFF);
    jb_vitals_cpus(&kept, "cpu0 3 0 0 3 0 0 0\ncpu1 9 0 0 9 0 0 0\n", "0-3,5", &v); /* back again: since when? */
    assert_int_equal(v.cpu_percent[1], JB_VITAL_UNKNOWN);
    assert_int_equal(v.cpu_percent[3], JB_VITAL_OFF);
    assert_int_equal(v.cpu_percent[4], JB_VITAL_UNKNOWN); /* not present at all */
    assert_int_equal(v.cpu_percent[5], JB_VITAL_OFF);
}

static void strange_lists_of_cpus_are_bounded(void **state)
{
    static const char *const lists[] = {"",    "0-",   "-",  "x", "0-99999999999999999999", "0-4294967295",
                                        "3-1", "1,,2", "500"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct jb_vitals_state kept;
        struct jb_vitals v;
        jb_vitals_init(&kept, NULL);
        jb_vitals_cpus(&kept, "cpu999 1 2 3 4 5 6 7\ncpu0 1\ncpu1 18446744073709551615 1 1 1 1 1 1\ncpu", lists[i], &v);
        assert_in_range(v.cpu_count, 0, JB_VITALS_CPUS);
        assert_int_equal(v.cpu_percent[0], JB_VITAL_UNKNOWN);
    }
}

static void memory_in_use_is_without_buffers_and_cache(void **state)
{
    struct jb_vitals v;
    jb_vitals_memory("MemTotal:  1000 kB\nMemFree: 500 kB\nMemAvailable: 1 kB\nBuffers: 100 kB\nCached: 150 kB\n"
                     "SwapCached: 9 kB\nSwapTotal: 200 kB\nSwapFree:  150 kB\n",
                     &v);
    assert_int_equal(v.ram_kb, 1000);
    assert_int_equal(v.ram_used_kb, 250);
    assert_int_equal(v.swap_kb, 200);
    assert_int_equal(v.swap_used_kb, 50);
    jb_vitals_memory(
        "MemTotal: 1000 kB\nMemFree: 900 kB\nBuffers: 100 kB\nCached: 150 kB\nSwapTotal: 0 kB\nSwapFree: 1 kB\n", &v);
    assert_int_equal(v.ram_used_kb, JB_VITAL_UNKNOWN); /* more free than there is */
    assert_int_equal(v.swap_used_kb, JB_VITAL_UNKNOWN);
    jb_vitals_memory("", &v);
    assert_int_equal(v.ram_kb, JB_VITAL_UNKNOWN);
    jb_vitals_memory("SwapTotal: 0 kB\nSwapFree: 0 kB", &v);
    assert_int_equal(v.swap_kb, 0); /* has none, and that is known */
}

static void zones_are_named_as_jtop_names_them(void **state)
{
    static const char *const names[][2] = {{"CPU-therm", "CPU"},           {"cpu-thermal", "cpu"},
                                           {"thermal-fan-est", "thermal"}, {"Tboard_tegra", "Tboard"},
                                           {"soc012-thermal", "soc012"},   {"acpitz", "acpitz"}};
    char name[JB_VITALS_NAME];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(jb_vitals_zone(names[i][0], name));
        assert_string_equal(name, names[i][1]);
    }
    assert_false(jb_vitals_zone("PMIC-Die", name)); /* always 100 degrees */
    assert_false(jb_vitals_zone("", name));
    assert_false(jb_vitals_zone("-", name));
    assert_false(jb_vitals_zone("aNameThatIsFarTooLongForAColumn-thermal", name));
}

static void the_power_mode_has_the_name_of_its_table(void **state)
{
    static const char conf[] = "< POWER_MODEL ID=0 NAME=MAXN >\nCPU 1\n< POWER_MODEL ID=3 NAME=MODE_30W_ALL >\n"
                               "< POWER_MODEL ID=30 NAME=WRONG >\n< PM_CONFIG DEFAULT=2 >\n";
    char name[32];
    jb_vitals_nvp("pmode:0003\n", conf, name);
    assert_string_equal(name, "MODE_30W_ALL");
    jb_vitals_nvp("pmode:0000 fmode:fanNull", conf, name);
    assert_string_equal(name, "MAXN");
    jb_vitals_nvp("pmode:0007", conf, name);
    assert_string_equal(name, "");
    jb_vitals_nvp("fmode:0", conf, name);
    assert_string_equal(name, "");
    jb_vitals_nvp("pmode:0", "POWER_MODEL ID=", name);
    assert_string_equal(name, "");
    jb_vitals_nvp("pmode:0", "POWER_MODEL ID=0 NAME=a_name_that_is_longer_than_thirty_two >", name);
    assert_string_equal(name, "");
}

static void names_are_plain_and_never_taken_twice(void **state)
{
    struct jb_vitals_list list = {.count = 0};
    jb_vitals_add(&list, "cpu", 1);
    jb_vitals_add(&list, "cpu", 2);
    jb_vitals_add(&list, "a\"b\\c\x1b", 3);
    jb_vitals_add(&list, "", 4);
    assert_int_equal(list.count, 3);
    assert_int_equal(item(&list, "cpu"), 1);
    assert_int_equal(item(&list, "cpu1"), 2);
    assert_int_equal(item(&list, "a_b_c_"), 3);
    for (int i = 0; i < 100; i++) {
        jb_vitals_add(&list, "a name that is long enough to be cut", i);
    }
    assert_int_equal(list.count, JB_VITALS_NAMED);
}

static void a_whole_board_is_read(void **state)
{
    struct machine *m = *state;
    struct jb_vitals v;
    put(m, "/proc/uptime", "81772.71 952201.33\n");
    put(m, "/sys/class/devfreq/1d84.ufs/device/of_node/name", "ufs");
    put_bytes(m, "/sys/class/devfreq/17000000.gpu/device/of_node/name", "gpu", 4);
    put(m, "/sys/class/devfreq/17000000.gpu/device/load", "412\n");
    put(m, "/sys/class/devfreq/17000000.gpu/cur_freq", "612000000\n");
    put(m, "/sys/class/hwmon/hwmon2/name", "pwmfan\n");
    put(m, "/sys/class/hwmon/hwmon2/pwm1", "64\n");
    put(m, "/sys/class/hwmon/hwmon2/pwm1_enable", "1\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone0/type", "cpu-thermal\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone0/temp", "47531\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone1/type", "cv0-thermal\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone1/temp", "-256000\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone2/type", "gpu-thermal\n");
    put(m, "/sys/kernel/debug/clk/vic/clk_enable_count", "0\n");
    put(m, "/sys/kernel/debug/clk/vic/clk_rate", "115200000\n");
    put(m, "/sys/kernel/debug/clk/ape/clk_enable_count", "2\n");
    put(m, "/sys/kernel/debug/clk/ape/clk_rate", "150000000\n");
    put(m, "/sys/kernel/debug/clk/ape.buffer/clk_enable_count", "1\n");
    put(m, "/sys/kernel/debug/clk/ape.buffer/clk_rate", "1\n");
    put(m, "/sys/kernel/debug/clk/sevenless/clk_enable_count", "1\n");
    put(m, "/sys/kernel/debug/bpmp/debug/clk/emc/rate", "2133000000\n");
    put(m, "/sys/kernel/debug/cactmon/mc_all", "6399000\n");
    put(m, "/var/lib/nvpmodel/status", "pmode:0002\n");
    put(m, "/etc/nvpmodel.conf", "< POWER_MODEL ID=2 NAME=MODE_30W >\n");
    look(m, &v);
    assert_int_equal(v.uptime_ms, 81772710);
    assert_int_equal(v.gpu_permille, 412);
    assert_int_equal(v.gpu_hz, 612000000);
    assert_int_equal(v.emc_percent, 3);
    assert_int_equal(v.fans.count, 1);
    assert_int_equal(item(&v.fans, "pwmfan0"), 64);
    assert_int_equal(v.temps.count, 2);
    assert_int_equal(item(&v.temps, "cpu"), 47531);
    assert_int_equal(item(&v.temps, "cv0"), JB_VITAL_OFF);
    assert_int_equal(v.engines.count, 2);
    assert_int_equal(item(&v.engines, "VIC"), JB_VITAL_OFF);
    assert_int_equal(item(&v.engines, "APE"), 150000);
    assert_string_equal(v.nvp_model, "MODE_30W");
}

static void older_boards_keep_load_and_fan_elsewhere(void **state)
{
    struct machine *m = *state;
    struct jb_vitals v;
    put(m, "/sys/devices/gpu.0/load", "998\n");
    put(m, "/sys/devices/pwm-fan/target_pwm", "255\n");
    look(m, &v);
    assert_int_equal(v.gpu_permille, 998);
    assert_int_equal(v.gpu_hz, JB_VITAL_UNKNOWN);
    assert_int_equal(item(&v.fans, "pwm-fan0"), 255);
    put(m, "/sys/devices/gpu.0/load", "1001\n");
    look(m, &v);
    assert_int_equal(v.gpu_permille, JB_VITAL_UNKNOWN);
}

static void a_gpu_that_appears_late_is_found(void **state)
{
    struct machine *m = *state;
    struct jb_vitals_state kept;
    struct jb_vitals v;
    jb_vitals_init(&kept, m->root);
    jb_vitals_read(&kept, &v);
    assert_int_equal(v.gpu_permille, JB_VITAL_UNKNOWN);
    put_bytes(m, "/sys/class/devfreq/17000000.ga10b/device/of_node/name", "ga10b", 6);
    put(m, "/sys/class/devfreq/17000000.ga10b/device/load", "7\n");
    put(m, "/sys/class/devfreq/17000000.ga10b/cur_freq", "306000000\n");
    jb_vitals_read(&kept, &v);
    assert_int_equal(v.gpu_permille, 7);
    put(m, "/sys/class/devfreq/17000000.ga10b/device/load", "9\n");
    jb_vitals_read(&kept, &v);
    assert_int_equal(v.gpu_permille, 9);
    jb_vitals_finish(&kept);
}

static void of_an_empty_machine_nothing_is_known_and_nothing_is_zero(void **state)
{
    struct machine *m = *state;
    struct jb_vitals v;
    look(m, &v);
    assert_int_equal(v.cpu_count, 0);
    assert_int_equal(v.uptime_ms, JB_VITAL_UNKNOWN);
    assert_int_equal(v.ram_kb, JB_VITAL_UNKNOWN);
    assert_int_equal(v.swap_used_kb, JB_VITAL_UNKNOWN);
    assert_int_equal(v.emc_percent, JB_VITAL_UNKNOWN);
    assert_int_equal(v.gpu_permille, JB_VITAL_UNKNOWN);
    assert_int_equal(v.engines.count + v.fans.count + v.temps.count, 0);
    assert_string_equal(v.nvp_model, "");
}

static void garbage_and_fifos_are_unknown(void **state)
{
    struct machine *m = *state;
    struct jb_vitals v;
    char fifo[PATH_MAX];
    put(m, "/proc/uptime", "junk");
    put(m, "/proc/stat", "cpu0 -1 x\n");
    put(m, "/sys/devices/system/cpu/present", "\xff\xfe");
    put(m, "/sys/class/devfreq/x/device/of_node/name", "gpu");
    put(m, "/sys/class/devfreq/x/device/load", "-5\n");
    put(m, "/sys/class/devfreq/x/cur_freq", "99999999999999999999999\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone0/type", "cpu-thermal\n");
    put(m, "/sys/devices/virtual/thermal/thermal_zone0/temp", "hot\n");
    put(m, "/sys/class/hwmon/hwmon0/name", "fan\n");
    put(m, "/sys/class/hwmon/hwmon0/pwm1", "256\n");
    put(m, "/sys/kernel/debug/bpmp/debug/clk/emc/rate", "0\n");
    put(m, "/sys/kernel/debug/cactmon/mc_all", "100\n");
    put(m, "/sys/devices/gpu.0/x", "");
    snprintf(fifo, sizeof fifo, "%s/proc/meminfo", m->root);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    snprintf(fifo, sizeof fifo, "%s/var", m->root);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    alarm(20); /* whatever waits for a FIFO waits for ever */
    look(m, &v);
    alarm(0);
    assert_int_equal(v.uptime_ms, JB_VITAL_UNKNOWN);
    assert_int_equal(v.ram_kb, JB_VITAL_UNKNOWN);
    assert_int_equal(v.gpu_permille, JB_VITAL_UNKNOWN);
    assert_int_equal(v.gpu_hz, JB_VITAL_UNKNOWN);
    assert_int_equal(v.emc_percent, JB_VITAL_UNKNOWN);
    assert_int_equal(v.fans.count, 0);
    assert_int_equal(v.temps.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpus_are_busy_by_the_time_between_two_looks),
        cmocka_unit_test(cores_that_are_switched_off_are_off_whatever_their_number),
        cmocka_unit_test(strange_lists_of_cpus_are_bounded),
        cmocka_unit_test(memory_in_use_is_without_buffers_and_cache),
        cmocka_unit_test(zones_are_named_as_jtop_names_them),
        cmocka_unit_test(the_power_mode_has_the_name_of_its_table),
        cmocka_unit_test(names_are_plain_and_never_taken_twice),
        cmocka_unit_test_setup_teardown(a_whole_board_is_read, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(older_boards_keep_load_and_fan_elsewhere, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(a_gpu_that_appears_late_is_found, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(of_an_empty_machine_nothing_is_known_and_nothing_is_zero, make_machine,
                                        drop_machine),
        cmocka_unit_test_setup_teardown(garbage_and_fifos_are_unknown, make_machine, drop_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
