/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_fix_plan.h - from what is missing to the commands that give it: facts in, a plan out, nothing run.
 *
 * The plan makes the privileged helper (joulebook-sensors) usable by the caller; where its file cannot have
 * capabilities, a udev rule opens the powercap files to a group. What would give away more than reading energy is never
 * in a plan; doctor_fix.c names it.
 */
#ifndef JB_CLI_DOCTOR_FIX_PLAN_H
#define JB_CLI_DOCTOR_FIX_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#define FIX_MAX_STEPS 8
#define FIX_MAX_WORDS 8
#define FIX_WORD      256
#define FIX_COMMAND   (FIX_MAX_WORDS * FIX_WORD) /* one step as text */
#define FIX_GROUP     "joulebook"
#define FIX_RULES     "/etc/udev/rules.d/70-joulebook.rules"

struct fix_facts {
    bool denied;   /* energy counters of the CPU are there, and none of them can be read for want of permission */
    bool powercap; /* it has zones: a udev rule would do */
    char user[64]; /* the caller, and whether there is a group of that name that is the caller's own */
    bool own_group;
    char helper[FIX_WORD];
    bool helper_there;
    const char *helper_unsafe; /* why it must not get capabilities where it is; NULL: it may */
    bool helper_capable;       /* it has them */
    bool helper_ours;          /* the caller may run it */
    char helper_group[64];
    bool helper_group_shared;                                /* it is nobody's own, nor root's */
    char setcap[FIX_WORD], chown[FIX_WORD], chmod[FIX_WORD]; /* the programs, "" when missing */
    char groupadd[FIX_WORD], usermod[FIX_WORD], udevadm[FIX_WORD], tee[FIX_WORD];
};

struct fix_step {
    char words[FIX_MAX_WORDS][FIX_WORD]; /* an argv; ends with "" */
    char input[512];                     /* for its standard input; "": none */
};

enum fix_way { FIX_NOTHING, FIX_HELPER, FIX_UDEV, FIX_IMPOSSIBLE };

struct fix_plan {
    enum fix_way way;
    char group[64];
    char why[512];  /* FIX_IMPOSSIBLE: what must be done first. FIX_UDEV: why not the helper */
    bool new_login; /* the caller is a member of the group only from the next login on */
    struct fix_step steps[FIX_MAX_STEPS];
    size_t count;
};

void fix_make_plan(const struct fix_facts *facts, struct fix_plan *ret);

/* A step as a shell would have to be given it. */
void fix_step_text(const struct fix_step *step, char *buffer, size_t size);

#endif
