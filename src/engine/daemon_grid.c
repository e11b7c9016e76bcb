/* SPDX-License-Identifier: Apache-2.0 */
/* The intensity that held in the last second, in words, and the grams by where it came from. The session has both in
 * figures (session_grid.c). */
#include "engine/daemon_impl.h"

#include "base/clock.h"
#include "base/text.h"
#include "grid/provider.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *kind_of(const struct jb_session *session)
{
    const struct jb_price_choice *choice = &session->grid.choice;

    if (choice->point == NULL) {
        return session->intensity.given ? "given" : "yearly";
    }
    return (choice->point->flags & JB_POINT_FORECAST) ? "forecast" : choice->held ? "held" : "live";
}

static void look(const struct jb_session *session, struct jb_board_grid *ret)
{
    const struct jb_intensity *place = &session->intensity;
    const struct jb_point *point = session->grid.choice.point;

    *ret = (struct jb_board_grid){
        .g_per_kwh = session_grid_g_per_kwh(session),
        .rel_error = session_grid_rel_error(session),
        .estimated = session_grid_estimated(session),
        .age_s = NAN,
    };
    if (point != NULL) {
        int64_t age_ns = jb_walltime_ns(&session->config.walltime) - point->end_ns;
        ret->age_s = age_ns > 0 ? (double)age_ns / 1e9 : 0;
        jb_copy(ret->source, sizeof(ret->source), point->provider != NULL ? point->provider->name : "file");
        jb_copy(ret->factor, sizeof(ret->factor), (point->flags & JB_POINT_DIRECT) ? "direct" : "lifecycle");
    } else {
        jb_copy(ret->source, sizeof(ret->source), place->source);
        jb_copy(ret->factor, sizeof(ret->factor), place->factor);
    }
    jb_copy(ret->kind, sizeof(ret->kind), kind_of(session));
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

uint64_t daemon_grid_basis_uj(const char *basis, uint64_t run_uj, uint64_t footprint_uj, uint64_t machine_uj)
{
    return jb_streq(basis, "machine") ? machine_uj : jb_streq(basis, "run") ? run_uj : footprint_uj;
}

static uint64_t basis_of(const struct peer *peer)
{
    return daemon_grid_basis_uj(peer->hello.basis, peer->run_uj, peer->footprint_uj, peer->machine_uj);
}

double daemon_grid_peer_g(const struct jb_daemon *daemon, const struct peer *peer)
{
    double pue = peer->hello.pue >= 1 ? peer->hello.pue : 1;
    uint64_t basis_uj = basis_of(peer);
    double since_uj = basis_uj > peer->priced_uj ? (double)(basis_uj - peer->priced_uj) : 0;

    return peer->priced_g + jb_grid_grams(since_uj, session_grid_g_per_kwh(daemon->session), pue);
}

void daemon_grid_second(struct jb_daemon *daemon)
{
    const struct jb_session *session = daemon->session;
    struct jb_board_grid grid;

    look(session, &grid);
    for (size_t i = 0; i < JB_DAEMON_PEERS; i++) {
        struct peer *peer = &daemon->peers[i];
        if (peer->fd >= 0 && peer->state == PEER_RUNNING) {
            uint64_t basis_uj = basis_of(peer);
            peer->priced_g = daemon_grid_peer_g(daemon, peer);
            peer->priced_uj = basis_uj > peer->priced_uj ? basis_uj : peer->priced_uj;
        }
    }
    struct jb_board_view *view = jb_board_begin(daemon->board);
    ledger_of(view, &grid)->grams += session->grid.live_g - daemon->ledgers_g;
    daemon->ledgers_g = session->grid.live_g;
    bool other = memcmp(&view->grid.zone, &grid.zone, sizeof(grid.zone)) != 0 ||
                 !jb_streq(view->grid.kind, grid.kind) || view->grid.g_per_kwh != grid.g_per_kwh;
    daemon->layout += other;
    view->grid = grid;
    jb_board_publish(daemon->board);
}
