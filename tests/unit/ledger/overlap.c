/* SPDX-License-Identifier: Apache-2.0 */
/* Who may be added up: machines as they are met, a rule of overlap.h each. Random machines are in disjoint.c. */
#include "account_help.h"

#include "ledger/overlap.h"

#define MAX 16

struct machine {
    struct jb_channel channels[MAX];
    struct jb_overlap_node nodes[MAX];
    int count;
};

enum { PERF, POWERCAP, NVML, CPU_MODEL, RAM_MODEL, JETSON };

static int add(struct machine *machine, int source, enum jb_domain domain, int unit)
{
    int number = machine->count++;

    machine->channels[number] = plain_counter();
    machine->channels[number].domain = domain;
    machine->channels[number].unit = unit;
    if (source == CPU_MODEL || source == RAM_MODEL) {
        machine->channels[number].method = JB_METHOD_MODELLED;
    }
    machine->nodes[number] = (struct jb_overlap_node){
        .channel = &machine->channels[number], .source = source, .preference = source, .mirror_of = -1};
    return number;
}

static int add_die(struct machine *machine, int source, int unit, int die)
{
    int number = add(machine, source, JB_DOMAIN_PACKAGE, unit);

    machine->channels[number].die = die;
    return number;
}

static void resolve(struct machine *machine)
{
    jb_overlap_resolve(machine->nodes, (size_t)machine->count);
}

/* `wanted`: one letter a channel: T in the total, '.' not. */
static void assert_total(struct machine *machine, const char *wanted)
{
    char got[MAX + 1] = {0};

    resolve(machine);
    for (int i = 0; i < machine->count; i++) {
        got[i] = machine->nodes[i].in_total ? 'T' : '.';
    }
    assert_string_equal(got, wanted);
}

static void packages_and_memory_add_up_and_cores_do_not(void **state)
{
    struct machine m = {.count = 0};

    for (int socket = 0; socket < 2; socket++) {
        (void)add(&m, PERF, JB_DOMAIN_PACKAGE, socket);
        (void)add(&m, PERF, JB_DOMAIN_CORE, socket);
        (void)add(&m, PERF, JB_DOMAIN_UNCORE, socket);
        (void)add(&m, PERF, JB_DOMAIN_DRAM, socket);
    }
    assert_total(&m, "T..TT..T");
    assert_int_equal(m.nodes[5].parent, 4);
    assert_int_equal(m.nodes[1].parent, 0);
    assert_int_equal(m.nodes[3].parent, -1);
}

static void memory_that_is_in_the_package_does_not_count_again(void **state)
{
    struct machine m = {.count = 0};
    int package = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);

    m.channels[package].with_memory = true;
    (void)add(&m, PERF, JB_DOMAIN_CORE, 0);
    (void)add(&m, PERF, JB_DOMAIN_DRAM, 0);
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);
    assert_total(&m, "T...");
    m.channels[package].with_memory = false;
    assert_total(&m, "T.T.");
}

static void a_model_of_memory_yields_to_packages_that_hold_it(void **state)
{
    struct machine m = {.count = 0};

    for (int socket = 0; socket < 2; socket++) {
        m.channels[add(&m, PERF, JB_DOMAIN_PACKAGE, socket)].with_memory = true;
    }
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);
    assert_total(&m, "TT.");
    m.channels[0].with_memory = m.channels[1].with_memory = false;
    assert_total(&m, "TTT");
}

static void cores_without_their_package_are_leaves(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, PERF, JB_DOMAIN_CORE, 0);
    (void)add(&m, PERF, JB_DOMAIN_UNCORE, 0);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 1);
    (void)add(&m, PERF, JB_DOMAIN_CORE, 1);
    assert_total(&m, "TTT.");
}

