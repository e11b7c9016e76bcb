/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_fix.c - says what is missing and what would be run, asks, runs it, looks again.
 *
 * As an ordinary user each command goes through sudo(8), which asks for the password itself. Without sudo the commands
 * are for an administrator. Nothing is run through a shell.
 */
#include "cli/doctor_fix.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/survey.h"
#include "cli/table.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS      80
#define SECOND_LOOK  (500 * JB_NS_PER_MS)
#define HELPER_GIVES "the energy counters of the CPU, each renewed 20 times a second"
#define RULE_GIVES   "the energy counters of the CPU, at any rate"

/* Why --fix leaves a sensor's privilege to people. NULL: nothing to say. */
static const char *left_to_people(const char *driver)
{
    static const struct {
        const char *driver, *why;
    } rows[] = {
        {"rapl-msr", "a descriptor of /dev/cpu/N/msr reads every register of the processor, not only energy"},
        {"ipmi", "who may open /dev/ipmi0 may also switch the machine off"},
        {"hsmp", "its readings are not slowed down for other users, and who may write it sets power limits"},
        {"nvml", "who may open /dev/nvidia* may run programs on the GPU"},
    };
    for (size_t i = 0; i < JB_COUNT(rows); i++) {
        if (jb_streq(rows[i].driver, driver)) {
            return rows[i].why;
        }
    }
    return "it is not known to give no more than reading energy";
}

static const char *group_of(const struct fix_plan *plan, const struct fix_facts *facts)
{
    return jb_streq(plan->group, facts->user) ? "your own group" : "the group";
}

/* What a step is run by: "sudo " or nothing. */
static void print_steps(const struct fix_plan *plan, const char *indent, FILE *out)
{
    for (size_t i = 0; i < plan->count; i++) {
        char text[FIX_COMMAND];
        fix_step_text(&plan->steps[i], text, sizeof(text));
        fprintf(out, "%s%s%s%s\n", indent, fix_is_root() ? "" : "sudo ", text,
                plan->steps[i].input[0] != '\0' ? "   # with this as its input:" : "");
        for (const char *line = plan->steps[i].input; *line != '\0'; line += strcspn(line, "\n") + 1) {
            fprintf(out, "%s    %.*s\n", indent, (int)strcspn(line, "\n"), line); /* each line ends with a newline */
        }
    }
}

void cli_doctor_fix_hint(const struct jb_session *session, const struct cli_style *style)
{
    struct fix_facts facts;
    struct fix_plan plan;

    fix_look(session, &facts);
    fix_make_plan(&facts, &plan);
    if (plan.way == FIX_IMPOSSIBLE) {
        printf("\n%smissing%s  permission to read energy: ", style->bold, style->off);
        cli_wrap(stdout, plan.why, 9, COLUMNS);
        putchar('\n');
    } else if (plan.way != FIX_NOTHING) {
        printf("\n%smissing%s  permission to read the energy counters of the CPU\n", style->bold, style->off);
        printf("  mend it with: joulebook doctor --fix   (asks first; runs the following)\n");
        print_steps(&plan, "    ", stdout);
    }
}

/* What others are denied, with their own drivers' advice; how many. */
static int each_left(const struct jb_session *session, void (*tell)(void *context, const struct jb_source_info *info),
                     void *context)
{
    const struct jb_meter *meter = jb_session_meter(session);
    int count = 0;

    for (int i = 0; i < jb_meter_source_count(meter); i++) {
        struct jb_source_info info;
        jb_meter_source_info(meter, i, &info);
        bool denied = info.result == -EACCES || info.result == -EPERM;
        bool asleep = info.result == -ENODEV && jb_starts(info.fix, "sudo ");
        if (!fix_is_ours(info.driver) && (denied || asleep)) {
            tell(context, &info);
            count++;
        }
    }
    return count;
}

static void print_left(void *context, const struct jb_source_info *info)
{
    const struct cli_style *style = context;

    printf("  %-9s ", info->driver);
    cli_wrap(stdout, info->reason[0] != '\0' ? info->reason : "denied", 12, COLUMNS);
    printf("\n  %-9s not done here: ", "");
    cli_wrap(stdout, left_to_people(info->driver), 12, COLUMNS);
    if (info->fix[0] != '\0') {
        printf("\n  %-9s %sif you want it: %s%s", "", style->dim, info->fix, style->off);
    }
    putchar('\n');
}

static void print_plan(const struct jb_session *session, const struct fix_facts *facts, const struct fix_plan *plan,
                       struct cli_style *style)
{
    printf("%smissing%s  permission to read the energy counters of the CPU\n", style->bold, style->off);
    if (plan->way == FIX_HELPER) {
        printf("%sgiven%s    to %s, %s: " HELPER_GIVES "\n         by %s\n", style->bold, style->off,
               group_of(plan, facts), plan->group, facts->helper);
        if (facts->helper_capable && !jb_streq(plan->group, facts->helper_group)) {
            printf("         instead of to the group %s, whose members must then be added to %s\n", facts->helper_group,
                   plan->group);
        }
    } else {
        printf("%sgiven%s    to %s, %s: " RULE_GIVES ",\n         by a udev rule; not by the helper: ", style->bold,
               style->off, group_of(plan, facts), plan->group);
        cli_wrap(stdout, plan->why, 9, COLUMNS);
        putchar('\n');
    }
    printf("%swould run%s\n", style->bold, style->off);
    print_steps(plan, "  ", stdout);
    (void)session;
}

