/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at made-up processes: who used which card, and how much of it. */
#include "tree.h"

#include "base/clock.h"
#include "sensor/drm_fdinfo.h"

static const char pci[2][16] = {"0000:03:00.0", "0000:c1:00.0"};

struct world {
    struct tree *tree;
    struct jb_drm_look look;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    void *tree = NULL;
    assert_int_equal(tree_setup(&tree), 0);
    world->tree = tree;
    tree_folder(world->tree, "/proc/1/fd");
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    void *tree = world->tree;
    tree_teardown(&tree);
    free(world);
    return 0;
}

static void put_file(struct world *world, int pid, int fd, const char *target, const char *text)
{
    char path[96], full[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    tree_folder(world->tree, path);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    tree_path(world->tree, path, full);
    unlink(full);
    assert_int_equal(symlink(target, full), 0);
    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
    tree_write(world->tree, path, text);
}

static void put_ns(struct world *world, int pid, int fd, int device, int client, const char *engines)
{
    char text[512];
    snprintf(text, sizeof(text), "drm-driver:\tamdgpu\ndrm-pdev:\t%s\ndrm-client-id:\t%d\n%s", pci[device], client,
             engines);
    put_file(world, pid, fd, "/dev/dri/renderD128", text);
}

static void put_xe(struct world *world, int pid, int client, unsigned long long busy, unsigned long long total,
                   int capacity)
{
    char text[512];
    snprintf(text, sizeof(text),
             "drm-driver:\txe\ndrm-pdev:\t%s\ndrm-client-id:\t%d\ndrm-cycles-ccs:\t%llu\ndrm-total-cycles-ccs:\t%llu\n"
             "drm-engine-capacity-ccs:\t%d\n",
             pci[0], client, busy, total, capacity);
    put_file(world, pid, 9, "/dev/dri/card0", text);
}

static void look(struct world *world)
{
    jb_drm_look(&world->look, &world->tree->env, pci, 2);
}

/* Let the last look have been so long ago, by its own clock: shares do not depend on how fast this test runs. */
static void pass(struct world *world, uint64_t ns)
{
    world->look.t1_ns = jb_mono_ns() - ns;
}

static uint64_t window(const struct world *world)
{
    return world->look.t1_ns - world->look.t0_ns;
}

static const struct jb_drm_use *use(const struct world *world, int device, int pid)
{
    for (size_t i = 0; i < world->look.use_count; i++) {
        if (world->look.uses[i].device == device && world->look.uses[i].pid == pid) {
            return &world->look.uses[i];
        }
    }
    return NULL;
}

static void the_first_look_knows_who_but_not_how_much(void **state)
{
    struct world *world = *state;
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t5000 ns\n");
    look(world);
    assert_int_equal(world->look.use_count, 1);
    assert_false(use(world, 0, 100)->known);
}

static void cycles_are_a_share_of_all_cycles_and_engines(void **state)
{
    struct world *world = *state;
    put_xe(world, 100, 1, 1000, 100000, 4);
    look(world);
    put_xe(world, 100, 1, 1000 + 30000, 100000 + 10000, 4);
    look(world);
    assert_true(use(world, 0, 100)->known);
    assert_int_equal(use(world, 0, 100)->busy_ppm, 750000);
}

static void nanoseconds_are_a_share_of_the_time_between_looks(void **state)
{
    struct world *world = *state;
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t5000 ns\ndrm-engine-dma:\t0 ns\n");
    look(world);
    pass(world, 10 * JB_NS_PER_S);
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t4000005000 ns\ndrm-engine-dma:\t1000000000 ns\n");
    look(world);
    assert_true(use(world, 0, 100)->known);
    /* The busier engine, however late this test is. */
    assert_int_equal(use(world, 0, 100)->busy_ppm, UINT64_C(4000000000) * 1000000 / window(world));
}

static void who_did_nothing_is_no_user(void **state)
{
    struct world *world = *state;
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t5000 ns\n");
    look(world);
    look(world);
    assert_int_equal(world->look.use_count, 0);
}

static void an_engine_first_used_now_began_at_nothing(void **state)
{
    struct world *world = *state;
    put_ns(world, 100, 5, 0, 1, "");
    look(world);
    put_ns(world, 100, 5, 0, 1, "drm-engine-compute:\t99999999999999 ns\n");
    look(world);
    assert_int_equal(use(world, 0, 100)->busy_ppm, 1000000);
}

static void who_was_born_since_did_all_of_it_since(void **state)
{
    struct world *world = *state;
    look(world);
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t99999999999999 ns\n");
    look(world);
    assert_true(use(world, 0, 100)->known);
    assert_int_equal(use(world, 0, 100)->busy_ppm, 1000000);
}

static void a_client_with_many_descriptors_counts_once(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 2; round++) {
        for (int fd = 5; fd < 9; fd++) {
            put_ns(world, 100, fd, 0, 1, round ? "drm-engine-gfx:\t2500000000 ns\n" : "drm-engine-gfx:\t0 ns\n");
        }
        if (round) {
            pass(world, 10 * JB_NS_PER_S);
        }
        look(world);
    }
    assert_int_equal(world->look.use_count, 1);
    assert_int_equal(use(world, 0, 100)->busy_ppm, UINT64_C(2500000000) * 1000000 / window(world));
}

