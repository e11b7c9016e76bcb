/* SPDX-License-Identifier: Apache-2.0 */
/* Every layout of gpu_metrics, and blobs that are none. */
#include "amdgpu_test.h"

#include "base/cleanup.h"

/* Sizes of the structures of kgd_pp_interface.h, and where they have what. */
static const struct {
    unsigned int format, content;
    size_t size, power, power_bytes, energy, energy_bytes;
    uint64_t step_uw;
} layouts[] = {
    {1, 0, 80, 34, 2, 36, 4, 1000000},   {1, 1, 96, 22, 2, 24, 8, 1000000},   {1, 2, 104, 22, 2, 24, 8, 1000000},
    {1, 3, 120, 22, 2, 24, 8, 1000000},  {1, 4, 288, 10, 2, 24, 8, 1000000},  {1, 5, 360, 10, 2, 88, 8, 1000000},
    {1, 6, 384, 10, 2, 88, 8, 1000000},  {1, 6, 1664, 10, 2, 16, 8, 1000000}, {1, 7, 2208, 10, 2, 24, 8, 1000000},
    {1, 8, 3872, 10, 2, 24, 8, 1000000}, {2, 4, 168, 40, 2, 0, 0, 1000},      {3, 0, 264, 120, 4, 0, 0, 1000},
};

static void every_layout_is_read_where_the_kernel_writes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < JB_COUNT(layouts); i++) {
        struct blob blob = blob_make(layouts[i].size, layouts[i].format, layouts[i].content);
        struct jb_amdgpu_metrics metrics;
        blob_set(&blob, layouts[i].power, layouts[i].power_bytes, 321);
        if (layouts[i].energy_bytes) {
            blob_set(&blob, layouts[i].energy, layouts[i].energy_bytes, 0x89abcdef);
        }
        assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
        assert_int_equal(metrics.format, layouts[i].format);
        assert_int_equal(metrics.content, layouts[i].content);
        assert_true(metrics.has_power);
        assert_int_equal(metrics.power_uw, 321 * layouts[i].step_uw);
        assert_int_equal(metrics.has_energy, layouts[i].energy_bytes > 0);
        if (metrics.has_energy) {
            assert_int_equal(metrics.energy, 0x89abcdef);
        }
        assert_int_equal(metrics.energy_unit_told, metrics.format == 1 && metrics.content >= 4);
    }
}

static void all_ones_is_absent_and_not_a_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < JB_COUNT(layouts); i++) {
        struct blob blob = blob_make(layouts[i].size, layouts[i].format, layouts[i].content);
        struct jb_amdgpu_metrics metrics;
        assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
        assert_false(metrics.has_power);
        assert_false(metrics.has_energy);
        assert_false(metrics.has_gfx_power);
    }
}

static void a_blob_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics = {.format = 77};
    for (size_t i = 0; i < JB_COUNT(layouts); i++) {
        struct blob blob = blob_make(layouts[i].size, layouts[i].format, layouts[i].content);
        for (size_t length = 0; length < blob.size; length++) {
            assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, length, &metrics), -EBADMSG);
        }
    }
    assert_int_equal(metrics.format, 77);
}

static void a_size_that_leaves_out_a_field_is_refused(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_v1_3(300, 1000);
    blob_set(&blob, 0, 2, 31); /* the last byte of the energy is the 32nd */
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
    blob_set(&blob, 0, 2, 32);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    blob_set(&blob, 0, 2, 3);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
    blob_set(&blob, 0, 2, 0);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
}

static void a_layout_that_is_not_known_is_said_to_be_so(void **state)
{
    (void)state;
    static const unsigned int unknown[][2] = {{1, 10}, {0, 0}, {2, 5}, {3, 1}, {4, 0}, {255, 255}};
    struct jb_amdgpu_metrics metrics;
    for (size_t i = 0; i < JB_COUNT(unknown); i++) {
        struct blob blob = blob_make(400, unknown[i][0], unknown[i][1]);
        assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -ENOTSUP);
    }
}

static void packages_before_2_4_do_not_say_whether_watts_or_milliwatts(void **state)
{
    (void)state;
    for (unsigned int content = 0; content < 4; content++) {
        struct jb_amdgpu_metrics metrics;
        struct blob blob = blob_make(152, 2, content);
        blob_set(&blob, content == 0 ? 44 : 40, 2, 15);
        assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
        assert_false(metrics.has_power);
    }
}

