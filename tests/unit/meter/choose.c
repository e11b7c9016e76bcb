/* SPDX-License-Identifier: Apache-2.0 */
/* The list of sensors, against a registry of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "meter/choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct jb_sensor_driver rapl = {.name = "rapl-perf"}, nvml = {.name = "nvml"},
                                     model = {.name = "cpu-model"}, fake = {.name = "fake", .test = true},
                                     sim = {.name = "sim", .test = true};
/* In the place of sensor/registry.c, which the linker then leaves out. */
const struct jb_sensor_driver *const jb_sensor_drivers[] = {&rapl, &nvml, &model, &fake, &sim, NULL};

/* The names chosen, with their specs, as one text. */
static const char *choose(const char *list)
{
    static char text[256], result[512];
    struct jb_choice choices[8];
    struct jb_diag diag = {0};
    if (list) {
        snprintf(text, sizeof(text), "%s", list);
    }
    int count = jb_choose(list ? text : NULL, choices, 8, &diag);
    if (count < 0) {
        assert_true(diag.text[0] != '\0');
        snprintf(result, sizeof(result), "%d %s", count, diag.fix);
        return result;
    }
    result[0] = '\0';
    for (int i = 0; i < count; i++) {
        assert_ptr_equal(jb_sensor_drivers[choices[i].preference], choices[i].driver);
        size_t used = strlen(result);
        snprintf(result + used, sizeof(result) - used, "%s%s%s%s", i ? " " : "", choices[i].driver->name,
                 choices[i].spec ? ":" : "", choices[i].spec ? choices[i].spec : "");
    }
    return result;
}

static void the_default_is_all_that_measure_or_model(void **state)
{
    assert_string_equal(choose(NULL), "rapl-perf nvml cpu-model");
}

static void names_choose_just_those_in_order_of_preference(void **state)
{
    assert_string_equal(choose("nvml"), "nvml");
    assert_string_equal(choose("cpu-model,rapl-perf"), "rapl-perf cpu-model");
    assert_string_equal(choose(" nvml , rapl-perf "), "rapl-perf nvml");
}

static void a_minus_takes_away_from_the_default(void **state)
{
    assert_string_equal(choose("-nvml"), "rapl-perf cpu-model");
    assert_string_equal(choose("-nvml,-cpu-model"), "rapl-perf");
    assert_string_equal(choose("-nvml,fake:watts=5"), "rapl-perf cpu-model fake:watts=5");
    assert_string_equal(choose("-fake"), "rapl-perf nvml cpu-model");
    assert_string_equal(choose("-rapl-perf,-nvml,-cpu-model"), "");
}

static void test_drivers_may_repeat_and_keep_their_order(void **state)
{
    assert_string_equal(choose("fake:watts=3,nvml,fake,sim,fake:watts=2"), "nvml fake:watts=3 fake fake:watts=2 sim");
    assert_string_equal(choose("fake:a=1:b=2"), "fake:a=1:b=2");
}

static void hardware_is_opened_once(void **state)
{
    assert_string_equal(choose("nvml,rapl-perf,nvml"), "rapl-perf nvml");
    assert_string_equal(choose("-cpu-model,nvml"), "rapl-perf nvml");
}

static void unknown_names_are_refused_with_the_nearest(void **state)
{
    assert_string_equal(choose("rapl-pref"), "-22 did you mean rapl-perf?");
    assert_string_equal(choose("nvlm"), "-22 did you mean nvml?");
    assert_string_equal(choose("nvml,-fakr"), "-22 did you mean fake?");
    assert_non_null(strstr(choose("toaster"), "doctor"));
}

static void nonsense_is_refused(void **state)
{
    static const char *const lists[] = {
        "",         ",",       "nvml,",  ",nvml",         "-", "nvml,,rapl-perf", ":watts=1",
        "nvml:x=1", "-fake:x", "--nvml", "nvml rapl-perf"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (strncmp(choose(lists[i]), "-22", 3) != 0) {
            fail_msg("\"%s\"", lists[i]);
        }
    }
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    assert_string_equal(choose("fake,fake,fake,fake,fake,fake,fake,fake"), "fake fake fake fake fake fake fake fake");
    assert_int_equal(strncmp(choose("fake,fake,fake,fake,fake,fake,fake,fake,fake"), "-22", 3), 0);
    assert_int_equal(strncmp(choose("-nvml,fake,fake,fake,fake,fake,fake,fake"), "-22", 3), 0);
}

static void escapes_in_a_name_are_not_passed_on(void **state)
{
    struct jb_choice choices[8];
    struct jb_diag diag;
    char list[] = "\033[31mred";
    assert_int_equal(jb_choose(list, choices, 8, &diag), -EINVAL);
    assert_null(strchr(diag.text, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_all_that_measure_or_model),
        cmocka_unit_test(names_choose_just_those_in_order_of_preference),
        cmocka_unit_test(a_minus_takes_away_from_the_default),
        cmocka_unit_test(test_drivers_may_repeat_and_keep_their_order),
        cmocka_unit_test(hardware_is_opened_once),
        cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
        cmocka_unit_test(escapes_in_a_name_are_not_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