static void the_platform_counts_only_when_nothing_in_it_does(void **state)
{
    struct machine m = {.count = 0};
    int psys = add(&m, POWERCAP, JB_DOMAIN_PSYS, -1);

    assert_total(&m, "T");
    int package = add(&m, PERF, JB_DOMAIN_PACKAGE, 0); /* of another source */
    (void)add(&m, PERF, JB_DOMAIN_DRAM, 0);
    assert_total(&m, ".TT");
    assert_int_equal(m.nodes[package].parent, psys);
    (void)add(&m, NVML, JB_DOMAIN_GPU, 0); /* is not in psys */
    assert_total(&m, ".TTT");
    assert_int_equal(m.nodes[3].parent, -1);
}

static void the_same_domain_of_two_sources_is_one_and_the_preferred_wins(void **state)
{
    struct machine m = {.count = 0};
    int powercap = add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    int mmio = add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    int perf = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    int core = add(&m, POWERCAP, JB_DOMAIN_CORE, 0);

    m.channels[core].parent = 0; /* in powercap's own numbering */
    assert_total(&m, "..T.");
    assert_int_equal(m.nodes[powercap].twin_of, perf);
    assert_int_equal(m.nodes[mmio].twin_of, perf);
    assert_int_equal(m.nodes[perf].twin_of, -1);
    assert_int_equal(m.nodes[core].parent, perf);
}

static void within_a_source_a_counter_beats_power_and_the_lower_number_its_like(void **state)
{
    struct machine m = {.count = 0};
    int power = add(&m, NVML, JB_DOMAIN_GPU, 0);
    (void)add(&m, NVML, JB_DOMAIN_GPU, 0);
    (void)add(&m, NVML, JB_DOMAIN_GPU, 0);

    m.channels[power].method = JB_METHOD_INTEGRATED;
    assert_total(&m, ".T.");
    assert_int_equal(m.nodes[power].twin_of, 1);
    assert_int_equal(m.nodes[2].twin_of, 1);
}

static void a_rejected_leaf_yields_to_its_twins_one_after_the_other(void **state)
{
    struct machine m = {.count = 0};
    int counter = add(&m, NVML, JB_DOMAIN_GPU, 0);
    int power = add(&m, NVML, JB_DOMAIN_GPU, 0);
    int model = add(&m, CPU_MODEL, JB_DOMAIN_GPU, 0);

    m.channels[power].method = JB_METHOD_INTEGRATED;
    assert_total(&m, "T..");
    m.nodes[counter].rejected = true;
    assert_total(&m, ".T.");
    assert_int_equal(m.nodes[counter].twin_of, power);
    assert_int_equal(m.nodes[model].twin_of, power);
    m.nodes[power].rejected = true;
    assert_total(&m, "..T");
    m.nodes[model].rejected = true;
    assert_total(&m, "T.."); /* all are false: the best of them stays */
}

static void a_rejected_leaf_without_a_twin_stays(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, PERF, JB_DOMAIN_PSYS, -1);
    m.nodes[0].rejected = true;
    assert_total(&m, "T.");
}

static void what_is_measured_beats_every_model(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    m.nodes[0].preference = -5;
    assert_total(&m, ".T");
}

static void a_machine_wide_model_yields_to_any_measured_channel_of_its_domain(void **state)
{
    struct machine m = {.count = 0};
    int model = add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, -1);
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);

    assert_total(&m, "TT");
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 1);
    assert_total(&m, ".TTT");
    assert_int_equal(m.nodes[model].twin_of, 2);
    m.nodes[2].rejected = true;
    assert_total(&m, ".TTT"); /* it cannot stand for one of two */
    assert_int_equal(m.nodes[model].twin_of, 3);
    m.nodes[3].rejected = true;
    assert_total(&m, "TT..");
    assert_int_equal(m.nodes[2].twin_of, model);
    assert_int_equal(m.nodes[3].twin_of, model);
    m.nodes[model].rejected = true;
    assert_total(&m, ".TTT");
}

