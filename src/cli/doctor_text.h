/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_text.h - what `doctor` prints for people. */
#ifndef JB_CLI_DOCTOR_TEXT_H
#define JB_CLI_DOCTOR_TEXT_H

#include "cli/cli.h"
#include "engine/session.h"

void cli_doctor_text(const struct jb_session *session, const struct jb_record *record, const struct cli_style *style);

/* Is any joule of the total measured? */
bool cli_doctor_measured(const struct jb_record *record);

#endif
