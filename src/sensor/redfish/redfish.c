/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish.c - what the machine takes in, as its BMC says over the network: [redfish].
 *
 * Documented in redfish_json.h. Odd: an answer takes a BMC up to some seconds, so that it is asked each 5 s; what the
 * power is a mean of is not told. Credentials go to the host of the URL alone (base/http.h), and not as plain text
 * unless the configuration insists. Below a root nothing is asked, as with plugs.
 */
#include "sensor/node.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/http.h"
#include "base/text.h"
#include "sensor/redfish/redfish_find.h"

#include <errno.h>
#include <stdio.h>

#define PERIOD_NS  (5 * JB_NS_PER_S)
#define TIMEOUT_NS (4 * JB_NS_PER_S) /* below the patience of a lane */

/* Redfish has a property for it (Sensor.Accuracy) that the power of a chassis does not show. As with IPMI: 5 %, what
 * the meters of power supplies are built to. */
#define REL_ERROR 0.05

struct state {
    struct jb_redfish redfish;
    int channel;
};

static int connect_bmc(struct jb_source *source, struct jb_diag *diag)
{
    static const char *const headers[] = {"Accept: application/json", "OData-Version: 4.0", NULL};
    struct state *state = source->priv;
    const struct jb_sensor_settings *settings = source->env->settings;
    const struct jb_http_config config = {.user = settings->redfish_user,
                                          .password = settings->redfish_password,
                                          .ca_file = settings->redfish_ca,
                                          .insecure = settings->redfish_insecure,
                                          .timeout_ns = TIMEOUT_NS,
                                          .headers = headers};
    int err = jb_redfish_base(settings->redfish_url, settings->redfish_password != NULL, settings->redfish_insecure,
                              state->redfish.base, sizeof(state->redfish.base), diag);
    if (err == 0) {
        err = jb_http_create(&config, &state->redfish.http, diag);
    }
    if (err == 0) {
        err = jb_redfish_find(&state->redfish, diag);
    }
    if (err == -EKEYREJECTED && diag && !diag->fix[0]) {
        jb_fix(diag, "set ca in [redfish] to a file with the BMC's certificate, or that of who signed it");
    }
    return err;
}

static void tell(const struct jb_redfish *redfish, struct jb_channel *channel)
{
    char path[sizeof(redfish->base) + JB_REDFISH_PATH];
    snprintf(path, sizeof(path), "%s%s", redfish->base, redfish->count == 1 ? redfish->meters[0].path : "");
    jb_copy(channel->path, sizeof(channel->path), path);
    jb_sanitise(channel->path);
    if (redfish->count > 1) {
        snprintf(channel->note, sizeof(channel->note), "sum of %d chassis", redfish->count);
    }
}

static int redfish_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    if (!env->settings || !env->settings->redfish_url) {
        jb_fail(diag, -ENODEV, "not configured");
        jb_fix(diag, "set url in [redfish] of the configuration: joulebook.conf(5)");
        return -ENODEV;
    }
    if (!jb_root_is_real(env->root)) {
        return jb_fail(diag, -ENODEV, "not asked: this is not the machine of that BMC");
    }
    return 0;
}

static int redfish_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    int glance = redfish_glance(source->env, diag);
    if (glance < 0) {
        return glance;
    }
    struct jb_channel *channel = jb_node_add(source, "node/redfish", "BMC, Redfish", "");
    if (!channel) {
        return jb_fail(diag, -ENOMEM, "no room for a channel");
    }
    state->channel = (int)(channel - source->channels);
    channel->refresh_ns = PERIOD_NS;
    channel->rel_error = REL_ERROR;
    struct jb_diag why = {0};
    int err = connect_bmc(source, &why);
    if (err < 0) {
        jb_node_refuse(channel, err == -EPERM ? -EINVAL : err, "%.180s", why.text);
        jb_copy(channel->fix, sizeof(channel->fix), why.fix);
    }
    tell(&state->redfish, channel);
    return jb_source_result(source, "", diag);
}

static void redfish_read(struct jb_source *source, struct jb_sink *sink)
{
    struct state *state = source->priv;
    if (source->channel_count == 0 || source->channels[state->channel].status != JB_OK) {
        return;
    }
    uint64_t uw = 0;
    uint64_t before_ns = jb_mono_ns();
    int err = jb_redfish_ask(&state->redfish, &uw, NULL);
    uint64_t after_ns = jb_mono_ns();
    if (err == 0) {
        jb_emit(sink, state->channel, before_ns, after_ns, uw);
    } else {
        jb_emit_failure(sink, state->channel, after_ns, JB_FAILED); /* the BMC may come back */
    }
}

static void redfish_close(struct jb_source *source)
{
    struct state *state = source->priv;
    jb_http_destroy(state->redfish.http);
    state->redfish.http = NULL;
}

const struct jb_sensor_driver jb_sensor_redfish = {
    .name = "redfish",
    .title = "BMC by Redfish",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = redfish_glance,
    .open = redfish_open,
    .read = redfish_read,
    .close = redfish_close,
};
