/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache_file.c - what is written is read again; what is not as we write it counts as none.
 */
#include "grid/cache_file.h"

#include "base/cleanup.h"
#include "base/diag.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

#define MINUTE (60 * (int64_t)JB_NS_PER_S)
#define NOON   INT64_C(1795348800000000000)
#define AT(m)  (NOON + (m)*MINUTE)
#define DAY    (24 * 60 * MINUTE)

static const struct jb_provider provider = {.name = "alpha"}, other = {.name = "beta"};
static struct jb_ask ask; /* at noon, about XX */
static char folder[128];

static int begin(void **state)
{
    int err = machine_setup(state);
    ask = (struct jb_ask){.zone = "XX", .now_ns = NOON, .latitude = NAN, .longitude = NAN};
    ask.access.url = "https://alpha.example";
    ask.access.token = "hunter2hunter2";
    snprintf(folder, sizeof(folder), "%s/cache", machine);
    return err;
}

static void put(struct jb_track *track, int64_t from_ns, int64_t to_ns, double g, unsigned flags, int64_t fetched_ns)
{
    const struct jb_point point = {.start_ns = from_ns,
                                   .end_ns = to_ns,
                                   .g_per_kwh = g,
                                   .rel_error = 0.125,
                                   .flags = flags,
                                   .fetched_ns = fetched_ns,
                                   .provider = &provider};
    assert_int_equal(jb_track_put(track, &point), 0);
}

static struct jb_cached sample(void)
{
    struct jb_cached cached = {.asked_ns = AT(-3),
                               .forecast_asked_ns = AT(-2),
                               .failed_ns = AT(-1),
                               .retry_ns = AT(1),
                               .failures = 2,
                               .ranges_ns = AT(-4),
                               .ranges = {{AT(-60), AT(-50)}, {AT(-40), AT(-30)}},
                               .range_count = 2,
                               .error = "it said \"no\" \\ Zürich"};
    put(&cached.track, AT(-60), AT(-30), 0.1, 0, AT(-3));
    put(&cached.track, AT(-30), AT(30), 1.0 / 3, JB_POINT_ESTIMATED, AT(-3));
    put(&cached.track, AT(30), AT(60), 5, JB_POINT_FORECAST | JB_POINT_DIRECT, AT(-2));
    return cached;
}

static int save(const struct jb_cached *cached)
{
    return jb_cache_save(folder, &provider, &ask, NOON, cached, NULL);
}

static void what_is_saved_is_loaded(void **state)
{
    struct jb_cached cached = sample(), loaded;
    assert_int_equal(save(&cached), 0);
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), 0);
    assert_true(loaded.asked_ns == cached.asked_ns && loaded.forecast_asked_ns == cached.forecast_asked_ns);
    assert_true(loaded.failed_ns == cached.failed_ns && loaded.retry_ns == cached.retry_ns);
    assert_int_equal(loaded.failures, 2);
    assert_true(loaded.ranges_ns == cached.ranges_ns && loaded.range_count == 2);
    assert_memory_equal(loaded.ranges, cached.ranges, sizeof(cached.ranges));
    assert_string_equal(loaded.error, cached.error);
    assert_int_equal(loaded.track.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct jb_point *a = &loaded.track.points[i], *b = &cached.track.points[i];
        assert_true(a->start_ns == b->start_ns && a->end_ns == b->end_ns && a->fetched_ns == b->fetched_ns);
        assert_memory_equal(&a->g_per_kwh, &b->g_per_kwh, sizeof(double));
        assert_float_equal(a->rel_error, 0.125, 0);
        assert_int_equal(a->flags, b->flags);
        assert_ptr_equal(a->provider, &provider);
    }
    jb_cached_finish(&loaded);
    jb_cached_finish(&cached);
    assert_null(cached.track.points);
}

