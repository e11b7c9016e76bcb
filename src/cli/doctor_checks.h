/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_checks.h - what the sensors say of each other.
 *
 * Three kinds: a channel and its twin (a counter against the integrated power of the same thing, the same counter
 * through two interfaces), a domain and the sum of what lies in it, and what the machine takes in and the sum of all
 * that is counted. Powers are means over the time that each channel covered, so that channels which answer at different
 * times can be compared. Models are held against nothing.
 */
#ifndef JB_CLI_DOCTOR_CHECKS_H
#define JB_CLI_DOCTOR_CHECKS_H

#include "engine/session.h"
#include "ledger/overlap.h"

enum doctor_check_kind { DOCTOR_TWIN, DOCTOR_PARTS, DOCTOR_WALL };

struct doctor_check {
    enum doctor_check_kind kind;
    int channel; /* in the record: the leaf, the domain, the meter of the whole machine */
    int against; /* the twin; -1: the sum of `parts` channels */
    int parts;
    double power_w, against_w;
    double ratio; /* against / power; of the wall: the share that the sensors see */
    enum jb_verdict verdict;
};

const char *doctor_check_kind_name(enum doctor_check_kind kind);    /* "twin", "parts", "wall" */
const char *doctor_check_verdict_name(const struct doctor_check *); /* "agree", "disagree", "frozen", "too early" */

/* At most `max`, in the order of channels. */
size_t doctor_checks(const struct jb_session *session, const struct jb_record *record, struct doctor_check *ret,
                     size_t max);

#endif
