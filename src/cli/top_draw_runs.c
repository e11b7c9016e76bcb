/* SPDX-License-Identifier: Apache-2.0 */
/* top_draw_runs.c - the table of runs. Which columns there are depends on the room. */
#include "cli/top_draw.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* From so many columns on there is room for it. */
#define WITH_USER  66
#define WITH_ID    70
#define WIDE_PHASE 76

#define ID_SHOWN 10 /* as joulebook list */

struct columns {
    int name, project, command; /* widths; 0: is not shown */
    int phase;
};

static struct columns columns_for(int cols)
{
    struct columns c = {.phase = cols >= WIDE_PHASE ? 17 : cols >= 60 ? 14 : 0};
    int left = cols - (1 + 9 + 10 + 10) - (c.phase > 0 ? c.phase + 1 : 0);

    left -= cols >= WITH_USER ? 9 : 0;          /* user */
    left -= cols >= WITH_ID ? ID_SHOWN + 1 : 0; /* id */
    if (left >= 60) {
        c.project = 14;
        c.command = left - 20 - 14 - 2;
        c.name = 20;
    } else {
        c.name = left > 6 ? left : 6;
    }
    return c;
}

/* "forward 3/1200": of what the program told; where it has a plan "forward 4 of 30", as there is no room for both. */
static const char *progress(const struct top_run *run, char *buffer, size_t size)
{
    char epoch[32] = "", step[32] = "";

    if (run->epoch >= 0) {
        jb_snprintf(epoch, sizeof(epoch), "%lld", (long long)run->epoch);
    }
    if (run->epoch_nth >= 0 && run->epochs_planned >= 0) {
        jb_snprintf(epoch, sizeof(epoch), "%lld of %lld", (long long)run->epoch_nth, (long long)run->epochs_planned);
    } else if (run->step >= 0) {
        jb_snprintf(step, sizeof(step), "/%lld", (long long)run->step);
    }
    const char *blank = run->phase[0] != '\0' && (epoch[0] != '\0' || step[0] != '\0') ? " " : "";
    jb_snprintf(buffer, size, "%s%s%s%s", run->phase, blank, epoch, step);
    return buffer;
}

struct row {
    const char *id, *name, *user, *power, *energy, *mass, *phase, *project, *command;
};

static void draw_row(struct top_canvas *canvas, int row, struct top_area area, enum top_style style,
                     const struct row *texts)
{
    struct columns c = columns_for(area.cols);
    int col = area.col + 1;

    if (area.cols >= WITH_ID) {
        top_put(canvas, row, col, ID_SHOWN, style, texts->id);
        col += ID_SHOWN + 1;
    }
    top_put(canvas, row, col, c.name, style, texts->name);
    col += c.name + 1;
    if (area.cols >= WITH_USER) {
        top_put(canvas, row, col, 8, style, texts->user);
        col += 9;
    }
    top_put_right(canvas, row, col, 8, style, texts->power);
    top_put_right(canvas, row, col + 9, 9, style, texts->energy);
    top_put_right(canvas, row, col + 19, 9, style, texts->mass);
    col += 29;
    if (c.phase > 0) {
        top_put(canvas, row, col, c.phase, style, texts->phase);
        col += c.phase + 1;
    }
    if (c.project > 0) {
        top_put(canvas, row, col, c.project, style, texts->project);
        top_put(canvas, row, col + c.project + 1, c.command, style, texts->command);
    }
}

static void draw_run(struct top_canvas *canvas, int row, struct top_area area, enum top_style style,
                     const struct top_run *run)
{
    char id[ID_SHOWN + 1], power[TOP_NUMBER], energy[TOP_NUMBER], mass[TOP_NUMBER], phase[80];
    const struct row texts = {
        .id = (jb_snprintf(id, sizeof(id), "%.*s", ID_SHOWN, run->id), id),
        .name = run->name[0] != '\0'                   ? run->name
                : run->mine || run->command[0] != '\0' ? run->command
                                                       : "(another user's)",
        .user = run->user,
        .power = top_power(run->power_w, power),
        .energy = top_energy(top_run_energy(run), energy),
        .mass = top_mass(run->emissions_g, mass),
        .phase = progress(run, phase, sizeof(phase)),
        .project = run->project,
        .command = run->command,
    };

    draw_row(canvas, row, area, style, &texts);
}

void top_draw_runs(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene,
                   const struct top_rows *rows)
{
    const struct row titles = {
        .id = "ID",
        .name = "NAME",
        .user = "USER",
        .power = "POWER",
        .energy = "ENERGY",
        .mass = "CO2e",
        .phase = area.cols >= WIDE_PHASE ? "PHASE EPOCH/STEP" : "PHASE EPOCH",
        .project = "PROJECT",
        .command = "COMMAND",
    };
    struct top_state *state = scene->state;
    bool focused = state->pane == TOP_PANE_RUNS && !scene->once;
    int count = (int)rows->run_count, shown = area.rows - 2;
    struct top_list *list = &state->lists[TOP_PANE_RUNS];

    top_printf(canvas, area.row, area.col, area.cols, TOP_BOLD, "%s Runs: %d%s%s", focused ? ">" : " ", count,
               count > 1 ? ", by " : "", count > 1 ? top_sort_names[state->sort] : "");
    if (count == 0) {
        top_put(canvas, area.row + 1, area.col + 2, area.cols - 2, TOP_PLAIN, "none is measured now");
        top_put(canvas, area.row + 2, area.col + 2, area.cols - 2, TOP_DIM, "joulebook run -- python train.py");
        return;
    }
    draw_row(canvas, area.row + 1, area, TOP_DIM, &titles);
    int selected = (int)top_row_selected(scene->view, rows, TOP_PANE_RUNS, state);
    top_list_settle(list, selected, selected + 1, count, shown);
    for (int i = 0; i < shown && list->first + i < count; i++) {
        int row = area.row + 2 + i;
        draw_run(canvas, row, area, TOP_PLAIN, &scene->view->runs[rows->runs[list->first + i]]);
        if (focused && list->first + i == selected) {
            top_restyle(canvas, row, area.col, area.cols, TOP_SELECTED);
        }
    }
    if (count - list->first > shown || list->first > 0) {
        top_printf(canvas, area.row, area.col + area.cols - 12, 12, TOP_DIM, "%d-%d of %d", list->first + 1,
                   list->first + shown < count ? list->first + shown : count, count);
    }
}