static void a_client_of_two_processes_is_the_lower_ones(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 2; round++) {
        for (int pid = 300; pid >= 200; pid -= 100) {
            put_ns(world, pid, 5, 0, 1, round ? "drm-engine-gfx:\t9999999999 ns\n" : "drm-engine-gfx:\t1 ns\n");
        }
        look(world);
    }
    assert_int_equal(world->look.use_count, 1);
    assert_non_null(use(world, 0, 200));
}

static void one_id_on_two_devices_is_two_clients(void **state)
{
    struct world *world = *state;
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t1 ns\n");
    put_ns(world, 100, 6, 1, 1, "drm-engine-gfx:\t1 ns\n");
    look(world);
    assert_int_equal(world->look.use_count, 2);
    assert_non_null(use(world, 0, 100));
    assert_non_null(use(world, 1, 100));
}

static void a_value_that_falls_waits_until_it_is_reached_again(void **state)
{
    struct world *world = *state;
    put_xe(world, 100, 1, 5000, 10000, 1);
    look(world);
    put_xe(world, 100, 1, 3000, 20000, 1);
    look(world);
    assert_null(use(world, 0, 100));
    put_xe(world, 100, 1, 6000, 30000, 1);
    look(world);
    assert_int_equal(use(world, 0, 100)->busy_ppm, 100000); /* 1000 of 10000, not 3000 */
}

static void all_together_are_at_most_the_whole_card(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 2; round++) {
        for (int pid = 100; pid < 104; pid++) {
            put_xe(world, pid, pid, round ? 10000 : 0, round ? 20000 : 10000, 1);
        }
        look(world);
    }
    for (int pid = 100; pid < 104; pid++) {
        assert_int_equal(use(world, 0, pid)->busy_ppm, 250000);
    }
}

static void a_driver_that_tells_no_engines_leaves_it_unknown(void **state)
{
    struct world *world = *state;
    for (int round = 0; round < 3; round++) {
        put_file(world, 100, 5, "/dev/dri/renderD128",
                 "drm-driver: i915\ndrm-pdev: 0000:03:00.0\ndrm-client-id: 3\ndrm-total-local0: 4096 KiB\n");
        look(world);
        assert_int_equal(world->look.use_count, 1);
        assert_false(use(world, 0, 100)->known);
    }
}

static void processes_that_vanish_are_forgotten(void **state)
{
    struct world *world = *state;
    put_xe(world, 100, 1, 5000, 10000, 1);
    put_xe(world, 101, 2, 5000, 10000, 1);
    look(world);
    tree_remove(world->tree, "/proc/100/fd/9");
    tree_remove(world->tree, "/proc/101/fdinfo/9");
    look(world);
    assert_int_equal(world->look.use_count, 0);
    assert_int_equal(world->look.client_count, 0);
    assert_true(world->look.complete);
}

