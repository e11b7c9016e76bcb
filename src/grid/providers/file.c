/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - intensities of the user's own, from a CSV file ([grid] file): a measured site, a contract, a replayed day.
 *
 * The format is told in point_file.h. No network. It serves every place: whoever names a file means this machine. A row
 * that begins after now is a forecast.
 *
 * What the figures are worth only the user knows. Without a column rel_error they are taken as they stand, with no
 * error of their own, as [grid] intensity is; an error that we made up would look like knowledge. Likewise nothing in
 * the file says whether it counts the life cycle: the figures are taken to be of the factor that is asked for ([grid]
 * factor).
 */
#include "grid/provider.h"
#include "grid/providers/point_file.h"
#include "grid/providers/providers.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>

#define HOUR_NS (3600 * JB_NS_PER_S)
#define YEAR_NS (366 * 24 * HOUR_NS) /* of one question; a file may hold more */

static bool serves(const struct jb_ask *ask)
{
    return ask->access.url != NULL && ask->access.url[0] != '\0';
}

static int put(const struct jb_ask *ask, struct jb_point point, struct jb_track *track, struct jb_diag *diag)
{
    point.provider = &jb_provider_file;
    point.flags |= (ask->direct ? JB_POINT_DIRECT : 0) | (point.start_ns > ask->now_ns ? JB_POINT_FORECAST : 0);
    int err = jb_track_put(track, &point);
    return err < 0 ? jb_fail(diag, err, "%s: too many rows for the time that was asked for", ask->access.url) : 0;
}

/* The first that ends after t; count when there is none. */
static size_t first_after(const struct jb_point_file *file, int64_t t_ns)
{
    size_t low = 0, high = file->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (file->points[middle].end_ns > t_ns) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static int put_latest(const struct jb_ask *ask, const struct jb_point_file *file, struct jb_track *track,
                      struct jb_diag *diag)
{
    size_t i = first_after(file, ask->now_ns);
    if (i == file->count || file->points[i].start_ns > ask->now_ns) {
        if (i == 0) {
            return jb_fail(diag, -ENODATA, "%s begins in the future", ask->access.url);
        }
        i--;
    }
    return put(ask, file->points[i], track, diag);
}

static int read_file(const struct jb_ask *ask, struct jb_track *track, struct jb_diag *diag)
{
    JB_CLEANUP(jb_point_file_finish) struct jb_point_file file = {0};
    int err = jb_point_file_read(ask->access.url, JB_FILE_INTENSITIES, &file, diag);
    if (err < 0) {
        return err;
    }
    if (ask->kind == JB_ASK_LATEST) {
        return put_latest(ask, &file, track, diag);
    }
    int64_t from_ns = ask->kind == JB_ASK_RANGE ? ask->from_ns : ask->now_ns;
    size_t count = 0;
    for (size_t i = first_after(&file, from_ns); i < file.count && file.points[i].start_ns < ask->to_ns; i++) {
        err = put(ask, file.points[i], track, diag);
        if (err < 0) {
            return err;
        }
        count++;
    }
    return count > 0 ? 0 : jb_fail(diag, -ENODATA, "%s has nothing for that time", ask->access.url);
}

const struct jb_provider jb_provider_file = {
    .name = "file",
    .title = "your file",
    .credit = "figures of your own file",
    .signal = JB_AVERAGE,
    .lifecycle = true,
    .direct = true,
    .period_ns = HOUR_NS,
    .max_span_ns = YEAR_NS,
    .forecast_ns = YEAR_NS,
    .serves = serves,
    .read = read_file,
};
