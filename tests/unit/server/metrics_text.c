/* SPDX-License-Identifier: Apache-2.0 */
/* Families of metrics as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "server/metrics_text.h"

static void one_of_each(struct jb_buf *out, bool openmetrics)
{
    struct jb_metrics m;

    jb_metrics_begin(&m, out, openmetrics);
    jb_metrics_family(&m, JB_METRICS_COUNTER, "a_joules_total", "joules", "Joules.");
    jb_metrics_label(&m, "x", "1");
    jb_metrics_label(&m, "y", "");
    jb_metrics_joules(&m, 1500000);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "b_watts", "watts", "Watts.");
    jb_metrics_number(&m, 2.5);
    jb_metrics_family(&m, JB_METRICS_INFO, "c_info", NULL, "What.");
    jb_metrics_label(&m, "version", "1");
    jb_metrics_number(&m, 1);
    jb_metrics_end(&m);
}

static void text_has_the_names_as_they_are_scraped(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    one_of_each(&out, false);
    assert_string_equal(out.data, "# HELP a_joules_total Joules.\n"
                                  "# TYPE a_joules_total counter\n"
                                  "a_joules_total{x=\"1\",y=\"\"} 1.5\n"
                                  "# HELP b_watts Watts.\n"
                                  "# TYPE b_watts gauge\n"
                                  "b_watts 2.5\n"
                                  "# HELP c_info What.\n"
                                  "# TYPE c_info gauge\n"
                                  "c_info{version=\"1\"} 1\n");
}

static void openmetrics_names_families_without_their_suffix(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    one_of_each(&out, true);
    assert_string_equal(out.data, "# HELP a_joules Joules.\n"
                                  "# TYPE a_joules counter\n"
                                  "# UNIT a_joules joules\n"
                                  "a_joules_total{x=\"1\",y=\"\"} 1.5\n"
                                  "# HELP b_watts Watts.\n"
                                  "# TYPE b_watts gauge\n"
                                  "# UNIT b_watts watts\n"
                                  "b_watts 2.5\n"
                                  "# HELP c What.\n"
                                  "# TYPE c info\n"
                                  "c_info{version=\"1\"} 1\n"
                                  "# EOF\n");
}

static void a_family_of_which_nothing_is_known_is_not_written(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_metrics m;

    jb_metrics_begin(&m, &out, false);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "a", NULL, "A.");
    jb_metrics_label(&m, "x", "gone");
    jb_metrics_number(&m, NAN);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "b", NULL, "B.");
    jb_metrics_label(&m, "x", "there");
    jb_metrics_number(&m, 0);
    jb_metrics_label(&m, "x", "gone");
    jb_metrics_number(&m, INFINITY);
    jb_metrics_label(&m, "x", "too");
    jb_metrics_number(&m, 1);
    jb_metrics_end(&m);
    assert_string_equal(out.data, "# HELP b B.\n# TYPE b gauge\nb{x=\"there\"} 0\nb{x=\"too\"} 1\n");
}

static void values_of_labels_cannot_leave_their_quotes(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_metrics m;

    jb_metrics_begin(&m, &out, true);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "a", NULL, "A.");
    jb_metrics_label(&m, "x", "\"} 1\n# EOF\n\\\xff\x1b[31m\r\xe2\x80\xae");
    jb_metrics_number(&m, 1);
    jb_metrics_end(&m);
    assert_string_equal(
        out.data, "# HELP a A.\n# TYPE a gauge\n"
                  "a{x=\"\\\"} 1\\n# EOF\\n\\\\\xEF\xBF\xBD\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD\"} 1\n# EOF\n");
}

/* A sample that stands there twice would make a scraper refuse the whole text. */
static void rows_whose_labels_look_alike_are_added_up(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_metrics m;

    jb_metrics_begin(&m, &out, false);
    jb_metrics_family(&m, JB_METRICS_COUNTER, "a_total", NULL, "A.");
    jb_metrics_label(&m, "x", "a\x01");
    jb_metrics_joules(&m, UINT64_C(9007199254741000000));
    jb_metrics_label(&m, "x", "b");
    jb_metrics_joules(&m, 1);
    jb_metrics_label(&m, "x", "a\x02");
    jb_metrics_joules(&m, 2000000);
    jb_metrics_end(&m);
    assert_string_equal(out.data, "# HELP a_total A.\n# TYPE a_total counter\n"
                                  "a_total{x=\"a\xEF\xBF\xBD\"} 9007199254743.0\n"
                                  "a_total{x=\"b\"} 0.000001\n");
}

static void rows_without_labels_are_one(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_metrics m;

    jb_metrics_begin(&m, &out, false);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "a", NULL, "A.");
    jb_metrics_number(&m, 1);
    jb_metrics_number(&m, 2);
    jb_metrics_end(&m);
    assert_string_equal(out.data, "# HELP a A.\n# TYPE a gauge\na 3\n");
}

static void a_thousand_rows_have_room(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_metrics m;
    size_t lines = 0;

    jb_metrics_begin(&m, &out, false);
    jb_metrics_family(&m, JB_METRICS_GAUGE, "a", NULL, "A.");
    for (int i = 0; i < 1000; i++) {
        char text[16];
        jb_snprintf(text, sizeof(text), "%d", i);
        jb_metrics_label(&m, "x", text);
        jb_metrics_number(&m, i);
    }
    jb_metrics_end(&m);
    for (const char *p = out.data; (p = strchr(p, '\n')) != NULL; p++) {
        lines++;
    }
    assert_int_equal(lines, 1002);
    assert_non_null(strstr(out.data, "a{x=\"999\"} 999\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_the_names_as_they_are_scraped),
        cmocka_unit_test(openmetrics_names_families_without_their_suffix),
        cmocka_unit_test(a_family_of_which_nothing_is_known_is_not_written),
        cmocka_unit_test(values_of_labels_cannot_leave_their_quotes),
        cmocka_unit_test(rows_whose_labels_look_alike_are_added_up),
        cmocka_unit_test(rows_without_labels_are_one),
        cmocka_unit_test(a_thousand_rows_have_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
