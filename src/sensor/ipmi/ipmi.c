/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipmi.c - what the machine takes in, as its BMC says by DCMI's Get Power Reading.
 *
 * Documented in dcmi.h and bmc.h. Odd: a request takes the BMC 30 to 400 ms and fails now and then, so that a failure
 * is that reading's only; whole watts; what "current" power is a mean of differs by maker and is told by none, a second
 * or more. Whoever may open /dev/ipmi0 controls the BMC altogether, so nothing opens it for us.
 */
#include "sensor/node.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/ipmi/bmc.h"
#include "sensor/ipmi/dcmi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS        3000 /* below the patience of a lane */
#define PERIOD_NS         JB_NS_PER_S
#define LONGEST_WINDOW_MS 10000
#define WATT              UINT64_C(1000000)

/* DCMI states no accuracy and no comparison that covers more than one maker was found. 5 % is what the meters of power
 * supplies are built to, as with Cray's; steps of 1 W are small beside it. */
#define REL_ERROR 0.05

struct state {
    struct jb_bmc bmc;
    int channel;
};

static int ask(struct jb_source *source, uint8_t command, uint8_t *ret)
{
    static const uint8_t capabilities[] = {JB_DCMI_GROUP, 0x01};      /* parameter: supported capabilities */
    static const uint8_t power[] = {JB_DCMI_GROUP, 0x01, 0x00, 0x00}; /* mode: system power statistics */
    struct state *state = source->priv;
    bool of_power = command == JB_DCMI_POWER;
    return jb_bmc_ask(&state->bmc, source->env, JB_DCMI_NETFN, command, of_power ? power : capabilities,
                      of_power ? sizeof(power) : sizeof(capabilities), ret, JB_DCMI_ANSWER, TIMEOUT_MS);
}

static void refuse(struct jb_channel *channel, int err, const uint8_t *answer, const char *what)
{
    if (err == -ENOTSUP || err == -EAGAIN) {
        jb_node_refuse(channel, err, "the BMC refuses %s: %s (0x%02X)", what, jb_dcmi_code(answer[0]), answer[0]);
    } else if (err == -EBADMSG) {
        jb_node_refuse(channel, err, "the BMC answers %s with something else", what);
    } else {
        jb_node_refuse(channel, err == -ENOENT ? -ENOTSUP : err, "%s: %s", what, strerror(-err));
    }
}

/* Does the BMC speak DCMI, and measure power? A hiccup of the reading alone is none of the BMC's ability. */
static void probe(struct jb_source *source, struct jb_channel *channel)
{
    uint8_t answer[JB_DCMI_ANSWER] = {0};
    unsigned version = 0;
    struct jb_dcmi_power power;
    int length = ask(source, JB_DCMI_CAPABILITIES, answer);
    int err = length < 0 ? length : jb_dcmi_parse_version(answer, (size_t)length, &version);
    if (err < 0) {
        refuse(channel, err, answer, "DCMI's Get Capabilities");
        return;
    }
    snprintf(channel->name, sizeof(channel->name), "BMC, DCMI %u.%u", version >> 8, version & 0xFF);
    length = ask(source, JB_DCMI_POWER, answer);
    err = length < 0 ? length : jb_dcmi_parse_power(answer, (size_t)length, &power);
    if (err == -EAGAIN || err == -ETIMEDOUT) {
        jb_copy(channel->note, sizeof(channel->note), "the BMC did not tell its power when it was first asked");
        return;
    }
    if (err < 0) {
        refuse(channel, err, answer, "DCMI's Get Power Reading");
    } else if (!power.active) {
        jb_node_refuse(channel, -ENOTSUP, "the BMC does not measure power (DCMI: not active)");
    } else if (power.period_ms > 0 && power.period_ms <= LONGEST_WINDOW_MS) {
        channel->window_ns = power.period_ms * JB_NS_PER_MS;
    }
}

static int tell_absence(const char *root, struct jb_diag *diag)
{
    jb_fail(diag, -ENODEV, "no BMC to be asked: there is no /dev/ipmi0");
    if (jb_root_exists(root, "/sys/firmware/dmi/entries/38-0") || jb_root_exists(root, "/sys/module/ipmi_si") ||
        jb_root_exists(root, "/sys/module/ipmi_ssif")) { /* SMBIOS type 38 is "IPMI device information" */
        jb_fix(diag, "sudo modprobe -a ipmi_si ipmi_devintf");
    }
    return -ENODEV;
}

static int ipmi_glance(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    return jb_bmc_exists(env) ? 0 : tell_absence(env->root, diag);
}

static int ipmi_open(struct jb_source *source, struct jb_diag *diag)
{
    struct state *state = source->priv;
    int err = jb_bmc_open(&state->bmc, source->env);
    if (err == -ENOENT || err == -ENXIO || err == -ENODEV) {
        return tell_absence(source->env->root, diag);
    }
    struct jb_channel *channel = jb_node_add(source, "node/ipmi", "BMC, DCMI", state->bmc.path);
    if (!channel) {
        return jb_fail(diag, -ENOMEM, "no room for a channel");
    }
    state->channel = (int)(channel - source->channels);
    channel->unit_num = WATT;
    channel->refresh_ns = PERIOD_NS;
    channel->rel_error = REL_ERROR;
    if (err < 0) {
        jb_node_refuse(channel, err, "cannot open %s: %s", state->bmc.path, strerror(-err));
        if (channel->status == JB_DENIED) {
            snprintf(channel->fix, sizeof(channel->fix),
                     "sudo setfacl -m u:$(id -un):rw %s   (until reboot; gives this user full control of the BMC)",
                     state->bmc.path);
        }
    } else {
        probe(source, channel);
    }
    return jb_source_result(source, "", diag);
}

static void ipmi_read(struct jb_source *source, struct jb_sink *sink)
{
    const struct state *state = source->priv;
    uint8_t answer[JB_DCMI_ANSWER];
    struct jb_dcmi_power power;
    if (source->channel_count == 0 || source->channels[state->channel].status != JB_OK) {
        return;
    }
    uint64_t before_ns = jb_mono_ns();
    int length = ask(source, JB_DCMI_POWER, answer);
    uint64_t after_ns = jb_mono_ns();
    int err = length < 0 ? length : jb_dcmi_parse_power(answer, (size_t)length, &power);
    if (err == 0 && power.active && power.now_w > 0 &&
        power.now_w < UINT16_MAX) { /* who asks takes more than nothing */
        jb_emit(sink, state->channel, before_ns, after_ns, power.now_w);
    } else {
        jb_emit_failure(sink, state->channel, after_ns, JB_FAILED);
    }
}

static void ipmi_close(struct jb_source *source)
{
    struct state *state = source->priv;
    jb_bmc_close(&state->bmc);
}

const struct jb_sensor_driver jb_sensor_ipmi = {
    .name = "ipmi",
    .title = "BMC by IPMI DCMI",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct state),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = ipmi_glance,
    .open = ipmi_open,
    .read = ipmi_read,
    .close = ipmi_close,
};
