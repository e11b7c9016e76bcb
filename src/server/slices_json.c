/* SPDX-License-Identifier: Apache-2.0 */
/* Slices as arrays. See slices_json.h. */
#include "server/slices_json.h"

#include <math.h>

#include "base/cleanup.h"

size_t jb_slice_count(int64_t px, size_t channel_count)
{
    size_t most = JB_DOCUMENT_SLICES / (channel_count > 0 ? channel_count : 1);
    size_t count = (size_t)px < most ? (size_t)px : most;

    return count > JB_PX_MIN ? count : JB_PX_MIN;
}

void jb_slice_middles(struct jb_json *json, const char *key, double start, double step, size_t count)
{
    jb_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        jb_buf_puts(json->out, i > 0 ? "," : "");
        jb_brief(json->out, start + ((double)i + 0.5) * step);
    }
    jb_json_close(json, ']');
}

static double mean_w(const struct jb_slice *slice)
{
    return slice->energy_uj / 1e6 / (slice->covered_ns / 1e9);
}
static double min_w(const struct jb_slice *slice)
{
    return slice->min_w;
}
static double max_w(const struct jb_slice *slice)
{
    return slice->max_w;
}
static double run_w(const struct jb_slice *slice)
{
    return slice->run_uj / 1e6 / (slice->covered_ns / 1e9);
}

void jb_slices_json(struct jb_json *json, const struct jb_slice *slices, size_t count, bool with_run)
{
    static const struct {
        const char *key;
        double (*value)(const struct jb_slice *slice);
        bool of_run;
    } arrays[] = {{"mean_w", mean_w, false}, {"min_w", min_w, false}, {"max_w", max_w, false}, {"run_w", run_w, true}};
    double energy_uj = 0, covered_ns = 0;

    for (size_t k = 0; k < JB_COUNT(arrays); k++) {
        if (arrays[k].of_run && !with_run) {
            continue;
        }
        jb_json_open(json, arrays[k].key, '[');
        for (size_t i = 0; i < count; i++) {
            jb_buf_puts(json->out, i > 0 ? "," : "");
            jb_brief(json->out, slices[i].covered_ns > 0 ? arrays[k].value(&slices[i]) : NAN);
        }
        jb_json_close(json, ']');
    }
    for (size_t i = 0; i < count; i++) {
        energy_uj += slices[i].energy_uj;
        covered_ns += slices[i].covered_ns;
    }
    jb_json_number(json, "energy_j", covered_ns > 0 ? energy_uj / 1e6 : NAN);
}