static void the_graphics_of_a_package_are_told_apart(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_make(168, 2, 4);
    blob_set(&blob, 46, 2, 4321);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    assert_true(metrics.has_gfx_power);
    assert_int_equal(metrics.gfx_power_uw, 4321000);
    blob = blob_make(264, 3, 0);
    blob_set(&blob, 124, 4, 70000);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    assert_int_equal(metrics.gfx_power_uw, 70000000);
}

/* --- 1.9: a list of attributes ----------------------------------------------------------------------------------- */

static size_t attribute(struct blob *blob, size_t at, unsigned int unit, unsigned int type, unsigned int id,
                        unsigned int count, size_t bytes, uint64_t value)
{
    blob_set(blob, at, 8, (uint64_t)unit << 24 | (uint64_t)type << 20 | (uint64_t)id << 10 | count);
    for (unsigned int i = 0; i < count; i++) {
        blob_set(blob, at + 8 + i * bytes, bytes, value);
    }
    return at + 8 + count * bytes;
}

static void a_list_of_attributes_is_searched(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_make(200, 1, 9);
    blob_set(&blob, 4, 4, 4);
    size_t at = attribute(&blob, 8, 2, 2, 0, 1, 2, 55);              /* temperature_hotspot, u16 */
    at = attribute(&blob, at, 9, 6, 29, 8, 8, 12345);                /* xgmi_read_data_acc, u64[8] */
    at = attribute(&blob, at, 3, 2, 3, 1, 2, 612);                   /* curr_socket_power, u16 */
    at = attribute(&blob, at, 0, 6, 7, 1, 8, UINT64_C(99887766554)); /* energy_accumulator, u64 */
    assert_true(at <= blob.size);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    assert_true(metrics.has_power && metrics.has_energy && metrics.energy_unit_told);
    assert_int_equal(metrics.power_uw, 612000000);
    assert_int_equal(metrics.energy, UINT64_C(99887766554));
}

static void attributes_that_lie_stay_within_the_blob(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_make(64, 1, 9); /* all ones: a type that does not exist */
    blob_set(&blob, 4, 4, 1);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
    blob_set(&blob, 4, 4, UINT32_MAX);
    blob_set(&blob, 8, 8, (uint64_t)6 << 20 | 7 << 10 | 1023); /* 1023 values of 8 bytes */
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    assert_false(metrics.has_energy);
    blob_set(&blob, 8, 8, (uint64_t)6 << 20 | 7 << 10); /* none at all: would never end */
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
    blob = blob_make(6, 1, 9);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), -EBADMSG);
}

static void an_absent_attribute_is_not_a_number(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_make(64, 1, 9);
    blob_set(&blob, 4, 4, 2);
    size_t at = attribute(&blob, 8, 3, 2, 3, 1, 2, 0xffff);
    attribute(&blob, at, 0, 6, 7, 1, 8, UINT64_MAX);
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, blob.size, &metrics), 0);
    assert_false(metrics.has_power);
    assert_false(metrics.has_energy);
}

static void a_list_longer_than_the_page_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    struct jb_amdgpu_metrics metrics;
    struct blob blob = blob_make(4096, 1, 9);
    blob_set(&blob, 0, 2, 5000);
    blob_set(&blob, 4, 4, 300);
    size_t at = attribute(&blob, 8, 0, 6, 7, 1, 8, 4711);
    while (at + 16 <= 4095) {
        at = attribute(&blob, at, 0, 6, 100, 1, 8, 1);
    }
    assert_int_equal(jb_amdgpu_metrics_parse(blob.bytes, 4095, &metrics), 0);
    assert_int_equal(metrics.energy, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_read_where_the_kernel_writes_it),
        cmocka_unit_test(all_ones_is_absent_and_not_a_number),
        cmocka_unit_test(a_blob_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_size_that_leaves_out_a_field_is_refused),
        cmocka_unit_test(a_layout_that_is_not_known_is_said_to_be_so),
        cmocka_unit_test(packages_before_2_4_do_not_say_whether_watts_or_milliwatts),
        cmocka_unit_test(the_graphics_of_a_package_are_told_apart),
        cmocka_unit_test(a_list_of_attributes_is_searched),
        cmocka_unit_test(attributes_that_lie_stay_within_the_blob),
        cmocka_unit_test(an_absent_attribute_is_not_a_number),
        cmocka_unit_test(a_list_longer_than_the_page_is_read_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
