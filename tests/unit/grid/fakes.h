/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fakes.h - made-up providers in the place of the real ones, all behind one server of the test's own, and settings and
 * a clock to go with them. Include in one file of a program: the table of providers is defined here.
 *
 * They ask for /NAME/latest, /NAME/range?from=S&to=S and /NAME/forecast, and read lines of "START END GRAMS [f]", times
 * in minutes after noon of the test's day.
 */
#ifndef JB_TESTS_GRID_FAKES_H
#define JB_TESTS_GRID_FAKES_H

#include "grid/chain.h"
#include "grid/fetch.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>

#include "machine.h"
#include "server.h"

#define NOON_NS   INT64_C(1795348800000000000) /* 2026-11-22T12:00:00Z */
#define MINUTES   (60 * (int64_t)JB_NS_PER_S)
#define AT(m)     (NOON_NS + (m)*MINUTES)
#define FAKE_KEY  "k+y/abcdef123456"
#define PAPER_MAX 8

static struct server fake_server;
static struct jb_grid_settings fake_settings;
static struct jb_intensity fake_place;
static unsigned fake_reads; /* of paper */
static struct jb_point fake_paper[PAPER_MAX];
static size_t fake_paper_count;

static inline bool fake_serves(const struct jb_ask *ask)
{
    return strcmp(ask->zone, "XX") == 0;
}

static inline bool fake_serves_all(const struct jb_ask *ask)
{
    return ask->access.url != NULL;
}

static inline int fake_request(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag)
{
    const struct jb_ask *ask = &exchange->ask;
    if (ask->kind == JB_ASK_RANGE) {
        snprintf(ret->url, sizeof(ret->url), "%s/range?from=%" PRId64 "&to=%" PRId64, ask->access.url,
                 (ask->from_ns - NOON_NS) / MINUTES, (ask->to_ns - NOON_NS) / MINUTES);
    } else {
        snprintf(ret->url, sizeof(ret->url), "%s/%s", ask->access.url,
                 ask->kind == JB_ASK_LATEST ? "latest" : "forecast");
    }
    if (ask->access.token != NULL) {
        snprintf(ret->headers[0], sizeof(ret->headers[0]), "auth-token: %s", ask->access.token);
    }
    return 0;
}

static inline int fake_answer(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                              struct jb_diag *diag)
{
    for (const char *line = body; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        double start, end, grams;
        char flag[2] = "";
        if (sscanf(line, "%lf %lf %lf %1[f]", &start, &end, &grams, flag) < 3) {
            return jb_fail(diag, -EBADMSG, "three numbers were expected, and there is %.200s", line);
        }
        struct jb_point point = {.start_ns = AT(0) + (int64_t)(start * (double)MINUTES),
                                 .end_ns = AT(0) + (int64_t)(end * (double)MINUTES),
                                 .g_per_kwh = grams,
                                 .rel_error = 0.1,
                                 .flags = flag[0] != '\0' ? JB_POINT_FORECAST : 0};
        if (jb_track_put(track, &point) < 0) {
            return jb_fail(diag, -EBADMSG, "a time that cannot be");
        }
    }
    return 0;
}

static inline int fake_read(const struct jb_ask *ask, struct jb_track *track, struct jb_diag *diag)
{
    fake_reads++;
    for (size_t i = 0; i < fake_paper_count; i++) {
        (void)jb_track_put(track, &fake_paper[i]);
    }
    return 0;
}

#define FAKE_NET .serves = fake_serves, .request = fake_request, .answer = fake_answer
#define A_DAY    (UINT64_C(86400) * JB_NS_PER_S)

/* paper: a file. alpha: wants a key, quick. beta: half hours, 30 minutes late, foretells. gamma: quick, no past. delta:
 * only for those who name it. moe: marginal. */
static const struct jb_provider paper = {.name = "paper",
                                         .title = "a file",
                                         .credit = "yours",
                                         .lifecycle = true,
                                         .serves = fake_serves_all,
                                         .read = fake_read};
