/* SPDX-License-Identifier: Apache-2.0 */
/* The text of fdinfo as three kernel drivers write it, and as nobody should. */
#include "tree.h"

#include "sensor/drm_fdinfo.h"

static int parse(const char *text, struct jb_drm_fdinfo *info)
{
    return jb_drm_fdinfo_parse(text, strlen(text), info);
}

static const struct jb_drm_engine *engine(const struct jb_drm_fdinfo *info, const char *name)
{
    for (size_t i = 0; i < info->engine_count; i++) {
        if (strcmp(info->engines[i].name, name) == 0) {
            return &info->engines[i];
        }
    }
    return NULL;
}

static void amdgpu_tells_nanoseconds(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    assert_int_equal(
        parse("pos:\t0\nflags:\t02100002\nmnt_id:\t25\nino:\t513\ndrm-driver:\tamdgpu\ndrm-client-id:\t48\n"
              "drm-pdev:\t0000:c1:00.0\npasid:\t32771\ndrm-memory-vram:\t1024 KiB\n"
              "drm-engine-gfx:\t87654321 ns\ndrm-engine-enc_1:\t5 ns\n",
              &info),
        0);
    assert_string_equal(info.driver, "amdgpu");
    assert_string_equal(info.pci, "0000:c1:00.0");
    assert_true(info.has_client);
    assert_int_equal(info.client, 48);
    assert_int_equal(info.engine_count, 2);
    assert_int_equal(engine(&info, "gfx")->busy, 87654321);
    assert_int_equal(engine(&info, "gfx")->capacity, 1);
    assert_false(engine(&info, "gfx")->cycles);
    assert_int_equal(engine(&info, "enc_1")->busy, 5);
}

static void i915_tells_how_many_engines_there_are(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    assert_int_equal(parse("drm-driver: i915\ndrm-client-id: 7\ndrm-pdev: 0000:00:02.0\ndrm-engine-capacity-video: 2\n"
                           "drm-engine-render:  9288864723 ns\ndrm-engine-video: 0 ns\n",
                           &info),
                     0);
    assert_int_equal(engine(&info, "render")->busy, UINT64_C(9288864723));
    assert_int_equal(engine(&info, "video")->capacity, 2);
    assert_null(engine(&info, "capacity-video"));
}

static void xe_tells_cycles_of_all_cycles(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    assert_int_equal(parse("drm-driver:\txe\ndrm-client-id:\t9\ndrm-pdev:\t0000:03:00.0\ndrm-cycles-rcs:\t28257900\n"
                           "drm-total-cycles-rcs:\t7655183225\ndrm-cycles-vcs:\t3\ndrm-engine-capacity-vcs:\t2\n"
                           "drm-total-cycles-ccs:\t7655183225\n",
                           &info),
                     0);
    assert_int_equal(info.engine_count, 1); /* of the others, half is missing */
    assert_true(info.engines[0].cycles);
    assert_int_equal(info.engines[0].busy, 28257900);
    assert_int_equal(info.engines[0].total, UINT64_C(7655183225));
}

static void what_is_no_drm_file_is_none(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info = {.client = 99};
    assert_int_equal(parse("", &info), -ENOENT);
    assert_int_equal(parse("pos:\t0\nflags:\t02\n", &info), -ENOENT);
    assert_int_equal(parse("drm-driver:\n", &info), -ENOENT);
    assert_int_equal(parse("drm-driver: a-name-that-is-far-too-long-for-it\n", &info), -ENOENT);
    assert_int_equal(parse("pdev:\t0000:03:00.0\npasid:\t5\ngfx0:\t3.02%\n", &info), -ENOENT); /* amdgpu before 5.19 */
    assert_int_equal(info.client, 99);
}

static void numbers_that_are_none_are_passed_over(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "drm-engine-gfx: -5 ns",  "drm-engine-gfx: 5",     "drm-engine-gfx: 5 us",
        "drm-engine-gfx: 5 ns x", "drm-engine-gfx: 5ns 6", "drm-engine-gfx: 99999999999999999999999 ns",
        "drm-engine-gfx: ns",     "drm-engine-gfx:",       "drm-engine-: 5 ns",
        "drm-engine-gf x: 5 ns",  "drm-engine-\x01: 5 ns", "drm-engine-a-name-that-is-far-too-long: 5 ns",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct jb_drm_fdinfo info;
        char text[128];
        snprintf(text, sizeof(text), "drm-driver: amdgpu\n%s\n", lines[i]);
        assert_int_equal(parse(text, &info), 0);
        assert_int_equal(info.engine_count, 0);
        assert_false(info.has_client);
    }
}

static void no_engines_is_not_allowed_to_be_the_number_of_engines(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    assert_int_equal(parse("drm-driver: i915\ndrm-engine-capacity-render: 0\ndrm-engine-render: 5 ns\n", &info), 0);
    assert_int_equal(engine(&info, "render")->capacity, 1);
}

static void the_first_of_two_counts(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    assert_int_equal(parse("drm-driver: i915\ndrm-client-id: 1\ndrm-engine-render: 5 ns\n"
                           "drm-driver: xe\ndrm-client-id: 2\ndrm-engine-render: 6 ns\n",
                           &info),
                     0);
    assert_string_equal(info.driver, "i915");
    assert_int_equal(info.client, 1);
    assert_int_equal(engine(&info, "render")->busy, 5);
}

static void more_engines_than_there_is_room_for_are_dropped(void **state)
{
    (void)state;
    struct jb_drm_fdinfo info;
    char text[4096] = "drm-driver: i915\n";
    for (int i = 0; i < 40; i++) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, "drm-engine-e%d: %d ns\n", i, i);
    }
    assert_int_equal(parse(text, &info), 0);
    assert_int_equal(info.engine_count, JB_DRM_MAX_ENGINES);
}

static void a_text_need_not_end(void **state)
{
    (void)state;
    static const char text[] = "drm-driver: amdgpu\ndrm-engine-gfx: 123456 ns";
    for (size_t length = 0; length < sizeof(text); length++) {
        char *cut = malloc(length + 1); /* so that a sanitizer sees a step beyond */
        struct jb_drm_fdinfo info;
        assert_non_null(cut);
        memcpy(cut, text, length);
        char *exact = realloc(cut, length ? length : 1);
        assert_non_null(exact);
        (void)jb_drm_fdinfo_parse(exact, length, &info);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amdgpu_tells_nanoseconds),
        cmocka_unit_test(i915_tells_how_many_engines_there_are),
        cmocka_unit_test(xe_tells_cycles_of_all_cycles),
        cmocka_unit_test(what_is_no_drm_file_is_none),
        cmocka_unit_test(numbers_that_are_none_are_passed_over),
        cmocka_unit_test(no_engines_is_not_allowed_to_be_the_number_of_engines),
        cmocka_unit_test(the_first_of_two_counts),
        cmocka_unit_test(more_engines_than_there_is_room_for_are_dropped),
        cmocka_unit_test(a_text_need_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
