/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_json.h - interface.md's object of `doctor --json`. */
#ifndef JB_CLI_DOCTOR_JSON_H
#define JB_CLI_DOCTOR_JSON_H

#include "engine/session.h"

#include <stdbool.h>
#include <stdio.h>

void cli_doctor_json(const struct jb_session *session, const struct jb_record *record, FILE *out);

/* The status of a driver that found nothing: "denied", "timeout" or "absent"; `result` is that of opening it. */
const char *doctor_missing(int result, bool hung);

#endif
