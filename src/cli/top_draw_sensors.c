/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_draw_sensors.c - the sensors: a mark, what they are, what they say, and what mends those that say nothing.
 *
 * A command that mends stands on a line of its own, to be copied.
 */
#include "cli/top_draw.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define COUNT 14 /* columns of "1-4 of 13" */

static const char *const fix_prefix = "mend: ";

static const char *fix_of(const struct top_view *view, unsigned short row)
{
    return row < TOP_MAX_CHANNELS ? view->channels[row].fix : view->sources[row - TOP_MAX_CHANNELS].fix;
}

static int lines_of(const struct top_view *view, unsigned short row)
{
    /* What is not there and need not be is not urged upon anybody; its details have the fix. */
    bool urged = row < TOP_MAX_CHANNELS || top_source_standing(&view->sources[row - TOP_MAX_CHANNELS]) != TOP_ABSENT;
    return urged && fix_of(view, row)[0] != '\0' ? 2 : 1;
}

int top_sensor_lines(const struct top_view *view, const struct top_rows *rows)
{
    int lines = 0;
    for (size_t i = 0; i < rows->sensor_count; i++) {
        lines += lines_of(view, rows->sensors[i]);
    }
    return lines;
}

static void mark(struct top_canvas *canvas, int row, int col, enum top_standing standing)
{
    static const struct {
        const char *utf8, *ascii;
        enum top_style style;
    } marks[] = {
        [TOP_MENDABLE] = {"!", "!", TOP_WARN},   [TOP_FAILED] = {"✗", "x", TOP_BAD},
        [TOP_MEASURED] = {"✓", "+", TOP_GOOD},   [TOP_MODELLED] = {"~", "~", TOP_WARN},
        [TOP_IDLE_SENSOR] = {"·", ".", TOP_DIM}, [TOP_ABSENT] = {"-", "-", TOP_DIM},
    };
    top_put(canvas, row, col, 1, marks[standing].style, top_sign(canvas, marks[standing].utf8, marks[standing].ascii));
}

/* What stands behind the power: that it is estimated, how it is used, how good it is. */
static const char *remark(const struct top_canvas *canvas, const struct top_channel *channel, char *buffer, size_t size)
{
    char error[TOP_NUMBER], limit[TOP_NUMBER] = "", number[TOP_NUMBER];

    if (strcmp(channel->status, "ok") != 0) {
        jb_snprintf(buffer, size, "%s%s%s", channel->status, channel->reason[0] != '\0' ? ": " : "", channel->reason);
        return buffer;
    }
    if (channel->limit_w > 0) {
        jb_snprintf(limit, sizeof(limit), " of %s", top_power(channel->limit_w, number));
    }
    const char *role = channel->in_total ? "" : channel->twin_of[0] != '\0' ? " twin" : " not added";
    jb_snprintf(buffer, size, "%s%s%s %s%s", limit[0] != '\0' ? limit + 1 : "", limit[0] != '\0' ? " " : "",
                channel->modelled ? "est." : "ok", top_percent_sigma(canvas, channel->rel_error, 1, error), role);
    return buffer;
}

static void draw_channel(struct top_canvas *canvas, int row, struct top_area area, const struct top_channel *channel)
{
    char power[TOP_NUMBER], shown[TOP_NUMBER], text[512];
    int name = area.cols >= 100 ? 28 : area.cols >= 70 ? 20 : 12, source = area.cols >= 60 ? 15 : 0;
    int col = area.col;
    bool ok = strcmp(channel->status, "ok") == 0;

    mark(canvas, row, col + 1, top_channel_standing(channel));
    col += 3;
    jb_copy(text, sizeof(text), top_device_names[channel->device]);
    if (channel->unit >= 0) {
        jb_snprintf(text, sizeof(text), "%s%d", top_device_names[channel->device], channel->unit);
    }
    top_put(canvas, row, col, 5, top_device_style(channel->device), text);
    col += 6;
    top_put(canvas, row, col, name, TOP_PLAIN, channel->name[0] != '\0' ? channel->name : channel->id);
    col += name + 1;
    if (source > 0) {
        top_put(canvas, row, col, source - 1, TOP_DIM, channel->source);
        col += source;
    }
    if (ok) {
        jb_snprintf(shown, sizeof(shown), "%s%s", channel->modelled && channel->power_w >= 0 ? "~" : "",
                    top_power(channel->power_w, power));
        top_put_right(canvas, row, col, 8, TOP_PLAIN, shown);
        col += 9;
    }
    top_put(canvas, row, col, area.col + area.cols - col, ok ? TOP_DIM : TOP_PLAIN,
            remark(canvas, channel, text, sizeof(text)));
}