static void models_below_a_measured_platform_yield_to_it(void **state)
{
    struct machine m = {.count = 0};
    int psys = add(&m, POWERCAP, JB_DOMAIN_PSYS, -1);
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, -1);
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);

    assert_total(&m, "T..");
    assert_int_equal(m.nodes[1].parent, psys);
    m.nodes[psys].rejected = true;
    assert_total(&m, ".TT");
    m.nodes[psys].rejected = false;
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0); /* now a leaf is measured, and memory is not in it */
    assert_total(&m, "..TT");
}

static void a_modelled_package_does_not_hide_measured_cores(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, PERF, JB_DOMAIN_CORE, 0);
    assert_total(&m, ".T");
}

static void a_model_in_place_of_a_rejected_package_stands_for_its_cores(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, PERF, JB_DOMAIN_CORE, 0);
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, -1);
    m.nodes[0].rejected = true;
    assert_total(&m, "..T");
}

static void mirrored_dies_are_one_until_they_part(void **state)
{
    struct machine m = {.count = 0};

    (void)add_die(&m, POWERCAP, 0, 0);
    (void)add_die(&m, POWERCAP, 0, 1);
    (void)add_die(&m, POWERCAP, 1, 0);
    (void)add_die(&m, POWERCAP, 1, 1);
    m.nodes[1].mirror_of = 0;
    m.nodes[3].mirror_of = 2;
    assert_total(&m, "T.T.");
    assert_int_equal(m.nodes[3].twin_of, 2);
    m.nodes[1].mirror_of = -1;
    assert_total(&m, "TTT.");
}

static void a_socket_seen_whole_stands_for_its_dies(void **state)
{
    struct machine m = {.count = 0};
    int whole = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    int die0 = add_die(&m, POWERCAP, 0, 0);
    int die1 = add_die(&m, POWERCAP, 0, 1);
    int core = add(&m, POWERCAP, JB_DOMAIN_CORE, 0);

    m.channels[core].die = 1;
    m.channels[core].parent = 1;
    assert_total(&m, "T...");
    assert_int_equal(m.nodes[die0].parent, whole);
    assert_int_equal(m.nodes[die0].twin_of, -1);
    assert_int_equal(m.nodes[core].parent, die1);
    m.nodes[die1].mirror_of = die0; /* both show the socket: all three are twins */
    assert_total(&m, "T...");
    assert_int_equal(m.nodes[die1].twin_of, whole);
    m.nodes[die1].mirror_of = -1;
    m.nodes[whole].rejected = true;
    assert_total(&m, ".TT.");
}

static void a_single_die_is_the_socket_unless_the_source_lists_another(void **state)
{
    struct machine m = {.count = 0};
    int whole = add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    int die0 = add_die(&m, PERF, 0, 0);

    assert_total(&m, ".T");
    assert_int_equal(m.nodes[whole].twin_of, die0);
    int die1 = add_die(&m, PERF, 0, 1);
    m.channels[die1].status = JB_DENIED;
    assert_total(&m, "T..");
    assert_int_equal(m.nodes[die0].parent, whole);
}

static void the_module_contains_its_gpu_and_package(void **state)
{
    struct machine m = {.count = 0};
    int module = add(&m, NVML, JB_DOMAIN_MODULE, 0);

    assert_total(&m, "T");
    (void)add(&m, NVML, JB_DOMAIN_GPU, 0);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    assert_total(&m, ".TT");
    assert_int_equal(m.nodes[1].parent, module);
    assert_int_equal(m.nodes[2].parent, module);
}

static void a_module_stands_for_what_is_not_measured_in_it(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, NVML, JB_DOMAIN_MODULE, 0);
    int gpu = add(&m, NVML, JB_DOMAIN_GPU, 0);
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, 0);
    assert_total(&m, "T.."); /* Grace Hopper without ACPI */
    int package = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    assert_total(&m, ".T.T");
    m.channels[gpu].status = JB_DENIED;
    assert_total(&m, "T..."); /* and without NVML */
    assert_int_equal(m.nodes[package].parent, 0);
    m.channels[gpu].status = JB_OK;
    m.channels[gpu].method = JB_METHOD_MODELLED;
    assert_total(&m, "T...");
    m.nodes[0].rejected = true;
    assert_total(&m, ".T.T");
}