static void a_process_of_old_is_looked_into_in_turn(void **state)
{
    struct world *world = *state;
    tree_folder(world->tree, "/proc/100/fd");
    look(world);
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t99999999999999 ns\n");
    int looks = 0;
    while (world->look.use_count == 0) {
        look(world);
        looks++;
        assert_true(looks <= 8);
    }
    assert_false(use(world, 0, 100)->known); /* when it did all that, is not known */
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t999999999999999 ns\n");
    look(world); /* and from then on at each look */
    assert_true(use(world, 0, 100)->known);
}

static void a_new_process_is_looked_into_at_once_and_again(void **state)
{
    struct world *world = *state;
    look(world);
    tree_folder(world->tree, "/proc/100/fd");
    for (int i = 0; i < 20; i++) {
        look(world);
    }
    put_ns(world, 100, 5, 0, 1, "drm-engine-gfx:\t99999999999999 ns\n");
    look(world);
    assert_true(use(world, 0, 100)->known);
}

static void links_to_elsewhere_are_not_followed(void **state)
{
    struct world *world = *state;
    static const char text[] = "drm-driver: amdgpu\ndrm-pdev: 0000:03:00.0\ndrm-client-id: 3\n";
    put_file(world, 100, 1, "/dev/null", text);
    put_file(world, 100, 2, "socket:[12345]", text);
    put_file(world, 100, 3, "/tmp/dev/dri/card0", text);
    look(world);
    assert_int_equal(world->look.use_count, 0);
}

static void text_without_a_client_or_of_another_card_is_nobody(void **state)
{
    struct world *world = *state;
    put_file(world, 100, 1, "/dev/dri/card0", "drm-driver: amdgpu\ndrm-pdev: 0000:03:00.0\n");
    put_file(world, 100, 2, "/dev/dri/card7", "drm-driver: amdgpu\ndrm-pdev: 0000:99:00.0\ndrm-client-id: 3\n");
    put_file(world, 100, 3, "/dev/dri/card8", "drm-driver: vc4\ndrm-client-id: 3\n");
    put_file(world, 100, 4, "/dev/dri/card9", "");
    look(world);
    assert_int_equal(world->look.use_count, 0);
}

static void who_has_a_card_open_and_tells_nothing_is_somebody(void **state)
{
    struct world *world = *state;
    static char large[10000];
    look(world);
    assert_true(world->look.complete);
    put_file(world, 100, 1, "/dev/dri/card0", "pos:\t0\nflags:\t02\n"); /* before Linux 5.19 */
    look(world);
    assert_false(world->look.complete);
    memset(large, 'x', sizeof(large) - 1);
    put_file(world, 101, 1, "/dev/dri/card0", large);
    tree_remove(world->tree, "/proc/100/fd/1");
    look(world);
    assert_false(world->look.complete);
    assert_int_equal(world->look.use_count, 0);
}

static void more_clients_than_there_is_room_for_are_not_everybody(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < JB_DRM_MAX_CLIENTS + 5; i++) {
        put_ns(world, 100 + i / 100, i % 100, 0, i, "");
    }
    look(world);
    assert_int_equal(world->look.client_count, JB_DRM_MAX_CLIENTS);
    assert_false(world->look.complete);
}

static void whoever_cannot_be_looked_at_is_not_nobody(void **state)
{
    struct world *world = *state;
    char full[PATH_MAX];
    look(world);
    assert_true(world->look.complete);
    world->tree->machine.container = true;
    look(world);
    assert_false(world->look.complete);
    world->tree->machine.container = false;
    if (geteuid() != 0) {
        tree_folder(world->tree, "/proc/200/fd");
        tree_path(world->tree, "/proc/200/fd", full);
        assert_int_equal(chmod(full, 0), 0);
        look(world);
        assert_false(world->look.complete);
        assert_int_equal(chmod(full, 0700), 0);
    }
    tree_path(world->tree, "/proc/1/fd", full);
    assert_int_equal(rmdir(full), 0);
    *strrchr(full, '/') = '\0';
    assert_int_equal(rmdir(full), 0); /* as hidepid does */
    look(world);
    assert_false(world->look.complete);
}

