/* SPDX-License-Identifier: Apache-2.0 */
/* The user's own table: what it may hold, and that a broken one is refused whole, with its line. */
#include "support.h"

#include "base/diag.h"

#define HEADER "kind,vendor,model,match_key,tdp_w,tdp_min_w,tdp_max_w,max_turbo_w,cores,idle_w,n_sources,source\n"

static int parse(const char *text, struct jb_parts_file *parts, struct jb_diag *diag)
{
    char copy[2048];
    snprintf(copy, sizeof copy, "%s", text);
    memset(parts, 0, sizeof *parts);
    return jb_parts_parse(copy, "mine.csv", parts, diag);
}

static void rows_are_found_by_name(void **state)
{
    (void)state;
    struct jb_parts_file parts;
    assert_int_equal(parse(HEADER "cpu,AMD,EPYC 7742,,201,,,,64,,1,mine\n"
                                  "gpu,NVIDIA,L99,l99,77,70,80,,,9,1,\"a, b\"\n"
                                  "soc,X,Thing,thing,5,,,,4,,,\n",
                           &parts, NULL),
                     0);
    assert_int_equal(parts.count, 3);
    const struct jb_part *p = jb_parts_file_find(&parts, "cpu", "AMD EPYC 7742 64-Core Processor");
    assert_non_null(p);
    assert_near(p->tdp_w, 201, 0);
    assert_int_equal(p->cores, 64);
    p = jb_parts_file_find(&parts, "gpu", "NVIDIA L99");
    assert_non_null(p);
    assert_near(p->idle_w, 9, 0);
    assert_string_equal(p->source, "a, b");
    assert_non_null(jb_parts_file_find(&parts, "cpu", "Thing"));
    assert_null(jb_parts_file_find(&parts, "gpu", "Thing"));
    assert_null(jb_parts_file_find(&parts, "cpu", ""));
    jb_parts_finish(&parts);
    jb_parts_finish(&parts); /* twice does no harm */
    jb_parts_finish(NULL);
}

static void broken_tables_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } broken[] = {
        {"", "mine.csv:1"},
        {"kind,vendor\n", "mine.csv:1"},
        {HEADER "cpu,AMD,EPYC 1,,201,,,,64,,1,mine\ncpu,AMD,EPYC", "cut short"},
        {HEADER "cpu,AMD,EPYC 1,,201,,,,64,,1\n", "mine.csv:2"},
        {HEADER "cpu,AMD,EPYC 1,,201,,,,64,,1,x,y\n", "mine.csv:2"},
        {HEADER "cpu,AMD,EPYC 1,,many,,,,64,,1,x\n", "tdp_w"},
        {HEADER "cpu,AMD,EPYC 1,,,,,,64,,1,x\n", "tdp_w"},
        {HEADER "cpu,AMD,EPYC 1,,-5,,,,64,,1,x\n", "tdp_w"},
        {HEADER "cpu,AMD,EPYC 1,,nan,,,,64,,1,x\n", "tdp_w"},
        {HEADER "cpu,AMD,EPYC 1,,5,,,,-1,,1,x\n", "cores"},
        {HEADER "teapot,AMD,EPYC 1,,5,,,,1,,1,x\n", "kind"},
        {HEADER "cpu,AMD,,,5,,,,1,,1,x\n", "model"},
        {HEADER "cpu,AMD,\"EPYC 1,,5,,,,1,,1,x\n", "mine.csv:2"},
        {HEADER "cpu,AMD,EPYC 1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,5,,,,1,,1,x\n",
         "match_key"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct jb_parts_file parts;
        struct jb_diag diag = {0};
        int err = parse(broken[i].text, &parts, &diag);
        if (err != -EBADMSG || strstr(diag.text, broken[i].place) == NULL || parts.rows != NULL) {
            fail_msg("case %zu: %d \"%s\"", i, err, diag.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_name),
        cmocka_unit_test(broken_tables_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
