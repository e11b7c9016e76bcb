/* SPDX-License-Identifier: Apache-2.0 */
/* grid_now.c - joulebook grid [ZONE]: ask, and choose what to show. Documented in grid_now.h. */
#include "cli/grid_now.h"

#include "base/clock.h"
#include "engine/price.h"

#include <errno.h>

void grid_look_finish(struct grid_look *look)
{
    jb_track_finish(&look->average);
    jb_track_finish(&look->marginal);
}

const struct jb_point *grid_pick(const struct jb_track *track, int64_t now_ns)
{
    const struct jb_point *point = jb_track_at(track, now_ns);

    if (point == NULL) {
        point = jb_track_before(track, now_ns);
    }
    return point != NULL && now_ns - point->end_ns <= JB_HOLD_NS ? point : NULL;
}

double grid_age_s(const struct jb_point *point, int64_t now_ns)
{
    return point->end_ns < now_ns ? (double)(now_ns - point->end_ns) / (double)JB_NS_PER_S : 0;
}

/* The newest of one signal. What goes wrong is in the steps: the tables are there all the same. */
static void ask(const struct grid_place *place, enum jb_signal signal, struct jb_track *track, struct jb_steps *steps)
{
    struct jb_fetch *fetch = NULL;
    struct jb_chain chain;
    struct jb_diag diag = {0};

    jb_chain_make(&place->settings, &place->place, signal, &chain, steps);
    int error = jb_fetch_create(&place->settings, &place->place, signal, &fetch, &diag);
    if (error == 0 && jb_fetch_anybody(fetch)) {
        error = jb_fetch_past(fetch, JB_FETCH_ASK, place->now_ns, place->now_ns, track, steps, &diag);
    }
    if (error < 0 && error != -ENODATA && diag.text[0] != '\0') {
        jb_steps_add(steps, "%s", diag.text);
    }
    jb_fetch_destroy(fetch);
}

int grid_now(const struct grid_place *place)
{
    struct grid_look look = {0};
    struct jb_steps of_marginal = {0};
    int status = 0;

    ask(place, JB_AVERAGE, &look.average, &look.steps);
    ask(place, JB_MARGINAL, &look.marginal, &of_marginal);
    look.live = grid_pick(&look.average, place->now_ns);
    look.at_margin = grid_pick(&look.marginal, place->now_ns);
    if (look.live == NULL && look.steps.count == 0 && !place->settings.live) {
        jb_steps_add(&look.steps, "nobody is asked: [grid] live = false");
    }
    if (place->options->common.json) {
        status = grid_print(grid_now_json(place, &look));
    } else {
        struct cli_style style = cli_style(&place->options->common, stdout);
        grid_now_text(place, &look, &style);
    }
    grid_look_finish(&look);
    return status;
}
