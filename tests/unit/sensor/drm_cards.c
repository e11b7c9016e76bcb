/* SPDX-License-Identifier: Apache-2.0 */
/* Finding graphics cards below /sys/class/drm, whatever else is there. */
#include "tree.h"

#include "sensor/counter_file.h"
#include "sensor/drm_cards.h"

static const char *const amd[] = {"amdgpu", NULL};

static void put_uevent(const struct tree *tree, const char *node, const char *uevent)
{
    char path[128];
    snprintf(path, sizeof(path), "/sys/class/drm/%s/device/uevent", node);
    tree_write(tree, path, uevent);
}

static void cards_are_in_the_order_of_their_addresses(void **state)
{
    struct tree *tree = *state;
    struct jb_drm_card cards[8];
    put_uevent(tree, "card3", "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:03:00.0\n");
    put_uevent(tree, "card0", "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:C1:00.0\n");
    put_uevent(tree, "card1", "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=10000:01:00.0\n");
    assert_int_equal(jb_drm_cards(tree->root, amd, cards, 8), 3);
    assert_string_equal(cards[0].pci, "0000:03:00.0");
    assert_int_equal(cards[0].number, 3);
    assert_int_equal(cards[0].vendor, 0x1002);
    assert_int_equal(cards[0].id, 0x740c);
    assert_string_equal(cards[1].pci, "0000:c1:00.0");
    assert_string_equal(cards[2].pci, "10000:01:00.0");
}

static void what_is_no_card_is_left_out(void **state)
{
    struct tree *tree = *state;
    struct jb_drm_card cards[8];
    static const char *const nodes[] = {"card0-DP-1", "renderD128", "card", "cardX", "card99999", "card1x", "version"};
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        put_uevent(tree, nodes[i], "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:03:00.0\n");
    }
    put_uevent(tree, "card2", "DRIVER=amdgpu\nMODALIAS=platform:amdgpu_xcp\n"); /* a partition */
    put_uevent(tree, "card4", "DRIVER=nouveau\nPCI_ID=10DE:2684\nPCI_SLOT_NAME=0000:04:00.0\n");
    assert_int_equal(jb_drm_cards(tree->root, amd, cards, 8), 0);
}

static void hostile_texts_are_passed_over(void **state)
{
    struct tree *tree = *state;
    struct jb_drm_card cards[8];
    static const char *const texts[] = {
        "",
        "\n\n\n",
        "DRIVER=amdgpu",
        "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=../../etc\n",
        "DRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:03:00.0/../x\n",
        "DRIVER=amdgpu\nPCI_ID=1002-740C\nPCI_SLOT_NAME=0000:03:00.0\n",
        "DRIVER=amdgpu\nPCI_ID=10021:740C\nPCI_SLOT_NAME=0000:03:00.0\n",
        "DRIVER=amdgpu\nPCI_ID=zzzz:740C\nPCI_SLOT_NAME=0000:03:00.0\n",
        "DRIVER=amdgpuamdgpuamdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:03:00.0\n",
        "XDRIVER=amdgpu\nPCI_ID=1002:740C\nPCI_SLOT_NAME=0000:03:00.0\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put_uevent(tree, "card0", texts[i]);
        assert_int_equal(jb_drm_cards(tree->root, amd, cards, 8), 0);
    }
}

static void a_card_that_is_shown_twice_is_one(void **state)
{
    struct tree *tree = *state;
    struct jb_drm_card cards[8];
    put_uevent(tree, "card0", "DRIVER=amdgpu\nPCI_ID=1002:74A1\nPCI_SLOT_NAME=0000:05:00.0\n");
    put_uevent(tree, "card1", "DRIVER=amdgpu\nPCI_ID=1002:74A1\nPCI_SLOT_NAME=0000:05:00.0\n");
    assert_int_equal(jb_drm_cards(tree->root, amd, cards, 8), 1);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
    struct tree *tree = *state;
    struct jb_drm_card cards[3];
    for (int i = 0; i < 5; i++) {
        char node[16], uevent[128];
        snprintf(node, sizeof(node), "card%d", i);
        snprintf(uevent, sizeof(uevent), "DRIVER=amdgpu\nPCI_ID=1002:74A1\nPCI_SLOT_NAME=0000:0%d:00.0\n", i);
        put_uevent(tree, node, uevent);
    }
    assert_int_equal(jb_drm_cards(tree->root, amd, cards, 2), 2);
}

static void the_devices_own_hwmon_is_taken(void **state)
{
    struct tree *tree = *state;
    static const char *const intel[] = {"i915", "xe", NULL};
    struct jb_drm_card card;
    put_uevent(tree, "card1", "DRIVER=i915\nPCI_ID=8086:56A0\nPCI_SLOT_NAME=0000:03:00.0\n");
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon2/name", "i915_gt0\n");
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon7/name", "i915\n");
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon8888888888/name", "i915\n");
    tree_write(tree, "/sys/class/drm/card1/device/hwmon/hwmon\033[2J/name", "i915\n");
    assert_int_equal(jb_drm_cards(tree->root, intel, &card, 1), 1);
    assert_string_equal(card.hwmon, "/sys/class/drm/card1/device/hwmon/hwmon7");
}

static void asleep_is_what_the_kernel_says(void **state)
{
    struct tree *tree = *state;
    static const struct {
        const char *text;
        bool asleep;
    } cases[] = {
        {"suspended\n", true}, {"suspending\n", true}, {"active\n", false}, {"unsupported\n", false}, {"", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tree_write(tree, "/status", cases[i].text);
        int fd = jb_counter_open(&tree->env, "/status");
        assert_true(fd >= 0);
        assert_int_equal(jb_drm_asleep(fd), cases[i].asleep);
        close(fd);
    }
    assert_false(jb_drm_asleep(-ENOENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(cards_are_in_the_order_of_their_addresses),
        TEST(what_is_no_card_is_left_out),
        TEST(hostile_texts_are_passed_over),
        TEST(a_card_that_is_shown_twice_is_one),
        TEST(there_is_room_for_so_many_and_no_more),
        TEST(the_devices_own_hwmon_is_taken),
        TEST(asleep_is_what_the_kernel_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
