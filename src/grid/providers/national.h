/* SPDX-License-Identifier: Apache-2.0 */
/*
 * national.h - what the providers of one country or region have in common when they read JSON: which values can be,
 * which times were asked for, and where points go.
 */
#ifndef JB_GRID_PROVIDERS_NATIONAL_H
#define JB_GRID_PROVIDERS_NATIONAL_H

#include "grid/provider.h"

#include "base/text.h"

#include <jansson.h>

#define JB_MINUTE_NS (INT64_C(60) * 1000000000)
#define JB_HOUR_NS   (60 * JB_MINUTE_NS)
#define JB_DAY_NS    (24 * JB_HOUR_NS)

/* An engineering bound: the dirtiest plants there are, old ones on lignite and oil shale, stay below 1,600 over the
 * life cycle, and no grid is made of them alone. */
#define JB_MOST_G_PER_KWH 2000.0

/* An answer on its way into the track. */
struct jb_reply {
    const struct jb_provider *provider;
    const struct jb_ask *ask;
    struct jb_track *track;
    size_t count; /* of points so far */
};

/* The object that an answer must be; NULL with a diag: -EBADMSG. The caller's to json_decref(). */
json_t *jb_national_load(const struct jb_provider *provider, const char *body, size_t length, struct jb_diag *diag);

/* For JB_CLEANUP. */
void jb_national_unload(json_t **root);

/* 1: a value that can be; 0: none, as it is null, not there or out of all reason; -EBADMSG: not even a number. */
int jb_national_value(const json_t *value, double *ret_g_per_kwh);

/* The time in a string; -EBADMSG. */
int jb_national_time(const json_t *value, int64_t *ret_ns);

/* How a value that was said beforehand is marked: a forecast; of now and before also an estimate, which is asked for
 * again until what was is known. */
unsigned jb_national_said_before(const struct jb_ask *ask, int64_t start_ns);

/* Put a point if its time was asked for. -EBADMSG: more of them than a track can hold; -ENOMEM. */
int jb_national_put(struct jb_reply *reply, int64_t start_ns, int64_t end_ns, double g_per_kwh, double rel_error,
                    unsigned flags);

/* `err`, with a diag where it has none yet (`expected`: what the answer should have been); -ENODATA for an answer that
 * is right but holds no point. */
int jb_national_end(const struct jb_reply *reply, int err, const char *expected, struct jb_diag *diag);

/* Times of day rounded to a whole step since 1970. */
int64_t jb_national_floor(int64_t t_ns, int64_t step_ns);
int64_t jb_national_ceil(int64_t t_ns, int64_t step_ns);

#define JB_NATIONAL_MINUTE 18
char *jb_national_minute(int64_t t_ns, char buffer[JB_NATIONAL_MINUTE]); /* "2026-10-05T12:30Z" */

/* Is there a time in the question, and does the provider answer questions of its kind? -EINVAL with a diag. */
int jb_national_check(const struct jb_provider *provider, const struct jb_ask *ask, struct jb_diag *diag);

/* The URL that was put together; -EINVAL: too long, -ENOMEM. */
int jb_national_url(const struct jb_provider *provider, const struct jb_buf *url, struct jb_request *ret,
                    struct jb_diag *diag);

#endif
