/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_fix.h - `joulebook doctor --fix`: shows the commands that let the caller read energy, asks, and runs them. */
#ifndef JB_CLI_DOCTOR_FIX_H
#define JB_CLI_DOCTOR_FIX_H

#include "cli/cli.h"
#include "cli/doctor_fix_plan.h"
#include "engine/session.h"

/* After a survey: the command for what is missing and what it runs, on stdout; nothing when nothing is. */
void cli_doctor_fix_hint(const struct jb_session *session, const struct cli_style *style);

/* The whole of --fix after a survey; the exit status. `sensors` as in the survey that is made again afterwards. */
int cli_doctor_fix(const struct jb_command *command, struct cli_common *common, const char *sensors,
                   const struct jb_session *session, bool yes);

/* doctor_fix_facts.c: what the plan is made from. */
void fix_look(const struct jb_session *session, struct fix_facts *ret);

/* doctor_fix_run.c: the number of the step that failed, which is told; -1: all went well. */
int fix_run(const struct jb_command *command, struct fix_plan *plan);
bool fix_is_root(void);
bool fix_have_sudo(void);

/* Does --fix see to what this driver is denied? */
bool fix_is_ours(const char *driver);

#endif
