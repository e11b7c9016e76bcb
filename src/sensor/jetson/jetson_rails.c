/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rails of the Jetsons, from NVIDIA's developer guides (L4T 32.6 to 38, "power monitor" sections), the device trees
 * of L4T, jetson_stats (issues 51 and 344, pull request 900), and energymon's JetsonPowerRails.md, which collects the
 * first two.
 *
 * Odd: the AGX modules have no rail that feeds all others, so their total is a sum; on the AGX Orin VDDQ_VDD2_1V8AO is
 * fed by VIN_SYS_5V0, and adding it up (as jtop does) counts the memory twice. On the kits of TX1 and TX2 VDD_MUX is
 * the "main carrier board power input": energymon finds it beside VDD_IN, others take it to contain VDD_IN. Neither is
 * documented, so it takes no part.
 */
#include "sensor/jetson/jetson_rails.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#define MOST 6

static const char module_only[] = "the module; not the carrier board, its fan and what is plugged in";
static const char whole_kit[] = "the whole board with what it feeds";

/* Of several rows of one chip the first whose total can be read is taken, else the first that has a rail of it. */
static const struct board {
    const char *soc, *name, *note;
    const char *total[MOST]; /* one: the rail that feeds all; more: their sum */
    const char *parts[MOST]; /* lie in the total */
} boards[] = {
    {"tegra264", "Jetson AGX Thor", whole_kit, {"VIN"}, {"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}},
    {"tegra264", "Jetson AGX Thor", module_only, {"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}, {NULL}},
    {"tegra234", "Jetson Orin NX or Nano", module_only, {"VDD_IN"}, {"VDD_CPU_GPU_CV", "VDD_SOC"}},
    {"tegra234", "Jetson AGX Orin", module_only, {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}, {NULL}},
    {"tegra194", "Jetson Xavier NX", module_only, {"VDD_IN"}, {"VDD_CPU_GPU_CV", "VDD_SOC"}},
    {"tegra194", "Jetson AGX Xavier", module_only, {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}, {NULL}},
    {"tegra186",
     "Jetson TX2",
     module_only,
     {"VDD_IN"},
     {"VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI", "VDD_SYS_CPU", "VDD_SYS_DDR"}},
    {"tegra186", "Jetson TX2 NX", module_only, {"VDD_IN"}, {"VDD_CPU_GPU", "VDD_SOC"}},
    {"tegra210", "Jetson Nano", module_only, {"POM_5V_IN"}, {"POM_5V_GPU", "POM_5V_CPU"}},
    {"tegra210", "Jetson TX1", module_only, {"VDD_IN"}, {"VDD_GPU", "VDD_CPU"}},
};

/* A rail in a rail that is not the total. */
static const struct {
    const char *soc, *rail, *feeder;
} fed[] = {
    {"tegra234", "VDDQ_VDD2_1V8AO", "VIN_SYS_5V0"},
};

/* Of the carrier boards of TX1 and TX2 (P2597), at 0x42 and 0x43. */
static const char *const carrier[] = {"VDD_MUX",     "VDD_5V_IO_SYS", "VDD_5V0_IO_SYS",
                                      "VDD_3V3_SYS", "VDD_3V3_IO",    "VDD_3V3_IO_SLP",
                                      "VDD_1V8_IO",  "VDD_M2_IN",     "VDD_3V3_SYS_M2"};

struct rails {
    const char (*labels)[JB_JETSON_LABEL];
    const bool *usable;
    size_t count;
};

/* The first rail of that name; -1. A second one is another rail, whatever it is called. */
static int find(const struct rails *rails, const char *label)
{
    for (size_t i = 0; i < rails->count; i++) {
        if (strcmp(rails->labels[i], label) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* How many parts of the board are here: tells boards of one chip apart that have the same total. */
static int likeness(const struct board *board, const struct rails *rails, bool *ret_usable)
{
    int here = 0;
    *ret_usable = true;
    for (int i = 0; i < MOST && board->total[i] != NULL; i++) {
        int rail = find(rails, board->total[i]);
        here += rail >= 0 ? MOST : 0;
        *ret_usable &= rail >= 0 && rails->usable[rail];
    }
    for (int i = 0; i < MOST && here > 0 && board->parts[i] != NULL; i++) {
        here += find(rails, board->parts[i]) >= 0;
    }
    return here;
}

static const struct board *choose(const char *soc, const struct rails *rails)
{
    const struct board *best = NULL;
    bool best_usable = false;
    int most = 0;
    for (size_t i = 0; soc != NULL && i < JB_COUNT(boards); i++) {
        bool usable;
        int here = jb_streq(boards[i].soc, soc) ? likeness(&boards[i], rails, &usable) : 0;
        if (here == 0) {
            continue;
        }
        bool single = boards[i].total[1] == NULL, best_single = best != NULL && best->total[1] == NULL;
        /* A rail that feeds all is better than a sum, and one that can be read better than one that cannot. */
        if (best == NULL || (usable && !best_usable) ||
            (usable == best_usable && (single > best_single || (single == best_single && here > most)))) {
            best = &boards[i];
            best_usable = usable;
            most = here;
        }
    }
    return best;
}

static void plan_total(const struct board *board, const struct rails *rails, struct jb_jetson_plan *plan)
{
    plan->sum = board->total[1] != NULL;
    plan->complete = plan->sum;
    for (int i = 0; i < MOST && board->total[i] != NULL; i++) {
        int rail = find(rails, board->total[i]);
        if (rail >= 0) {
            plan->role[rail] = plan->sum ? JB_JETSON_ADDEND : JB_JETSON_TOTAL;
        }
        if (plan->sum && plan->complete && (rail < 0 || !rails->usable[rail])) {
            plan->complete = false;
            plan->missing = board->total[i];
        } else if (!plan->sum) {
            plan->total = rail;
        }
    }
    for (int i = 0; i < MOST && board->parts[i] != NULL; i++) {
        int rail = find(rails, board->parts[i]);
        if (rail >= 0) {
            plan->role[rail] = JB_JETSON_PART;
        }
    }
}

static void plan_others(const char *soc, const struct rails *rails, struct jb_jetson_plan *plan)
{
    for (size_t i = 0; i < JB_COUNT(fed); i++) {
        int rail = find(rails, fed[i].rail), feeder = find(rails, fed[i].feeder);
        if (jb_streq(soc, fed[i].soc) && rail >= 0 && feeder >= 0) {
            plan->role[rail] = JB_JETSON_PART;
            plan->parent[rail] = feeder;
        }
    }
    bool kit = jb_streq(soc, "tegra210") || jb_streq(soc, "tegra186");
    for (size_t i = 0; kit && i < JB_COUNT(carrier); i++) {
        int rail = find(rails, carrier[i]);
        if (rail >= 0 && plan->role[rail] == JB_JETSON_UNKNOWN) {
            plan->role[rail] = JB_JETSON_OUTSIDE;
        }
    }
}

/* A board of which no row tells: its total is the input that names itself one, if just one does. */
static int guess_total(const struct rails *rails)
{
    static const char *const names[] = {"VIN", "VDD_IN"};
    for (size_t i = 0; i < JB_COUNT(names); i++) {
        if (find(rails, names[i]) >= 0) {
            return find(rails, names[i]);
        }
    }
    int found = -1;
    for (size_t i = 0; i < rails->count; i++) {
        size_t length = strlen(rails->labels[i]);
        if (length > 3 && strcmp(rails->labels[i] + length - 3, "_IN") == 0) {
            if (found >= 0) {
                return -1;
            }
            found = (int)i;
        }
    }
    return found;
}

void jb_jetson_plan(const char *soc, const char labels[][JB_JETSON_LABEL], const bool *usable, size_t count,
                    struct jb_jetson_plan *ret)
{
    struct rails rails = {labels, usable, count};
    struct jb_jetson_plan plan = {.total = -1};
    for (size_t i = 0; i < JB_JETSON_RAILS; i++) {
        plan.parent[i] = -1;
    }
    const struct board *board = choose(soc, &rails);
    if (board != NULL) {
        plan.board = board->name;
        plan.note = board->note;
        plan_total(board, &rails, &plan);
        plan_others(soc, &rails, &plan);
    } else {
        plan.total = guess_total(&rails);
        if (plan.total >= 0) {
            plan.role[plan.total] = JB_JETSON_TOTAL;
        }
    }
    *ret = plan;
}
