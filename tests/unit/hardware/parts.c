/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in table: order, look-ups of each kind, search. */
#include "support.h"

#include "hardware/parts_table.h"

static void the_tables_are_sorted_and_sane(void **state)
{
    (void)state;
    for (size_t i = 0; i < jb_parts_count; i++) {
        const struct jb_part *p = &jb_parts[i];
        assert_true(p->tdp_w > 0 && p->key[0] != '\0' && p->model[0] != '\0' && p->source[0] != '\0');
        if (i > 0) {
            int order = strcmp(jb_parts[i - 1].kind, p->kind);
            assert_true(order < 0 || (order == 0 && strcmp(jb_parts[i - 1].key, p->key) < 0));
        }
    }
    for (size_t i = 0; i < jb_gpu_aliases_count; i++) {
        assert_true(jb_gpu_aliases[i].part < jb_parts_count);
        assert_true(i == 0 || strcmp(jb_gpu_aliases[i - 1].driver_name, jb_gpu_aliases[i].driver_name) < 0);
    }
    for (size_t i = 0; i < jb_spec_powers_count; i++) {
        assert_true(jb_spec_powers[i].idle_w < jb_spec_powers[i].max_w);
        assert_true(i == 0 || strcmp(jb_spec_powers[i - 1].key, jb_spec_powers[i].key) < 0);
    }
}

static void found(const char *kind, const char *name, const char *model, double tdp_w)
{
    const struct jb_part *p = jb_part_find(kind, name);
    if (p == NULL || strcmp(p->model, model) != 0 || p->tdp_w != tdp_w) {
        fail_msg("%s \"%s\": %s", kind, name, p != NULL ? p->model : "nothing");
    }
}

/* Watts from the makers' own pages, as grid-and-hardware C2 lists them. */
static void known_parts_are_found_under_the_names_that_machines_use(void **state)
{
    (void)state;
    found("cpu", "AMD EPYC 7742 64-Core Processor", "EPYC 7742", 225);
    found("cpu", "AMD EPYC 9654 96-Core Processor", "EPYC 9654", 360);
    found("cpu", "AMD EPYC 9965 192-Core Processor", "EPYC 9965", 500);
    found("cpu", "Intel(R) Xeon(R) Platinum 8480+", "Xeon Platinum 8480+", 350);
    found("cpu", "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Xeon E5-2680 v4", 120);
    found("cpu", "13th Gen Intel(R) Core(TM) i9-13900K", "Core i9-13900K", 125);
    found("cpu", "AMD Ryzen 9 7950X 16-Core Processor", "Ryzen 9 7950X", 170);
    found("gpu", "NVIDIA A100-SXM4-80GB", "A100 SXM4 80 GB", 400);
    found("gpu", "NVIDIA H100 PCIe", "H100 PCIe 80 GB", 350);
    found("gpu", "Tesla T4", "Tesla T4", 70);
    found("gpu", "NVIDIA GeForce RTX 4090", "GeForce RTX 4090", 450);
    found("gpu", "AMD Instinct MI300X", "Instinct MI300X", 750);
}

static void extras_of_real_names_do_not_hide_the_model(void **state)
{
    (void)state;
    const struct jb_part *p = jb_part_find("cpu", "AMD Ryzen Threadripper PRO 5995WX 64-Cores");
    assert_non_null(p);
    assert_true(p->tdp_w == 280);
    found("cpu", "Dual-Core AMD Opteron(tm) Processor 2218", "Opteron 2218", 95);
    found("gpu", "GeForce GTX 1060 6GB", "GeForce GTX 1060", 120);
    found("gpu", "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "A100 SXM4 40 GB", 400);
    found("gpu", "Intel(R) Arc(TM) A380 Graphics", "Arc A380", 75);
}

static void kinds_find_their_kin(void **state)
{
    (void)state;
    assert_string_equal(jb_part_find("cpu", "Apple M2 Ultra")->kind, "soc");
    assert_string_equal(jb_part_find("gpu", "Google TPU v4")->kind, "accelerator");
    assert_string_equal(jb_part_find("gpu", "Orin (nvgpu)")->model, "Jetson AGX Orin 64 GB");
    assert_null(jb_part_find("gpu", "AMD EPYC 7742 64-Core Processor"));
    assert_null(jb_part_find("cpu", "NVIDIA GeForce RTX 4090"));
}

static void hypervisors_names_and_nothing_find_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        " ",
                                        "AMD EPYC",
                                        "Intel Xeon Processor (Skylake, IBRS)",
                                        "Common KVM processor",
                                        "QEMU Virtual CPU version 2.5+",
                                        "@",
                                        "\xff\xfe"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(jb_part_find("cpu", names[i]));
        assert_null(jb_part_find("gpu", names[i]));
    }
    assert_null(jb_part_find("teapot", "EPYC 7742"));
}

static void search_gives_the_exact_one_first(void **state)
{
    (void)state;
    const struct jb_part *list[8];
    size_t count = jb_part_search("EPYC 7742", list, 8);
    assert_true(count >= 1);
    assert_string_equal(list[0]->model, "EPYC 7742");
    count = jb_part_search("H100", list, 8);
    assert_true(count > 2);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(list[i]->key, "h100"));
    }
    assert_int_equal(jb_part_search("EPYC", list, 8), 8); /* at most max */
    assert_int_equal(jb_part_search("", list, 8), 0);
    assert_int_equal(jb_part_search("no such thing at all", list, 8), 0);
    assert_string_equal(jb_part_search("Orin (nvgpu)", list, 1) == 1 ? list[0]->model : "", "Jetson AGX Orin 64 GB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_are_sorted_and_sane),
        cmocka_unit_test(known_parts_are_found_under_the_names_that_machines_use),
        cmocka_unit_test(extras_of_real_names_do_not_hide_the_model),
        cmocka_unit_test(kinds_find_their_kin),
        cmocka_unit_test(hypervisors_names_and_nothing_find_nothing),
        cmocka_unit_test(search_gives_the_exact_one_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
