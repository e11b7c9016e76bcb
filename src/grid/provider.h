/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - all that somebody who adds a provider of carbon intensity must read.
 *
 * A provider is one file with a `const struct jb_provider`, a word in the table of providers.c, keys in
 * src/base/conf_keys.c ([grid] NAME_url, and NAME_token or NAME_user and NAME_password where it needs them), a fixture
 * of every shape and error in tests/unit/grid/fixtures/NAME/, a fuzz target, and a row in docs/grid.md.
 *
 * A provider does no input or output itself: request() writes down what is to be asked, fetch.c asks it (with the time
 * limit, the cache, the back-off and the refusals that hold for all), and answer() reads what came back, which is
 * hostile: any bytes end in points that can be or in an error. So that a parser is a pure function of its text, and one
 * that asks in several steps (log in, then ask; page after page) keeps what it needs in the exchange.
 *
 * What a provider must hold:
 *  - grams of CO2-equivalent per kWh of electricity used in the zone at that time. Pounds per MWh, mixes of fuels and
 * so on are converted here, with the factor and its source in a comment.
 *  - a value that is null, missing or made up (a sandbox) is no point. No point at all is -ENODATA.
 *  - an answer about another zone than was asked for is -EBADMSG.
 *  - JB_POINT_DIRECT, _ESTIMATED, _FORECAST as the provider says of each value; rel_error from its own constants.
 *  - nothing of a key in a diag. fetch.c takes keys out of what servers say, but do not rely on it.
 *
 * Errors of answer(): -EBADMSG not what was agreed on (the diag says what was expected), -ENODATA nothing for that
 * place or time, -EACCES the key, -EAGAIN asked too often, -ENOMEM. What was put into the track before an error does
 * not count.
 */
#ifndef JB_GRID_PROVIDER_H
#define JB_GRID_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "grid/track.h"

enum jb_signal {
    JB_AVERAGE, /* of all that is fed in: what location-based accounts use */
    JB_MARGINAL /* of the plants that follow the load */
};

enum jb_ask_kind {
    JB_ASK_LATEST,   /* what holds now, or the newest there is */
    JB_ASK_RANGE,    /* all of [from, to), both in the past; at most max_span_ns of it */
    JB_ASK_FORECAST, /* from now up to `to` */
};

/* As configured; strings are never NULL where the provider says that it needs them. */
struct jb_access {
    const char *url; /* without a slash at its end */
    const char *token, *user, *password;
    const char *region; /* [grid] NAME_region, the provider's own name of a place; NULL */
};

struct jb_ask {
    enum jb_ask_kind kind;
    const char *zone; /* jb_intensity.live_zone: "GB", "DK-DK1", "US-CAL-CISO", "DE" */
    int64_t now_ns, from_ns, to_ns;
    bool direct;                /* where both factors can be had; else the life cycle */
    double latitude, longitude; /* NAN: not known */
    struct jb_access access;
};

#define JB_REQUEST_HEADERS 3
struct jb_request {
    char url[2048];
    char headers[JB_REQUEST_HEADERS][4200]; /* "auth-token: ..."; empty: none */
    bool basic;                             /* send access.user and access.password as basic authentication */
};

/* One question, over all its steps. */
struct jb_exchange {
    struct jb_ask ask;
    unsigned step;     /* answers taken so far */
    char secret[4096]; /* a token that an earlier step gave; wiped at the end */
    char text[256];    /* whatever else the provider must remember: a region, a cursor */
    int64_t at_ns;     /* likewise */
};

struct jb_provider {
    const char *name;   /* "ukgrid": in records, configuration and on the command line */
    const char *title;  /* "Carbon Intensity API (NESO)" */
    const char *credit; /* what its terms want to be shown beside its values, with the licence */
    const char *url;    /* NULL: there is no usual one */
    const char *needs;  /* NULL, "token", "user": which keys of the configuration it cannot do without */
    enum jb_signal signal;
    bool opt_in;            /* asked only where [grid] providers names it; the reason is in docs/grid.md */
    bool lifecycle, direct; /* the factors that it can give */
    uint64_t period_ns;     /* of its values, usually */
    uint64_t lag_ns;        /* a value is usually there so long after the beginning of its time */
    uint64_t max_span_ns;   /* of one JB_ASK_RANGE; 0: it has no past */
    uint64_t past_ns;       /* how far back it can be asked; 0: without limit */
    uint64_t recent_ns;     /* what is older is asked for apart: a plan may not cover it; 0: all is alike */
    uint64_t forecast_ns;   /* how far ahead; 0: no forecast */

    /* By table: does it serve this place? Zones are spelt as Electricity Maps spells them. `ask` is complete but for
     * kind and times, so that a configured region or a latitude may decide. */
    bool (*serves)(const struct jb_ask *ask);

    /* What to ask next. Zeroed before. 0, or -EINVAL when it cannot be asked so, with a diag. */
    int (*request)(struct jb_exchange *exchange, struct jb_request *ret, struct jb_diag *diag);
    /* Read an answer with HTTP status 200 to 299. 1: there is another step; 0: done. `body` is NUL-terminated. */
    int (*answer)(struct jb_exchange *exchange, const char *body, size_t length, struct jb_track *track,
                  struct jb_diag *diag);
    /* Of others: -EACCES, -EPERM, -EAGAIN, -ENODATA, -EIO; 0: as usual (jb_refusal). NULL: all are as usual. */
    int (*refused)(const struct jb_exchange *exchange, int status, const char *body, size_t length,
                   struct jb_diag *diag);
    /* In the place of request and answer: a provider that needs no network. */
    int (*read)(const struct jb_ask *ask, struct jb_track *track, struct jb_diag *diag);
};

/* All there are, in the order in which they are asked when nothing else is configured; ends with NULL. */
extern const struct jb_provider *const jb_providers[];
const struct jb_provider *jb_provider_find(const char *name); /* NULL */

/* What a status means where the provider has nothing special to say, with the server's own words if it has any that can
 * be shown: 401 -EACCES, 403 -EPERM, 404 and 410 -ENODATA, 429 -EAGAIN, 400 and 422 -EINVAL, others -EIO. */
int jb_refusal(const struct jb_provider *provider, int status, const char *body, size_t length, struct jb_diag *diag);

#endif
