/* SPDX-License-Identifier: Apache-2.0 */
/* Who used AMD cards: DRM clients, KFD's queues, and those whom we may not see. */
#include "amdgpu_test.h"

#define TOPOLOGY "/sys/class/kfd/kfd/topology/nodes/"
#define PROC     "/sys/class/kfd/kfd/proc/"

static struct jb_gpu_use uses[64];

static int look(struct tree *tree)
{
    memset(uses, 0xee, sizeof(uses));
    return tree->source.driver->processes(&tree->source, uses, 64);
}

static void put_node(const struct tree *tree, unsigned int node, const char *gpu_id, const char *location)
{
    char path[160], text[128];
    snprintf(path, sizeof(path), TOPOLOGY "%u/gpu_id", node);
    tree_write(tree, path, gpu_id);
    snprintf(path, sizeof(path), TOPOLOGY "%u/properties", node);
    snprintf(text, sizeof(text), "cpu_cores_count 0\nvendor_id 4098\nlocation_id %s\ndomain 0\n", location);
    tree_write(tree, path, text);
}

static void put_queue(const struct tree *tree, const char *pid, const char *queue, const char *gpu_id)
{
    char path[160];
    snprintf(path, sizeof(path), PROC "%s/queues/%s/gpuid", pid, queue);
    tree_write(tree, path, gpu_id);
    snprintf(path, sizeof(path), "/proc/%s", pid);
    tree_folder(tree, path);
}

/* Two cards, and a /proc that shows everybody. */
static struct tree *two_cards(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, 0x740f, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 1000));
    put_card(tree, 2, 0x740f, "0000:c6:00.0");
    put_metrics(tree, 2, blob_v1_3(90, 1000));
    tree_folder(tree, "/proc/1/fd");
    put_node(tree, 0, "0\n", "0");
    put_node(tree, 1, "51140\n", "49408"); /* c1:00.0 */
    put_node(tree, 2, "24578\n", "50688"); /* c6:00.0 */
    return tree;
}

static void nobody_is_nobody(void **state)
{
    struct tree *tree = two_cards(state);
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 0);
}

static void who_has_a_queue_uses_that_card_and_no_other(void **state)
{
    struct tree *tree = two_cards(state);
    put_queue(tree, "4242", "0", "24578\n");
    put_queue(tree, "4242", "1", "24578\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].pid, 4242);
    assert_false(uses[0].utilisation_known);
    assert_int_equal(uses[0].channel, tree_index(tree, "gpu/0000:c6:00.0/board"));
}

static void without_folders_of_queues_memory_tells(void **state)
{
    struct tree *tree = two_cards(state);
    tree_write(tree, PROC "77/vram_51140", "1073741824\n");
    tree_write(tree, PROC "77/vram_24578", "0\n");
    tree_folder(tree, "/proc/77");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].pid, 77);
    assert_int_equal(uses[0].channel, tree_index(tree, "gpu/0000:c1:00.0/board"));
}

static void a_divided_card_is_one(void **state)
{
    struct tree *tree = two_cards(state);
    put_node(tree, 3, "777\n", "268484864"); /* partition 1 of c1:00.0: bits 31:28 */
    put_queue(tree, "5", "0", "777\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].channel, tree_index(tree, "gpu/0000:c1:00.0/board"));
}

static void who_uses_the_second_die_uses_the_module(void **state)
{
    struct tree *tree = *state;
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 1000));
    put_card(tree, 2, MI250, "0000:c6:00.0");
    put_metrics(tree, 2, blob_v1_3(0, 0));
    tree_folder(tree, "/proc/1/fd");
    put_node(tree, 1, "51140\n", "49408");
    put_node(tree, 2, "24578\n", "50688");
    put_queue(tree, "10", "0", "51140\n");
    put_queue(tree, "20", "0", "24578\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 2);
    assert_int_equal(uses[0].channel, tree_index(tree, "gpu/0000:c1:00.0/board"));
    assert_int_equal(uses[1].channel, tree_index(tree, "gpu/0000:c1:00.0/board"));
    assert_int_equal(uses[0].pid + uses[1].pid, 30);
}

