/* SPDX-License-Identifier: Apache-2.0 */
/* survey.h - a session without a child, for `doctor` and `calibrate`. */
#ifndef JB_CLI_SURVEY_H
#define JB_CLI_SURVEY_H

#include "cli/cli.h"
#include "engine/session.h"

/* What the session needs from the config. Strings belong to conf. The user's table of parts is read once to see whether
 * it can be: what is configured and does not work is said before anything is measured. 0 or -errno with diag. */
int cli_hardware_config(const struct jb_conf *conf, struct jb_session_config *config, struct jb_diag *diag);

/* Open all sensors of the machine; db NULL: default place, "none": no store. -1 or an exit status. */
int cli_survey_open(const struct jb_command *command, struct cli_common *common, const char *sensors, const char *db,
                    struct jb_conf **ret_conf, struct jb_session **ret_session);

/* Meter for so long, then stop; the record then says what was seen. */
int cli_survey_run(struct jb_session *session, uint64_t duration_ns, struct jb_diag *diag);

/* The same for the doctor: begins with half a second at 1000 readings a second, to see how often counters are really
 * updated; what was learned then stands in the record's update_period_ns of channels that are so fast. */
int cli_survey_look(struct jb_session *session, uint64_t duration_ns, struct jb_diag *diag);

#endif
