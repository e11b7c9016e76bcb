/* SPDX-License-Identifier: Apache-2.0 */
/* What plugs answer, and the MCP39F511N's bytes. The driver itself is tested from outside, tests/blackbox/test_plug.py.
 */
#include "tree.h"

#include "sensor/plug/mcp.h"
#include "sensor/plug/plug_json.h"

extern const struct jb_sensor_driver jb_sensor_plug;

static int parse(enum jb_plug_answer kind, const char *body, uint64_t *ret_uw)
{
    *ret_uw = 77;
    int err = jb_plug_parse(kind, body, strlen(body), ret_uw);
    if (err < 0) {
        assert_int_equal(*ret_uw, 77);
    }
    return err;
}

static void expect(enum jb_plug_answer kind, const char *body, uint64_t uw)
{
    uint64_t got;
    assert_int_equal(parse(kind, body, &got), 0);
    assert_int_equal(got, uw);
}

static void refused(enum jb_plug_answer kind, const char *body, int err)
{
    uint64_t got;
    assert_int_equal(parse(kind, body, &got), err);
}

static void a_shelly_tells_watts(void **state)
{
    (void)state;
    expect(JB_PLUG_SHELLY_RPC,
           "{\"id\":0,\"source\":\"init\",\"output\":true,\"apower\":123.4,\"voltage\":230.1,\"current\":0.55,"
           "\"aenergy\":{\"total\":9492.468,\"by_minute\":[1.0,2.0,3.0],\"minute_ts\":1700000000}}",
           123400000);
    expect(JB_PLUG_SHELLY_RPC, "{\"apower\":8}", 8000000);
    expect(JB_PLUG_SHELLY_STATUS,
           "{\"meters\":[{\"power\":61.33,\"overpower\":0.0,\"is_valid\":true,\"timestamp\":1,\"counters\":[1,2,3],"
           "\"total\":12345}]}",
           61330000);
    refused(JB_PLUG_SHELLY_RPC, "{\"id\":0,\"output\":true}", -ENODATA); /* a relay that does not measure */
    refused(JB_PLUG_SHELLY_STATUS, "{\"relays\":[]}", -ENODATA);
    refused(JB_PLUG_SHELLY_STATUS, "{\"meters\":[{\"power\":61.33,\"is_valid\":false}]}", -ENODATA);
}

static void a_tasmota_tells_watts(void **state)
{
    (void)state;
    expect(
        JB_PLUG_TASMOTA,
        "{\"StatusSNS\":{\"Time\":\"2026-11-22T00:00:00\",\"ENERGY\":{\"Total\":3.185,\"Power\":89,\"Voltage\":230}}}",
        89000000);
    expect(JB_PLUG_TASMOTA, "{\"StatusSNS\":{\"ENERGY\":{\"Power\":[89.5]}}}", 89500000);
    refused(JB_PLUG_TASMOTA, "{\"StatusSNS\":{\"Time\":\"x\"}}", -ENODATA);
    refused(JB_PLUG_TASMOTA, "{\"WARNING\":\"Need user=<username>&password=<password>\"}", -ENODATA);
}

static void a_gude_names_its_fields(void **state)
{
    (void)state;
    static const char good[] =
        "{\"sensor_descr\":[{\"type\":20,\"num\":1,\"fields\":[{\"name\":\"Temp\"}]},"
        "{\"type\":8,\"num\":1,\"properties\":[{\"name\":\"in\"}],\"fields\":[{\"name\":\"Voltage\",\"unit\":\"V\"},"
        "{\"name\":\"ActivePower\",\"unit\":\"W\"}]}],"
        "\"sensor_values\":[{\"type\":20,\"num\":1,\"values\":[[{\"v\":21.5}]]},"
        "{\"type\":8,\"num\":1,\"values\":[[{\"v\":230},{\"v\":145}]]}]}";
    static const char two[] = "{\"sensor_descr\":[{\"type\":8,\"fields\":[{\"name\":\"ActivePower\"}]}],"
                              "\"sensor_values\":[{\"type\":8,\"values\":[[{\"v\":1}],[{\"v\":2}]]}]}";
    static const char short_of[] =
        "{\"sensor_descr\":[{\"type\":8,\"fields\":[{\"name\":\"V\"},{\"name\":\"ActivePower\"}]}],"
        "\"sensor_values\":[{\"type\":8,\"values\":[[{\"v\":1}]]}]}";
    expect(JB_PLUG_GUDE, good, 145000000);
    refused(JB_PLUG_GUDE, two, -ENOTSUP);
    refused(JB_PLUG_GUDE, short_of, -ENODATA);
    refused(JB_PLUG_GUDE, "{}", -ENODATA);
}

static void of_several_outlets_none_is_guessed(void **state)
{
    (void)state;
    refused(JB_PLUG_TASMOTA, "{\"StatusSNS\":{\"ENERGY\":{\"Power\":[89,12]}}}", -ENOTSUP);
    refused(JB_PLUG_SHELLY_STATUS, "{\"meters\":[{\"power\":1},{\"power\":2}]}", -ENOTSUP);
    refused(JB_PLUG_TASMOTA, "{\"StatusSNS\":{\"ENERGY\":{\"Power\":[]}}}", -ENODATA);
}

