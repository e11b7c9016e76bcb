/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_fix_plan.c - the order matters: chown(2) takes capabilities away, and between the first step and the last the
 * helper must never be a program with capabilities that everybody may run.
 *
 * Steps are argument lists and are run as such. No name of a user, group or path passes through a shell or, but for
 * group names of plain letters, into a udev rule.
 */
#include "cli/doctor_fix_plan.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define CAPABILITIES "cap_perfmon,cap_dac_read_search=ep"

/* Add a step; the words end with NULL. The first is a program that was found, or "": then the plan cannot be. */
static void add(struct fix_plan *plan, const char *package, const char *const *words)
{
    struct fix_step *step = &plan->steps[plan->count];

    if (plan->way == FIX_IMPOSSIBLE || plan->count >= FIX_MAX_STEPS) {
        return;
    }
    for (int i = 0; i < FIX_MAX_WORDS - 1 && words[i] != NULL; i++) {
        if (words[i][0] == '\0' || !jb_copy(step->words[i], FIX_WORD, words[i])) {
            plan->way = FIX_IMPOSSIBLE;
            plan->count = 0;
            jb_snprintf(plan->why, sizeof(plan->why), "a program is missing: install %s, then try again", package);
            return;
        }
    }
    plan->count++;
}
#define ADD(plan, package, ...) add(plan, package, (const char *const[]){__VA_ARGS__, NULL})

/* The rule names the group; udev's own syntax has quotes, commas and %. */
static bool plain(const char *name)
{
    return name[0] != '\0' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(name);
}

/* The group that gets it: one that the helper has already been given to, the caller's own, or one made for it. */
static void choose_group(const struct fix_facts *facts, bool helper, struct fix_plan *plan)
{
    if (helper && facts->helper_capable && facts->helper_group_shared && plain(facts->helper_group)) {
        jb_copy(plan->group, sizeof(plan->group), facts->helper_group);
    } else if (facts->own_group && plain(facts->user) &&
               (!helper || !facts->helper_capable || jb_streq(facts->helper_group, "root"))) {
        jb_copy(plan->group, sizeof(plan->group), facts->user);
        return; /* no membership is needed */
    } else {
        jb_copy(plan->group, sizeof(plan->group), FIX_GROUP);
        ADD(plan, "passwd", facts->groupadd, "-f", "-r", FIX_GROUP);
    }
    plan->new_login = true;
    ADD(plan, "passwd", facts->usermod, "-aG", plan->group, facts->user);
}

static void plan_helper(const struct fix_facts *facts, struct fix_plan *plan)
{
    char owner[80];

    plan->way = FIX_HELPER;
    choose_group(facts, true, plan);
    if (facts->helper_capable && jb_streq(plan->group, facts->helper_group)) {
        return; /* all that was missing is the membership */
    }
    jb_snprintf(owner, sizeof(owner), "root:%s", plan->group);
    ADD(plan, "coreutils", facts->chown, owner, facts->helper);
    ADD(plan, "coreutils", facts->chmod, "0750", facts->helper);
    ADD(plan, "libcap2-bin (setcap)", facts->setcap, CAPABILITIES, facts->helper);
}

static void plan_udev(const struct fix_facts *facts, const char *why, struct fix_plan *plan)
{
    plan->way = FIX_UDEV;
    jb_copy(plan->why, sizeof(plan->why), why);
    choose_group(facts, false, plan);
    size_t rule = plan->count;
    ADD(plan, "coreutils", facts->tee, FIX_RULES);
    ADD(plan, "udev", facts->udevadm, "control", "--reload");
    ADD(plan, "udev", facts->udevadm, "trigger", "--subsystem-match=powercap", "--action=add");
    jb_snprintf(plan->steps[rule].input, sizeof(plan->steps[rule].input),
                "# Written by joulebook doctor --fix: energy counters, for the group %s.\n"
                "SUBSYSTEM==\"powercap\", KERNEL==\"intel-rapl*:*\", ACTION==\"add\", "
                "RUN+=\"/bin/chgrp %s /sys%%p/energy_uj\", RUN+=\"/bin/chmod 0440 /sys%%p/energy_uj\"\n",
                plan->group, plan->group);
}

void fix_make_plan(const struct fix_facts *facts, struct fix_plan *ret)
{
    const char *unsafe = facts->helper_there ? facts->helper_unsafe : "it is not installed";

    memset(ret, 0, sizeof(*ret));
    if (!facts->denied || (facts->helper_capable && facts->helper_ours)) {
        return;
    }
    if (facts->user[0] == '\0') {
        ret->way = FIX_IMPOSSIBLE;
        jb_copy(ret->why, sizeof(ret->why), "the caller has no name in the system's list of users");
    } else if (unsafe == NULL) {
        plan_helper(facts, ret);
    } else if (facts->powercap) {
        plan_udev(facts, unsafe, ret);
    } else {
        ret->way = FIX_IMPOSSIBLE;
        jb_snprintf(ret->why, sizeof(ret->why), "%s cannot be used: %s; and there is no powercap to open instead",
                    facts->helper, unsafe);
    }
}

static void put(char *buffer, size_t size, size_t *used, const char *text, size_t length)
{
    for (size_t i = 0; i < length && *used + 1 < size; i++) {
        buffer[(*used)++] = text[i];
        buffer[*used] = '\0';
    }
}

void fix_step_text(const struct fix_step *step, char *buffer, size_t size)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-";
    size_t used = 0;

    buffer[0] = '\0';
    for (int i = 0; step->words[i][0] != '\0'; i++) {
        const char *word = step->words[i];
        bool bare = strspn(word, safe) == strlen(word);
        put(buffer, size, &used, " ", i > 0);
        put(buffer, size, &used, "'", !bare);
        for (const char *at = word; *at != '\0'; at++) {
            put(buffer, size, &used, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
        }
        put(buffer, size, &used, "'", !bare);
    }
}
