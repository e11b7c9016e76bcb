/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh.c - a package as npm makes it, unpacked, or in pieces, to the user's table; and archives that mean harm.
 */
#include "grid/refresh.h"
#include "grid/refresh_impl.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "machine.h"

static char to[128];

static int setup(void **state)
{
    int r = machine_setup(state);
    snprintf(to, sizeof(to), "%s/home/joulebook/carbon_intensity.csv", machine);
    return r;
}

/* A command of the tests' own, in the made-up machine. */
static void command(const char *format)
{
    char line[1024];
    snprintf(line, sizeof(line), "cd %s && F=%s/tests/unit/grid/fixtures/tgwf && %s", machine, getenv("JB_SOURCE_ROOT"),
             format);
    assert_int_equal(system(line), 0);
}

static const char *in_machine(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", machine, name);
    return path;
}

static char *text_of(const char *path)
{
    char *text = NULL;
    size_t length;
    assert_int_equal(jb_read_all(path, 1 << 20, &text, &length, NULL), 0);
    return text;
}

static void refreshed(const char *name, size_t rows, size_t newer)
{
    size_t got_rows = 99, got_newer = 99;
    struct jb_diag diag = {0};
    if (jb_table_refresh(in_machine(name), to, &got_rows, &got_newer, &diag) < 0) {
        fail_msg("%s: %s", name, diag.text);
    }
    assert_int_equal(got_rows, rows);
    assert_int_equal(got_newer, newer);
}

static int refused(const char *name, struct jb_diag *diag)
{
    size_t rows = 77, newer = 77;
    int r = jb_table_refresh(in_machine(name), to, &rows, &newer, diag);
    assert_true(r < 0);
    assert_true(rows == 77 && newer == 77);
    assert_true(diag->text[0] != '\0');
    assert_int_not_equal(access(to, F_OK), 0);
    return r;
}

static void expect_table(const char *version)
{
    char *text = text_of(to);
    assert_int_equal(text[0], '#');
    assert_non_null(strstr(text, "Electricity Maps"));
    assert_non_null(strstr(text, "https://opendatacommons.org/licenses/odbl/1-0/"));
    assert_non_null(strstr(text, "https://creativecommons.org/licenses/by/4.0/"));
    assert_non_null(strstr(text, version));
    assert_non_null(strstr(text, "\nAE,348,2025,electricitymaps-yearly-2025 (ODbL)\n"));
    free(text);
    struct jb_table table = {0};
    struct jb_diag diag = {0};
    if (jb_table_load(to, &table, &diag) < 0) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(table.count, 8);
    jb_table_finish(&table);
}

static void the_package_as_npm_makes_it(void **state)
{
    command("tar -czf tgwf-co2-0.19.0.tgz -C $F package");
    refreshed("tgwf-co2-0.19.0.tgz", 8, 0); /* the same year as ours */
    expect_table("@tgwf/co2 0.19.0 of");
    assert_int_equal(access(in_machine("package"), F_OK), -1); /* nothing was unpacked */
}

static void its_folder_and_its_files(void **state)
{
    command("cp -r $F/package . && mkdir in_it && mv package in_it/");
    refreshed("in_it", 8, 0);
    expect_table("@tgwf/co2 0.19.0 of");
    refreshed("in_it/package", 8, 0);
    expect_table("@tgwf/co2 0.19.0 of");
    refreshed("in_it/package/dist/esm/data", 8, 0);
    refreshed("in_it/package/dist/esm/data/electricity-maps", 8, 0);
    expect_table("@tgwf/co2 of");
    refreshed("in_it/package/dist/cjs/data/electricity-maps/yearly_2025.js", 8, 0);
    expect_table("@tgwf/co2 of");
}

static void a_later_year_is_newer_than_ours(void **state)
{
    command("cp -r $F/package . && (cd package/dist/esm/data/electricity-maps && sed 's/348/11.5/; s/\"AX\"/\"XQ\"/' "
            "yearly_2025.js > yearly_2031.js) && tar -czf p.tgz package");
    refreshed("p.tgz", 9, 7); /* XQ is a place that we do not know; AX stays of 2025 */
    char *text = text_of(to);
    assert_non_null(strstr(text, "\nAE,11.5,2031,electricitymaps-yearly-2031 (ODbL)\n"));
    assert_non_null(strstr(text, "AX,17,2025,"));
    assert_non_null(strstr(text, "\nXQ,17,2031,"));
    free(text);
    refreshed("package", 9, 7);
    setenv("XDG_DATA_HOME", in_machine("home"), 1);
    struct jb_intensity intensity;
    assert_int_equal(jb_grid_zone("AE", &intensity, NULL), 0);
    assert_true(intensity.g_per_kwh == 11.5 && intensity.year == 2031);
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
}

/* Chile is Ember's in our table (its zones are not), Germany is Electricity Maps'. */
static void production_never_follows_on_consumption(void **state)
{
    machine_file("/average-intensities-2031.js", "const data = {CHL: 200, DEU: 300, XKX: 800, QQQ: 1};\n");
    refreshed("average-intensities-2031.js", 1, 1);
    char *text = text_of(to);
    assert_non_null(strstr(text, "\nCL,200,2031,ember-yearly via co2.js (CC BY)\n"));
    assert_null(strstr(text, "DE"));
    free(text);
}

