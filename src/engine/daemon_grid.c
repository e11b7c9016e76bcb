/* SPDX-License-Identifier: Apache-2.0 */
/* The intensity that holds now, and the grams by where it came from. */
#include "engine/daemon_impl.h"

#include "base/clock.h"
#include "base/text.h"
#include "grid/provider.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void choose(const struct jb_daemon *daemon, struct jb_price_choice *ret)
{
    int64_t now_ns = jb_walltime_ns(&daemon->config.session.walltime);

    jb_price_choose(&daemon->session->grid.track, now_ns, now_ns + 1, ret);
}

static const char *kind_of(const struct jb_daemon *daemon, const struct jb_price_choice *choice)
{
    if (choice->point == NULL) {
        return daemon->session->intensity.given ? "given" : "yearly";
    }
    return (choice->point->flags & JB_POINT_FORECAST) ? "forecast" : choice->held ? "held" : "live";
}

void daemon_grid_view(const struct jb_daemon *daemon, struct jb_board_grid *ret)
{
    const struct jb_intensity *place = &daemon->session->intensity;
    struct jb_price_choice choice;

    choose(daemon, &choice);
    const struct jb_point *point = choice.point;
    *ret = (struct jb_board_grid){
        .g_per_kwh = point != NULL ? point->g_per_kwh : place->g_per_kwh,
        .rel_error = point != NULL ? point->rel_error : place->rel_error,
        .estimated = point != NULL ? (point->flags & JB_POINT_ESTIMATED) || choice.held : place->estimated,
        .age_s = NAN,
    };
    if (point != NULL) {
        int64_t age_ns = jb_walltime_ns(&daemon->config.session.walltime) - point->end_ns;
        ret->age_s = age_ns > 0 ? (double)age_ns / 1e9 : 0;
        jb_copy(ret->source, sizeof(ret->source), point->provider != NULL ? point->provider->name : "file");
        jb_copy(ret->factor, sizeof(ret->factor), (point->flags & JB_POINT_DIRECT) ? "direct" : "lifecycle");
    } else {
        jb_copy(ret->source, sizeof(ret->source), place->source);
        jb_copy(ret->factor, sizeof(ret->factor), place->factor);
    }
    jb_copy(ret->kind, sizeof(ret->kind), kind_of(daemon, &choice));
    jb_copy(ret->zone, sizeof(ret->zone), place->zone);
    jb_copy(ret->zone_name, sizeof(ret->zone_name), place->name);
    jb_copy(ret->note, sizeof(ret->note), place->note);
}

/* The ledger of this source; the last one takes all for which there is no room. */
static struct jb_board_emission *ledger_of(struct jb_board_view *view, const struct jb_board_grid *grid)
{
    char source[96];

    jb_copy(source, sizeof(source), grid->source);
    for (size_t i = 0; i < view->emission_count; i++) {
        struct jb_board_emission *ledger = &view->emissions[i];
        if (jb_streq(ledger->source, source) && jb_streq(ledger->zone, grid->zone) &&
            ledger->estimated == grid->estimated) {
            return ledger;
        }
    }
    if (view->emission_count == JB_BOARD_LEDGERS) {
        return &view->emissions[JB_BOARD_LEDGERS - 1];
    }
    struct jb_board_emission *ledger = &view->emissions[view->emission_count++];
    *ledger = (struct jb_board_emission){.estimated = grid->estimated};
    jb_copy(ledger->zone, sizeof(ledger->zone), grid->zone);
    jb_copy(ledger->source, sizeof(ledger->source), source);
    return ledger;
}

static uint64_t total_uj(const struct jb_session *session)
{
    uint64_t sum_uj = 0;

    for (int i = 0; i < session->channel_count; i++) {
        sum_uj += session->nodes[i].in_total ? session->channels[i].account.energy_uj : 0;
    }
    return sum_uj;
}

void daemon_grid_second(struct jb_daemon *daemon, double elapsed_s)
{
    struct jb_board_grid grid;
    uint64_t now_uj = total_uj(daemon->session);

    daemon_grid_view(daemon, &grid);
    daemon->g_per_kwh = grid.g_per_kwh;
    /* A total that went back, when a channel was found false, is made up for by what comes. */
    double grams = now_uj > daemon->priced_uj
                       ? jb_grid_grams((double)(now_uj - daemon->priced_uj), grid.g_per_kwh, daemon->config.session.pue)
                       : 0;
    daemon->priced_uj = now_uj > daemon->priced_uj ? now_uj : daemon->priced_uj;
    daemon->grams += grams;
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd >= 0 && peer->state == PEER_RUNNING) {
            peer->intensity_s += grid.g_per_kwh * elapsed_s;
            peer->time_s += elapsed_s;
        }
    }
    struct jb_board_view *view = jb_board_begin(daemon->board);
    ledger_of(view, &grid)->grams += grams;
    bool other = memcmp(&view->grid.zone, &grid.zone, sizeof(grid.zone)) != 0 ||
                 !jb_streq(view->grid.kind, grid.kind) || view->grid.g_per_kwh != grid.g_per_kwh;
    daemon->layout += other;
    view->grid = grid;
    jb_board_publish(daemon->board);
}
