/* SPDX-License-Identifier: Apache-2.0 */
/*
 * national.c - what the providers of one country share. Documented in national.h.
 */
#include "grid/providers/national.h"

#include "base/clock.h"

#include <errno.h>

json_t *jb_national_load(const struct jb_provider *provider, const char *body, size_t length, struct jb_diag *diag)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        jb_fail(diag, -EBADMSG, "%s: the answer is not a JSON object", provider->name);
        return NULL;
    }
    return root;
}

void jb_national_unload(json_t **root)
{
    json_decref(*root);
    *root = NULL;
}

int jb_national_value(const json_t *value, double *ret_g_per_kwh)
{
    if (value == NULL || json_is_null(value)) {
        return 0;
    }
    if (!json_is_number(value)) {
        return -EBADMSG;
    }
    double g_per_kwh = json_number_value(value);
    if (!(g_per_kwh >= 0 && g_per_kwh <= JB_MOST_G_PER_KWH)) {
        return 0;
    }
    *ret_g_per_kwh = g_per_kwh;
    return 1;
}

int jb_national_time(const json_t *value, int64_t *ret_ns)
{
    const char *text = json_string_value(value);
    return text != NULL && jb_iso_parse(text, ret_ns) == 0 ? 0 : -EBADMSG;
}

unsigned jb_national_said_before(const struct jb_ask *ask, int64_t start_ns)
{
    return start_ns > ask->now_ns ? JB_POINT_FORECAST : JB_POINT_FORECAST | JB_POINT_ESTIMATED;
}

static bool asked_for(const struct jb_ask *ask, int64_t start_ns, int64_t end_ns)
{
    switch (ask->kind) {
    case JB_ASK_LATEST:
        return start_ns <= ask->now_ns;
    case JB_ASK_RANGE:
        return start_ns < ask->to_ns && end_ns > ask->from_ns;
    case JB_ASK_FORECAST:
        return start_ns < ask->to_ns && end_ns > ask->now_ns;
    }
    return false;
}

int jb_national_put(struct jb_reply *reply, int64_t start_ns, int64_t end_ns, double g_per_kwh, double rel_error,
                    unsigned flags)
{
    if (!asked_for(reply->ask, start_ns, end_ns)) {
        return 0;
    }
    struct jb_point point = {
        .start_ns = start_ns,
        .end_ns = end_ns,
        .g_per_kwh = g_per_kwh,
        .rel_error = rel_error,
        .flags = flags,
        .fetched_ns = reply->ask->now_ns,
        .provider = reply->provider,
    };
    int err = jb_track_put(reply->track, &point);
    if (err < 0) {
        return err == -ENOMEM ? err : -EBADMSG;
    }
    reply->count++;
    return 0;
}

int jb_national_end(const struct jb_reply *reply, int err, const char *expected, struct jb_diag *diag)
{
    const char *name = reply->provider->name;
    if (err == -EBADMSG) {
        return jb_fail(diag, err, "%s: not the answer that was expected, %s", name, expected);
    }
    if (err < 0) {
        return jb_fail(diag, err, "%s: no memory for the answer", name);
    }
    if (reply->count == 0) {
        return jb_fail(diag, -ENODATA, "%s has no value for %s at that time", name, reply->ask->zone);
    }
    return 0;
}

int64_t jb_national_floor(int64_t t_ns, int64_t step_ns)
{
    int64_t past = t_ns % step_ns;
    return t_ns - (past < 0 ? past + step_ns : past);
}

int64_t jb_national_ceil(int64_t t_ns, int64_t step_ns)
{
    int64_t floor_ns = jb_national_floor(t_ns, step_ns);
    return floor_ns == t_ns ? t_ns : floor_ns + step_ns;
}

char *jb_national_minute(int64_t t_ns, char buffer[JB_NATIONAL_MINUTE])
{
    char text[32];
    jb_iso_time(t_ns, text, sizeof(text));
    jb_snprintf(buffer, JB_NATIONAL_MINUTE, "%.16sZ", text);
    return buffer;
}

int jb_national_check(const struct jb_provider *provider, const struct jb_ask *ask, struct jb_diag *diag)
{
    if (ask->kind == JB_ASK_RANGE && ask->from_ns >= ask->to_ns) {
        return jb_fail(diag, -EINVAL, "%s: the time asked for ends before it begins", provider->name);
    }
    if (ask->kind == JB_ASK_FORECAST && (provider->forecast_ns == 0 || ask->to_ns <= ask->now_ns)) {
        return jb_fail(diag, -EINVAL, "%s foretells nothing of that time", provider->name);
    }
    return 0;
}

int jb_national_url(const struct jb_provider *provider, const struct jb_buf *url, struct jb_request *ret,
                    struct jb_diag *diag)
{
    if (url->failed || url->data == NULL) {
        return jb_fail(diag, -ENOMEM, "%s: no memory for the address", provider->name);
    }
    if (!jb_copy(ret->url, sizeof(ret->url), url->data)) {
        int err = jb_fail(diag, -EINVAL, "%s: the address is too long", provider->name);
        jb_fix(diag, "set [grid] %s_url to a shorter one", provider->name);
        return err;
    }
    return 0;
}