static void files_are_the_users_alone_and_hold_no_key(void **state)
{
    char path[256];
    struct stat st;
    struct jb_cached cached = sample();
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length = 0;
    assert_int_equal(save(&cached), 0);
    jb_cached_finish(&cached);
    snprintf(path, sizeof(path), "%s/alpha-XX-lifecycle.json", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(jb_read_all(path, 10000, &text, &length, NULL), 0);
    assert_null(strstr(text, "hunter2"));
}

/* What was said to another is not ours. */
static void another_key_address_place_or_factor_has_nothing(void **state)
{
    struct jb_cached cached = sample(), loaded;
    assert_int_equal(save(&cached), 0);
    jb_cached_finish(&cached);
    const struct jb_ask good = ask;
    struct jb_ask others[7];
    for (size_t i = 0; i < 7; i++) {
        others[i] = good;
    }
    others[0].access.token = "another";
    others[1].access.token = NULL;
    others[2].access.url = "https://beta.example";
    others[3].access.user = "me";
    others[4].access.region = "north";
    others[5].latitude = others[5].longitude = 3;
    others[6].zone = "xx"; /* where names of files are the same whatever their case */
    machine_link("/cache/alpha-xx-lifecycle.json", "alpha-XX-lifecycle.json");
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(jb_cache_load(folder, &provider, &others[i], &loaded), -ENOENT);
        assert_null(loaded.track.points);
    }
    ask.direct = true;
    machine_link("/cache/alpha-XX-direct.json", "alpha-XX-lifecycle.json");
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), -ENOENT);
    ask.direct = false;
    machine_link("/cache/beta-XX-lifecycle.json", "alpha-XX-lifecycle.json");
    assert_int_equal(jb_cache_load(folder, &other, &ask, &loaded), -ENOENT);
    ask.access.password = "is not looked at";
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), 0);
    jb_cached_finish(&loaded);
}

static void names_of_files_hold_nothing_strange(void **state)
{
    char path[256];
    ask.zone = "../../etc/passwd x";
    assert_int_equal(jb_cache_path("/c", &provider, &ask, ".json", path, sizeof(path)), 0);
    assert_string_equal(path, "/c/alpha-______etc_passwd_x-lifecycle.json");
    ask.zone = "";
    ask.direct = true;
    assert_int_equal(jb_cache_path("/c", &provider, &ask, "", path, sizeof(path)), 0);
    assert_string_equal(path, "/c/alpha-world-direct");
    assert_int_equal(jb_cache_path("/c", &provider, &ask, "", path, 10), -ENAMETOOLONG);
    assert_int_equal(jb_cache_path("", &provider, &ask, "", path, sizeof(path)), -ENOENT);
}

static void only_the_last_days_and_the_next_are_kept(void **state)
{
    struct jb_cached cached = {.asked_ns = NOON}, loaded;
    put(&cached.track, NOON - 9 * DAY, NOON - 8 * DAY - MINUTE, 1, 0, NOON); /* too old */
    put(&cached.track, NOON - 8 * DAY - MINUTE, NOON - 8 * DAY + MINUTE, 2, 0, NOON);
    put(&cached.track, NOON + 4 * DAY - MINUTE, NOON + 4 * DAY + MINUTE, 3, JB_POINT_FORECAST, NOON);
    put(&cached.track, NOON + 5 * DAY, NOON + 6 * DAY, 4, JB_POINT_FORECAST, NOON);
    assert_int_equal(save(&cached), 0);
    assert_int_equal(cached.track.count, 4); /* ours stays as it is */
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), 0);
    assert_int_equal(loaded.track.count, 2);
    assert_true(loaded.track.points[0].start_ns == NOON - 8 * DAY);
    assert_true(loaded.track.points[1].end_ns == NOON + 4 * DAY);
    jb_cached_finish(&loaded);
    ask.now_ns = NOON + 8 * DAY; /* a week later */
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), 0);
    assert_int_equal(loaded.track.count, 1);
    jb_cached_finish(&loaded);
    jb_cached_finish(&cached);
}

static void what_was_said_in_the_future_is_not_believed(void **state)
{
    struct jb_cached cached = {.asked_ns = NOON}, loaded;
    put(&cached.track, AT(-10), AT(-5), 1, 0, AT(-5));
    put(&cached.track, AT(-5), AT(0), 2, 0, AT(0));
    assert_int_equal(save(&cached), 0);
    ask.now_ns = AT(-6); /* the clock went back */
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), 0);
    assert_int_equal(loaded.track.count, 1);
    jb_cached_finish(&loaded);
    ask.now_ns = NOON - 2 * DAY;
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), -ENOENT);
    for (int i = 0; i < 3; i++) {
        struct jb_cached far = {.asked_ns = i == 0 ? NOON + 2 * DAY : NOON,
                                .forecast_asked_ns = i == 1 ? NOON + 2 * DAY : NOON,
                                .failures = 1,
                                .retry_ns = i == 2 ? NOON + 2 * DAY : NOON};
        assert_int_equal(save(&far), -EINVAL);
    }
    jb_cached_finish(&cached);
}