static void a_board_stands_where_only_its_accelerator_is_measured(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, JETSON, JB_DOMAIN_BOARD, -1);
    (void)add(&m, NVML, JB_DOMAIN_GPU, 0); /* Thor, where NVML may answer */
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);
    assert_total(&m, "T...");
    assert_int_equal(m.nodes[1].parent, 0);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0); /* a supply that meters its outputs, on a desktop */
    assert_total(&m, ".T.TT");
}

static void what_a_driver_says_of_its_modules_overrules_their_numbers(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, NVML, JB_DOMAIN_MODULE, 0);
    (void)add(&m, NVML, JB_DOMAIN_MODULE, 1);
    for (int gpu = 0; gpu < 2; gpu++) {
        m.channels[add(&m, NVML, JB_DOMAIN_GPU, gpu)].parent = 0;
    }
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    assert_total(&m, ".TTTT");
    assert_int_equal(m.nodes[3].parent, 0);
}

static void rails_with_a_parent_are_parts_and_without_are_leaves(void **state)
{
    struct machine m = {.count = 0};
    int board = add(&m, JETSON, JB_DOMAIN_BOARD, -1);
    int cpu = add(&m, JETSON, JB_DOMAIN_RAIL, -1);
    int gpu = add(&m, JETSON, JB_DOMAIN_RAIL, -1);

    m.channels[cpu].parent = m.channels[gpu].parent = 0;
    assert_total(&m, "T..");
    assert_int_equal(m.nodes[cpu].parent, board);
    assert_int_equal(m.nodes[cpu].twin_of, -1); /* two rails of one board are not one */
    m.channels[cpu].parent = m.channels[gpu].parent = -1;
    assert_total(&m, ".TT");
    m.channels[gpu].parent = 1; /* a rail in a rail */
    assert_total(&m, ".T.");
}

static void a_wall_meter_checks_everything_else(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, JETSON, JB_DOMAIN_BOARD, -1);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, NVML, JB_DOMAIN_GPU, 3);
    assert_total(&m, ".TT");
    assert_int_equal(m.nodes[2].parent, 0);
}

static void memory_of_the_machine_stands_for_that_of_its_sockets(void **state)
{
    struct machine m = {.count = 0};

    (void)add(&m, PERF, JB_DOMAIN_DRAM, 0);
    (void)add(&m, POWERCAP, JB_DOMAIN_DRAM, -1);
    assert_total(&m, ".T");
    assert_int_equal(m.nodes[0].parent, 1);
}

static void what_cannot_be_read_takes_no_part(void **state)
{
    struct machine m = {.count = 0};
    int perf = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    int psys = add(&m, POWERCAP, JB_DOMAIN_PSYS, -1);

    m.channels[perf].status = JB_DENIED;
    m.channels[psys].status = JB_UNSUPPORTED;
    assert_total(&m, ".T.");
    assert_int_equal(m.nodes[perf].twin_of, -1);
    assert_int_equal(m.nodes[1].parent, -1);
    m.nodes[1].channel = NULL;
    assert_total(&m, "...");
}

static void a_parent_that_cannot_be_read_is_stepped_over(void **state)
{
    struct machine m = {.count = 0};
    int board = add(&m, JETSON, JB_DOMAIN_BOARD, -1);
    int outer = add(&m, JETSON, JB_DOMAIN_RAIL, -1);
    int inner = add(&m, JETSON, JB_DOMAIN_RAIL, -1);

    m.channels[outer].parent = 0;
    m.channels[inner].parent = 1;
    m.channels[outer].status = JB_DENIED;
    assert_total(&m, "T..");
    assert_int_equal(m.nodes[inner].parent, board);
}

