/* SPDX-License-Identifier: Apache-2.0 */
/* top_draw_over.c - the pages that lie over the others: keys, warnings, all that is known of a row. */
#include "cli/top_draw.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <string.h>

static const char help_text[] = "q, F10, ^C       quit\n"
                                "h, ?, F1         this page\n"
                                "Tab              go to the other table\n"
                                "arrows, PgUp, PgDn, Home, End\n"
                                "                 select a row\n"
                                "Enter            all that is known of it\n"
                                "s, F6            sort by something else\n"
                                "space            hold the page; the graph goes on meanwhile\n"
                                "+ -              longer and shorter graph, 1 minute to 1 hour\n"
                                "l                warnings\n"
                                "\n"
                                "~ est.           by a model: not measured\n"
                                "C M G B          processor, memory, GPU, board\n"
                                "R I O U          runs, idle, other processes, nobody's\n"
                                "P                what the site adds (PUE)\n"
                                "A gap in the graph is a gap in what is known, never 0 W.\n";

/* "name   value", where there is a value. */
static void line(struct jb_buf *out, const char *name, const char *value)
{
    if (value[0] != '\0' && strcmp(value, "-") != 0) {
        jb_buf_printf(out, "%-14s %s\n", name, value);
    }
}

static void count_line(struct jb_buf *out, const char *name, int64_t value)
{
    if (value >= 0) {
        jb_buf_printf(out, "%-14s %lld\n", name, (long long)value);
    }
}

static void run_text(const struct top_canvas *canvas, const struct top_run *run, struct jb_buf *out)
{
    char number[TOP_NUMBER], sigma[TOP_NUMBER], both[2 * TOP_NUMBER];

    line(out, "run", run->id);
    line(out, "name", run->name);
    line(out, "project", run->project);
    line(out, "user", run->user);
    count_line(out, "process", run->pid);
    line(out, "command", run->command);
    line(out, "elapsed", top_duration(run->elapsed_s, number));
    line(out, "power", top_power(run->power_w, number));
    for (int i = 0; i < TOP_DEVICES; i++) {
        char name[24];
        jb_snprintf(name, sizeof(name), "  %s", top_device_names[i]);
        line(out, name, top_power(run->device_w[i], number));
    }
    line(out, "its own", top_energy(run->run_j, number));
    jb_snprintf(both, sizeof(both), "%s %s", top_energy(run->footprint_j, number),
                top_percent_sigma(canvas, run->uncertainty_j, run->footprint_j, sigma));
    line(out, "with its idle", isfinite(run->footprint_j) ? both : "");
    line(out, "machine", top_energy(run->machine_j, number));
    jb_snprintf(both, sizeof(both), "%s CO2e %s, of: %s", top_mass(run->emissions_g, number),
                top_percent_sigma(canvas, run->emissions_sigma_g, run->emissions_g, sigma), run->basis);
    line(out, "emissions", isfinite(run->emissions_g) ? both : "");
    line(out, "phase", run->phase);
    count_line(out, "epoch", run->epoch);
    count_line(out, "step", run->step);
    count_line(out, "planned", run->epochs_planned);
    jb_snprintf(both, sizeof(both), "%s %s", top_energy(run->projected_j, number),
                top_percent_sigma(canvas, run->projected_sigma_j, run->projected_j, sigma));
    line(out, "in all, about", isfinite(run->projected_j) ? both : "");
    line(out, "  CO2e", top_mass(run->projected_g, number));
    double left_s = run->projected_s - run->elapsed_s;
    line(out, "  to go", top_duration(left_s < 0 ? 0 : left_s, number));
    jb_buf_printf(out, "\njoulebook show %s\n", run->id);
}