static void without_a_folder_nothing_is_kept(void **state)
{
    struct jb_cached cached = sample(), loaded = {.failures = 9};
    struct jb_diag diag = {0};
    assert_int_equal(jb_cache_save("", &provider, &ask, NOON, &cached, &diag), -ENOENT);
    assert_true(diag.text[0] != '\0');
    assert_int_equal(jb_cache_load("", &provider, &ask, &loaded), -ENOENT);
    assert_int_equal(loaded.failures, 0);
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), -ENOENT);
    jb_cached_finish(&cached);
}

#define HEAD                                                                                                           \
    "{\"version\": 2, \"provider\": \"alpha\", \"who\": \"w\", \"asked_ns\": 1, \"forecast_asked_ns\": 0, "            \
    "\"failed_ns\": 0, \"retry_ns\": 0, \"failures\": 0, \"error\": \"\", \"ranges_ns\": 0, \"ranges\": [], "          \
    "\"points\": ["

static int parse(const char *text, size_t length)
{
    struct jb_cached cached = {.failures = 77};
    int err = jb_cache_parse(text, length, &provider, "w", &cached);
    if (err == 0) {
        jb_cached_finish(&cached);
    } else {
        assert_int_equal(cached.failures, 77); /* untouched */
    }
    return err;
}

static void what_is_not_as_we_write_it_is_none(void **state)
{
    static const char *const good[] = {
        HEAD "]}",
        HEAD "[1, 2, 3, 0.1, 0, 9]]}",
        HEAD "[1, 2, 3.5, 0, 7, 0], [2, 3, -4e1, 0.1, 4, 9]]}",
    };
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "{",
        HEAD,
        "\xff\xfe",
        HEAD "]} x",
        HEAD "[1, 2, 3, 0.1, 0]]}",                          /* five */
        HEAD "[1, 2, 3, 0.1, 0, 9, 9]]}",                    /* seven */
        HEAD "[2, 2, 3, 0.1, 0, 9]]}",                       /* of no length */
        HEAD "[3, 2, 3, 0.1, 0, 9]]}",                       /* backwards */
        HEAD "[1, 2, 3, 0.1, 8, 9]]}",                       /* a flag that is none */
        HEAD "[1, 2, 3, 0.1, -1, 9]]}",                      /* the same */
        HEAD "[1, 2, 3, -0.1, 0, 9]]}",                      /* an error below 0 */
        HEAD "[1, 2, 1e9, 0.1, 0, 9]]}",                     /* absurd */
        HEAD "[1, 2, 1e999, 0.1, 0, 9]]}",                   /* no number */
        HEAD "[1, 2, null, 0.1, 0, 9]]}",                    /* the same */
        HEAD "[1, 2, \"3\", 0.1, 0, 9]]}",                   /* the same */
        HEAD "[1.5, 2, 3, 0.1, 0, 9]]}",                     /* a time that is none */
        HEAD "[-1, 2, 3, 0.1, 0, 9]]}",                      /* before 1970 */
        HEAD "[1, 99999999999999999999, 3, 0.1, 0, 9]]}",    /* beyond all */
        HEAD "[5, 6, 3, 0.1, 0, 9], [1, 2, 3, 0.1, 0, 9]]}", /* out of order */
        HEAD "[1, 4, 3, 0.1, 0, 9], [3, 5, 3, 0.1, 0, 9]]}", /* one over the other */
        HEAD "{\"start\": 1}]}",
    };
    for (size_t i = 0; i < JB_COUNT(good); i++) {
        assert_int_equal(parse(good[i], strlen(good[i])), 0);
    }
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        assert_int_equal(parse(bad[i], strlen(bad[i])), -EBADMSG);
    }
    /* Each of the members, away or of another type. */
    static const char *const members[] = {"version",   "provider", "who",      "asked_ns", "forecast_asked_ns",
                                          "failed_ns", "retry_ns", "failures", "error",    "points"};
    for (size_t i = 0; i < JB_COUNT(members); i++) {
        char text[512], *at;
        snprintf(text, sizeof(text), "%s", HEAD "]}");
        char quoted[64];
        snprintf(quoted, sizeof(quoted), "\"%s\"", members[i]);
        at = strstr(text, quoted);
        assert_non_null(at);
        at[1] = '_';
        assert_int_equal(parse(text, strlen(text)), -EBADMSG);
        at[1] = members[i][0];
        assert_int_equal(parse(text, strlen(text)), 0);
        at += strlen(quoted) + 2;
        memmove(at + 3, at + 1, strlen(at));
        memcpy(at, "{}_", 3);
        assert_int_equal(parse(text, strlen(text)), -EBADMSG);
    }
}

