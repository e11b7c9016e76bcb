/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh_package.c - the data files of @tgwf/co2 as they are, as other tools would write them, and as they should not
 * be.
 */
#include "grid/refresh.h"
#include "grid/refresh_impl.h"

#include "base/diag.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct jb_table_row *row(const struct jb_table *table, const char *zone)
{
    for (size_t i = 0; i < table->count; i++) {
        if (jb_streq(table->rows[i].zone, zone)) {
            return &table->rows[i];
        }
    }
    return NULL;
}

static void take(struct jb_table *table, const char *name, const char *text)
{
    struct jb_diag diag = {0};
    if (jb_table_from_package(name, text, strlen(text), table, &diag) < 0) {
        fail_msg("%s: %s", name, diag.text);
    }
}

static void take_fixture(struct jb_table *table, const char *name)
{
    char path[PATH_MAX], *text;
    size_t length;
    snprintf(path, sizeof(path), "%s/tests/unit/grid/fixtures/tgwf/package/%s", getenv("JB_SOURCE_ROOT"), name);
    assert_int_equal(jb_read_all(path, 1 << 20, &text, &length, NULL), 0);
    take(table, path, text);
    free(text);
}

static void the_files_of_the_package_are_read(void **state)
{
    static const char *const names[] = {"dist/esm/data/electricity-maps/yearly_2025.js",
                                        "dist/cjs/data/electricity-maps/yearly_2025.js"};
    for (int i = 0; i < 2; i++) {
        struct jb_table table = {0};
        take_fixture(&table, names[i]);
        assert_int_equal(table.count, 8);
        for (size_t k = 1; k < table.count; k++) {
            assert_true(strcmp(table.rows[k - 1].zone, table.rows[k].zone) < 0);
        }
        assert_true(row(&table, "AE")->g_per_kwh == 348);
        assert_int_equal(row(&table, "AE")->year, 2025);
        assert_string_equal(row(&table, "US-CAL-CISO")->source, "electricitymaps-yearly-2025 (ODbL)");
        jb_table_finish(&table);
        jb_table_finish(&table);
    }
}

static void the_later_year_stays_in_either_order(void **state)
{
    for (int order = 0; order < 2; order++) {
        struct jb_table table = {0};
        take_fixture(&table, order ? "dist/esm/data/electricity-maps/yearly_2024.js"
                                   : "dist/esm/data/electricity-maps/yearly_2025.js");
        take_fixture(&table, order ? "dist/esm/data/electricity-maps/yearly_2025.js"
                                   : "dist/esm/data/electricity-maps/yearly_2024.js");
        assert_int_equal(table.count, 8);
        assert_true(row(&table, "AE")->g_per_kwh == 348 && row(&table, "AE")->year == 2025);
        jb_table_finish(&table);
    }
}

static void averages_have_no_year_and_groups_are_no_places(void **state)
{
    struct jb_table table = {0};
    take_fixture(&table, "dist/esm/data/average-intensities.min.js");
    assert_int_equal(table.count, 5); /* without AFRICA, WORLD, LATIN AMERICA ... */
    assert_true(row(&table, "AFG")->g_per_kwh == 123.71);
    assert_int_equal(row(&table, "AFG")->year, 0);
    assert_true(row(&table, "CAF")->g_per_kwh == 0);
    assert_null(row(&table, "WORLD"));
    assert_true(jb_starts(row(&table, "CHL")->source, "ember"));
    jb_table_finish(&table);
    take(&table, "average-intensities-2021.js", "const data = {\n  ARG: \"365.292\",\n  AUS: \"526.876\",\n};\n");
    assert_int_equal(table.count, 2);
    assert_int_equal(row(&table, "ARG")->year, 2021);
    assert_true(row(&table, "ARG")->g_per_kwh == 365.292);
    jb_table_finish(&table);
}

#define DE "carbonIntensity:{value:344,unit:\"gCO2eq/kWh\"}"

static void every_way_to_write_it_is_read(void **state)
{
    static const char *const texts[] = {
        "{\"DE\":{\"carbonIntensity\":{\"value\":344,\"unit\":\"gCO2eq/kWh\"}}}", /* JSON */
        "const data={DE:{" DE "}};export{data};",
        "const e={DE:{" DE "}},t=\"x\";export{e as data,t as methodology};",
        "var a={},b={x:y},c={f(){}};var d={DE:{" DE "}};",
        "export const data = {\n  // Germany\n  DE: { /* {{ */ zone: { zoneName: 'Germany \\'\"\\x41' }, " DE
        ", },\n};",
        "export default data = {'DE': {\"flag\": !0, other: !1, none: null, list: [1, 2,], " DE "}}",
        "m.exports={DE:{a:.5,b:1.,c:-.5e+3,d:+1,2025:1,$_x1:true," DE "}}",
        "x={DE:{note:\"={\",carbonIntensity:{value:3.44e2,unit:'gCO2eq\\/kWh'}}}",
        "\xEF\xBB\xBFvar data = {\"DE\": {\"carbonIntensity\": {\"value\": \"344\", \"unit\": \"gCO2eq/kWh\"}}}",
        "let u={\"D\\u0045\":{" DE "}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct jb_table table = {0};
        take(&table, "yearly_2026.min.js", texts[i]);
        assert_int_equal(table.count, 1);
        assert_string_equal(table.rows[0].zone, "DE");
        assert_true(table.rows[0].g_per_kwh == 344);
        assert_int_equal(table.rows[0].year, 2026);
        jb_table_finish(&table);
    }
}

