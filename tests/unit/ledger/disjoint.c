/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random machines made of atoms of energy. Every channel is the set of atoms that the real thing would see, so that the
 * promise of overlap.h can be checked without repeating its rules: no atom is counted twice, and what was measured is
 * in the total.
 */
#include "account_help.h"

#include "ledger/overlap.h"

#define MAX      96
#define SOCKETS  3
#define DIES     2
#define GPUS     3
#define RAILS    8
#define MACHINES 20000

struct machine {
    struct jb_channel channels[MAX];
    struct jb_overlap_node nodes[MAX];
    uint64_t atoms[MAX];
    int count;
    int sockets, gpus, sources;
    bool dies, mirrored, modules;
    uint64_t random;
};

enum atom { CORE, UNCORE, REST, DIE_ATOMS };

static uint64_t die_atoms(int socket, int die)
{
    return 7ull << ((socket * DIES + die) * DIE_ATOMS);
}

static uint64_t package_atoms(int socket)
{
    return die_atoms(socket, 0) | die_atoms(socket, 1);
}

static uint64_t single(int index) /* after the atoms of dies */
{
    return 1ull << (SOCKETS * DIES * DIE_ATOMS + index);
}

static uint64_t dram_atoms(int socket)
{
    return single(socket);
}

static uint64_t gpu_atoms(int gpu)
{
    return single(SOCKETS + gpu);
}

static uint64_t module_rest(int module)
{
    return single(SOCKETS + GPUS + module);
}

static uint64_t rail_atoms(int rail)
{
    return single(SOCKETS + 2 * GPUS + rail);
}

#define PLATFORM_REST single(SOCKETS + 2 * GPUS + RAILS)
#define BOARD_REST    single(SOCKETS + 2 * GPUS + RAILS + 1)
#define NODE_REST     single(SOCKETS + 2 * GPUS + RAILS + 2) /* losses, fans, disks */

static bool one_in(struct machine *m, unsigned n)
{
    return next_random(&m->random) % n == 0;
}

static int add(struct machine *m, int source, enum jb_domain domain, int unit, int die, uint64_t atoms)
{
    int number = m->count++;

    assert_true(number < MAX);
    m->channels[number] = plain_counter();
    m->channels[number].domain = domain;
    m->channels[number].unit = unit;
    m->channels[number].die = die;
    m->channels[number].method = one_in(m, 4) ? JB_METHOD_INTEGRATED : JB_METHOD_COUNTER;
    m->channels[number].status = one_in(m, 8) ? JB_DENIED : JB_OK;
    m->nodes[number] = (struct jb_overlap_node){
        .channel = &m->channels[number], .source = source, .preference = source, .mirror_of = -1};
    m->atoms[number] = atoms;
    return number;
}

static int local_index(const struct machine *m, int number)
{
    int index = 0;

    for (int i = 0; i < number; i++) {
        index += m->nodes[i].source == m->nodes[number].source;
    }
    return index;
}

static void add_cores(struct machine *m, int source, int package, int socket, int die)
{
    uint64_t first = die < 0 ? 0 : (uint64_t)die, last = die < 0 ? DIES - 1 : (uint64_t)die;
    uint64_t cores = 0, uncore = 0;

    for (uint64_t d = first; d <= last; d++) {
        cores |= die_atoms(socket, (int)d) & (0111111111111ull << CORE);
        uncore |= die_atoms(socket, (int)d) & (0111111111111ull << UNCORE);
    }
    int core = add(m, source, JB_DOMAIN_CORE, socket, die, cores);
    int beside = add(m, source, JB_DOMAIN_UNCORE, socket, die, uncore);

    if (package >= 0 && one_in(m, 2)) {
        m->channels[core].parent = local_index(m, package);
        m->channels[beside].parent = local_index(m, package);
    }
}

static void add_socket(struct machine *m, int source, int socket)
{
    bool by_die = m->dies && one_in(m, 2);

    if (!by_die) {
        int package = one_in(m, 8) ? -1 : add(m, source, JB_DOMAIN_PACKAGE, socket, -1, package_atoms(socket));
        if (one_in(m, 2)) {
            add_cores(m, source, package, socket, -1);
        }
    } else if (m->mirrored) {
        int first = add(m, source, JB_DOMAIN_PACKAGE, socket, 0, package_atoms(socket));
        int second = add(m, source, JB_DOMAIN_PACKAGE, socket, 1, package_atoms(socket));
        m->channels[second].status = m->channels[first].status;
        m->nodes[second].mirror_of = first;
    } else {
        for (int die = 0; die < DIES; die++) {
            int package = add(m, source, JB_DOMAIN_PACKAGE, socket, die, die_atoms(socket, die));
            if (one_in(m, 3)) {
                add_cores(m, source, package, socket, die);
            }
        }
    }
    if (one_in(m, 2)) {
        (void)add(m, source, JB_DOMAIN_DRAM, socket, -1, dram_atoms(socket));
    }
}

