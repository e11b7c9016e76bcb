/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - request, answer, and again while there is another step. Documented in exchange.h.
 */
#include "grid/exchange.h"

#include "base/cleanup.h"
#include "base/http.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 40 /* engineering bound: 200,000 rows in pages of 5000 */
#define USER_MIN  4  /* a shorter name is found in any text */

static void hide_all(const struct jb_exchange *exchange, char *text)
{
    const struct jb_access *access = &exchange->ask.access;
    jb_secret_hide(text, access->token);
    jb_secret_hide(text, access->password);
    jb_secret_hide(text, exchange->secret);
    if (access->user != NULL && strlen(access->user) >= USER_MIN) {
        jb_secret_hide(text, access->user);
    }
}

static bool has_secret(const struct jb_exchange *exchange, const struct jb_request *request)
{
    const struct jb_access *access = &exchange->ask.access;
    bool headers = false;
    for (size_t i = 0; i < JB_REQUEST_HEADERS; i++) {
        headers |= request->headers[i][0] != '\0';
    }
    return headers || request->basic || access->token != NULL || access->password != NULL ||
           exchange->secret[0] != '\0';
}

/* Is `url` below `base`? What stands next to a host decides which host it is. */
static bool is_below(const char *url, const char *base)
{
    return base != NULL && jb_starts(url, base) && strchr("/?", url[strlen(base)]) != NULL;
}

static int check_request(const struct jb_provider *provider, const struct jb_exchange *exchange,
                         const struct jb_request *request, struct jb_diag *diag)
{
    if (!is_below(request->url, exchange->ask.access.url)) {
        return jb_fail(diag, -EINVAL, "%s: a request would leave its own address", provider->name);
    }
    if (has_secret(exchange, request) && !jb_http_is_safe(request->url)) {
        jb_fail(diag, -EINVAL, "%s: a key is not sent over plain http", provider->name);
        jb_fix(diag, "set [grid] %s_url to an https address", provider->name);
        return -EINVAL;
    }
    return 0;
}

static int send_request(struct jb_http *http, const struct jb_exchange *exchange, const struct jb_request *request,
                        struct jb_http_answer *ret, struct jb_diag *diag)
{
    const char *headers[JB_REQUEST_HEADERS + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < JB_REQUEST_HEADERS; i++) {
        if (request->headers[i][0] != '\0') {
            headers[count++] = request->headers[i];
        }
    }
    const struct jb_http_request asked = {
        .url = request->url,
        .headers = headers,
        .user = request->basic ? exchange->ask.access.user : NULL,
        .password = request->basic ? exchange->ask.access.password : NULL,
    };
    return jb_http_ask(http, &asked, ret, diag);
}

static int take_answer(const struct jb_provider *provider, struct jb_exchange *exchange, struct jb_http_answer *answer,
                       struct jb_track *track, struct jb_diag *diag)
{
    if (answer->status >= 200 && answer->status <= 299) {
        int err = provider->answer(exchange, answer->body, answer->length, track, diag);
        exchange->step++;
        return err;
    }
    if (strlen(answer->body) < answer->length) { /* behind a NUL nothing is hidden, so nothing is shown */
        answer->length = strlen(answer->body);
    }
    hide_all(exchange, answer->body);
    int err =
        provider->refused != NULL ? provider->refused(exchange, answer->status, answer->body, answer->length, diag) : 0;
    return err < 0 ? err : jb_refusal(provider, answer->status, answer->body, answer->length, diag);
}

/* 1: there is another step; 0: done. */
static int run_step(struct jb_http *http, const struct jb_provider *provider, struct jb_exchange *exchange,
                    struct jb_track *track, struct jb_exchanged *how, struct jb_diag *diag)
{
    struct jb_request request = {0};
    struct jb_http_answer answer = {0};
    int err = provider->request(exchange, &request, diag);
    err = err < 0 ? err : check_request(provider, exchange, &request, diag);
    if (err == 0) {
        how->sent = true;
        err = send_request(http, exchange, &request, &answer, diag);
    }
    if (err == 0) {
        err = take_answer(provider, exchange, &answer, track, diag);
        how->retry_after_s = err < 0 ? answer.retry_after_s : 0;
    }
    if (answer.body != NULL) {
        explicit_bzero(answer.body, answer.length);
        free(answer.body);
    }
    explicit_bzero(&request, sizeof(request));
    return err;
}

static int label(const struct jb_provider *provider, const struct jb_ask *ask, struct jb_track *track)
{
    for (size_t i = 0; i < track->count; i++) {
        struct jb_point *point = &track->points[i];
        point->provider = provider;
        point->fetched_ns = ask->now_ns;
        if (point->start_ns > ask->now_ns) {
            point->flags |= JB_POINT_FORECAST;
        }
    }
    return track->count > 0 ? 0 : -ENODATA;
}

int jb_exchange_run(struct jb_http *http, const struct jb_provider *provider, const struct jb_ask *ask,
                    struct jb_track *ret, struct jb_exchanged *ret_how, struct jb_diag *diag)
{
    struct jb_exchange exchange = {.ask = *ask};
    struct jb_track track = {0};
    struct jb_diag why = {0};
    int err = 1;
    *ret_how = (struct jb_exchanged){0};
    while (err > 0 && exchange.step < STEPS_MAX) {
        err = run_step(http, provider, &exchange, &track, ret_how, &why);
    }
    if (err > 0) {
        err = jb_fail(&why, -EBADMSG, "%s has no end of pages", provider->name);
    }
    if (err == 0 && label(provider, ask, &track) < 0) {
        err = jb_fail(&why, -ENODATA, "%s has nothing for that time", provider->name);
    }
    hide_all(&exchange, why.text);
    hide_all(&exchange, why.fix);
    explicit_bzero(&exchange, sizeof(exchange));
    if (err < 0) {
        jb_track_finish(&track);
        if (diag != NULL) {
            *diag = why;
        }
        return err;
    }
    jb_track_finish(ret);
    *ret = track;
    return 0;
}
