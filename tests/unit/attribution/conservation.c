/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger closes: random machines with counters of any width, wraps, resets, sleeps, late looks, failures, garbage,
 * and processes that come and go. What ends up as run, idle, others and unattributed is, to the microjoule, what the
 * simulated hardware gave out wherever nothing had to be thrown away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attribution/attribution.h"
#include "attribution/usage.h"
#include "ledger/overlap.h"

#define MS       1000000ull
#define S        (1000 * MS)
#define CHANNELS 12
#define LOOKS    400
#define MACHINES 400
#define LIMIT_UW 500000000ull

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return next_random(state) % limit;
}

/* A counter that really counts: `total` never wraps. */
struct hardware {
    unsigned __int128 total, since_reset, at_last_good;
    uint64_t power_uw, dirty;   /* dirty: what lies before the next good reading has to be thrown away */
    unsigned __int128 expected; /* raw units that must be in the book */
};

struct machine {
    uint64_t random, t_ns;
    int count;
    struct jb_channel channels[CHANNELS];
    struct jb_overlap_node nodes[CHANNELS];
    struct hardware hardware[CHANNELS];
    struct jb_account accounts[CHANNELS];
    struct jb_parts totals[CHANNELS];
    struct jb_usage usage;
    uint64_t busy_ns, system_ns, run_ns;
};

static void add_channel(struct machine *m, enum jb_domain domain, int unit, int source)
{
    static const uint64_t units[][2] = {{1, 1}, {1000000, 1ull << 32}, {1000000, 1 << 14}, {153, 10}, {1000, 1}};
    struct jb_channel *channel = &m->channels[m->count];
    const uint64_t *unit_of = units[below(&m->random, 5)];
    uint64_t bits = 34 + below(&m->random, 31);

    *channel = (struct jb_channel){
        .method = JB_METHOD_COUNTER,
        .domain = domain,
        .unit = unit,
        .die = -1,
        .parent = -1,
        .unit_num = unit_of[0],
        .unit_den = unit_of[1],
        .max_power_uw = LIMIT_UW,
        .refresh_ns = MS,
        .horizon_ns = 5 * S,
        .zero_at_reset = below(&m->random, 2),
    };
    if (unit_of[1] == 1ull << 32) {
        bits = 64; /* perf: 2^-32 J, does not wrap */
    }
    channel->wrap = bits == 64 ? 0 : 1ull << bits;
    m->nodes[m->count] =
        (struct jb_overlap_node){.channel = channel, .source = source, .preference = source, .mirror_of = -1};
    m->hardware[m->count].total = bits == 64 ? 0 : channel->wrap - 1 - below(&m->random, 1ull << 34);
    m->hardware[m->count].since_reset = m->hardware[m->count].total;
    jb_account_init(&m->accounts[m->count], channel);
    m->count++;
}

static void build(struct machine *m)
{
    for (int socket = 0; socket < 2; socket++) {
        for (int source = 0; source < 2; source++) {
            add_channel(m, JB_DOMAIN_PACKAGE, socket, source);
        }
        add_channel(m, JB_DOMAIN_CORE, socket, 0);
        add_channel(m, JB_DOMAIN_DRAM, socket, 1);
    }
    add_channel(m, JB_DOMAIN_GPU, 0, 2);
    add_channel(m, JB_DOMAIN_GPU, 0, 2);
    add_channel(m, JB_DOMAIN_PSYS, -1, 1);
    jb_overlap_resolve(m->nodes, (size_t)m->count);
    jb_usage_init(&m->usage, below(&m->random, 8) != 0);
}

static uint64_t shown(const struct jb_channel *channel, const struct hardware *hardware)
{
    return channel->wrap ? (uint64_t)(hardware->since_reset % channel->wrap) : (uint64_t)hardware->since_reset;
}

static void advance(struct machine *m, uint64_t dt_ns)
{
    m->t_ns += dt_ns;
    for (int i = 0; i < m->count; i++) {
        const struct jb_channel *channel = &m->channels[i];
        struct hardware *hardware = &m->hardware[i];
        if (below(&m->random, 4) == 0) {
            hardware->power_uw = below(&m->random, LIMIT_UW);
        }
        unsigned __int128 energy = (unsigned __int128)hardware->power_uw * dt_ns / S; /* uJ */
        unsigned __int128 raw = energy * channel->unit_den / channel->unit_num;
        hardware->total += raw;
        hardware->since_reset += raw;
    }
    m->run_ns += below(&m->random, 4 * dt_ns);
    m->busy_ns += below(&m->random, 8 * dt_ns);
    m->system_ns += below(&m->random, dt_ns);
}

static void book(struct machine *m, int i, const struct jb_entry *entry)
{
    struct jb_usage_weights weights;
    struct jb_parts parts;

    jb_usage_between(&m->usage, entry->t0_ns, entry->t1_ns, &weights);
    struct jb_shares shares = {weights.known, weights.run_ns, weights.others_ns, weights.system_ns};
    jb_attribute(entry, below(&m->random, LIMIT_UW / 4), &shares, &parts);
    assert_int_equal(jb_parts_total(&parts), entry->energy_uj);
    jb_parts_add(&m->totals[i], &parts);
}

