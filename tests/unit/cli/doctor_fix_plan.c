/* SPDX-License-Identifier: Apache-2.0 */
/* What `doctor --fix` would run, from facts that no test machine has to have. */
#include "cli/doctor_fix_plan.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static struct fix_facts facts;
static struct fix_plan plan;

static int setup(void **state)
{
    facts = (struct fix_facts){
        .denied = true,
        .powercap = true,
        .user = "ada",
        .own_group = true,
        .helper = "/usr/local/libexec/joulebook/joulebook-sensors",
        .helper_there = true,
        .helper_group = "root",
        .setcap = "/usr/sbin/setcap",
        .chown = "/usr/bin/chown",
        .chmod = "/usr/bin/chmod",
        .groupadd = "/usr/sbin/groupadd",
        .usermod = "/usr/sbin/usermod",
        .udevadm = "/usr/bin/udevadm",
        .tee = "/usr/bin/tee",
    };
    return 0;
}

/* The steps as one text, a line each. */
static void assert_steps(const char *expected)
{
    char text[4096] = "", step[1024];
    fix_make_plan(&facts, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        fix_step_text(&plan.steps[i], step, sizeof(step));
        jb_snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", step);
    }
    assert_string_equal(text, expected);
}

static void capabilities_come_last_and_only_the_owner_may_run_it(void **state)
{
    assert_steps(
        "/usr/bin/chown root:ada /usr/local/libexec/joulebook/joulebook-sensors\n"
        "/usr/bin/chmod 0750 /usr/local/libexec/joulebook/joulebook-sensors\n"
        "/usr/sbin/setcap cap_perfmon,cap_dac_read_search=ep /usr/local/libexec/joulebook/joulebook-sensors\n");
    assert_int_equal(plan.way, FIX_HELPER);
    assert_false(plan.new_login);
}

static void nothing_is_done_when_nothing_is_missing(void **state)
{
    facts.denied = false;
    assert_steps("");
    assert_int_equal(plan.way, FIX_NOTHING);
    facts.denied = facts.helper_capable = facts.helper_ours = true; /* refused all the same: no more of it helps */
    assert_steps("");
    assert_int_equal(plan.way, FIX_NOTHING);
}

static void a_helper_that_is_somebodys_own_becomes_a_groups(void **state)
{
    facts.helper_capable = true;
    jb_copy(facts.helper_group, sizeof(facts.helper_group), "bob");
    assert_steps(
        "/usr/sbin/groupadd -f -r joulebook\n"
        "/usr/sbin/usermod -aG joulebook ada\n"
        "/usr/bin/chown root:joulebook /usr/local/libexec/joulebook/joulebook-sensors\n"
        "/usr/bin/chmod 0750 /usr/local/libexec/joulebook/joulebook-sensors\n"
        "/usr/sbin/setcap cap_perfmon,cap_dac_read_search=ep /usr/local/libexec/joulebook/joulebook-sensors\n");
    assert_true(plan.new_login);
}

static void a_helper_of_a_group_is_joined_by_its_members(void **state)
{
    facts.helper_capable = facts.helper_group_shared = true;
    jb_copy(facts.helper_group, sizeof(facts.helper_group), "energy");
    assert_steps("/usr/sbin/usermod -aG energy ada\n");
    assert_true(plan.new_login);
}

static void a_missing_program_is_named_by_its_package(void **state)
{
    facts.setcap[0] = '\0';
    fix_make_plan(&facts, &plan);
    assert_int_equal(plan.way, FIX_IMPOSSIBLE);
    assert_int_equal(plan.count, 0);
    assert_non_null(strstr(plan.why, "libcap2-bin"));
}

static void the_rule_names_only_plain_groups(void **state)
{
    facts.helper_there = false;
    assert_steps("/usr/bin/tee /etc/udev/rules.d/70-joulebook.rules\n"
                 "/usr/bin/udevadm control --reload\n"
                 "/usr/bin/udevadm trigger --subsystem-match=powercap --action=add\n");
    assert_int_equal(plan.way, FIX_UDEV);
    assert_non_null(strstr(plan.steps[0].input, "/bin/chgrp ada /sys%p/energy_uj"));
    jb_copy(facts.user, sizeof(facts.user), "ada\", RUN+=\"/bin/sh");
    fix_make_plan(&facts, &plan);
    assert_string_equal(plan.group, "joulebook");
    assert_non_null(strstr(plan.steps[2].input, "/bin/chgrp joulebook /sys%p/energy_uj"));
    assert_null(strstr(plan.steps[2].input, "/bin/sh"));
}

static void without_powercap_there_is_no_other_way(void **state)
{
    facts.helper_unsafe = "its file system is mounted nosuid";
    facts.powercap = false;
    fix_make_plan(&facts, &plan);
    assert_int_equal(plan.way, FIX_IMPOSSIBLE);
    assert_non_null(strstr(plan.why, "nosuid"));
}

static void a_caller_without_a_name_cannot_be_helped(void **state)
{
    facts.user[0] = '\0';
    facts.own_group = false;
    fix_make_plan(&facts, &plan);
    assert_int_equal(plan.way, FIX_IMPOSSIBLE);
    assert_int_equal(plan.count, 0);
}

static void words_are_shown_as_a_shell_wants_them(void **state)
{
    struct fix_step step = {.words = {"/bin/a", "b c", "d;e", "$(f)"}};
    char text[64], little[8];
    fix_step_text(&step, text, sizeof(text));
    assert_string_equal(text, "/bin/a 'b c' 'd;e' '$(f)'");
    fix_step_text(&step, little, sizeof(little));
    assert_string_equal(little, "/bin/a ");
    step = (struct fix_step){.words = {"a", "it's"}};
    fix_step_text(&step, text, sizeof(text));
    assert_string_equal(text, "a 'it'\\''s'");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(capabilities_come_last_and_only_the_owner_may_run_it),
        TEST(nothing_is_done_when_nothing_is_missing),
        TEST(a_helper_that_is_somebodys_own_becomes_a_groups),
        TEST(a_helper_of_a_group_is_joined_by_its_members),
        TEST(a_missing_program_is_named_by_its_package),
        TEST(the_rule_names_only_plain_groups),
        TEST(without_powercap_there_is_no_other_way),
        TEST(a_caller_without_a_name_cannot_be_helped),
        TEST(words_are_shown_as_a_shell_wants_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
