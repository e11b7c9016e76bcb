/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/conf_load.c. Environment variables of the caller are put aside. */
#include "base/conf.h"

#include "base/diag.h"
#include "base/text.h"
#include "support.h"

#include <ctype.h>
#include <errno.h>

extern char **environ;

struct place {
    struct scratch scratch; /* the root; the user's folder is home/ in it */
    struct jb_conf *conf;
};

static int make(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    for (char **e = environ; *e;) {
        if (jb_starts(*e, "JOULEBOOK_")) {
            char name[256];
            snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
            unsetenv(name);
            e = environ;
        } else {
            e++;
        }
    }
    scratch_make(&p->scratch);
    mkdir(scratch_at(&p->scratch, "etc"), 0700);
    mkdir(scratch_at(&p->scratch, "home"), 0700);
    mkdir(scratch_at(&p->scratch, "home/joulebook"), 0700);
    setenv("XDG_CONFIG_HOME", scratch_at(&p->scratch, "home"), 1);
    *state = p;
    return 0;
}

static int unmake(void **state)
{
    struct place *p = *state;
    jb_conf_destroy(p->conf);
    scratch_remove(&p->scratch);
    free(p);
    return 0;
}

static int load(struct place *p, struct jb_diag *diag)
{
    jb_conf_destroy(p->conf);
    p->conf = NULL;
    return jb_conf_load(p->scratch.path, &p->conf, diag);
}

static const char *zone(struct place *p)
{
    return jb_conf_string(p->conf, "grid", "zone");
}

static void no_file_is_no_error(void **state)
{
    struct place *p = *state;
    assert_int_equal(load(p, NULL), 0);
    assert_null(zone(p));
    remove_tree(scratch_at(&p->scratch, "home"));
    remove_tree(scratch_at(&p->scratch, "etc"));
    assert_int_equal(load(p, NULL), 0);
    scratch_text(&p->scratch, "etc", "a file where a folder should be");
    assert_int_equal(load(p, NULL), 0);
}

static void etc_then_user_then_environment_then_flag(void **state)
{
    struct place *p = *state;
    char origin[PATH_MAX];

    scratch_text(&p->scratch, "etc/joulebook.conf", "# machine\n[grid]\nzone = KR\npue = 1.5\n");
    assert_int_equal(load(p, NULL), 0);
    assert_string_equal(zone(p), "KR");
    snprintf(origin, sizeof(origin), "%s/etc/joulebook.conf:3", p->scratch.path);
    assert_string_equal(jb_conf_origin(p->conf, "grid", "zone"), origin);

    scratch_text(&p->scratch, "home/joulebook/joulebook.conf", "[grid]\nzone = DE\n");
    assert_int_equal(load(p, NULL), 0);
    assert_string_equal(zone(p), "DE");
    double pue = 0;
    assert_true(jb_conf_number(p->conf, "grid", "pue", &pue)); /* what the user does not name stays */
    assert_true(pue == 1.5);
    snprintf(origin, sizeof(origin), "%s/home/joulebook/joulebook.conf:2", p->scratch.path);
    assert_string_equal(jb_conf_origin(p->conf, "grid", "zone"), origin);

    setenv("JOULEBOOK_GRID_ZONE", "FR", 1);
    assert_int_equal(load(p, NULL), 0);
    assert_string_equal(zone(p), "FR");
    assert_string_equal(jb_conf_origin(p->conf, "grid", "zone"), "JOULEBOOK_GRID_ZONE");

    assert_int_equal(jb_conf_set(p->conf, "grid", "zone", "US-CA", NULL), 0);
    assert_string_equal(zone(p), "US-CA");
}

static void a_line_that_may_hold_a_password_is_not_repeated(void **state)
{
    struct place *p = *state;
    static const char *const lines[] = {"password hunter2", "password: hunter2", "password\thunter2", "=hunter2"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct jb_diag diag = {0};
        char text[64];
        snprintf(text, sizeof(text), "[redfish]\n%s\n", lines[i]);
        scratch_text(&p->scratch, "etc/joulebook.conf", text);
        assert_int_equal(load(p, &diag), -EINVAL);
        assert_null(strstr(diag.text, "hunter2"));
        assert_non_null(strstr(diag.text, "joulebook.conf:2: "));
    }
}

