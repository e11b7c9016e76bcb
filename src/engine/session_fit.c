/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall as `joulebook calibrate wall` fitted it from the sensors of this machine (attribution/wall_fit.h). A fit is
 * good for the sensors that it was made with: with one more or one less the same watts mean something else, so that a
 * run of other sensors goes without and says which.
 */
#include "engine/session_impl.h"

#include "attribution/wall_fit.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void session_fit_load(struct jb_session *session)
{
    struct wall_state *wall = &session->wall;

    if (session->reader == NULL) {
        return;
    }
    int error = jb_store_wall_fit_get(session->reader, session->machine.id, &wall->fit);
    wall->has_fit = error == 0;
    if (error == -EUCLEAN) {
        jb_record_warn(&session->record, "the stored fit of the wall makes no sense and is not used; make it anew: "
                                         "joulebook calibrate wall");
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *jb_session_leaves(const struct jb_session *session)
{
    const char *ids[JB_METER_MAX_CHANNELS] = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    size_t count = 0;

    for (int i = 0; i < session->channel_count; i++) {
        if (session_is_sensor(session, i)) {
            ids[count++] = session->channels[i].channel->id;
        }
    }
    if (count > 1) {
        qsort(ids, count, sizeof(ids[0]), by_id);
    }
    jb_buf_puts(&text, "");
    for (size_t i = 0; i < count; i++) {
        jb_buf_printf(&text, "%s%s", i > 0 ? "\n" : "", ids[i]);
    }
    if (text.failed || text.data == NULL) {
        return count == 0 ? strdup("") : NULL;
    }
    char *leaves = text.data;
    text = (struct jb_buf){0};
    return leaves;
}

/* The first line of `lines` that is not among `others`; its length, 0: all are. */
static size_t first_missing(const char *lines, const char *others, const char **ret)
{
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        bool found = false;
        for (const char *at = others; *at != '\0' && !found;) {
            size_t other = strcspn(at, "\n");
            found = other == length && strncmp(at, lines, length) == 0;
            at += other + (at[other] == '\n');
        }
        if (!found && length > 0) {
            *ret = lines;
            return length;
        }
        lines += length + (lines[length] == '\n');
    }
    return 0;
}

static void warn_other_sensors(struct jb_record *record, const char *then, const char *now)
{
    const char *lost = "", *more = "";
    size_t lost_length = first_missing(then, now, &lost), more_length = first_missing(now, then, &more);

    jb_record_warn(record,
                   "the fit of the wall is not used: it was made with other sensors (%s%.*s%s%s%.*s); make it anew: "
                   "joulebook calibrate wall",
                   lost_length > 0 ? "here without " : "", (int)lost_length, lost,
                   lost_length > 0 && more_length > 0 ? ", " : "", more_length > 0 ? "here with " : "",
                   (int)more_length, more);
}

/* What the sensors saw, and how much of it they may have missed: time that they do not cover, at their mean power. */
static double sensors_j(const struct jb_session *session, double *ret_missed_j)
{
    const struct jb_record *record = &session->record;
    double sum_j = 0;

    *ret_missed_j = 0;
    for (int i = 0; i < session->channel_count; i++) {
        if (!session_is_sensor(session, i)) {
            continue;
        }
        double energy_j = (double)record->channels[i].energy_uj / 1e6;
        double covered_s = (double)record->channels[i].covered_ns / 1e9;
        sum_j += energy_j;
        if (covered_s > 0 && covered_s < record->duration_s) {
            *ret_missed_j += energy_j * (record->duration_s - covered_s) / covered_s;
        }
    }
    return sum_j;
}

static bool same_sensors(struct jb_session *session)
{
    const struct jb_wall_fit *fit = &session->wall.fit;
    char *leaves = session->wall.has_fit ? jb_session_leaves(session) : NULL;
    bool same = leaves != NULL && jb_streq(leaves, fit->leaves);

    if (leaves != NULL && !same) {
        warn_other_sensors(&session->record, fit->leaves, leaves);
    }
    free(leaves);
    return same;
}

void session_fit_record(struct jb_session *session)
{
    struct jb_record *record = &session->record;
    const struct jb_wall_fit *fit = &session->wall.fit;

    if (!same_sensors(session)) {
        return;
    }
    const struct jb_wall_line line = {
        .a_w = fit->a_w,
        .b = fit->b,
        .var_a = fit->var_a,
        .var_b = fit->var_b,
        .cov_ab = fit->cov_ab,
        .residual_w = fit->residual_w,
        .min_w = fit->min_w,
        .max_w = fit->max_w,
        .count = fit->readings,
    };
    double missed_j, wall_j, sigma_j, energy_j = sensors_j(session, &missed_j);
    jb_wall_predict(&line, energy_j, record->duration_s, &wall_j, &sigma_j);
    double of_meter = isnan(fit->meter_error) ? 0 : fit->meter_error * wall_j;
    if (energy_j <= 0 || !(wall_j > 0)) {
        return; /* nothing was read while it ran */
    }
    struct jb_record_wall *wall = &record->wall;
    wall->has_fit = true;
    wall->fitted_uj = wall_j * 1e6;
    wall->fitted_uncertainty_uj =
        1e6 * sqrt(sigma_j * sigma_j + of_meter * of_meter + line.b * line.b * missed_j * missed_j);
    wall->fit = (struct jb_record_fit){
        .a_w = fit->a_w,
        .b = fit->b,
        .residual_w = fit->residual_w,
        .min_w = fit->min_w,
        .max_w = fit->max_w,
        .readings = fit->readings,
        .measured_ns = fit->measured_ns,
    };
    jb_copy(wall->fit.meter, sizeof(wall->fit.meter), fit->meter);
}
