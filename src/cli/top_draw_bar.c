/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_draw_bar.c - two bars that each sum to 100 %: by what of the machine the power is used now, and for whom the
 * energy was.
 *
 * A part is told by its letter beside its colour. Without colour the letter fills it.
 */
#include "cli/top_draw.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define PARTS    12
#define MAX_GPUS 8 /* more are shown as one */

struct part {
    char name[32];
    char letter;
    enum top_style style;
    double size;
    bool estimated;
};

struct parts {
    struct part part[PARTS];
    size_t count;
};

static struct part *part_of(struct parts *parts, const char *name, char letter, enum top_style style)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->part[i].name, name) == 0) {
            return &parts->part[i];
        }
    }
    if (parts->count == PARTS) {
        return &parts->part[PARTS - 1];
    }
    struct part *part = &parts->part[parts->count++];
    *part = (struct part){.letter = letter, .style = style};
    jb_copy(part->name, sizeof(part->name), name);
    return part;
}

static int count_gpus(const struct top_view *view)
{
    int count = 0;
    for (size_t i = 0; i < view->channel_count; i++) {
        count += view->channels[i].in_total && view->channels[i].device == TOP_DEVICE_GPU;
    }
    return count;
}

/* The letter in front, so that it is what is left where there is room for one. */
static void draw(struct top_canvas *canvas, struct top_area area, const char *title, const struct parts *parts,
                 const char *nothing)
{
    double sizes[PARTS];
    int cells[PARTS], percents[PARTS], col = area.col, legend = area.col;

    for (size_t i = 0; i < parts->count; i++) {
        sizes[i] = parts->part[i].size;
    }
    int indent = top_put(canvas, area.row, col, 11, TOP_DIM, title) > 0 ? 11 : 0;
    col += indent;
    legend += indent;
    if (!top_apportion(sizes, parts->count, area.cols - indent, cells) ||
        !top_apportion(sizes, parts->count, 100, percents)) {
        top_put(canvas, area.row, col, area.cols - indent, TOP_DIM, nothing);
        return;
    }
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->part[i];
        char label[64];
        top_fill(canvas, area.row, col, cells[i], part->style, true, (uint32_t)part->letter);
        col += cells[i];
        if (!(part->size > 0)) {
            continue;
        }
        jb_snprintf(label, sizeof(label), "%c %s%s %d %%", part->letter, part->estimated ? "~" : "", part->name,
                    percents[i]);
        int room = area.col + area.cols - legend, width = top_width(canvas, label);
        if (width <= room) {
            top_put(canvas, area.row + 1, legend, width, TOP_PLAIN, label);
            top_restyle(canvas, area.row + 1, legend, 1, part->style);
            legend += width + 2;
        }
    }
}

void top_draw_parts(struct top_canvas *canvas, struct top_area area, const struct top_view *view)
{
    struct parts parts = {0};
    bool one_gpu = count_gpus(view) > MAX_GPUS || count_gpus(view) == 1;
    double all = 0;
    int gpus = 0;

    for (size_t i = 0; i < view->channel_count; i++) {
        const struct top_channel *channel = &view->channels[i];
        static const char *const names[TOP_DEVICES] = {"CPU", "RAM", "GPU", "board"};
        static const char letters[TOP_DEVICES] = {'C', 'M', 'G', 'B'};
        char name[32], letter = letters[channel->device];
        if (!channel->in_total || !(channel->power_w > 0)) {
            continue;
        }
        jb_copy(name, sizeof(name), names[channel->device]);
        if (channel->device == TOP_DEVICE_GPU && !one_gpu) {
            jb_snprintf(name, sizeof(name), "GPU%d", channel->unit >= 0 ? channel->unit : gpus);
            letter = gpus % 2 == 0 ? 'G' : 'g'; /* so that neighbours are told apart */
            gpus++;
        }
        struct part *part = part_of(&parts, name, letter, top_device_style(channel->device));
        part->size += channel->power_w;
        part->estimated = part->estimated || channel->modelled;
        all += channel->power_w;
    }
    if (view->pue > 1) {
        part_of(&parts, "PUE", 'P', TOP_OVERHEAD)->size = all * (view->pue - 1);
    }
    draw(canvas, area, "Parts, now", &parts, "no power was read in the last second");
}

void top_draw_users(struct top_canvas *canvas, struct top_area area, const struct top_view *view)
{
    struct parts parts = {0};

    part_of(&parts, "runs", 'R', TOP_RUNS)->size = view->runs_j;
    part_of(&parts, "idle", 'I', TOP_IDLE)->size = view->idle_j;
    part_of(&parts, "other processes", 'O', TOP_OTHERS)->size = view->others_j;
    part_of(&parts, "unattributed", 'U', TOP_NOBODY)->size = view->unattributed_j;
    draw(canvas, area, "For whom", &parts, "no energy was booked yet");
}
