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
#define TITLE    11
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

/* Longest first; of the last, in which every part is still told, the end may be cut. */
enum detail { WITH_POWER, WITH_NAME, WITH_LETTER };

static void label(const struct part *part, int percent, bool is_power, enum detail detail, char *buffer, size_t size)
{
    char number[TOP_NUMBER];

    if (detail == WITH_LETTER) {
        const char *digits = part->name + strcspn(part->name, "0123456789"); /* which GPU */
        jb_snprintf(buffer, size, "%c%s %d%%", part->letter, digits, percent);
    } else if (detail == WITH_POWER && is_power) {
        jb_snprintf(buffer, size, "%c %s %s%s %d %%", part->letter, part->name, part->estimated ? "~" : "",
                    top_power(part->size, number), percent);
    } else {
        jb_snprintf(buffer, size, "%c %s%s %d %%", part->letter, part->estimated ? "~" : "", part->name, percent);
    }
}

/* The width of the legend; it is drawn where there is a canvas. */
static int legend(struct top_canvas *canvas, const struct top_canvas *measure, struct top_area area,
                  const struct parts *parts, const int *percents, bool is_power, enum detail detail)
{
    char text[96];
    int used = 0;

    for (size_t i = 0; i < parts->count; i++) {
        if (parts->part[i].size >= 0) { /* that a part is nothing is told too */
            label(&parts->part[i], percents[i], is_power, detail, text, sizeof(text));
            used += used > 0 ? detail == WITH_LETTER ? 1 : 2 : 0;
            if (canvas != NULL && used < area.cols) {
                top_put(canvas, area.row, area.col + used, area.cols - used, TOP_PLAIN, text);
                top_restyle(canvas, area.row, area.col + used, 1, parts->part[i].style);
            }
            used += top_width(measure, text);
        }
    }
    return used;
}

static void draw(struct top_canvas *canvas, struct top_area area, const char *title, const struct parts *parts,
                 bool is_power, const char *nothing)
{
    double sizes[PARTS];
    int cells[PARTS], percents[PARTS];

    for (size_t i = 0; i < parts->count; i++) {
        sizes[i] = parts->part[i].size;
    }
    top_put(canvas, area.row, area.col, TITLE - 1, TOP_DIM, title);
    area.col += TITLE;
    area.cols -= TITLE;
    if (!top_apportion(sizes, parts->count, area.cols, cells) || !top_apportion(sizes, parts->count, 100, percents)) {
        top_put(canvas, area.row, area.col, area.cols, TOP_DIM, nothing);
        return;
    }
    int col = area.col;
    for (size_t i = 0; i < parts->count; i++) {
        top_fill(canvas, area.row, col, cells[i], parts->part[i].style, true, (uint32_t)parts->part[i].letter);
        col += cells[i];
    }
    area.row++;
    enum detail detail = WITH_POWER;
    while (detail < WITH_LETTER && legend(NULL, canvas, area, parts, percents, is_power, detail) > area.cols) {
        detail++;
    }
    legend(canvas, canvas, area, parts, percents, is_power, detail);
}

static void make_parts(const struct top_view *view, bool one_gpu, struct parts *parts)
{
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
        struct part *part = part_of(parts, name, letter, top_device_style(channel->device));
        part->size += channel->power_w;
        part->estimated = part->estimated || channel->modelled;
        all += channel->power_w;
    }
    if (view->pue > 1) {
        part_of(parts, "PUE", 'P', TOP_OVERHEAD)->size = all * (view->pue - 1);
    }
}

/* Whether the shortest legend has room for all parts. */
static bool can_be_told(const struct top_canvas *canvas, struct top_area area, const struct parts *parts)
{
    int percents[PARTS];

    for (size_t i = 0; i < parts->count; i++) {
        percents[i] = 10;
    }
    return legend(NULL, canvas, area, parts, percents, true, WITH_LETTER) <= area.cols - TITLE;
}

void top_draw_parts(struct top_canvas *canvas, struct top_area area, const struct top_view *view)
{
    struct parts parts = {0}, fewer = {0};
    int gpus = count_gpus(view);

    make_parts(view, gpus == 1 || gpus > MAX_GPUS, &parts);
    if (!can_be_told(canvas, area, &parts)) {
        make_parts(view, true, &fewer);
        parts = fewer;
    }
    draw(canvas, area, "Parts, now", &parts, true, "no power was read in the last second");
}

void top_draw_users(struct top_canvas *canvas, struct top_area area, const struct top_view *view)
{
    struct parts parts = {0};

    part_of(&parts, "runs", 'R', TOP_RUNS)->size = view->runs_j;
    part_of(&parts, "idle", 'I', TOP_IDLE)->size = view->idle_j;
    part_of(&parts, "others", 'O', TOP_OTHERS)->size = view->others_j;
    part_of(&parts, "unattributed", 'U', TOP_NOBODY)->size = view->unattributed_j;
    draw(canvas, area, "For whom", &parts, false, "no energy was booked yet");
}