static void the_user_can_take_back_what_etc_says(void **state)
{
    struct place *p = *state;
    scratch_text(&p->scratch, "etc/joulebook.conf", "[grid]\nzone = KR\n");
    scratch_text(&p->scratch, "home/joulebook/joulebook.conf", "[grid]\nzone =\n");
    assert_int_equal(load(p, NULL), 0);
    assert_null(zone(p));
}

/* JOULEBOOK_SECTION_KEY, and a value that it takes. */
static void variable_of(const struct jb_conf_key *key, char name[96], char value[96])
{
    static const char *const of_type[] = {
        [JB_CONF_STRING] = "text", [JB_CONF_NUMBER] = "1.5", [JB_CONF_DURATION] = "3s", [JB_CONF_BOOL] = "1"};
    snprintf(name, 96, "JOULEBOOK_%s_%s", key->section, key->key);
    for (char *p = name; *p; p++) {
        *p = (char)toupper((unsigned char)*p);
    }
    snprintf(value, 96, "%s", key->choices ? key->choices : of_type[key->type]);
    if (!key->choices && key->min > 3) { /* it would be below the limit */
        snprintf(value, 96, "%.0f%s", key->min, key->type == JB_CONF_DURATION ? "s" : "");
    }
    value[strcspn(value, "|")] = '\0';
}

static void every_key_can_come_from_the_environment(void **state)
{
    struct place *p = *state;
    char name[96], value[96];
    size_t keys = 0;
    for (const struct jb_conf_key *k = jb_conf_keys; k->section; k++, keys++) {
        variable_of(k, name, value);
        setenv(name, value, 1);
    }
    assert_true(keys > 40);
    assert_int_equal(load(p, NULL), 0);
    for (const struct jb_conf_key *k = jb_conf_keys; k->section; k++) {
        variable_of(k, name, value);
        assert_string_equal(jb_conf_origin(p->conf, k->section, k->key), name);
        unsetenv(name);
    }
}

static void a_bad_value_in_the_environment_names_the_variable(void **state)
{
    struct place *p = *state;
    struct jb_diag diag = {0};
    setenv("JOULEBOOK_RUN_INTERVAL", "often", 1);
    assert_int_equal(load(p, &diag), -EINVAL);
    assert_null(p->conf);
    assert_true(jb_starts(diag.text, "JOULEBOOK_RUN_INTERVAL: "));
    unsetenv("JOULEBOOK_RUN_INTERVAL");
}

static void other_variables_and_empty_ones_do_not_count(void **state)
{
    struct place *p = *state;
    setenv("JOULEBOOK_SOMETHING_ELSE", "x", 1);
    setenv("JOULEBOOK_RUN_INTERVAL", "", 1);
    setenv("JOULEBOOK_DB", "/x", 1);
    setenv("JOULEBOOK_CONFIG", "", 1);
    assert_int_equal(load(p, NULL), 0);
    assert_null(jb_conf_string(p->conf, "store", "db"));
}

static void joulebook_config_names_the_only_file(void **state)
{
    struct place *p = *state;
    struct jb_diag diag = {0};
    scratch_text(&p->scratch, "etc/joulebook.conf", "[grid]\npue = 2\n");
    scratch_text(&p->scratch, "home/joulebook/joulebook.conf", "[grid]\npue = 3\n");
    scratch_text(&p->scratch, "mine", "[grid]\nzone = KR\n");
    setenv("JOULEBOOK_CONFIG", scratch_at(&p->scratch, "mine"), 1);
    assert_int_equal(load(p, &diag), 0);
    assert_string_equal(zone(p), "KR");
    assert_string_equal(jb_conf_origin(p->conf, "grid", "pue"), "default");
    unlink(scratch_at(&p->scratch, "mine"));
    assert_int_equal(load(p, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "mine"));
    assert_non_null(strstr(diag.fix, "JOULEBOOK_CONFIG"));
}

static void an_error_names_file_line_and_hint(void **state)
{
    struct place *p = *state;
    struct jb_diag diag = {0};
    scratch_text(&p->scratch, "etc/joulebook.conf", "\n[grid]\n; a comment\nzoen = KR\n");
    assert_int_equal(load(p, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "/etc/joulebook.conf:4: unknown key 'zoen'"));
    assert_string_equal(diag.fix, "did you mean 'zone'?");
}