/* --- What is told of it ------------------------------------------------------------------------------------------ */

static size_t told(struct world *world, int64_t total_ppm, struct jb_gpu_use *uses)
{
    return jb_drm_look_uses(&world->look, 0, 7, total_ppm, uses, 8);
}

static void half_busy(struct world *world)
{
    put_xe(world, 100, 1, 0, 10000, 1);
    look(world);
    put_xe(world, 100, 1, 5000, 20000, 1);
    look(world);
}

static void unexplained_work_is_a_strangers_when_not_all_are_seen(void **state)
{
    struct world *world = *state;
    struct jb_gpu_use uses[8];
    half_busy(world);
    assert_int_equal(told(world, 990000, uses), 1); /* all are seen */
    world->look.complete = false;
    assert_int_equal(told(world, 550000, uses), 1); /* explained, nearly */
    assert_int_equal(told(world, 700000, uses), 2);
    assert_int_equal(uses[0].pid, 100);
    assert_int_equal(uses[0].busy_ppm, 500000);
    assert_int_equal(uses[0].channel, 7);
    assert_int_equal(uses[1].pid, 0);
    assert_false(uses[1].utilisation_known);
    assert_int_equal(told(world, -1, uses), 2); /* nothing tells */
    assert_true(jb_drm_look_add_unknown(&world->look, 0, 300));
    assert_int_equal(told(world, 990000, uses), 2); /* who may have done all of it */
    assert_int_equal(uses[1].pid, 300);
}

static void the_window_is_the_time_between_two_looks(void **state)
{
    struct world *world = *state;
    struct jb_gpu_use uses[8];
    look(world);
    uint64_t before_ns = world->look.t1_ns;
    half_busy(world);
    told(world, -1, uses);
    assert_true(uses[0].t0_ns >= before_ns && uses[0].t0_ns < uses[0].t1_ns);
    assert_int_equal(uses[0].t1_ns, world->look.t1_ns);
}

static void room_for_fewer_is_kept_to(void **state)
{
    struct world *world = *state;
    struct jb_gpu_use uses[8];
    half_busy(world);
    world->look.complete = false;
    assert_int_equal(jb_drm_look_uses(&world->look, 0, 7, -1, uses, 1), 1);
    assert_int_equal(jb_drm_look_uses(&world->look, 0, 7, -1, uses, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(the_first_look_knows_who_but_not_how_much),
        TEST(cycles_are_a_share_of_all_cycles_and_engines),
        TEST(nanoseconds_are_a_share_of_the_time_between_looks),
        TEST(who_did_nothing_is_no_user),
        TEST(an_engine_first_used_now_began_at_nothing),
        TEST(who_was_born_since_did_all_of_it_since),
        TEST(a_client_with_many_descriptors_counts_once),
        TEST(a_client_of_two_processes_is_the_lower_ones),
        TEST(one_id_on_two_devices_is_two_clients),
        TEST(a_value_that_falls_waits_until_it_is_reached_again),
        TEST(all_together_are_at_most_the_whole_card),
        TEST(a_driver_that_tells_no_engines_leaves_it_unknown),
        TEST(processes_that_vanish_are_forgotten),
        TEST(a_process_of_old_is_looked_into_in_turn),
        TEST(a_new_process_is_looked_into_at_once_and_again),
        TEST(links_to_elsewhere_are_not_followed),
        TEST(text_without_a_client_or_of_another_card_is_nobody),
        TEST(who_has_a_card_open_and_tells_nothing_is_somebody),
        TEST(more_clients_than_there_is_room_for_are_not_everybody),
        TEST(whoever_cannot_be_looked_at_is_not_nobody),
        TEST(unexplained_work_is_a_strangers_when_not_all_are_seen),
        TEST(the_window_is_the_time_between_two_looks),
        TEST(room_for_fewer_is_kept_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
