/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_spec.c - parses "watts=100:fault=gone:at=2s". The options are documented in fake.h.
 */
#include "sensor/fake_spec.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

typedef int (*set_fn)(struct jb_fake_spec *spec, char *value);

/* Index of `value` in names, or -EINVAL. */
static int choose(const char *value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (jb_streq(value, names[i])) {
            return (int)i;
        }
    }
    return -EINVAL;
}

static int watts_to_uw(const char *value, uint64_t *ret)
{
    double watts;
    int err = jb_parse_double(value, &watts);
    if (err < 0 || !(watts >= 0 && watts <= 1e9)) {
        return -EINVAL;
    }
    *ret = (uint64_t)(watts * 1e6 + 0.5);
    return 0;
}

static int small_int(const char *value, int least, int most, int *ret)
{
    int64_t number;
    int err = jb_parse_i64(value, &number);
    if (err < 0 || number < least || number > most) {
        return -EINVAL;
    }
    *ret = (int)number;
    return 0;
}

static int set_watts(struct jb_fake_spec *spec, char *value)
{
    return watts_to_uw(value, &spec->power_uw);
}

static int set_own(struct jb_fake_spec *spec, char *value)
{
    return watts_to_uw(value, &spec->own_uw);
}

static int set_domain(struct jb_fake_spec *spec, char *value)
{
    spec->node = jb_streq(value, "node");
    return spec->node ? 0 : -EINVAL;
}

static int set_idle(struct jb_fake_spec *spec, char *value)
{
    return watts_to_uw(value, &spec->idle_uw);
}

static int set_max(struct jb_fake_spec *spec, char *value)
{
    return watts_to_uw(value, &spec->max_power_uw);
}

static int set_kind(struct jb_fake_spec *spec, char *value)
{
    static const char *const names[] = {
        [JB_METHOD_COUNTER] = "counter", [JB_METHOD_INTEGRATED] = "power", [JB_METHOD_MODELLED] = "model"};
    int i = choose(value, names, JB_COUNT(names));
    spec->method = i < 0 ? spec->method : (enum jb_method)i;
    return i;
}

static int set_device(struct jb_fake_spec *spec, char *value)
{
    static const char *const names[] = {
        [JB_DEVICE_CPU] = "cpu", [JB_DEVICE_RAM] = "ram", [JB_DEVICE_GPU] = "gpu", [JB_DEVICE_BOARD] = "board"};
    int i = choose(value, names, JB_COUNT(names));
    spec->device = i < 0 ? spec->device : (enum jb_device)i;
    return i;
}

static int set_fault(struct jb_fake_spec *spec, char *value)
{
    static const char *const names[] = {
        [JB_FAKE_FINE] = "none",           [JB_FAKE_GONE] = "gone",
        [JB_FAKE_EACCES] = "eacces",       [JB_FAKE_NAN] = "nan",
        [JB_FAKE_FROZEN] = "frozen",       [JB_FAKE_RESET] = "reset",
        [JB_FAKE_BACKWARDS] = "backwards", [JB_FAKE_WILD] = "wild",
        [JB_FAKE_STALL] = "stall",         [JB_FAKE_HANG] = "hang",
        [JB_FAKE_HANG_OPEN] = "hang-open", [JB_FAKE_LATE] = "late",
    };
    int i = choose(value, names, JB_COUNT(names));
    spec->fault = i < 0 ? spec->fault : (enum jb_fake_fault)i;
    return i;
}

static int set_unit(struct jb_fake_spec *spec, char *value)
{
    return small_int(value, -1, 1023, &spec->unit);
}

static int set_die(struct jb_fake_spec *spec, char *value)
{
    return small_int(value, -1, 1023, &spec->die);
}

static int set_channels(struct jb_fake_spec *spec, char *value)
{
    return small_int(value, 1, JB_MAX_CHANNELS, &spec->channels);
}

static int set_scale(struct jb_fake_spec *spec, char *value)
{
    char *slash = strchr(value, '/');
    if (!slash) {
        return -EINVAL;
    }
    *slash = '\0';
    uint64_t num, den;
    if (jb_parse_u64(value, &num) < 0 || jb_parse_u64(slash + 1, &den) < 0 || !num || !den) {
        return -EINVAL;
    }
    spec->scale_num = num;
    spec->scale_den = den;
    return 0;
}

static int set_start(struct jb_fake_spec *spec, char *value)
{
    return jb_parse_u64(value, &spec->start_raw);
}

static int set_wrap(struct jb_fake_spec *spec, char *value)
{
    return jb_parse_u64(value, &spec->wrap);
}