static void json_left(void *context, const struct jb_source_info *info)
{
    json_array_append_new(context, json_pack("{s:s, s:s, s:s, s:s}", "source", info->driver, "reason", info->reason,
                                             "fix", info->fix, "why_not_done", left_to_people(info->driver)));
}

static void print_json(const struct jb_session *session, const struct fix_facts *facts, const struct fix_plan *plan)
{
    static const char *const ways[] = {"nothing", "helper", "udev", "impossible"};
    json_t *steps = json_array(), *left = json_array();

    for (size_t i = 0; i < plan->count; i++) {
        json_t *argv = json_array();
        for (int k = 0; plan->steps[i].words[k][0] != '\0'; k++) {
            json_array_append_new(argv, json_string(plan->steps[i].words[k]));
        }
        json_t *input = plan->steps[i].input[0] != '\0' ? json_string(plan->steps[i].input) : json_null();
        json_array_append_new(steps, json_pack("{s:o, s:o}", "argv", argv, "input", input));
    }
    each_left(session, json_left, left);
    json_t *root = json_pack("{s:i, s:b, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "schema", 1, "missing", facts->denied,
                             "way", ways[plan->way], "why", plan->why, "helper", facts->helper, "group", plan->group,
                             "new_login", plan->new_login, "steps", steps, "left", left);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static bool ask(void)
{
    char line[16];

    fflush(stdout);
    fputs("run it? [y/N] ", stderr);
    return fgets(line, sizeof(line), stdin) != NULL && (jb_ieq(jb_trim(line), "y") || jb_ieq(jb_trim(line), "yes"));
}

/* The same survey again, and what became of the counters. 0 when they are read now. */
static int look_again(const struct jb_command *command, struct cli_common *common, const char *sensors,
                      const struct fix_plan *plan, const struct cli_style *style)
{
    struct jb_session *session = NULL;
    struct jb_conf *conf = NULL;
    struct jb_diag diag = {0};
    bool good = false;
    int status = cli_survey_open(command, common, sensors, "none", &conf, &session);

    if (status < 0 && cli_survey_run(session, SECOND_LOOK, &diag) < 0) {
        status = cli_error(command, 1, &diag);
    }
    for (int i = 0; status < 0 && i < jb_meter_source_count(jb_session_meter(session)); i++) {
        struct jb_source_info info;
        jb_meter_source_info(jb_session_meter(session), i, &info);
        if (!fix_is_ours(info.driver)) {
            continue;
        }
        good |= info.result == 0;
        printf("%snow%s      %s: %s\n", style->bold, style->off, info.driver,
               info.result == 0 ? "can be read" : info.reason);
    }
    if (status < 0) {
        if (!good && plan->new_login) {
            printf("%sone more%s log out and in again: you are a member of the group %s from then on\n", style->yellow,
                   style->off, plan->group);
        }
        status = good || plan->new_login ? 0 : 1;
    }
    jb_session_destroy(session);
    jb_conf_destroy(conf);
    return status;
}

static int do_plan(const struct jb_command *command, struct fix_plan *plan, bool yes, int *ret_failed)
{
    *ret_failed = -1;
    if (!fix_is_root() && !fix_have_sudo()) {
        return cli_complain(command, 1,
                            "there is no sudo here: ask an administrator to run the commands above, without 'sudo'");
    }
    if (!yes && (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))) {
        return cli_complain(command, 1, "nobody is here to be asked: run it on a terminal, or with --yes");
    }
    if (!yes && !ask()) {
        return cli_complain(command, 1, "nothing was changed");
    }
    fflush(stdout);
    *ret_failed = fix_run(command, plan);
    return *ret_failed < 0 ? 0 : 1;
}

int cli_doctor_fix(const struct jb_command *command, struct cli_common *common, const char *sensors,
                   const struct jb_session *session, bool yes)
{
    struct cli_style style = cli_style(common, stdout);
    struct fix_facts facts;
    struct fix_plan plan;
    int failed;

    fix_look(session, &facts);
    fix_make_plan(&facts, &plan);
    if (common->json) {
        print_json(session, &facts, &plan);
        return plan.way == FIX_IMPOSSIBLE ? 1 : 0;
    }
    if (plan.way == FIX_NOTHING) {
        puts(fix_is_root()  ? "nothing is missing: root may read everything; run it as the user who is to measure"
             : facts.denied ? "the helper has what it needs, and is refused all the same: see joulebook doctor"
                            : "nothing is missing that --fix could give");
    } else if (plan.way != FIX_IMPOSSIBLE) {
        print_plan(session, &facts, &plan, &style);
    }
    if (each_left(session, print_left, &style) > 0) {
        putchar('\n');
    }
    if (plan.way == FIX_NOTHING || plan.way == FIX_IMPOSSIBLE) {
        return plan.way == FIX_NOTHING ? facts.denied : cli_complain(command, 1, "%s", plan.why);
    }
    int status = do_plan(command, &plan, yes, &failed);
    if (failed >= 0 && plan.way == FIX_HELPER && facts.powercap &&
        jb_streq(plan.steps[failed].words[0], facts.setcap)) {
        facts.helper_unsafe = "its file system keeps no capabilities";
        fix_make_plan(&facts, &plan);
        if (plan.way == FIX_UDEV) {
            print_plan(session, &facts, &plan, &style);
            status = do_plan(command, &plan, yes, &failed);
        }
    }
    return status != 0 ? status : look_again(command, common, sensors, &plan, &style);
}
