/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plug.c - the meter between the machine and the wall, which the configuration names: [plug].
 *
 * What they speak is documented in plug_json.h and mcp.h. Odd: plugs are on the network and know passwords only over
 * http, so that whoever listens there learns them; an outlet that shows 0 W cannot be the one of a machine that asks,
 * so that is a failure. Below a root nothing is asked: a recorded tree must not make us talk to anybody, and today's
 * meter is not that machine's.
 */
#include "sensor/node.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/http.h"
#include "base/text.h"
#include "sensor/plug/mcp.h"
#include "sensor/plug/plug_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERIOD_NS      JB_NS_PER_S
#define TIMEOUT_MS     3000 /* below the patience of a lane */
#define LINE_MS        500  /* an answer of 11 bytes takes 1 ms and the chip some more */
#define LIMIT          (64 * 1024)
#define SINGLE_PHASE_W 4000 /* 16 A at 250 V: what an outlet gives */

/* One way to ask a kind of plug. The first that tells a power is kept. */
static const struct way {
    const char *kind, *path, *name;
    enum jb_plug_answer answer;
    double rel_error;
} ways[] = {
    /* The chips state 0.2 to 0.3 % (HLW8012, BL0937, BL0942 data sheets); what a plug adds by its shunt and factory
     * calibration is told by no maker. 2 % is ours for these, 3 % for Tasmota, whose calibration is left to its user.
     */
    {"shelly", "/rpc/Switch.GetStatus?id=0", "Shelly", JB_PLUG_SHELLY_RPC, 0.02},
    {"shelly", "/rpc/PM1.GetStatus?id=0", "Shelly", JB_PLUG_SHELLY_RPC, 0.02},
    {"shelly", "/status", "Shelly, first generation", JB_PLUG_SHELLY_STATUS, 0.02},
    {"tasmota", "/cm?cmnd=Status%208", "Tasmota", JB_PLUG_TASMOTA, 0.03},
    {"gude", "/status.json?components=81920", "GUDE", JB_PLUG_GUDE, 0.02}, /* 0x10000 descriptions, 0x4000 values */
};

/* 0.5 % of active power by its data sheet, on a board of the maker's whose shunts are of 1 %. */
#define MCP_REL_ERROR 0.01

struct state {
    struct jb_http *http;
    const struct way *way;
    char url[256];
    int line, channel; /* line: descriptor plus 1; 0: none */
};

static bool join(const char *address, const char *path, char *to, size_t size)
{
    size_t length = strlen(address);
    while (length > 0 && address[length - 1] == '/') {
        length--;
    }
    int written = snprintf(to, size, "%.*s%s", (int)(length < size ? length : size), address, path);
    return written > 0 && (size_t)written < size;
}

/* -EACCES: it wants a password, or another; -EPROTO: an HTTP status that is none of success, then in *ret_status. */
static int ask_http(struct state *state, const struct way *way, uint64_t *ret_uw, int *ret_status, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *body = NULL;
    size_t length = 0;
    int err = jb_http_get(state->http, state->url, ret_status, &body, &length, diag);
    if (err < 0) {
        return err;
    }
    if (*ret_status != 200) {
        return *ret_status == 401 || *ret_status == 403 ? -EACCES : -EPROTO;
    }
    return jb_plug_parse(way->answer, body, length, ret_uw);
}

static void refuse(struct jb_channel *channel, int err, int status, const struct jb_diag *why)
{
    switch (err) {
    case -EACCES:
        jb_node_refuse(channel, err, "the plug wants a password, or another one (HTTP %d)", status);
        jb_copy(channel->fix, sizeof(channel->fix), "set user and password in [plug] of the configuration");
        break;
    case -EPROTO:
        jb_node_refuse(channel, err, "the plug answers with HTTP %d", status);
        break;
    case -EBADMSG:
        jb_node_refuse(channel, err, "the plug's answer is not JSON");
        break;
    case -ENODATA:
        jb_node_refuse(channel, err, "the plug's answer tells no power: does it measure, is [plug] kind right?");
        break;
    case -ENOTSUP:
        jb_node_refuse(channel, err, "it has several outlets, and it is not known which is this machine's");
        break;
    case -ERANGE:
        jb_node_refuse(channel, err, "it shows no power of a running machine: is this machine plugged into it?");
        break;
    default:
        jb_node_refuse(channel, err == -ENOENT || err == -EACCES ? -EIO : err, "%.180s", why->text);
        jb_copy(channel->fix, sizeof(channel->fix), why->fix);
    }
}

