/* SPDX-License-Identifier: Apache-2.0 */
/* Which Jetson a device tree is of. */
#include "support.h"

#include "hardware/jetson.h"

static void put_compatible(const struct machine *m, const char *path, const char *list, size_t length)
{
    put_bytes(m, path, list, length);
}

#define COMPATIBLE(m, list) put_compatible(m, "/proc/device-tree/compatible", list, sizeof(list))

static void chip_and_module_are_found(void **state)
{
    struct machine *m = *state;
    struct jb_jetson found;
    COMPATIBLE(m, "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234");
    assert_true(jb_jetson_read(m->root, &found));
    assert_string_equal(found.soc, "tegra234");
    assert_string_equal(found.module, "p3701-0005");
    COMPATIBLE(m, "nvidia,p3768-0000+p3767-0005-super\0nvidia,tegra23x\0nvidia,tegra234");
    assert_true(jb_jetson_read(m->root, &found));
    assert_string_equal(found.module, "p3767-0005");
    COMPATIBLE(m, "nvidia,p2972-0000\0nvidia,tegra194");
    assert_true(jb_jetson_read(m->root, &found));
    assert_string_equal(found.soc, "tegra194");
}

static void another_makers_carrier_is_a_jetson_too(void **state)
{
    struct machine *m = *state;
    struct jb_jetson found;
    COMPATIBLE(m, "acme,box-9\0nvidia,tegra264");
    assert_true(jb_jetson_read(m->root, &found));
    assert_string_equal(found.soc, "tegra264");
    assert_string_equal(found.module, "");
}

static void other_machines_are_none(void **state)
{
    struct machine *m = *state;
    struct jb_jetson found = {.soc = "as it was"};
    assert_false(jb_jetson_read(m->root, &found));
    COMPATIBLE(m, "raspberrypi,5-model-b\0brcm,bcm2712");
    assert_false(jb_jetson_read(m->root, &found));
    COMPATIBLE(m, "nvidia,tegra23x\0nvidia,tegra\0nvidia,\0nvidia,p\0nvidia,p3701-\0tegra234");
    assert_false(jb_jetson_read(m->root, &found));
    COMPATIBLE(m, "");
    assert_false(jb_jetson_read(m->root, &found));
    assert_string_equal(found.soc, "as it was");
}

static void the_other_place_of_the_tree_is_looked_at(void **state)
{
    struct machine *m = *state;
    struct jb_jetson found;
    put_compatible(m, "/sys/firmware/devicetree/base/compatible", "nvidia,quill\0nvidia,tegra186", 29);
    assert_true(jb_jetson_read(m->root, &found));
    assert_string_equal(found.soc, "tegra186");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chip_and_module_are_found, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(another_makers_carrier_is_a_jetson_too, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(other_machines_are_none, make_machine, drop_machine),
        cmocka_unit_test_setup_teardown(the_other_place_of_the_tree_is_looked_at, make_machine, drop_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