static void what_no_machine_takes_is_refused(void **state)
{
    (void)state;
    refused(JB_PLUG_SHELLY_RPC, "{\"apower\":0}", -ERANGE);
    refused(JB_PLUG_SHELLY_RPC, "{\"apower\":0.0}", -ERANGE);
    refused(JB_PLUG_SHELLY_RPC, "{\"apower\":-5}", -ERANGE);
    refused(JB_PLUG_SHELLY_RPC, "{\"apower\":20001}", -ERANGE);
    refused(JB_PLUG_SHELLY_RPC, "{\"apower\":1e300}", -ERANGE);
}

static void what_is_no_json_or_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const garbage[] = {"", "{", "<html>", "{\"apower\":1", "nan", "{\"apower\":NaN}", "\"\\u0000\""};
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        refused(JB_PLUG_SHELLY_RPC, garbage[i], -EBADMSG);
    }
    static const char *const others[] = {
        "[]", "{}", "[1]", "{\"apower\":null}", "{\"apower\":\"5\"}", "{\"apower\":true}", "{\"apower\":{}}"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        for (int kind = JB_PLUG_SHELLY_RPC; kind <= JB_PLUG_GUDE; kind++) {
            refused((enum jb_plug_answer)kind, others[i], -ENODATA);
        }
    }
}

static void the_request_is_that_of_the_data_sheet(void **state)
{
    (void)state;
    uint8_t request[JB_MCP_REQUEST];
    static const uint8_t expected[] = {0xA5, 0x08, 0x41, 0x00, 0x16, 0x4E, 0x08, 0x5A};
    jb_mcp_request(request);
    assert_memory_equal(request, expected, sizeof(expected));
}

/* 123.45 W and 1.00 W */
static const uint8_t good[JB_MCP_ANSWER] = {0x06, 0x0B, 0x39, 0x30, 0, 0, 0x64, 0, 0, 0, 0xDE};

static void both_outlets_are_added(void **state)
{
    (void)state;
    uint64_t raw = 0;
    assert_int_equal(jb_mcp_parse(good, sizeof(good), &raw), 0);
    assert_int_equal(raw, 12345 + 100);
}

static void an_answer_that_is_not_whole_is_waited_for(void **state)
{
    (void)state;
    uint64_t raw = 7;
    for (size_t length = 0; length < sizeof(good); length++) {
        assert_int_equal(jb_mcp_parse(good, length, &raw), -EAGAIN);
    }
    assert_int_equal(raw, 7);
}

static void every_bit_that_tips_is_seen(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(good); bit++) {
        uint8_t bad[sizeof(good)];
        uint64_t raw = 7;
        memcpy(bad, good, sizeof(bad));
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = jb_mcp_parse(bad, sizeof(bad), &raw);
        assert_true(err == -EBADMSG || err == -EIO);
        assert_int_equal(raw, 7);
    }
}

static void refusals_of_the_chip_are_errors(void **state)
{
    (void)state;
    uint64_t raw;
    assert_int_equal(jb_mcp_parse((const uint8_t[]){0x15}, 1, &raw), -EIO);
    assert_int_equal(jb_mcp_parse((const uint8_t[]){0x51}, 1, &raw), -EIO);
    assert_int_equal(jb_mcp_parse((const uint8_t[]){'H', 'T'}, 2, &raw), -EBADMSG);
}

static void not_configured_is_said(void **state)
{
    struct tree *tree = *state;
    assert_int_equal(tree_open(tree, &jb_sensor_plug, NULL), -ENODEV);
    assert_string_equal(tree->diag.text, "not configured");
    struct jb_sensor_settings settings = {.plug_kind = "shelly"};
    tree->env.settings = &settings;
    assert_int_equal(tree_open(tree, &jb_sensor_plug, NULL), -ENODEV);
    assert_string_equal(tree->diag.text, "not configured");
}

static void a_recorded_machine_makes_us_ask_nobody(void **state)
{
    struct tree *tree = *state;
    struct jb_sensor_settings settings = {.plug_kind = "shelly", .plug_address = "http://127.0.0.1:1"};
    tree->env.settings = &settings;
    assert_int_equal(tree_open(tree, &jb_sensor_plug, NULL), -ENODEV);
    assert_int_equal(tree->source.channel_count, 0);
    assert_non_null(strstr(tree->diag.text, "not asked"));
}

static void a_file_is_no_serial_line(void **state)
{
    struct tree *tree = *state;
    tree_write(tree, "/dev/ttyACM0", "\x06");
    assert_int_equal(jb_mcp_open(tree->root, "/dev/ttyACM0"), -ENOTTY);
    assert_int_equal(jb_mcp_open(tree->root, "/dev/ttyACM1"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shelly_tells_watts),
        cmocka_unit_test(a_tasmota_tells_watts),
        cmocka_unit_test(a_gude_names_its_fields),
        cmocka_unit_test(of_several_outlets_none_is_guessed),
        cmocka_unit_test(what_no_machine_takes_is_refused),
        cmocka_unit_test(what_is_no_json_or_no_number_is_refused),
        cmocka_unit_test(the_request_is_that_of_the_data_sheet),
        cmocka_unit_test(both_outlets_are_added),
        cmocka_unit_test(an_answer_that_is_not_whole_is_waited_for),
        cmocka_unit_test(every_bit_that_tips_is_seen),
        cmocka_unit_test(refusals_of_the_chip_are_errors),
        cmocka_unit_test_setup_teardown(not_configured_is_said, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_recorded_machine_makes_us_ask_nobody, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_file_is_no_serial_line, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