static void absurd_claims_are_ignored(void **state)
{
    struct machine m = {.count = 0};
    int package = add(&m, JETSON, JB_DOMAIN_PACKAGE, 0);
    int core = add(&m, JETSON, JB_DOMAIN_CORE, 0);
    int rail0 = add(&m, JETSON, JB_DOMAIN_RAIL, 0);
    int rail1 = add(&m, JETSON, JB_DOMAIN_RAIL, 0);

    m.channels[package].parent = 1; /* in its core */
    m.channels[core].parent = 99;
    m.channels[rail0].parent = 3; /* in each other */
    m.channels[rail1].parent = 2;
    m.nodes[package].mirror_of = 1;
    m.nodes[core].mirror_of = 12345;
    m.nodes[rail0].mirror_of = 2;
    assert_total(&m, "T.TT");
    assert_int_equal(m.nodes[package].parent, -1);
    assert_int_equal(m.nodes[core].parent, package);
    assert_int_equal(m.nodes[rail0].parent, -1);
}

static void no_channels_are_no_problem(void **state)
{
    jb_overlap_resolve(NULL, 0);
}

static void asking_twice_changes_nothing(void **state)
{
    struct machine m = {.count = 0}, again;

    (void)add(&m, POWERCAP, JB_DOMAIN_PSYS, -1);
    (void)add(&m, POWERCAP, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, -1);
    resolve(&m);
    again = m;
    jb_overlap_resolve(again.nodes, (size_t)again.count);
    for (int i = 0; i < m.count; i++) {
        assert_int_equal(again.nodes[i].in_total, m.nodes[i].in_total);
        assert_int_equal(again.nodes[i].parent, m.nodes[i].parent);
        assert_int_equal(again.nodes[i].twin_of, m.nodes[i].twin_of);
    }
}

static void a_node_meter_is_a_check_while_anything_else_is_measured(void **state)
{
    struct machine m = {.count = 0};
    int ipmi = add(&m, NVML, JB_DOMAIN_NODE, -1);
    (void)add(&m, CPU_MODEL, JB_DOMAIN_PACKAGE, -1);
    (void)add(&m, RAM_MODEL, JB_DOMAIN_DRAM, -1);

    assert_total(&m, "T.."); /* what was measured beats all models */
    assert_int_equal(m.nodes[1].parent, ipmi);
    int package = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    assert_total(&m, "..TT");
    assert_int_equal(m.nodes[package].parent, ipmi);
    (void)add(&m, JETSON, JB_DOMAIN_BOARD, -1);
    assert_total(&m, "..TT.");
    assert_int_equal(m.nodes[4].parent, ipmi);
}

static void of_two_node_meters_the_more_trusted_stands_and_the_other_takes_over(void **state)
{
    struct machine m = {.count = 0};
    int worse = add(&m, NVML, JB_DOMAIN_NODE, -1);
    int better = add(&m, PERF, JB_DOMAIN_NODE, -1);

    assert_total(&m, ".T");
    assert_int_equal(m.nodes[worse].twin_of, better);
    assert_int_equal(jb_overlap_wall(m.nodes, 2), better);
    m.nodes[better].rejected = true;
    assert_total(&m, "T.");
    assert_int_equal(jb_overlap_wall(m.nodes, 2), worse);
}

static void the_wall_as_the_total_contains_all_others(void **state)
{
    struct machine m = {.count = 0};
    int package = add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    int core = add(&m, PERF, JB_DOMAIN_CORE, 0);
    int gpu = add(&m, NVML, JB_DOMAIN_GPU, 0);
    int wall = add(&m, JETSON, JB_DOMAIN_NODE, -1);

    assert_total(&m, "T.T.");
    jb_overlap_total_wall(m.nodes, (size_t)m.count);
    for (int i = 0; i < m.count; i++) {
        assert_int_equal(m.nodes[i].in_total, i == wall);
        assert_int_equal(m.nodes[i].leaf, i == package || i == gpu);
    }
    assert_int_equal(m.nodes[package].parent, wall);
    assert_int_equal(m.nodes[gpu].parent, wall);
    assert_int_equal(m.nodes[core].parent, package);
    assert_int_equal(m.nodes[wall].parent, -1);
}