static void a_file_that_is_not_text_is_refused(void **state)
{
    struct place *p = *state;
    struct jb_diag diag = {0};
    scratch_write(&p->scratch, "etc/joulebook.conf", "[grid]\0zone = KR\n", 17);
    assert_int_equal(load(p, &diag), -EINVAL);
    assert_non_null(strstr(diag.text, "not a text file"));
    unlink(scratch_at(&p->scratch, "etc/joulebook.conf"));
    assert_int_equal(mkfifo(scratch_at(&p->scratch, "etc/joulebook.conf"), 0600), 0);
    assert_int_equal(load(p, &diag), -EINVAL);
    unlink(scratch_at(&p->scratch, "etc/joulebook.conf"));
    assert_int_equal(mkdir(scratch_at(&p->scratch, "etc/joulebook.conf"), 0700), 0);
    assert_int_equal(load(p, &diag), -EISDIR);
}

static void a_huge_file_is_refused(void **state)
{
    struct place *p = *state;
    size_t length = 2 * 1024 * 1024;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '\n', length);
    scratch_write(&p->scratch, "etc/joulebook.conf", text, length);
    free(text);
    assert_int_equal(load(p, NULL), -EFBIG);
}

/* parse */

static void parses(struct place *p, const char *text, const char *want_zone)
{
    jb_conf_destroy(p->conf);
    p->conf = jb_conf_create();
    assert_non_null(p->conf);
    assert_int_equal(jb_conf_parse(p->conf, text, "f", NULL), 0);
    if (want_zone) {
        assert_string_equal(zone(p), want_zone);
    } else {
        assert_null(zone(p));
    }
}

static void the_format_allows_what_it_says(void **state)
{
    struct place *p = *state;
    parses(p, "", NULL);
    parses(p, "[grid]", NULL);
    parses(p, "[grid]\nzone=KR", "KR");
    parses(p, "  [ grid ]  \r\n\t zone \t=  KR \r\n", "KR");
    parses(p, "[grid]\nzone = \" K R \"\n", " K R ");
    parses(p, "[grid]\nzone = \"\"\n", NULL);
    parses(p, "[grid]\nzone = a=b\n", "a=b");
    parses(p, "[grid]\nzone = KR # no comment\n", "KR # no comment");
    parses(p, "#[bad]\n;x\n\n[grid]\n# zone = X\nzone = KR\n", "KR");
    parses(p, "[grid]\nzone = A\n[run]\nquiet = yes\n[grid]\nzone = B\n", "B");
    parses(p, "\xEF\xBB\xBF[grid]\nzone = KR\n", "KR");
}

static void the_format_refuses_everything_else(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"zone = KR", "f:1: "},
        {"[grid]\nzone\n", "f:2: "},
        {"[grid]\n= KR\n", "f:2: "},
        {"[grid\nzone = KR\n", "f:1: "},
        {"[]\n", "f:1: "},
        {"[grid] # x\n", "f:1: "},
        {"[grid]\n\nzone = \"KR\n", "f:3: "},
        {"[grid]\nzone = \"\n", "f:2: "},
        {"[grid]\nzone = \"a\" b\n", "f:2: "},
        {"[grid]\nzone = \"a\"b\"\n", "f:2: "},
        {"[grid]\npue = high\n", "f:2: "},
        {"[nonsense]\n", "f:1: "},
        {"[grid]\nZONE = KR\n", "f:2: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jb_conf *conf = jb_conf_create();
        struct jb_diag diag = {0};
        assert_int_equal(jb_conf_parse(conf, cases[i].text, "f", &diag), -EINVAL);
        assert_true(jb_starts(diag.text, cases[i].where));
        assert_int_equal(jb_conf_parse(conf, cases[i].text, "f", NULL), -EINVAL);
        jb_conf_destroy(conf);
    }
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(no_file_is_no_error),
        WITH_PLACE(etc_then_user_then_environment_then_flag),
        WITH_PLACE(a_line_that_may_hold_a_password_is_not_repeated),
        WITH_PLACE(the_user_can_take_back_what_etc_says),
        WITH_PLACE(every_key_can_come_from_the_environment),
        WITH_PLACE(a_bad_value_in_the_environment_names_the_variable),
        WITH_PLACE(other_variables_and_empty_ones_do_not_count),
        WITH_PLACE(joulebook_config_names_the_only_file),
        WITH_PLACE(an_error_names_file_line_and_hint),
        WITH_PLACE(a_file_that_is_not_text_is_refused),
        WITH_PLACE(a_huge_file_is_refused),
        WITH_PLACE(the_format_allows_what_it_says),
        WITH_PLACE(the_format_refuses_everything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
