/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose.c - "rapl-perf,nvml", "-cpu-model", "fake:watts=10,fake:watts=20": which drivers to open. Grammar in meter.h.
 *
 * The order of the text does not matter: preference is the registry's, so that the same joules are taken from the same
 * source however they were asked for.
 */
#include "meter/choose.h"

#include "base/diag.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define MAX_DRIVERS 64

struct wanted {
    struct jb_choice *choices;
    size_t count, max;
};

static int find(const char *name, struct jb_diag *diag)
{
    const char *names[MAX_DRIVERS + 1];
    int count = 0;
    for (; count < MAX_DRIVERS && jb_sensor_drivers[count]; count++) {
        names[count] = jb_sensor_drivers[count]->name;
        if (jb_streq(names[count], name)) {
            return count;
        }
    }
    names[count] = NULL;
    char shown[40];
    jb_copy(shown, sizeof(shown), name);
    jb_sanitise(shown);
    const char *nearest = jb_nearest(name, names);
    jb_fail(diag, -EINVAL, "there is no sensor \"%s\"", shown);
    if (nearest) {
        jb_fix(diag, "did you mean %s?", nearest);
    } else {
        jb_fix(diag, "`joulebook doctor` lists the sensors");
    }
    return -EINVAL;
}

static int add(struct wanted *wanted, int preference, const char *spec, bool unasked, struct jb_diag *diag)
{
    const struct jb_sensor_driver *driver = jb_sensor_drivers[preference];
    if (spec && !driver->test) {
        return jb_fail(diag, -EINVAL, "sensor %s takes no options", driver->name);
    }
    /* One piece of hardware is opened once; of made-up ones there may be many. */
    for (size_t i = 0; i < wanted->count && !driver->test; i++) {
        if (wanted->choices[i].driver == driver) {
            return 0;
        }
    }
    if (wanted->count >= wanted->max) {
        return jb_fail(diag, -EINVAL, "more than %zu sensors", wanted->max);
    }
    wanted->choices[wanted->count++] =
        (struct jb_choice){.driver = driver, .preference = preference, .spec = spec, .unasked = unasked};
    return 0;
}

static int add_defaults(struct wanted *wanted, const bool *removed, struct jb_diag *diag)
{
    for (int i = 0; i < MAX_DRIVERS && jb_sensor_drivers[i]; i++) {
        int err = jb_sensor_drivers[i]->test || removed[i] ? 0 : add(wanted, i, NULL, true, diag);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static int parse_item(struct wanted *wanted, char *item, bool *removed, bool *ret_any_removed, struct jb_diag *diag)
{
    item = jb_trim(item);
    bool away = *item == '-';
    item += away;
    char *spec = strchr(item, ':');
    if (spec) {
        *spec++ = '\0';
    }
    if (!*item) {
        return jb_fail(diag, -EINVAL, "the list of sensors has an empty name");
    }
    int index = find(item, diag);
    if (index < 0) {
        return index;
    }
    if (!away) {
        return add(wanted, index, spec, false, diag);
    }
    if (spec) {
        return jb_fail(diag, -EINVAL, "-%s takes no options", item);
    }
    removed[index] = true;
    *ret_any_removed = true;
    return 0;
}

/* Stable: of test drivers that repeat, the order of the text stays. */
static void sort_by_preference(struct jb_choice *choices, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct jb_choice choice = choices[i];
        size_t to = i;
        for (; to > 0 && choices[to - 1].preference > choice.preference; to--) {
            choices[to] = choices[to - 1];
        }
        choices[to] = choice;
    }
}

int jb_choose(char *text, struct jb_choice *ret, size_t max, struct jb_diag *diag)
{
    struct wanted wanted = {.choices = ret, .max = max};
    bool removed[MAX_DRIVERS] = {false};
    bool any_removed = false;
    for (char *item = text, *next; item; item = next) {
        next = strchr(item, ',');
        if (next) {
            *next++ = '\0';
        }
        int err = parse_item(&wanted, item, removed, &any_removed, diag);
        if (err < 0) {
            return err;
        }
    }
    if (!text || any_removed) {
        int err = add_defaults(&wanted, removed, diag);
        if (err < 0) {
            return err;
        }
    }
    sort_by_preference(ret, wanted.count);
    return (int)wanted.count;
}