static void figures_without_a_year_are_left_out(void **state)
{
    command("cp $F/package/dist/esm/data/average-intensities.min.js .");
    struct jb_diag diag = {0};
    assert_int_equal(refused("average-intensities.min.js", &diag), -ENODATA);
    assert_non_null(strstr(diag.text, "year"));
}

static void what_is_no_package_is_refused(void **state)
{
    struct jb_diag diag = {0};
    assert_int_equal(refused("missing.tgz", &diag), -ENOENT);
    assert_string_equal(diag.fix, "npm pack @tgwf/co2");
    command("mkdir empty && echo hello > text.tgz && : > zero.tgz && tar -czf other.tgz text.tgz && mkfifo fifo && "
            "tar -czf - -C $F package | head -c 700 > cut.tgz");
    assert_int_equal(refused("empty", &diag), -ENOENT);
    assert_non_null(strstr(diag.fix, "npm pack"));
    assert_int_equal(refused("other.tgz", &diag), -ENOENT);
    assert_int_equal(refused("text.tgz", &diag), -EBADMSG);
    assert_int_equal(refused("cut.tgz", &diag), -EBADMSG);
    assert_int_equal(refused("fifo", &diag), -EINVAL);
    refused("zero.tgz", &diag);
    machine_file("/yearly_2025.js", "process.exit(1)");
    assert_int_equal(refused("yearly_2025.js", &diag), -EBADMSG);
    assert_int_equal(truncate(in_machine("text.tgz"), (off_t)JB_PACKAGE_LIMIT + 1), 0);
    assert_int_equal(refused("text.tgz", &diag), -EFBIG);
}

static void names_mean_nothing_to_tar(void **state)
{
    command("tar -czf './host:a b;touch x.tgz' -C $F package && cp ./host* ./--checkpoint-action=exec=sh");
    refreshed("host:a b;touch x.tgz", 8, 0);
    refreshed("--checkpoint-action=exec=sh", 8, 0);
    /* A member with such a name, and one that would leave the folder. */
    command("mkdir -p m/yearly_ 'm/$(touch y)' && cp $F/package/dist/esm/data/electricity-maps/yearly_2025.js "
            "'m/$(touch y)/yearly_2025.js' && tar -czf m.tgz m");
    struct jb_diag diag = {0};
    unlink(to);
    assert_int_equal(refused("m.tgz", &diag), -ENOENT);
    command("tar -czPf up.tgz --transform='s,^package,../package,' -C $F package/dist/esm");
    assert_int_equal(refused("up.tgz", &diag), -EBADMSG);
    assert_int_equal(access(in_machine("../package"), F_OK), -1);
    assert_int_equal(access(in_machine("x.tgz"), F_OK), -1);
    assert_int_equal(access(in_machine("y"), F_OK), -1);
}

static void bombs_are_bounded(void **state)
{
    command("mkdir -p b && truncate -s 64M b/yearly_2025.js && tar -czf b.tgz b && rm b/yearly_2025.js");
    struct jb_diag diag = {0};
    uint64_t start_ns = jb_mono_ns();
    assert_int_equal(refused("b.tgz", &diag), -EFBIG);
    assert_true(jb_mono_ns() - start_ns < 60 * JB_NS_PER_S);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
    assert_int_equal(errno, ECHILD);
}

/* Each is a run of tar over the whole archive, and a thousand of the same take no room in it. */
static void a_name_that_comes_again_and_again_is_read_once(void **state)
{
    command("mkdir bin && printf '#!/bin/sh\\necho >> %s/runs\\nPATH=/usr/bin:/bin exec tar \"$@\"\\n' \"$PWD\" > "
            "bin/tar && "
            "chmod +x bin/tar && cp -r $F/package . && cd package && set -- && "
            "while [ $# -lt 300 ]; do set -- \"$@\" package/package.json; done && cd .. && "
            "tar --hard-dereference -czf p.tgz \"$@\" package");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", in_machine("bin"), 1);
    refreshed("p.tgz", 8, 0);
    setenv("PATH", path, 1);
    free(path);
    char *runs = text_of(in_machine("runs"));
    assert_true(strlen(runs) < 20);
    free(runs);
}

static void tar_may_be_missing(void **state)
{
    command("tar -czf p.tgz -C $F package");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    struct jb_diag diag = {0};
    assert_int_equal(refused("p.tgz", &diag), -ENOENT);
    assert_non_null(strstr(diag.fix, "install tar"));
    setenv("PATH", path, 1);
    free(path);
}

static void a_table_that_cannot_be_written_is_told(void **state)
{
    command("cp -r $F/package . && : > home");
    struct jb_diag diag = {0};
    size_t rows, newer;
    assert_int_equal(jb_table_refresh(in_machine("package"), to, &rows, &newer, &diag), -ENOTDIR);
    assert_non_null(strstr(diag.text, to));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)

int main(void)
{
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        TEST(the_package_as_npm_makes_it),
        TEST(its_folder_and_its_files),
        TEST(a_later_year_is_newer_than_ours),
        TEST(production_never_follows_on_consumption),
        TEST(figures_without_a_year_are_left_out),
        TEST(what_is_no_package_is_refused),
        TEST(names_mean_nothing_to_tar),
        TEST(bombs_are_bounded),
        TEST(a_name_that_comes_again_and_again_is_read_once),
        TEST(tar_may_be_missing),
        TEST(a_table_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
