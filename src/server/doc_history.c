/* SPDX-License-Identifier: Apache-2.0 */
/* GET api/v1/history: what the machine used over time. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "server/slices_json.h"
#include "store/history.h"

#define HOUR_MS     INT64_C(3600000)
#define WALL_MAX_MS (JB_WALL_MAX_NS / (int64_t)JB_NS_PER_MS)

struct window {
    int64_t t0_ms, t1_ms, px;
    size_t count;
};

/* The channels that are remembered of this machine, by number. */
struct known {
    struct jb_history_channel *channels;
    size_t count;
};

struct answer {
    struct window window;
    struct known known;
    struct jb_slice *slices;
    double *g_per_kwh;
    enum jb_history_level level;
};

static void answer_finish(struct answer *answer)
{
    free(answer->known.channels);
    free(answer->slices);
    free(answer->g_per_kwh);
}

static bool read_window(const struct jb_query *query, struct window *ret, struct jb_reply *reply)
{
    static const char *const names[] = {"t0", "t1", "px", "channel", NULL};
    int64_t now_ms = jb_wall_ns() / (int64_t)JB_NS_PER_MS;
    struct window window = {.t0_ms = -1, .t1_ms = now_ms, .px = JB_PX_DEFAULT};

    if (!jb_param_names(query, names, reply) || !jb_param_integer(query, "t0", 0, WALL_MAX_MS, &window.t0_ms, reply) ||
        !jb_param_integer(query, "t1", 0, WALL_MAX_MS, &window.t1_ms, reply) ||
        !jb_param_integer(query, "px", JB_PX_MIN, JB_PX_MAX, &window.px, reply)) {
        return false;
    }
    if (window.t0_ms < 0) {
        window.t0_ms = window.t1_ms > HOUR_MS ? window.t1_ms - HOUR_MS : 0;
    }
    if (window.t1_ms <= window.t0_ms) {
        jb_reply_error(reply, 400, "t1 must be later than t0", NULL);
        return false;
    }
    *ret = window;
    return true;
}

static int remember(void *context, int number, const struct jb_history_channel *channel)
{
    struct known *known = context;

    if (number < 0 || number >= JB_HISTORY_CHANNELS) {
        return 0;
    }
    if ((size_t)number >= known->count) {
        size_t count = (size_t)number + 1;
        struct jb_history_channel *grown = realloc(known->channels, count * sizeof(*grown));
        if (grown == NULL) {
            return -ENOMEM;
        }
        memset(grown + known->count, 0, (count - known->count) * sizeof(*grown));
        known->channels = grown;
        known->count = count;
    }
    known->channels[number] = *channel;
    return 0;
}

static int ask(struct jb_store *store, const char *machine_id, struct answer *answer, struct jb_diag *diag)
{
    struct window *window = &answer->window;
    int error = jb_history_channels(store, machine_id, remember, &answer->known, diag);

    if (error < 0 || answer->known.count == 0) {
        return error;
    }
    size_t count = jb_slice_count(window->px, answer->known.count);
    answer->slices = calloc(answer->known.count * count, sizeof(*answer->slices));
    answer->g_per_kwh = calloc(count, sizeof(*answer->g_per_kwh));
    if (answer->slices == NULL || answer->g_per_kwh == NULL) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    window->count = count;
    return jb_history_slices(store, machine_id, window->t0_ms * (int64_t)JB_NS_PER_MS,
                             window->t1_ms * (int64_t)JB_NS_PER_MS, count, answer->known.count, answer->slices,
                             answer->g_per_kwh, &answer->level, diag);
}

static void channels_json(struct jb_json *json, const struct jb_query *query, const struct answer *answer)
{
    bool named = jb_query_get(query, "channel") != NULL;

    for (size_t i = 0; i < answer->known.count; i++) {
        const struct jb_history_channel *channel = &answer->known.channels[i];
        if (channel->id[0] == '\0' || !(named ? jb_param_has(query, "channel", channel->id) : channel->in_total)) {
            continue;
        }
        jb_json_open(json, NULL, '{');
        jb_json_string(json, "id", channel->id);
        jb_json_string(json, "device", channel->device);
        jb_json_string(json, "name", channel->name);
        jb_json_string(json, "source", channel->source);
        jb_json_string(json, "method", channel->method);
        jb_json_bool(json, "in_total", channel->in_total);
        jb_slices_json(json, answer->slices + i * answer->window.count, answer->window.count, false);
        jb_json_close(json, '}');
    }
}

static void write_answer(const struct answer *answer, const struct jb_query *query, struct jb_reply *reply)
{
    static const char *const levels[] = {"seconds", "minutes", "hours"};
    JB_CLEANUP(jb_buf_finish) struct jb_buf body = {0};
    const struct window *window = &answer->window;
    struct jb_json json;
    double length_ms = (double)(window->t1_ms - window->t0_ms);
    double step_ms = window->count > 0 ? length_ms / (double)window->count : NAN;
    bool leveled = window->count > 0 && (size_t)answer->level < JB_COUNT(levels);

    jb_document_begin(&json, &body);
    jb_json_integer(&json, "t0_ms", window->t0_ms);
    jb_json_integer(&json, "t1_ms", window->t1_ms);
    jb_json_number(&json, "step_s", step_ms / 1000);
    jb_json_string(&json, "level", leveled ? levels[answer->level] : NULL);
    jb_slice_middles(&json, "t_ms", (double)window->t0_ms, step_ms, window->count);
    jb_json_open(&json, "channels", '[');
    channels_json(&json, query, answer);
    jb_json_close(&json, ']');
    jb_brief_array(&json, "g_per_kwh", answer->g_per_kwh, window->count);
    jb_document_end(&json, reply);
}

void jb_document_history(struct jb_documents *documents, const struct jb_viewer *viewer, const char *rest,
                         const struct jb_query *query, const char *accept, struct jb_reply *reply)
{
    JB_CLEANUP(answer_finish) struct answer answer = {0};
    struct jb_store *store = NULL;
    struct jb_diag diag = {0};
    char machine_id[65];

    if (!read_window(query, &answer.window, reply)) {
        return;
    }
    const struct jb_board_view *view = jb_board_look(documents->config->board);
    memcpy(machine_id, view->machine_id, sizeof(machine_id));
    jb_board_release(documents->config->board);
    int error = jb_documents_store(documents, &store, &diag);
    if (error == 0) {
        error = ask(store, machine_id, &answer, &diag);
    }
    if (error < 0 && error != -ENOENT) {
        jb_document_fail(reply, error, &diag);
        return;
    }
    write_answer(&answer, query, reply);
}