static int set_error(struct jb_fake_spec *spec, char *value)
{
    double error;
    if (jb_parse_double(value, &error) < 0 || !(error >= 0 && error <= 10)) {
        return -EINVAL;
    }
    spec->rel_error = error;
    return 0;
}

static int set_pid(struct jb_fake_spec *spec, char *value)
{
    return small_int(value, 1, INT_MAX, &spec->pid);
}

static int set_busy(struct jb_fake_spec *spec, char *value)
{
    double busy;
    if (jb_parse_double(value, &busy) < 0 || !(busy >= 0 && busy <= 4)) { /* vendors do report more than 1 */
        return -EINVAL;
    }
    spec->busy_ppm = (uint32_t)(busy * 1e6 + 0.5);
    spec->busy_known = true;
    return 0;
}

static int set_at(struct jb_fake_spec *spec, char *value)
{
    return jb_duration_parse(value, &spec->at_ns, NULL);
}

static int set_for(struct jb_fake_spec *spec, char *value)
{
    return jb_duration_parse(value, &spec->for_ns, NULL);
}

static int set_update(struct jb_fake_spec *spec, char *value)
{
    return jb_duration_parse(value, &spec->update_ns, NULL);
}

static int set_jitter(struct jb_fake_spec *spec, char *value)
{
    return jb_duration_parse(value, &spec->jitter_ns, NULL);
}

static const struct {
    const char *name;
    set_fn set;
} options[] = {
    {"watts", set_watts},   {"kind", set_kind},         {"device", set_device}, {"unit", set_unit},
    {"die", set_die},       {"channels", set_channels}, {"scale", set_scale},   {"start", set_start},
    {"wrap", set_wrap},     {"max", set_max},           {"idle", set_idle},     {"error", set_error},
    {"pid", set_pid},       {"busy", set_busy},         {"fault", set_fault},   {"at", set_at},
    {"for", set_for},       {"own", set_own},           {"domain", set_domain}, {"update", set_update},
    {"jitter", set_jitter},
};

static int set_option(struct jb_fake_spec *spec, char *item, struct jb_diag *diag)
{
    char *value = strchr(item, '=');
    if (!value) {
        return jb_fail(diag, -EINVAL, "fake sensor: \"%s\" is not NAME=VALUE", item);
    }
    *value++ = '\0';
    const char *names[JB_COUNT(options) + 1];
    for (size_t i = 0; i < JB_COUNT(options); i++) {
        if (jb_streq(item, options[i].name)) {
            if (options[i].set(spec, value) < 0) {
                return jb_fail(diag, -EINVAL, "fake sensor: %s=%s makes no sense", item, value);
            }
            return 0;
        }
        names[i] = options[i].name;
    }
    names[JB_COUNT(options)] = NULL;
    const char *nearest = jb_nearest(item, names);
    jb_fail(diag, -EINVAL, "fake sensor: there is no option \"%s\"", item);
    if (nearest) {
        jb_fix(diag, "did you mean %s?", nearest);
    }
    return -EINVAL;
}

int jb_fake_spec_parse(const char *text, struct jb_fake_spec *ret, struct jb_diag *diag)
{
    struct jb_fake_spec spec = {
        .method = JB_METHOD_COUNTER,
        .device = JB_DEVICE_CPU,
        .power_uw = 10000000,
        .scale_num = 1,
        .scale_den = 1,
        .rel_error = 0.01,
        .die = -1,
        .channels = 1,
    };
    char copy[512];
    if (!jb_copy(copy, sizeof(copy), text ? text : "")) {
        return jb_fail(diag, -EINVAL, "fake sensor: more than %zu characters of options", sizeof(copy) - 1);
    }
    for (char *item = copy, *next; item && *item; item = next) {
        next = strchr(item, ':');
        if (next) {
            *next++ = '\0';
        }
        int err = set_option(&spec, item, diag);
        if (err < 0) {
            return err;
        }
    }
    if (spec.node) {
        spec.device = JB_DEVICE_BOARD;
        spec.unit = -1;
    }
    if (spec.max_power_uw == 0) {
        spec.max_power_uw = 10 * spec.power_uw + 1024 * spec.own_uw;
    }
    if (spec.wrap && spec.start_raw >= spec.wrap) {
        return jb_fail(diag, -EINVAL, "fake sensor: start is not below wrap");
    }
    if (spec.jitter_ns > spec.update_ns / 4) {
        return jb_fail(diag, -EINVAL, "fake sensor: jitter is more than a quarter of update");
    }
    *ret = spec;
    return 0;
}
