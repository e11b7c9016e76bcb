/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_record.h - `doctor --record DIR`: a machine as files, for --root and for bug reports. See base/recording.h. */
#ifndef JB_CLI_DOCTOR_RECORD_H
#define JB_CLI_DOCTOR_RECORD_H

#include "cli/cli.h"
#include "engine/session.h"

#define DOCTOR_RECORD_S 10 /* how long files that change are recorded, unless told */

struct doctor_record;

/* Makes the folder (-ENOTEMPTY: it is there and not empty) and sets common->session_root, so that the survey's session
 * fills it. Signals that end a program wait from here until doctor_record_destroy(), and end the recording early. */
int doctor_record_begin(struct cli_common *common, const char *dir, uint64_t duration_ns, struct doctor_record **ret,
                        struct jb_diag *diag);

/* With what the session saw: samples what changes, writes doctor.json and RECORD.txt, and tells on `out`. */
int doctor_record_finish(struct doctor_record *recorder, const struct jb_session *session,
                         const struct jb_record *record, FILE *out, struct jb_diag *diag);

void doctor_record_destroy(struct doctor_record *recorder); /* NULL-safe */

#endif