static void channel_text(const struct top_canvas *canvas, const struct top_channel *channel, struct jb_buf *out)
{
    char number[TOP_NUMBER];

    line(out, "sensor", channel->id);
    line(out, "name", channel->name);
    line(out, "of", channel->source);
    line(out, "domain", channel->domain);
    line(out, "status", channel->status);
    line(out, "why", channel->reason);
    line(out, "mend", channel->fix);
    line(out, "note", channel->note);
    line(out, "how", channel->modelled ? "est.: by a model, not measured" : "measured");
    line(out, "added up",
         channel->in_total             ? "yes"
         : channel->twin_of[0] != '\0' ? "no: the same as another"
                                       : "no: contained in another, or a check");
    line(out, "same as", channel->twin_of);
    line(out, "power", top_power(channel->power_w, number));
    line(out, "limit", top_power(channel->limit_w, number));
    line(out, "energy", top_energy(channel->energy_j, number));
    line(out, "error", top_percent_sigma(canvas, channel->rel_error, 1, number));
    if (channel->update_period_s > 0) {
        line(out, "updated every", jb_format_duration(channel->update_period_s, number, sizeof(number)));
    }
    line(out, "covered", top_duration(channel->covered_s, number));
    line(out, "not covered", top_duration(channel->gap_s, number));
}

static void source_text(const struct top_source_state *source, struct jb_buf *out)
{
    line(out, "sensors of", source->title);
    line(out, "driver", source->source);
    line(out, "status", source->status);
    line(out, "why", source->reason);
    line(out, "mend", source->fix);
}

static const char *details(const struct top_canvas *canvas, const struct top_scene *scene, const struct top_rows *rows,
                           struct jb_buf *out)
{
    enum top_pane pane = scene->state->pane;
    size_t count = pane == TOP_PANE_RUNS ? rows->run_count : rows->sensor_count;
    size_t index = count > 0 ? top_row_selected(scene->view, rows, pane, scene->state) : 0;

    if (count == 0) {
        jb_buf_puts(out, "There is nothing to show of an empty table.\n");
    } else if (pane == TOP_PANE_RUNS) {
        run_text(canvas, &scene->view->runs[rows->runs[index]], out);
    } else if (rows->sensors[index] < TOP_MAX_CHANNELS) {
        channel_text(canvas, &scene->view->channels[rows->sensors[index]], out);
    } else {
        source_text(&scene->view->sources[rows->sensors[index] - TOP_MAX_CHANNELS], out);
    }
    return pane == TOP_PANE_RUNS ? "Run" : "Sensor";
}

static void warnings(const struct top_view *view, struct jb_buf *out)
{
    char number[TOP_NUMBER];

    for (size_t i = 0; i < view->warning_count; i++) {
        jb_buf_printf(out, "! %s\n", view->warnings[i]);
    }
    if (view->history_error[0] != '\0') {
        jb_buf_printf(out, "! The history is not kept: %s\n", view->history_error);
        line(out, "  mend", view->history_fix);
    }
    if (view->left_out > 0) {
        jb_buf_printf(out, "! %zu rows are not shown: there is no room for them.\n", view->left_out);
    }
    if (out->length == 0) {
        jb_buf_puts(out, "There are no warnings.\n");
    }
    jb_buf_puts(out, "\n");
    line(out, "intensity", view->grid.note);
    line(out, "counts", view->grid.factor);
    if (view->self_share >= 0) {
        jb_buf_printf(out, "%-14s %.2f %% of a processor, %s, %.0f watch\n", "the meter", view->self_share * 100,
                      isfinite(view->self_rss_bytes) ? jb_format_bytes(view->self_rss_bytes, number, sizeof(number))
                                                     : "-",
                      view->clients >= 0 ? view->clients : 0);
    }
}