static void add_models(struct machine *m, int source)
{
    uint64_t packages = 0, memory = 0;
    int first = m->count;

    for (int socket = 0; socket < m->sockets; socket++) {
        packages |= package_atoms(socket);
        memory |= dram_atoms(socket);
    }
    if (one_in(m, 2)) {
        (void)add(m, source, JB_DOMAIN_PACKAGE, -1, -1, packages);
    } else {
        for (int socket = 0; socket < m->sockets; socket++) {
            (void)add(m, source, JB_DOMAIN_PACKAGE, socket, -1, package_atoms(socket));
        }
    }
    (void)add(m, source, JB_DOMAIN_DRAM, -1, -1, memory);
    for (int gpu = 0; gpu < m->gpus; gpu++) {
        (void)add(m, source, JB_DOMAIN_GPU, gpu, -1, gpu_atoms(gpu));
    }
    for (int i = first; i < m->count; i++) {
        m->channels[i].method = JB_METHOD_MODELLED;
    }
}

static void add_accelerators(struct machine *m, int source)
{
    for (int gpu = 0; gpu < m->gpus; gpu++) {
        int module = -1;
        if (m->modules && gpu < m->sockets && one_in(m, 2)) {
            module = add(m, source, JB_DOMAIN_MODULE, gpu, -1, gpu_atoms(gpu) | package_atoms(gpu) | module_rest(gpu));
        }
        for (int twin = 0; twin < 2; twin++) {
            int number = add(m, source, JB_DOMAIN_GPU, gpu, -1, gpu_atoms(gpu));
            m->channels[number].parent = module >= 0 ? local_index(m, module) : -1;
        }
    }
}

static void add_outer(struct machine *m, int source)
{
    uint64_t everything = 0, platform = PLATFORM_REST;

    for (int socket = 0; socket < m->sockets; socket++) {
        platform |= package_atoms(socket) | dram_atoms(socket);
    }
    for (int gpu = 0; gpu < m->gpus; gpu++) {
        everything |= gpu_atoms(gpu) | module_rest(gpu);
    }
    everything |= platform | BOARD_REST;
    for (int rail = 0; rail < RAILS; rail++) {
        everything |= rail_atoms(rail);
    }
    if (!m->modules && one_in(m, 2)) {
        (void)add(m, source, JB_DOMAIN_PSYS, -1, -1, platform);
    }
    if (one_in(m, 2)) {
        int board = add(m, source, JB_DOMAIN_BOARD, -1, -1, everything);
        for (int rail = 0; rail < 2; rail++) {
            int number = add(m, source, JB_DOMAIN_RAIL, -1, -1, rail_atoms(2 * source + rail));
            m->channels[number].parent = local_index(m, board);
        }
    }
}

/* One to three meters of what the machine takes in. */
static void add_meters(struct machine *m, int source)
{
    uint64_t meters = 1 + next_random(&m->random) % 3;

    for (uint64_t i = 0; i < meters; i++) {
        (void)add(m, source + (int)i / 2, JB_DOMAIN_NODE, -1, -1, NODE_REST | (NODE_REST - 1));
    }
}

static void build(struct machine *m)
{
    m->count = 0;
    m->sockets = 1 + (int)(next_random(&m->random) % SOCKETS);
    m->gpus = (int)(next_random(&m->random) % (GPUS + 1));
    m->dies = one_in(m, 2);
    m->mirrored = one_in(m, 2);
    m->modules = one_in(m, 3);
    for (int source = 0; source < 2; source++) {
        if (one_in(m, 3)) {
            add_outer(m, source);
        }
        for (int socket = 0; socket < m->sockets; socket++) {
            if (!one_in(m, 3)) {
                add_socket(m, source, socket);
            }
        }
    }
    if (one_in(m, 2)) {
        add_accelerators(m, 2);
    }
    if (one_in(m, 2)) {
        add_outer(m, 3);
    }
    if (one_in(m, 2)) {
        add_models(m, 4);
    }
    if (one_in(m, 3)) {
        add_meters(m, 5);
    }
}

static bool usable(const struct machine *m, int number)
{
    return m->channels[number].status == JB_OK;
}

