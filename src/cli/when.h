/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when.h - `run --when greenest:4h,within:24h`: wait for the time in which a run of that length would emit least.
 *
 * The window lies within the time from the first look on, whole: a run of 4 h within 24 h starts 20 h from now at the
 * latest. The forecast is looked at again every quarter of an hour, and a better window that came up by then is moved
 * to. What to do at a time is settled by the pure functions of when_plan.c; when_wait.c waits and talks.
 */
#ifndef JB_CLI_WHEN_H
#define JB_CLI_WHEN_H

#include "cli/cli.h"
#include "grid/chain.h"
#include "grid/greenest.h"

#define WHEN_MAX_WITHIN_NS (72 * 3600 * JB_NS_PER_S) /* no provider foretells more */
#define WHEN_LOOK_NS       (15 * 60 * (int64_t)JB_NS_PER_S)

struct cli_when {
    uint64_t length_ns; /* how long the run will take; 1 s or more */
    uint64_t within_ns; /* at most 72 h, at least the length */
};

/* "greenest:4h,within:24h"; without `within` it is 24 h, or as long as a longer run. -EINVAL. */
int cli_when_parse(const char *text, struct cli_when *ret, struct jb_diag *diag);

/*
 * Wait. What is waited for is said once on `err`; then a terminal has one line that counts down, cleared at the end,
 * and what is none a line an hour. 0: start now, also when the machine has slept over the time; -EINTR: stop_fd is
 * readable (-1: none); -ENODATA: nobody foretells the place, with what to do; other errors of jb_fetch_create().
 *
 * Asks the network in this thread, each quarter of an hour: some seconds at worst, in which stop_fd is not seen.
 */
int cli_when_wait(const struct cli_when *when, const struct jb_grid_settings *settings,
                  const struct jb_intensity *place, int stop_fd, FILE *err, const struct cli_style *style,
                  struct jb_diag *diag);

/* ---- pure: for the wait, and for tests ---- */

struct when_plan {
    int64_t until_ns;
    uint64_t length_ns;
    struct jb_window window;
    const struct jb_provider *provider; /* who foretold the beginning of the window; NULL */
};

/* -ENODATA: there is no window that the track covers. */
int when_plan_make(const struct cli_when *when, const struct jb_track *track, int64_t now_ns, struct when_plan *ret);

/* A newer forecast: true when the window has moved, because the new one is better by more than a percent, or because
 * the old one is no longer foretold. Where nothing is known any more the plan stays. */
bool when_plan_look(struct when_plan *plan, const struct jb_track *track, int64_t now_ns);

bool when_plan_due(const struct when_plan *plan, int64_t now_ns);

/* What the window saves against starting at once, 0..1; NAN: not known. Negative: it costs more. */
double when_saving(const struct jb_window *window);

/* ---- the wait over a world that a test may make up ---- */

struct when_world {
    void *context;
    bool terminal;
    int64_t (*now)(void *context);
    int (*rest)(void *context, int64_t ns); /* 0, or -EINTR: stop */
    int (*look)(void *context, int64_t until_ns, struct jb_track *track, struct jb_steps *steps, struct jb_diag *diag);
};
int when_follow(const struct cli_when *when, const struct when_world *world, const char *zone, FILE *err,
                const struct cli_style *style, struct jb_diag *diag);

/* What is waited for: two lines, or one where nothing is gained by waiting. */
void when_say(const struct cli_when *when, const struct when_plan *plan, int64_t now_ns, bool moved, FILE *err,
              const struct cli_style *style);

#endif
