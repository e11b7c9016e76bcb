/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an event "tick" says: the numbers that move, in the order of the last hello's channels.
 *
 * On the meter's thread, ten times a second: no printf, and nothing allocated where `out` has room.
 */
#include <math.h>

#include "base/escape.h"
#include "server/booked.h"
#include "server/documents_impl.h"

static void text_or_null(struct jb_buf *out, const char *text)
{
    if (text[0] == '\0') {
        jb_buf_puts(out, "null");
        return;
    }
    jb_buf_puts(out, "\"");
    jb_export_json_text(out, text);
    jb_buf_puts(out, "\"");
}

/* To the microgram: a short run emits milligrams. */
static void grams_json(struct jb_buf *out, double grams)
{
    if (grams >= 0 && grams < 1e12) {
        jb_export_fixed(out, (uint64_t)llround(grams * 1e6), 6);
    } else {
        jb_buf_puts(out, "null");
    }
}

/* One null where nothing was planned, as with most runs: ticks are many. */
static void plan_json(struct jb_buf *out, const struct jb_board_run *run)
{
    if (run->epochs_planned < 0) {
        jb_buf_puts(out, "null");
        return;
    }
    jb_buf_puts(out, "[");
    jb_brief(out, (double)run->epochs_planned);
    jb_buf_puts(out, ",");
    jb_brief(out, run->epoch_nth >= 0 ? (double)run->epoch_nth : NAN);
    jb_buf_puts(out, ",");
    jb_brief(out, run->projected_uj / 1e6);
    jb_buf_puts(out, ",");
    jb_brief(out, run->projected_sigma_uj / 1e6);
    jb_buf_puts(out, ",");
    jb_brief(out, run->projected_s);
    jb_buf_puts(out, ",");
    grams_json(out, run->projected_grams);
    jb_buf_puts(out, "]");
}

static void run_json(struct jb_buf *out, const struct jb_board_run *run)
{
    jb_buf_puts(out, "[");
    text_or_null(out, run->id);
    jb_buf_puts(out, ",");
    jb_brief(out, run->power_w);
    jb_buf_puts(out, ",");
    jb_export_joules(out, run->run_uj);
    jb_buf_puts(out, ",");
    grams_json(out, run->grams);
    jb_buf_puts(out, ",");
    jb_export_joules(out, run->footprint_uj);
    jb_buf_puts(out, ",");
    text_or_null(out, run->phase);
    jb_buf_puts(out, ",");
    jb_brief(out, run->epoch >= 0 ? (double)run->epoch : NAN);
    jb_buf_puts(out, ",");
    jb_brief(out, run->step >= 0 ? (double)run->step : NAN);
    jb_buf_puts(out, ",");
    plan_json(out, run);
    jb_buf_puts(out, "]");
}

void jb_live_tick(const struct jb_board_view *view, struct jb_buf *out)
{
    bool known = jb_machine_booked(view);
    int64_t t_ms = view->wall_ns / (int64_t)JB_NS_PER_MS;

    jb_buf_puts(out, "{\"seq\":");
    jb_brief(out, (double)view->seq);
    jb_buf_puts(out, ",\"t_ms\":");
    jb_brief(out, (double)t_ms);
    jb_buf_puts(out, ",\"p\":");
    jb_brief(out, view->power_w);
    jb_buf_puts(out, ",\"j\":");
    if (known) {
        jb_export_joules(out, view->energy_uj);
    } else {
        jb_buf_puts(out, "null");
    }
    jb_buf_puts(out, ",\"g\":");
    grams_json(out, known ? view->grams : NAN);
    jb_buf_puts(out, ",\"w\":[");
    for (size_t i = 0; i < view->channel_count; i++) {
        jb_buf_puts(out, i > 0 ? "," : "");
        jb_brief(out, view->channels[i].power_w);
    }
    jb_buf_puts(out, "],\"runs\":[");
    for (size_t i = 0; i < view->run_count; i++) {
        jb_buf_puts(out, i > 0 ? "," : "");
        run_json(out, &view->runs[i]);
    }
    jb_buf_puts(out, "]}");
}
