/* SPDX-License-Identifier: Apache-2.0 */
/* What making the machine emitted: sums, shares, the user's own figure, and known products. */
#include "support.h"

static struct jb_machine server(void)
{
    struct jb_machine m;
    memset(&m, 0, sizeof m);
    snprintf(m.cpu.name, sizeof m.cpu.name, "AMD EPYC 7742 64-Core Processor");
    m.cpu.family = 23;
    m.cpu.sockets = 2;
    m.cpu.cores = 128;
    m.cpu.threads = 256;
    m.cpu.table_cores = 64;
    m.ram_bytes = 512000000000;
    return m;
}

static void parts_sum_to_the_total(void **state)
{
    (void)state;
    struct jb_machine m = server();
    struct jb_embodied e;
    m.gpu_count = 8;
    for (int i = 0; i < 8; i++) {
        snprintf(m.gpus[i].name, sizeof m.gpus[i].name, "NVIDIA H100 80GB HBM3");
    }
    jb_embodied(&m, 8, 0, 0, &e);
    assert_near(e.total_kg, e.cpu_kg + e.ram_kg + e.gpu_kg + e.base_kg, 1e-12);
    assert_near(e.gpu_kg, 8 * 164, 1e-12); /* the same boards seen twice count once */
    assert_near(e.reserved, 1, 1e-12);
    assert_near(e.rel_error, 0.5, 0);
    assert_true(e.source[0] != '\0');
}

static void boards_that_only_a_library_shows_count(void **state)
{
    (void)state;
    struct jb_machine m = server();
    struct jb_embodied without, with;
    jb_embodied(&m, 0, 0, 0, &without);
    jb_embodied(&m, 2, 0, 0, &with);
    assert_near(with.total_kg - without.total_kg, 2 * 150, 1e-9);
}

/* Medians of Boavizta's product declarations with their 10th and 90th percentiles. */
static void whole_products_are_of_the_declared_size(void **state)
{
    (void)state;
    struct jb_embodied e;
    struct jb_machine m = server();
    jb_embodied(&m, 0, 0, 0, &e);
    assert_true(e.total_kg > 726 && e.total_kg < 1946);
    memset(&m, 0, sizeof m);
    snprintf(m.cpu.name, sizeof m.cpu.name, "12th Gen Intel(R) Core(TM) i7-1260P");
    m.cpu.family = 6;
    m.cpu.sockets = 1;
    m.cpu.cores = m.cpu.table_cores = 12;
    m.cpu.threads = 16;
    m.ram_bytes = 16000000000;
    m.laptop = true;
    jb_embodied(&m, 0, 0, 0, &e);
    assert_near(e.total_kg, 241, 1e-9);
    m.laptop = false;
    jb_embodied(&m, 0, 0, 0, &e);
    assert_near(e.total_kg, 301, 1e-9);
}

static void a_guest_has_its_share_only(void **state)
{
    (void)state;
    struct jb_machine m = server();
    struct jb_embodied whole, share;
    jb_embodied(&m, 0, 0, 0, &whole);
    m.virtual_machine = true;
    m.cpu.sockets = 1;
    m.cpu.threads = 8;
    m.ram_bytes = 16000000000;
    jb_embodied(&m, 0, 0, 0, &share);
    assert_true(share.reserved > 0 && share.reserved < 0.2);
    /* 8 of the 128 threads of the socket, and 8 of the 256 of the box; the memory is its own */
    double ours = share.cpu_kg * 8 / 128 + share.base_kg * 8 / 256 + share.ram_kg;
    assert_near(share.total_kg * share.reserved, ours, 1e-9);
}

static void a_container_has_its_share_and_its_boards_whole(void **state)
{
    (void)state;
    struct jb_machine m = server();
    struct jb_embodied e;
    m.container = true;
    m.cpu_limit = 64;
    m.ram_limit_bytes = m.ram_bytes / 8;
    jb_embodied(&m, 1, 0, 0, &e);
    assert_near(e.total_kg * e.reserved, (e.cpu_kg + e.base_kg) / 4 + e.ram_kg / 8 + e.gpu_kg, 1e-9);
}

static void grams_of_a_run_are_its_time_of_the_life(void **state)
{
    (void)state;
    struct jb_machine m = server();
    struct jb_embodied e;
    jb_embodied(&m, 0, 1000, 1000, &e);
    assert_near(e.total_kg, 1000, 0);
    assert_true(e.rel_error < 0.5);
    assert_non_null(strstr(e.source, "config"));
    assert_near(jb_embodied_g(&e, 1), 1000, 1e-9);
    assert_near(jb_embodied_g(&e, 2.5), 2500, 1e-9);
    assert_true(jb_embodied_g(&e, 0) == 0 && jb_embodied_g(&e, -1) == 0 && jb_embodied_g(&e, NAN) == 0);
    jb_embodied(&m, 0, 0, 0, &e);
    assert_near(e.lifetime_s, 4 * 365 * 86400.0, 1e-9);
}

static void an_unknown_machine_divides_by_nothing(void **state)
{
    (void)state;
    struct jb_machine m;
    struct jb_embodied e;
    memset(&m, 0, sizeof m);
    jb_embodied(&m, 0, 0, 0, &e);
    assert_true(isfinite(e.total_kg) && isfinite(e.reserved) && isfinite(jb_embodied_g(&e, 10)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_sum_to_the_total),
        cmocka_unit_test(boards_that_only_a_library_shows_count),
        cmocka_unit_test(whole_products_are_of_the_declared_size),
        cmocka_unit_test(a_guest_has_its_share_only),
        cmocka_unit_test(a_container_has_its_share_and_its_boards_whole),
        cmocka_unit_test(grams_of_a_run_are_its_time_of_the_life),
        cmocka_unit_test(an_unknown_machine_divides_by_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