static void look(struct machine *m, int i)
{
    struct hardware *hardware = &m->hardware[i];
    const struct jb_channel *channel = &m->channels[i];
    uint64_t width = below(&m->random, 100000);
    struct jb_reading reading = {.t_before_ns = m->t_ns - width, .t_after_ns = m->t_ns + width};
    struct jb_entry entry;

    switch (below(&m->random, 40)) {
    case 0:
        reading.status = below(&m->random, 2) ? JB_FAILED : JB_TIMEOUT;
        (void)jb_account_post(&m->accounts[i], &reading, &entry);
        return;
    case 1: /* what the next good reading tells cannot be believed */
        reading.status = JB_GONE;
        (void)jb_account_post(&m->accounts[i], &reading, &entry);
        hardware->dirty = m->accounts[i].started;
        return;
    case 2: /* the driver was loaded anew, at this very moment; not where it could pass for a wrap */
        if (channel->wrap == 0 || m->accounts[i].raw < channel->wrap / 4) {
            hardware->since_reset = 0;
            hardware->dirty = hardware->dirty || m->accounts[i].started;
        }
        break;
    default:
        break;
    }
    reading.raw = shown(channel, hardware);
    bool started = m->accounts[i].started;
    if (jb_account_post(&m->accounts[i], &reading, &entry) == 1) {
        book(m, i, &entry);
    }
    if (started && !hardware->dirty) {
        hardware->expected += hardware->total - hardware->at_last_good;
    }
    hardware->dirty = 0;
    hardware->at_last_good = hardware->total;
}

static void live(struct machine *m)
{
    for (int n = 0; n < LOOKS; n++) {
        uint64_t kind = below(&m->random, 60);
        if (kind == 0) {
            advance(m, 6 * S + below(&m->random, S)); /* beyond every horizon */
        } else {
            advance(m, MS + below(&m->random, 200 * MS));
        }
        struct jb_usage_point point = {m->t_ns, m->busy_ns, m->system_ns, m->run_ns, 0};
        jb_usage_add(&m->usage, &point);
        for (int i = 0; i < m->count; i++) {
            if (kind == 0 && m->accounts[i].started) {
                m->hardware[i].dirty = 1;
            }
            if (kind == 1) {
                jb_account_suspend(&m->accounts[i]);
                m->hardware[i].dirty = m->accounts[i].started;
            }
            look(m, i);
        }
    }
}

static void check(const struct machine *m, uint64_t seed)
{
    uint64_t machine_uj = 0, expected_uj = 0;
    struct jb_parts sum = {0};

    for (int i = 0; i < m->count; i++) {
        const struct jb_account *account = &m->accounts[i];
        uint64_t exact = (uint64_t)(m->hardware[i].expected * m->channels[i].unit_num / m->channels[i].unit_den);
        if (account->energy_uj != exact) {
            fail_msg("channel %d booked %llu uJ of %llu (seed %llu)", i, (unsigned long long)account->energy_uj,
                     (unsigned long long)exact, (unsigned long long)seed);
        }
        assert_int_equal(jb_parts_total(&m->totals[i]), account->energy_uj);
        assert_int_equal(account->covered_ns + account->gap_ns + (account->t_ns - account->entry_ns),
                         account->last_ns - account->first_ns);
        assert_int_equal(account->implausible, 0);
        if (m->nodes[i].in_total) {
            machine_uj += account->energy_uj;
            expected_uj += exact;
            jb_parts_add(&sum, &m->totals[i]);
        }
    }
    assert_int_equal(sum.run_uj + sum.idle_uj + sum.others_uj + sum.unattributed_uj, machine_uj);
    assert_int_equal(machine_uj, expected_uj);
    assert_true(machine_uj > 0);
    assert_true(jb_footprint_uj(&sum) >= sum.run_uj && jb_footprint_uj(&sum) <= sum.run_uj + sum.idle_uj);
}

static void every_joule_that_was_not_thrown_away_is_somebodys(void **state)
{
    uint64_t wraps = 0, resets = 0, gaps = 0, failures = 0;

    for (uint64_t seed = 1; seed <= MACHINES; seed++) {
        struct machine m = {.random = seed * 0x9e3779b97f4a7c15ull, .t_ns = S};
        build(&m);
        live(&m);
        check(&m, seed);
        for (int i = 0; i < m.count; i++) {
            wraps += m.accounts[i].wraps;
            resets += m.accounts[i].resets;
            gaps += m.accounts[i].gaps;
            failures += m.accounts[i].failures;
        }
    }
    assert_true(wraps > 100 && resets > 100 && gaps > 100 && failures > 100); /* the test tests what it says */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_joule_that_was_not_thrown_away_is_somebodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