static void each_cut_and_each_flipped_byte_is_none_or_sane(void **state)
{
    struct jb_cached cached = sample();
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    jb_cache_write(&provider, "w", &cached, &text);
    assert_int_equal(parse(text.data, text.length), 0);
    for (size_t i = 0; i + 2 < text.length; i++) {
        assert_int_equal(parse(text.data, i), -EBADMSG);
        text.data[i] ^= 0x15;
        (void)parse(text.data, text.length);
        text.data[i] ^= 0x15;
    }
    jb_cached_finish(&cached);
}

static void a_huge_file_is_none(void **state)
{
    struct jb_cached loaded;
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    char path[256];
    jb_buf_puts(&text, HEAD);
    for (int i = 0; i < 20001; i++) {
        jb_buf_printf(&text, "%s[%d, %d, 3, 0.1, 0, 9]", i > 0 ? "," : "", i, i + 1);
    }
    jb_buf_puts(&text, "]}");
    assert_int_equal(parse(text.data, text.length), -EBADMSG);
    while (text.length < 3000000) {
        jb_buf_puts(&text, "                                                  ");
    }
    assert_int_equal(jb_cache_path(folder, &provider, &ask, ".json", path, sizeof(path)), 0);
    assert_int_equal(jb_mkdir_parents(path, 0700), 0);
    assert_int_equal(jb_write_atomic(path, text.data, text.length, 0600, NULL), 0);
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), -ENOENT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody will ever write */
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &loaded), -ENOENT);
}

static void a_folder_that_others_may_write_to_is_none(void **state)
{
    char path[PATH_MAX], target[PATH_MAX];
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length;
    struct jb_cached cached = sample(), got;
    assert_int_equal(jb_cache_save(folder, &provider, &ask, NOON, &cached, NULL), 0);
    assert_int_equal(jb_cache_load(folder, &provider, &ask, &got), 0);
    jb_cached_finish(&got);

    machine_file("/precious", "kept");
    snprintf(target, sizeof(target), "%s/precious", machine);
    assert_int_equal(jb_cache_path(folder, &provider, &ask, ".json", path, sizeof(path)), 0);
    static const mode_t modes[] = {0777, 01777, 0770, 0702};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(folder, modes[i]), 0);
        assert_int_equal(jb_cache_load(folder, &provider, &ask, &got), -ENOENT);
        assert_int_equal(jb_cache_lock(folder, &provider, &ask, 0), -EPERM);
        assert_true(unlink(path) == 0 || i > 0);
        assert_true(symlink(target, path) == 0 || i > 0);
        assert_int_equal(jb_cache_save(folder, &provider, &ask, NOON, &cached, NULL), -EPERM);
    }
    assert_int_equal(jb_read_all(target, 100, &text, &length, NULL), 0);
    assert_string_equal(text, "kept");
    jb_cached_finish(&cached);

    assert_int_equal(chmod(folder, 0700), 0);
    assert_true(jb_cache_is_ours(path));
    assert_int_equal(chmod(machine, 0777), 0); /* then somebody can put another folder in its place */
    assert_false(jb_cache_is_ours(path));
    assert_int_equal(chmod(machine, 01777), 0);
    assert_true(jb_cache_is_ours(path));
    assert_false(jb_cache_is_ours("/no/such/folder/file"));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_folder_that_others_may_write_to_is_none),
        WITH_FOLDER(what_is_saved_is_loaded),
        WITH_FOLDER(files_are_the_users_alone_and_hold_no_key),
        WITH_FOLDER(another_key_address_place_or_factor_has_nothing),
        WITH_FOLDER(names_of_files_hold_nothing_strange),
        WITH_FOLDER(only_the_last_days_and_the_next_are_kept),
        WITH_FOLDER(what_was_said_in_the_future_is_not_believed),
        WITH_FOLDER(without_a_folder_nothing_is_kept),
        WITH_FOLDER(what_is_not_as_we_write_it_is_none),
        WITH_FOLDER(each_cut_and_each_flipped_byte_is_none_or_sane),
        WITH_FOLDER(a_huge_file_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
