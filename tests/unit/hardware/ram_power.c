/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by modules, by size, and what a container pays. */
#include "support.h"

static struct jb_ram_power_model model_of(const char *type, unsigned dimms, double gb)
{
    struct jb_machine m;
    struct jb_ram_power_model r;
    memset(&m, 0, sizeof m);
    m.ram_bytes = (uint64_t)(gb * 1e9);
    m.dimms = dimms;
    snprintf(m.dimm_type, sizeof m.dimm_type, "%s", type);
    jb_ram_power_model(&m, &r);
    return r;
}

static void modules_draw_by_their_kind(void **state)
{
    (void)state;
    assert_near(model_of("DDR4 RDIMM", 16, 512).full_w, 64, 1e-9);
    assert_near(model_of("DDR5 RDIMM", 16, 512).full_w, 96, 1e-9);
    assert_near(model_of("DDR5 UDIMM", 2, 32).full_w, 6, 1e-9);
    assert_near(model_of("DDR4 SODIMM", 2, 16).full_w, 3, 1e-9);
    assert_near(model_of("LPDDR5", 4, 16).full_w, 6, 1e-9);
    assert_near(model_of("DDR4", 2, 16).full_w, 6, 1e-9);    /* a desktop's */
    assert_near(model_of("DDR4", 12, 384).full_w, 48, 1e-9); /* a server's: no desktop has twelve */
    struct jb_ram_power_model r = model_of("DDR5 RDIMM", 8, 256);
    assert_near(r.idle_w, 0.4 * r.full_w, 1e-9);
    assert_non_null(strstr(r.note, "8 modules DDR5 RDIMM"));
}

static void unknown_modules_draw_by_size_within_reason(void **state)
{
    (void)state;
    assert_near(model_of("", 0, 16).full_w, 4.8, 1e-9);
    assert_near(model_of("", 0, 2000).full_w, 72, 1e-9);
    assert_true(model_of("", 0, 16).rel_error > model_of("DDR4 UDIMM", 2, 16).rel_error);
    assert_true(model_of("", 0, 0).full_w == 0);
}

static void guests_have_size_but_no_modules(void **state)
{
    (void)state;
    struct jb_machine m;
    struct jb_ram_power_model r;
    memset(&m, 0, sizeof m);
    m.ram_bytes = 8000000000;
    m.dimms = 1;
    m.virtual_machine = true;
    jb_ram_power_model(&m, &r);
    assert_near(r.full_w, 2.4, 1e-9);
}

static void a_container_pays_for_its_limit(void **state)
{
    (void)state;
    struct jb_machine m;
    struct jb_ram_power_model r;
    memset(&m, 0, sizeof m);
    m.ram_bytes = 64000000000;
    m.ram_limit_bytes = 16000000000;
    jb_ram_power_model(&m, &r);
    assert_near(r.full_w, 0.3 * 64, 1e-9); /* a service's limit is no container */
    m.container = true;
    jb_ram_power_model(&m, &r);
    assert_near(r.full_w, 0.3 * 16, 1e-9);
    m.dimms = 8;
    snprintf(m.dimm_type, sizeof m.dimm_type, "DDR4 RDIMM");
    jb_ram_power_model(&m, &r);
    assert_near(r.full_w, 8 * 4 / 4.0, 1e-9);
    assert_non_null(strstr(r.note, "container"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_draw_by_their_kind),
        cmocka_unit_test(unknown_modules_draw_by_size_within_reason),
        cmocka_unit_test(guests_have_size_but_no_modules),
        cmocka_unit_test(a_container_pays_for_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