static const struct jb_provider alpha = {.name = "alpha",
                                         .title = "Alpha",
                                         .credit = "Source: Alpha",
                                         .needs = "token",
                                         .lifecycle = true,
                                         .direct = true,
                                         .period_ns = 300 * JB_NS_PER_S,
                                         .lag_ns = 300 * JB_NS_PER_S,
                                         .max_span_ns = A_DAY,
                                         FAKE_NET};
static const struct jb_provider beta = {.name = "beta",
                                        .title = "Beta",
                                        .credit = "Source: Beta",
                                        .lifecycle = true,
                                        .period_ns = 1800 * JB_NS_PER_S,
                                        .lag_ns = 1800 * JB_NS_PER_S,
                                        .max_span_ns = A_DAY,
                                        .past_ns = 5 * A_DAY,
                                        .recent_ns = A_DAY,
                                        .forecast_ns = 2 * A_DAY,
                                        FAKE_NET};
static const struct jb_provider gamma_one = {.name = "gamma",
                                             .title = "Gamma",
                                             .credit = "Source: Gamma",
                                             .direct = true,
                                             .period_ns = 300 * JB_NS_PER_S,
                                             .lag_ns = 300 * JB_NS_PER_S,
                                             FAKE_NET};
static const struct jb_provider delta = {.name = "delta",
                                         .title = "Delta",
                                         .credit = "Source: Delta",
                                         .opt_in = true,
                                         .lifecycle = true,
                                         .period_ns = 300 * JB_NS_PER_S,
                                         FAKE_NET};
static const struct jb_provider moe = {.name = "moe",
                                       .title = "Moe",
                                       .credit = "Source: Moe",
                                       .needs = "user",
                                       .signal = JB_MARGINAL,
                                       .direct = true,
                                       .period_ns = 300 * JB_NS_PER_S,
                                       FAKE_NET};

const struct jb_provider *const jb_providers[] = {&paper, &alpha, &beta, &gamma_one, &delta, &moe, NULL};

const struct jb_provider *jb_provider_find(const char *name)
{
    for (size_t i = 0; jb_providers[i] != NULL; i++) {
        if (strcmp(jb_providers[i]->name, name) == 0) {
            return jb_providers[i];
        }
    }
    return NULL;
}

enum fake_index { PAPER, ALPHA, BETA, GAMMA, DELTA, MOE };

/* As the real one, which has tests of its own. */
int jb_refusal(const struct jb_provider *provider, int status, const char *body, size_t length, struct jb_diag *diag)
{
    int err = status == 401   ? -EACCES
              : status == 403 ? -EPERM
              : status == 404 ? -ENODATA
              : status == 429 ? -EAGAIN
                              : -EIO;
    return jb_fail(diag, err, "%s answers %d: %.150s", provider->name, status, body);
}

/* The clock shows so many minutes after noon now, and runs on. */
static inline void fake_clock(double minutes)
{
    fake_settings.walltime.ahead_ns = AT(0) + (int64_t)(minutes * (double)MINUTES) - jb_wall_ns();
}

/* With a cache folder in `machine`; no key is set. */
static inline void fake_make(const char *providers)
{
    static char urls[8][64];
    fake_settings = (struct jb_grid_settings){.live = true, .providers = providers, .latitude = NAN, .longitude = NAN};
    for (int i = ALPHA; i <= MOE; i++) {
        snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/%s", fake_server.port, jb_providers[i]->name);
        fake_settings.access[i].url = urls[i];
    }
    snprintf(fake_settings.cache, sizeof(fake_settings.cache), "%s/cache", machine);
    fake_place = (struct jb_intensity){.zone = "XX", .name = "Nowhere", .live_zone = "XX"};
    fake_clock(0);
    fake_reads = 0;
    fake_paper_count = 0;
}

static inline int fake_start(void **state, void (*answer)(const char *path, struct server_reply *reply))
{
    if (machine_setup(state) < 0) {
        return -1;
    }
    server_start(&fake_server, answer);
    fake_make(NULL);
    return 0;
}

static inline int fake_stop(void **state)
{
    server_stop(&fake_server);
    return machine_teardown(state);
}

#endif