static void figures_that_cannot_be_are_no_rows(void **state)
{
    struct jb_table table = {0};
    take(&table, "yearly_2025.js",
         "const data = {DE:{" DE "},"
         "A1:{carbonIntensity:{value:null,unit:\"gCO2eq/kWh\"}},A2:{carbonIntensity:{value:-1,unit:\"gCO2eq/kWh\"}},"
         "A3:{carbonIntensity:{value:5001,unit:\"gCO2eq/kWh\"}},A4:{carbonIntensity:{value:300,unit:\"lb/MWh\"}},"
         "A5:{carbonIntensity:{value:300}},A6:{},A7:null,A8:[],A9:{carbonIntensity:300},"
         "B1:{carbonIntensity:{value:true,unit:\"gCO2eq/kWh\"}},B2:{carbonIntensity:{value:\"x\",unit:\"gCO2eq/kWh\"}},"
         "\"../X\":{" DE "},de:{" DE "},\"\":{" DE "},A:{" DE "},\"\\u001b[31m\":{" DE "}}");
    assert_int_equal(table.count, 1);
    jb_table_finish(&table);
}

static void refused(const char *name, const char *text, size_t length)
{
    struct jb_table table = {0};
    struct jb_diag diag = {0};
    int r = jb_table_from_package(name, text, length, &table, &diag);
    if (r != -EBADMSG || diag.text[0] == '\0') {
        fail_msg("%s: %.60s: %d %s", name, text, r, diag.text);
    }
    assert_int_equal(table.count, 0);
    jb_table_finish(&table);
}

static void other_files_are_refused(void **state)
{
    static const char *const names[] = {"",
                                        "index.js",
                                        "yearly_2025.js.map",
                                        "yearly_25.js",
                                        "yearly_x.js",
                                        "yearly_20255.js",
                                        "yearly_9999.js",
                                        "yearly_1999.js",
                                        "yearly_.js",
                                        "yearly_-202.js",
                                        "average-intensities-20.js",
                                        "marginal-intensities-2021.min.js",
                                        "yearly_2025.js/x",
                                        "\x1b[31m.js"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_false(jb_table_is_data_file(names[i]));
        refused(names[i], "const data={DE:{" DE "}}", 55);
    }
    assert_true(jb_table_is_data_file("a/b/yearly_2025.js"));
    assert_true(jb_table_is_data_file("average-intensities.min.js"));
}

static void code_is_never_data(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "=",
        "={",
        "={}",
        "data = {};",
        "const data = {DE:{" DE,
        "const data = {DE:{" DE "}",
        "const data = {DE:{carbonIntensity:{value:300+44,unit:\"gCO2eq/kWh\"}}};",
        "const data = {DE:{carbonIntensity:{value:v,unit:\"gCO2eq/kWh\"}}};",
        "const data = {DE:{carbonIntensity:{value:f(1),unit:\"gCO2eq/kWh\"}}};",
        "const data = {DE:{carbonIntensity:{value:0x158,unit:\"gCO2eq/kWh\"}}};",
        "const data = {DE:{carbonIntensity:{value:344,unit:`gCO2eq/kWh`}}};",
        "const data = {DE:{carbonIntensity:{value:344,unit:\"gCO2eq/kWh}}};",
        "const data = {DE:{carbonIntensity:{value:344,unit:\"gCO2eq\n/kWh\"}}};",
        "const data = {DE:{carbonIntensity:{value:344 unit:\"gCO2eq/kWh\"}}};",
        "const data = {DE /* :{" DE "}};",
        "const data = {...DE:{" DE "}};",
        "const data = {[DE]:{" DE "}};",
        "const data = {DE:{" DE "}]};",
        "f = () => {DE:{" DE "}}",
        "if (a == {DE:{" DE "}} + 1) {",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) - 1; i++) {
        refused("yearly_2025.js", texts[i], strlen(texts[i]));
    }
    refused("yearly_2025.js", "const data = {\0DE:{" DE "}}", 56);
}

/* Every cut of a good file is an error or a table, and none is read past its end (run under the sanitizers). */
static void cut_and_deep_files_are_refused_in_time(void **state)
{
    static const char text[] = "const data = {DE: {zone: {zoneName: 'x\\u0041'}, " DE ", n: -.5}};";
    for (size_t length = 0; length < sizeof(text) - 3; length++) {
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, text, length);
        char *exact = realloc(copy, length > 0 ? length : 1);
        refused("yearly_2025.js", exact != NULL ? exact : copy, length);
        free(exact != NULL ? exact : copy);
    }
    enum { LONG = 1 << 20 };
    static const char *const parts[] = {"={", "={a:", "={'", "={\"\":'", "={a:1,", "=[{", "={/*"};
    char *deep = malloc(LONG + 1);
    assert_non_null(deep);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t length = strlen(parts[i]);
        for (size_t k = 0; k + length <= LONG; k += length) {
            memcpy(deep + k, parts[i], length);
        }
        refused("yearly_2025.js", deep, LONG - LONG % length);
    }
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_of_the_package_are_read),
        cmocka_unit_test(the_later_year_stays_in_either_order),
        cmocka_unit_test(averages_have_no_year_and_groups_are_no_places),
        cmocka_unit_test(every_way_to_write_it_is_read),
        cmocka_unit_test(figures_that_cannot_be_are_no_rows),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(code_is_never_data),
        cmocka_unit_test(cut_and_deep_files_are_refused_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