static void open_http(struct jb_source *source, struct jb_channel *channel)
{
    struct state *state = source->priv;
    const struct jb_sensor_settings *settings = source->env->settings;
    const struct jb_http_config config = {.user = settings->plug_user,
                                          .password = settings->plug_password,
                                          .timeout_ns = TIMEOUT_MS * JB_NS_PER_MS,
                                          .limit = LIMIT};
    struct jb_diag why = {0};
    int status = 0, err = jb_http_create(&config, &state->http, &why);
    for (size_t i = 0; i < JB_COUNT(ways) && state->http && !state->way; i++) {
        uint64_t uw;
        if (!jb_streq(ways[i].kind, settings->plug_kind)) {
            continue;
        }
        if (!join(settings->plug_address, ways[i].path, state->url, sizeof(state->url))) {
            err = jb_fail(&why, -EINVAL, "[plug] address is too long");
            break;
        }
        err = ask_http(state, &ways[i], &uw, &status, &why);
        if (err == 0) {
            state->way = &ways[i];
        } else if (err != -EPROTO) {
            break; /* not a matter of the path */
        }
    }
    if (!state->way) {
        refuse(channel, err, status, &why);
        return;
    }
    snprintf(channel->name, sizeof(channel->name), "plug, %s", state->way->name);
    jb_copy(channel->path, sizeof(channel->path), state->url);
    jb_sanitise(channel->path);
    channel->rel_error = state->way->rel_error;
}

static void open_line(struct jb_source *source, struct jb_channel *channel)
{
    struct state *state = source->priv;
    uint64_t raw = 0;
    int fd = jb_mcp_open(source->env->root, channel->path);
    int err = fd < 0 ? fd : jb_mcp_ask(fd, LINE_MS, &raw);
    if (err < 0) {
        jb_node_refuse(channel, err == -ENOENT ? -EIO : err, "%.60s: %s", channel->path,
                       err == -ENOTTY || err == -EBADMSG ? "no MCP39F511N there" : strerror(-err));
        if (channel->status == JB_DENIED) {
            jb_copy(channel->fix, sizeof(channel->fix),
                    "sudo usermod -aG dialout \"$USER\"   (from the next login on)");
        }
        jb_closep(&fd);
        return;
    }
    state->line = fd + 1;
    channel->unit_num = JB_MCP_UNIT_UW;
    channel->rel_error = MCP_REL_ERROR;
    jb_copy(channel->name, sizeof(channel->name), "MCP39F511N");
    jb_copy(channel->note, sizeof(channel->note), "both outlets of the meter together");
}

static int plug_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    const struct jb_sensor_settings *settings = env->settings;
    if (!settings || !settings->plug_kind || !settings->plug_address) {
        jb_fail(diag, -ENODEV, "not configured");
        jb_fix(diag, "set kind and address in [plug] of the configuration: joulebook.conf(5)");
        return -ENODEV;
    }
    if (!jb_root_is_real(env->root)) {
        return jb_fail(diag, -ENODEV, "not asked: this is not the machine that is plugged into it");
    }
    return 0;
}

static int plug_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    const struct jb_sensor_settings *settings = source->env->settings;
    int err = plug_glance(source->env, diag);
    if (err < 0) {
        return err;
    }
    bool line = jb_streq(settings->plug_kind, "mcp39f511n");
    /* A URL may hold a password until it has been looked at. */
    struct jb_channel *channel =
        jb_node_add(source, "node/plug", "plug", line ? settings->plug_address : "[plug] address");
    if (!channel) {
        return jb_fail(diag, -ENOMEM, "no room for a channel");
    }
    state->channel = (int)(channel - source->channels);
    channel->max_power_uw = SINGLE_PHASE_W * UINT64_C(1000000);
    channel->refresh_ns = PERIOD_NS;
    if (line) {
        open_line(source, channel);
    } else {
        open_http(source, channel);
    }
    return jb_source_result(source, "", diag);
}

static void plug_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    if (source->channel_count == 0 || source->channels[state->channel].status != JB_OK) {
        return;
    }
    uint64_t raw = 0;
    int status;
    uint64_t before_ns = jb_mono_ns();
    int err =
        state->line ? jb_mcp_ask(state->line - 1, LINE_MS, &raw) : ask_http(state, state->way, &raw, &status, NULL);
    uint64_t after_ns = jb_mono_ns();
    if (err == 0 && raw > 0) {
        jb_emit(sink, state->channel, before_ns, after_ns, raw);
    } else {
        jb_emit_failure(sink, state->channel, after_ns, JB_FAILED); /* the network comes back */
    }
}

static void plug_close(struct jb_source *source)
{
    struct state *state = source->priv;
    jb_http_destroy(state->http);
    state->http = NULL;
    if (state->line) {
        close(state->line - 1);
        state->line = 0;
    }
}

const struct jb_sensor_driver jb_sensor_plug = {
    .name = "plug",
    .title = "smart plug or power meter at the wall",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = plug_glance,
    .open = plug_open,
    .read = plug_read,
    .close = plug_close,
};