static void a_die_is_half_of_its_module(void **state)
{
    struct tree *tree = *state;
    struct jb_amdgpu *amdgpu;
    put_card(tree, 1, MI250, "0000:c1:00.0");
    put_metrics(tree, 1, blob_v1_3(300, 1000));
    put_card(tree, 2, MI250, "0000:c6:00.0");
    put_metrics(tree, 2, blob_v1_3(0, 0));
    tree_folder(tree, "/proc/1/fd");
    tree_write(tree, "/proc/9/fdinfo/3",
               "drm-driver:\tamdgpu\ndrm-pdev:\t0000:c6:00.0\ndrm-client-id:\t5\ndrm-engine-gfx:\t1 ns\n");
    char full[PATH_MAX];
    tree_folder(tree, "/proc/9/fd");
    tree_path(tree, "/proc/9/fd/3", full);
    assert_int_equal(symlink("/dev/dri/renderD129", full), 0);
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_true(look(tree) >= 0);
    tree_write(
        tree, "/proc/9/fdinfo/3",
        "drm-driver:\tamdgpu\ndrm-pdev:\t0000:c6:00.0\ndrm-client-id:\t5\ndrm-engine-gfx:\t999999999999999 ns\n");
    assert_int_equal(look(tree), 1);
    assert_true(uses[0].utilisation_known);
    assert_int_equal(uses[0].busy_ppm, 500000);
    amdgpu = tree->source.priv;
    assert_int_equal(amdgpu->cards[1].primary, 0);
    assert_int_equal(amdgpu->cards[0].dies, 2);
}

static void dies_are_paired_with_their_neighbours(void **state)
{
    (void)state;
    static const bool seconds[][4] = {{0, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 1, 0}, {0, 0, 1, 1}, {1, 1, 0, 0}};
    static const int want[][4] = {{0, 0, 2, 2}, {1, 1, 3, 3}, {0, 0, 3, 3}, {0, 1, 1, -1}, {-1, 2, 2, 3}};
    struct jb_amdgpu *amdgpu = calloc(1, sizeof(*amdgpu));
    assert_non_null(amdgpu);
    amdgpu->count = 4;
    for (size_t k = 0; k < 5; k++) {
        for (int i = 0; i < 4; i++) {
            amdgpu->cards[i].twin = true;
            amdgpu->cards[i].second = seconds[k][i];
        }
        jb_amdgpu_pair_dies(amdgpu);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(amdgpu->cards[i].primary, want[k][i]);
        }
    }
    free(amdgpu);
}

static void a_busy_card_that_nobody_explains_has_a_stranger(void **state)
{
    struct tree *tree = two_cards(state);
    tree_write(tree, card_file(1, "gpu_busy_percent"), "98\n");
    tree_write(tree, card_file(2, "gpu_busy_percent"), "3\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 0); /* everybody is visible: the kernel is busy with itself */
    tree->machine.container = true;
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].pid, 0);
    assert_false(uses[0].utilisation_known);
    assert_int_equal(uses[0].channel, tree_index(tree, "gpu/0000:c1:00.0/board"));
}

static void a_queue_explains_a_busy_card(void **state)
{
    struct tree *tree = two_cards(state);
    tree->machine.container = true;
    tree_write(tree, card_file(1, "gpu_busy_percent"), "98\n");
    tree_write(tree, card_file(2, "gpu_busy_percent"), "0\n");
    put_queue(tree, "4242", "0", "51140\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 1);
    assert_int_equal(uses[0].pid, 4242);
}

static void in_a_container_pids_of_the_host_mean_nothing(void **state)
{
    struct tree *tree = two_cards(state);
    tree->machine.container = true;
    tree_write(tree, PROC "4242/queues/0/gpuid", "51140\n"); /* and no /proc/4242 */
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), -EAGAIN);
}

static void too_many_for_the_room_is_not_fewer(void **state)
{
    struct tree *tree = two_cards(state);
    put_queue(tree, "4242", "0", "51140\n");
    put_queue(tree, "4243", "0", "51140\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(tree->source.driver->processes(&tree->source, uses, 1), -EAGAIN);
}

static void hostile_numbers_of_kfd_are_passed_over(void **state)
{
    struct tree *tree = two_cards(state);
    put_node(tree, 4, "99999999999999999999\n", "49408");
    put_node(tree, 5, "12\n", "x");
    tree_write(tree, PROC "0/queues/0/gpuid", "51140\n");
    tree_write(tree, PROC "9999999999/queues/0/gpuid", "51140\n");
    tree_write(tree, PROC "abc/queues/0/gpuid", "51140\n");
    put_queue(tree, "7", "0", "");
    put_queue(tree, "8", "0", "12345\n");
    assert_int_equal(tree_open(tree, jb_sensor_find("amdgpu"), NULL), 0);
    assert_int_equal(look(tree), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
        TEST(nobody_is_nobody),
        TEST(who_has_a_queue_uses_that_card_and_no_other),
        TEST(without_folders_of_queues_memory_tells),
        TEST(a_divided_card_is_one),
        TEST(who_uses_the_second_die_uses_the_module),
        TEST(a_die_is_half_of_its_module),
        cmocka_unit_test(dies_are_paired_with_their_neighbours),
        TEST(a_busy_card_that_nobody_explains_has_a_stranger),
        TEST(a_queue_explains_a_busy_card),
        TEST(in_a_container_pids_of_the_host_mean_nothing),
        TEST(too_many_for_the_room_is_not_fewer),
        TEST(hostile_numbers_of_kfd_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