/* A single supply is not the wall, nor is a model, nor a meter that was found false or cannot be read. */
static void what_is_no_wall_changes_nothing(void **state)
{
    struct machine m = {.count = 0};
    (void)add(&m, PERF, JB_DOMAIN_PACKAGE, 0);
    int supply = add(&m, NVML, JB_DOMAIN_NODE, 0);
    int model = add(&m, CPU_MODEL, JB_DOMAIN_NODE, -1);

    for (int round = 0; round < 3; round++) {
        m.channels[model].method = round > 0 ? JB_METHOD_INTEGRATED : JB_METHOD_MODELLED;
        m.nodes[model].rejected = round == 1;
        m.channels[model].status = round == 2 ? JB_DENIED : JB_OK;
        assert_total(&m, "T..");
        assert_int_equal(jb_overlap_wall(m.nodes, 3), -1);
        jb_overlap_total_wall(m.nodes, 3);
        assert_true(m.nodes[0].in_total && !m.nodes[supply].in_total && !m.nodes[model].in_total);
    }
    assert_int_equal(jb_overlap_wall(NULL, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_and_memory_add_up_and_cores_do_not),
        cmocka_unit_test(memory_that_is_in_the_package_does_not_count_again),
        cmocka_unit_test(a_model_of_memory_yields_to_packages_that_hold_it),
        cmocka_unit_test(cores_without_their_package_are_leaves),
        cmocka_unit_test(the_platform_counts_only_when_nothing_in_it_does),
        cmocka_unit_test(the_same_domain_of_two_sources_is_one_and_the_preferred_wins),
        cmocka_unit_test(within_a_source_a_counter_beats_power_and_the_lower_number_its_like),
        cmocka_unit_test(a_rejected_leaf_yields_to_its_twins_one_after_the_other),
        cmocka_unit_test(a_rejected_leaf_without_a_twin_stays),
        cmocka_unit_test(what_is_measured_beats_every_model),
        cmocka_unit_test(a_machine_wide_model_yields_to_any_measured_channel_of_its_domain),
        cmocka_unit_test(models_below_a_measured_platform_yield_to_it),
        cmocka_unit_test(a_modelled_package_does_not_hide_measured_cores),
        cmocka_unit_test(a_model_in_place_of_a_rejected_package_stands_for_its_cores),
        cmocka_unit_test(mirrored_dies_are_one_until_they_part),
        cmocka_unit_test(a_socket_seen_whole_stands_for_its_dies),
        cmocka_unit_test(a_single_die_is_the_socket_unless_the_source_lists_another),
        cmocka_unit_test(the_module_contains_its_gpu_and_package),
        cmocka_unit_test(a_module_stands_for_what_is_not_measured_in_it),
        cmocka_unit_test(a_board_stands_where_only_its_accelerator_is_measured),
        cmocka_unit_test(what_a_driver_says_of_its_modules_overrules_their_numbers),
        cmocka_unit_test(rails_with_a_parent_are_parts_and_without_are_leaves),
        cmocka_unit_test(a_wall_meter_checks_everything_else),
        cmocka_unit_test(memory_of_the_machine_stands_for_that_of_its_sockets),
        cmocka_unit_test(what_cannot_be_read_takes_no_part),
        cmocka_unit_test(a_parent_that_cannot_be_read_is_stepped_over),
        cmocka_unit_test(absurd_claims_are_ignored),
        cmocka_unit_test(no_channels_are_no_problem),
        cmocka_unit_test(asking_twice_changes_nothing),
        cmocka_unit_test(a_node_meter_is_a_check_while_anything_else_is_measured),
        cmocka_unit_test(of_two_node_meters_the_more_trusted_stands_and_the_other_takes_over),
        cmocka_unit_test(the_wall_as_the_total_contains_all_others),
        cmocka_unit_test(what_is_no_wall_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