static void check_links(const struct machine *m)
{
    for (int i = 0; i < m->count; i++) {
        const struct jb_overlap_node *node = &m->nodes[i];
        if (!usable(m, i)) {
            assert_false(node->in_total);
            assert_int_equal(node->parent, -1);
            assert_int_equal(node->twin_of, -1);
            continue;
        }
        if (node->twin_of >= 0) {
            assert_false(node->in_total);
            assert_true(usable(m, node->twin_of));
            assert_int_equal(m->nodes[node->twin_of].twin_of, -1);
        }
        int steps = 0;
        for (int at = node->parent; at >= 0; at = m->nodes[at].parent) {
            assert_true(usable(m, at));
            assert_int_equal(m->nodes[at].twin_of, -1);
            assert_false(node->in_total && m->nodes[at].in_total);
            assert_true(++steps <= m->count);
        }
    }
}

/* A meter of the whole node never counts beside another measured channel; as the total it is all there is. */
static void check_wall(const struct machine *m, uint64_t seed)
{
    struct machine copy = *m;
    int wall = jb_overlap_wall(copy.nodes, (size_t)copy.count);
    bool others = false, counts = false, sound = false;

    for (int i = 0; i < copy.count; i++) {
        enum jb_domain domain = copy.channels[i].domain;
        bool node = domain == JB_DOMAIN_NODE, modelled = copy.channels[i].method == JB_METHOD_MODELLED;
        bool part = domain == JB_DOMAIN_CORE || domain == JB_DOMAIN_UNCORE || domain == JB_DOMAIN_RAIL;
        copy.nodes[i].channel = &copy.channels[i];
        others = others || (usable(&copy, i) && !node && !part && !modelled && !copy.nodes[i].rejected);
        sound = sound || (usable(&copy, i) && node && !copy.nodes[i].rejected);
        counts = counts || (node && copy.nodes[i].in_total);
    }
    if ((counts && others) || (sound != (wall >= 0)) || (sound && !others && !counts && wall < 0)) {
        fail_msg("the meter of the node %s (seed %llu)", counts ? "counts beside others" : "is passed over",
                 (unsigned long long)seed);
    }
    jb_overlap_total_wall(copy.nodes, (size_t)copy.count);
    for (int i = 0; i < copy.count; i++) {
        assert_int_equal(copy.nodes[i].in_total, wall >= 0 ? i == wall : copy.nodes[i].leaf);
        assert_int_equal(copy.nodes[i].leaf, m->nodes[i].in_total);
    }
    if (wall >= 0) {
        check_links(&copy);
    }
}

static void check_machine(const struct machine *m, bool rejects, uint64_t seed)
{
    uint64_t counted = 0, usable_atoms = 0;

    check_links(m);
    check_wall(m, seed);
    for (int i = 0; i < m->count; i++) {
        usable_atoms |= usable(m, i) ? m->atoms[i] : 0;
        if (m->nodes[i].in_total) {
            if (counted & m->atoms[i]) {
                fail_msg("channel %d counts what another counts (seed %llu)", i, (unsigned long long)seed);
            }
            counted |= m->atoms[i];
        }
    }
    assert_true((usable_atoms == 0) == (counted == 0));
    for (int i = 0; i < m->count; i++) {
        enum jb_domain domain = m->channels[i].domain;
        bool modelled = m->channels[i].method == JB_METHOD_MODELLED;
        bool leaf = domain == JB_DOMAIN_PACKAGE || domain == JB_DOMAIN_DRAM || domain == JB_DOMAIN_GPU;
        bool core = domain == JB_DOMAIN_CORE || domain == JB_DOMAIN_UNCORE;
        uint64_t seen = m->atoms[i] & counted;

        if (!usable(m, i) || domain == JB_DOMAIN_RAIL || (core && m->dies)) {
            continue; /* the core of a die whose package cannot be read may lie within a core that can: left out */
        }
        if (seen == 0 || (leaf && !modelled && !rejects && seen != m->atoms[i])) {
            fail_msg("channel %d is not accounted for (seed %llu)", i, (unsigned long long)seed);
        }
    }
}

static void no_atom_is_counted_twice_and_none_that_was_measured_is_lost(void **state)
{
    for (uint64_t seed = 1; seed <= MACHINES; seed++) {
        struct machine m = {.random = seed * 0x9e3779b97f4a7c15ull};

        build(&m);
        jb_overlap_resolve(m.nodes, (size_t)m.count);
        check_machine(&m, false, seed);
        for (int i = 0; i < m.count; i++) {
            m.nodes[i].rejected = one_in(&m, 6);
        }
        jb_overlap_resolve(m.nodes, (size_t)m.count);
        check_machine(&m, true, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_atom_is_counted_twice_and_none_that_was_measured_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
