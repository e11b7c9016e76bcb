/* SPDX-License-Identifier: Apache-2.0 */
/* What a BMC answers by Redfish. The driver itself is tested from outside, tests/blackbox/test_plug.py. */
#include "tree.h"

#include "sensor/redfish/redfish_find.h"
#include "sensor/redfish/redfish_json.h"

extern const struct jb_sensor_driver jb_sensor_redfish;

static void the_members_of_a_collection_are_found(void **state)
{
    (void)state;
    static const char body[] = "{\"@odata.type\":\"#ChassisCollection.ChassisCollection\",\"Members\":["
                               "{\"@odata.id\":\"/redfish/v1/Chassis/1U\"},{\"@odata.id\":\"/redfish/v1/Chassis/2\"}]}";
    char paths[2][JB_REDFISH_PATH];
    size_t count = 9;
    assert_int_equal(jb_redfish_parse_members(body, strlen(body), paths, 2, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(paths[0], "/redfish/v1/Chassis/1U");
    assert_int_equal(jb_redfish_parse_members(body, strlen(body), paths, 1, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(jb_redfish_parse_members("{}", 2, paths, 2, &count), -EBADMSG);
    assert_int_equal(jb_redfish_parse_members("<html>", 6, paths, 2, &count), -EBADMSG);
}

static void a_path_that_could_lead_elsewhere_is_left_out(void **state)
{
    (void)state;
    static const char *const wrong[] = {"http://evil/", "//evil/x",       "",          "redfish/v1", "/a b",
                                        "/a\\u0000b",   "/a\\r\\nHost:x", "/\\\\evil", "/x@evil",    "/\\u00e4"};
    char paths[1][JB_REDFISH_PATH], body[256];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t count = 9;
        snprintf(body, sizeof(body), "{\"Members\":[{\"@odata.id\":\"%s\"},{},7,null]}", wrong[i]);
        int err = jb_redfish_parse_members(body, strlen(body), paths, 1, &count);
        assert_true(err == -EBADMSG || (err == 0 && count == 0));
    }
    char longest[2 * JB_REDFISH_PATH];
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    char large[4 * JB_REDFISH_PATH];
    size_t count = 9;
    snprintf(large, sizeof(large), "{\"Members\":[{\"@odata.id\":\"%s\"}]}", longest);
    assert_int_equal(jb_redfish_parse_members(large, strlen(large), paths, 1, &count), 0);
    assert_int_equal(count, 0);
}

static void a_chassis_tells_where_its_power_is(void **state)
{
    (void)state;
    static const char body[] = "{\"@odata.id\":\"/redfish/v1/Chassis/1U\",\"ChassisType\":\"RackMount\","
                               "\"EnvironmentMetrics\":{\"@odata.id\":\"/redfish/v1/Chassis/1U/EnvironmentMetrics\"},"
                               "\"Power\":{\"@odata.id\":\"/redfish/v1/Chassis/1U/Power\"},"
                               "\"Links\":{\"ComputerSystems\":[{\"@odata.id\":\"/redfish/v1/Systems/1\"}],"
                               "\"ContainedBy\":{\"@odata.id\":\"/redfish/v1/Chassis/Rack\"}}}";
    struct jb_redfish_chassis chassis;
    assert_int_equal(jb_redfish_parse_chassis(body, strlen(body), "/redfish/v1/Chassis/1U", &chassis), 0);
    assert_string_equal(chassis.metrics, "/redfish/v1/Chassis/1U/EnvironmentMetrics");
    assert_string_equal(chassis.power, "/redfish/v1/Chassis/1U/Power");
    assert_string_equal(chassis.contained_by, "/redfish/v1/Chassis/Rack");
    assert_true(chassis.has_system);
    assert_false(chassis.part);
    static const char card[] = "{\"ChassisType\":\"Module\"}";
    assert_int_equal(jb_redfish_parse_chassis(card, strlen(card), "/x", &chassis), 0);
    assert_true(chassis.part);
    assert_false(chassis.has_system);
    assert_string_equal(chassis.power, "");
    assert_int_equal(jb_redfish_parse_chassis("[]", 2, "/x", &chassis), -EBADMSG);
}

static void the_watts_are_found_in_both_places(void **state)
{
    (void)state;
    static const char metrics[] = "{\"PowerWatts\":{\"DataSourceUri\":\"/redfish/v1/Chassis/1U/Sensors/TotalPower\","
                                  "\"Reading\":374},\"EnergykWh\":{\"Reading\":325675}}";
    /* Lenovo: the whole server first, then its processors and its memory */
    static const char power[] = "{\"PowerControl\":[{\"MemberId\":\"0\",\"PowerConsumedWatts\":344.5},"
                                "{\"MemberId\":\"1\",\"PhysicalContext\":\"CPU\",\"PowerConsumedWatts\":120}]}";
    uint64_t uw = 0;
    assert_int_equal(jb_redfish_parse_metrics(metrics, strlen(metrics), &uw), 0);
    assert_int_equal(uw, 374000000);
    assert_int_equal(jb_redfish_parse_power(power, strlen(power), &uw), 0);
    assert_int_equal(uw, 344500000);
}

static void what_is_no_power_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int err;
    } cases[] = {{"null", -ENODATA}, {"\"374\"", -ENODATA}, {"true", -ENODATA},  {"{}", -ENODATA}, {"0", -ERANGE},
                 {"-1", -ERANGE},    {"65535", -ERANGE},    {"1e400", -EBADMSG}, {"", -EBADMSG}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[128];
        uint64_t uw = 7;
        snprintf(body, sizeof(body), "{\"PowerWatts\":{\"Reading\":%s}}", cases[i].value);
        assert_int_equal(jb_redfish_parse_metrics(body, strlen(body), &uw), cases[i].err);
        snprintf(body, sizeof(body), "{\"PowerControl\":[{\"PowerConsumedWatts\":%s}]}", cases[i].value);
        assert_int_equal(jb_redfish_parse_power(body, strlen(body), &uw), cases[i].err);
        assert_int_equal(uw, 7);
    }
    uint64_t uw;
    assert_int_equal(jb_redfish_parse_power("{\"PowerControl\":[]}", 19, &uw), -ENODATA);
    assert_int_equal(jb_redfish_parse_metrics("{}", 2, &uw), -ENODATA);
}

static void chassis_with_a_computer_are_the_machine(void **state)
{
    (void)state;
    struct jb_redfish_chassis chassis[4] = {
        {.path = "/c/1", .has_system = true},
        {.path = "/c/cage"},
        {.path = "/c/gpu", .part = true, .has_system = true},
        {.path = "/c/sled", .has_system = true, .contained_by = "/c/1"},
    };
    bool keep[4];
    jb_redfish_choose(chassis, 4, keep);
    assert_true(keep[0]);
    assert_false(keep[1]); /* no computer in it */
    assert_false(keep[2]); /* a part */
    assert_false(keep[3]); /* in the power of the first */
    chassis[0].has_system = chassis[3].has_system = false;
    jb_redfish_choose(chassis, 4, keep); /* a BMC without such links */
    assert_true(keep[0] && keep[1] && !keep[2] && !keep[3]);
    strcpy(chassis[0].contained_by, "/c/1"); /* in itself, says a broken BMC */
    jb_redfish_choose(chassis, 4, keep);
    assert_true(keep[0]);
}

static void the_base_is_scheme_and_host(void **state)
{
    (void)state;
    char base[64];
    assert_int_equal(jb_redfish_base("https://10.0.0.5/redfish/v1/", true, false, base, sizeof(base), NULL), 0);
    assert_string_equal(base, "https://10.0.0.5");
    assert_int_equal(jb_redfish_base("https://[fe80::1]:8443", true, false, base, sizeof(base), NULL), 0);
    assert_string_equal(base, "https://[fe80::1]:8443");
    static const char *const wrong[] = {"",
                                        "10.0.0.5",
                                        "ftp://10.0.0.5",
                                        "https://",
                                        "https:///x",
                                        "https://me:pw@10.0.0.5",
                                        "https://me:pw",
                                        "https://me:1pw/redfish",
                                        "https://[fe80::1]:pw",
                                        "https://[fe80::1]pw",
                                        "https://0123456789012345678901234567890123456789012345678901234567890"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct jb_diag diag = {0};
        assert_int_equal(jb_redfish_base(wrong[i], true, false, base, sizeof(base), &diag), -EINVAL);
        assert_null(strstr(diag.text, "pw"));
    }
}

static void a_password_does_not_cross_the_network_as_plain_text(void **state)
{
    (void)state;
    char base[64];
    static const char *const far[] = {"http://10.0.0.5",       "http://127.0.0.1.evil.example",
                                      "http://localhost.evil", "http://[::2]",
                                      "HTTP://10.0.0.5",       "http://127.evil",
                                      "http://1270.0.0.1"};
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        assert_int_equal(jb_redfish_base(far[i], true, false, base, sizeof(base), NULL), -EPERM);
        assert_int_equal(jb_redfish_base(far[i], true, true, base, sizeof(base), NULL), 0);
        assert_int_equal(jb_redfish_base(far[i], false, false, base, sizeof(base), NULL), 0);
    }
    static const char *const near[] = {"http://127.0.0.1:8000", "http://localhost/x", "http://[::1]:80",
                                       "http://127.1"};
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        assert_int_equal(jb_redfish_base(near[i], true, false, base, sizeof(base), NULL), 0);
    }
}

static void not_configured_is_said_and_a_recorded_machine_asks_nobody(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_redfish, NULL), -ENODEV);
    assert_string_equal(tree->diag.text, "not configured");
    struct jb_sensor_settings settings = {.redfish_url = "https://127.0.0.1:1"};
    tree->env.settings = &settings;
    assert_int_equal(tree_open(tree, &jb_sensor_redfish, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_non_null(strstr(tree->diag.text, "not asked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_members_of_a_collection_are_found),
        cmocka_unit_test(a_path_that_could_lead_elsewhere_is_left_out),
        cmocka_unit_test(a_chassis_tells_where_its_power_is),
        cmocka_unit_test(the_watts_are_found_in_both_places),
        cmocka_unit_test(what_is_no_power_is_refused),
        cmocka_unit_test(chassis_with_a_computer_are_the_machine),
        cmocka_unit_test(the_base_is_scheme_and_host),
        cmocka_unit_test(a_password_does_not_cross_the_network_as_plain_text),
        cmocka_unit_test_setup_teardown(not_configured_is_said_and_a_recorded_machine_asks_nobody, tree_setup,
                                        tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