static void frame(struct top_canvas *canvas, struct top_area area, const char *title)
{
    bool utf8 = canvas->utf8;

    for (int i = 0; i < area.rows; i++) {
        top_fill(canvas, area.row + i, area.col, area.cols, TOP_PLAIN, false, ' ');
        top_rune(canvas, area.row + i, area.col, TOP_DIM, false, utf8 ? 0x2502 : '|');
        top_rune(canvas, area.row + i, area.col + area.cols - 1, TOP_DIM, false, utf8 ? 0x2502 : '|');
    }
    for (int i = 0; i < 2; i++) {
        int row = area.row + i * (area.rows - 1);
        top_fill(canvas, row, area.col, area.cols, TOP_DIM, false, utf8 ? 0x2500 : '-');
        top_rune(canvas, row, area.col, TOP_DIM, false, !utf8 ? '+' : i == 0 ? 0x250c : 0x2514);
        top_rune(canvas, row, area.col + area.cols - 1, TOP_DIM, false, !utf8 ? '+' : i == 0 ? 0x2510 : 0x2518);
    }
    top_printf(canvas, area.row, area.col + 2, area.cols - 4, TOP_BOLD, " %s ", title);
    top_put(canvas, area.row + area.rows - 1, area.col + 2, area.cols - 4, TOP_DIM, " Esc closes ");
}

/* The lines from `first` on; without a canvas they are only counted. */
static int wrapped(struct top_canvas *canvas, const struct top_canvas *measure, struct top_area area, const char *text,
                   int first)
{
    int count = 0;

    for (const char *next = text; next != NULL && *next != '\0'; count++) {
        char one[2048];
        const char *from = next;
        int length = top_break(measure, from, area.cols, &next);
        jb_snprintf(one, sizeof(one), "%.*s", length, from);
        if (canvas != NULL && count >= first && count < first + area.rows) {
            top_put(canvas, area.row + count - first, area.col, area.cols, TOP_PLAIN, one);
        }
    }
    return count;
}

/* Of the longest line, as far as there is room, and of the frame's own words. */
static int wanted_width(const struct top_canvas *canvas, const char *text)
{
    int widest = 36, room = canvas->cols - 8 < 92 ? canvas->cols - 8 : 92;

    for (const char *next = text; next != NULL && *next != '\0';) {
        char one[2048];
        const char *from = next;
        int length = top_break(canvas, from, 10000, &next);
        jb_snprintf(one, sizeof(one), "%.*s", length, from);
        int width = top_width(canvas, one);
        widest = width > widest ? width : widest;
    }
    return widest < room ? widest : room;
}

void top_draw_overlay(struct top_canvas *canvas, const struct top_scene *scene, const struct top_rows *rows)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf text = {0};
    struct top_state *state = scene->state;
    const char *title = "Keys";

    if (state->overlay == TOP_HELP) {
        jb_buf_puts(&text, help_text);
    } else if (scene->view == NULL) {
        jb_buf_puts(&text, "Nothing has come from the meter yet.\n");
        title = "Warnings";
    } else if (state->overlay == TOP_WARNING_LIST) {
        warnings(scene->view, &text);
        title = "Warnings";
    } else {
        title = details(canvas, scene, rows, &text);
    }
    if (text.failed || text.data == NULL) {
        return;
    }
    int width = wanted_width(canvas, text.data) + 4;
    struct top_area inner = {.cols = width - 4};
    int lines = wrapped(NULL, canvas, inner, text.data, 0);
    int height = lines + 2 < canvas->rows - 2 ? lines + 2 : canvas->rows - 2;
    struct top_area area = {(canvas->rows - height) / 2, (canvas->cols - width) / 2, height, width};
    inner = (struct top_area){area.row + 1, area.col + 2, height - 2, width - 4};
    state->overlay_page = inner.rows;
    state->overlay_first = state->overlay_first > lines - inner.rows ? lines - inner.rows : state->overlay_first;
    state->overlay_first = state->overlay_first < 0 ? 0 : state->overlay_first;
    frame(canvas, area, title);
    wrapped(canvas, canvas, inner, text.data, state->overlay_first);
    if (lines > inner.rows) {
        top_printf(canvas, area.row + height - 1, area.col + width - 16, 14, TOP_DIM, " %d-%d of %d ",
                   state->overlay_first + 1, state->overlay_first + inner.rows, lines);
    }
}