static void draw_source(struct top_canvas *canvas, int row, struct top_area area, const struct top_source_state *source)
{
    mark(canvas, row, area.col + 1, top_source_standing(source));
    int used = top_put(canvas, row, area.col + 3, area.cols >= 100 ? 36 : 24, TOP_PLAIN,
                       source->title[0] != '\0' ? source->title : source->source);
    top_printf(canvas, row, area.col + 4 + used, area.cols - 4 - used, TOP_DIM, "%s%s%s", source->status,
               source->reason[0] != '\0' ? ": " : "", source->reason);
}

static void draw_line(struct top_canvas *canvas, int row, struct top_area area, const struct top_view *view,
                      unsigned short which, int line)
{
    if (line == 1) {
        int used = top_put(canvas, row, area.col + 5, area.cols - 5, TOP_DIM, fix_prefix);
        top_put(canvas, row, area.col + 5 + used, area.cols - 5 - used, TOP_WARN, fix_of(view, which));
    } else if (which < TOP_MAX_CHANNELS) {
        draw_channel(canvas, row, area, &view->channels[which]);
    } else {
        draw_source(canvas, row, area, &view->sources[which - TOP_MAX_CHANNELS]);
    }
}

/* How many stand how, in the head of the pane. */
static void head(struct top_canvas *canvas, struct top_area area, int width, const struct top_scene *scene,
                 const struct top_rows *rows)
{
    const struct top_view *view = scene->view;
    int counts[TOP_ABSENT + 1] = {0};
    char more[128] = "";

    for (size_t i = 0; i < rows->sensor_count; i++) {
        unsigned short row = rows->sensors[i];
        counts[row < TOP_MAX_CHANNELS ? top_channel_standing(&view->channels[row])
                                      : top_source_standing(&view->sources[row - TOP_MAX_CHANNELS])]++;
    }
    if (counts[TOP_MODELLED] > 0) {
        jb_snprintf(more, sizeof(more), ", %d est.", counts[TOP_MODELLED]);
    }
    if (counts[TOP_FAILED] > 0) {
        size_t length = strlen(more);
        jb_snprintf(more + length, sizeof(more) - length, ", %d failed", counts[TOP_FAILED]);
    }
    if (counts[TOP_MENDABLE] > 0) {
        size_t length = strlen(more);
        jb_snprintf(more + length, sizeof(more) - length, ", %d to mend", counts[TOP_MENDABLE]);
    }
    top_printf(canvas, area.row, area.col, width, TOP_BOLD, "%s Sensors: %d measured%s; by %s",
               scene->state->pane == TOP_PANE_SENSORS && !scene->once ? ">" : " ",
               counts[TOP_MEASURED] + counts[TOP_IDLE_SENSOR], more, top_sensor_sort_names[scene->state->sensor_sort]);
}

void top_draw_sensors(struct top_canvas *canvas, struct top_area area, const struct top_scene *scene,
                      const struct top_rows *rows)
{
    const struct top_view *view = scene->view;
    struct top_list *list = &scene->state->lists[TOP_PANE_SENSORS];
    bool focused = scene->state->pane == TOP_PANE_SENSORS && !scene->once;
    int count = top_sensor_lines(view, rows), shown = area.rows - 1, from = 0, at = 0;
    size_t selected = top_row_selected(view, rows, TOP_PANE_SENSORS, scene->state);

    head(canvas, area, count > shown ? area.cols - COUNT : area.cols, scene, rows);
    if (rows->sensor_count == 0) {
        top_put(canvas, area.row + 1, area.col + 2, area.cols - 2, TOP_PLAIN, "none was found; why: joulebook doctor");
        return;
    }
    for (size_t i = 0; i < selected; i++) {
        from += lines_of(view, rows->sensors[i]);
    }
    top_list_settle(list, from, from + lines_of(view, rows->sensors[selected]), count, shown);
    for (size_t i = 0; i < rows->sensor_count; i++) {
        for (int line = 0; line < lines_of(view, rows->sensors[i]); line++, at++) {
            int row = area.row + 1 + at - list->first;
            if (at < list->first || at >= list->first + shown) {
                continue;
            }
            draw_line(canvas, row, area, view, rows->sensors[i], line);
            if (focused && i == selected) {
                top_restyle(canvas, row, area.col, area.cols, TOP_SELECTED);
            }
        }
    }
    if (count > shown) {
        top_printf(canvas, area.row, area.col + area.cols - COUNT + 1, COUNT - 1, TOP_DIM, "%d-%d of %d",
                   list->first + 1, list->first + shown < count ? list->first + shown : count, count);
    }
}
