/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.c - a copy of the environment for threads that may outlive who made it.
 *
 * A vendor call can hang for longer than the session lives. Its thread must then find everything it may still look at
 * where it left it, so a lane works on a copy of its own. Here and not in meter/, which knows nothing of machines.
 */
#include "sensor/sensor.h"

#include "hardware/hardware.h"
#include "sensor/privileged.h"

#include <stdlib.h>
#include <string.h>

/* One block for all, so that there is one thing to free. */
struct env_copy {
    struct jb_sensor_env env;
    struct jb_machine machine;
    struct jb_perf_ops perf;
    char *root, *perf_root, *nvml_path, *ring;
    struct jb_sensor_settings settings;
    char *texts[8]; /* of the settings */
};

static bool copy_text(const char *from, char **ret)
{
    if (!from) {
        return true;
    }
    *ret = strdup(from);
    return *ret != NULL;
}

static bool copy_settings(struct env_copy *copy, const struct jb_sensor_settings *from)
{
    struct jb_sensor_settings *to = &copy->settings;
    const char **fields[] = {&to->redfish_url, &to->redfish_user, &to->redfish_password, &to->redfish_ca,
                             &to->plug_kind,   &to->plug_address, &to->plug_user,        &to->plug_password};

    *to = *from;
    copy->env.settings = to;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *text = *fields[i];
        *fields[i] = NULL;
        if (!copy_text(text, &copy->texts[i])) {
            return false;
        }
        *fields[i] = copy->texts[i];
    }
    return true;
}

struct jb_sensor_env *jb_sensor_env_copy(const struct jb_sensor_env *env)
{
    struct env_copy *copy = calloc(1, sizeof(*copy));
    if (!copy) {
        return NULL;
    }
    if (!copy_text(env->root, &copy->root) || !copy_text(env->nvml_path, &copy->nvml_path) ||
        !copy_text(env->ring, &copy->ring) || (env->perf && !copy_text(env->perf->root, &copy->perf_root)) ||
        (env->settings && !copy_settings(copy, env->settings))) {
        jb_sensor_env_free(&copy->env);
        return NULL;
    }
    copy->env.root = copy->root;
    copy->env.nvml_path = copy->nvml_path;
    copy->env.ring = copy->ring;
    if (env->machine) {
        copy->machine = *env->machine;
        copy->env.machine = &copy->machine;
    }
    if (env->perf) {
        copy->perf = *env->perf;
        copy->perf.root = copy->perf_root;
        copy->perf.privileged = jb_privileged_ref(env->perf->privileged);
        copy->env.perf = &copy->perf;
    }
    copy->env.privileged = jb_privileged_ref(env->privileged);
    return &copy->env;
}

void jb_sensor_env_free(struct jb_sensor_env *env)
{
    if (!env) {
        return;
    }
    struct env_copy *copy = (struct env_copy *)env; /* its first member */
    free(copy->root);
    free(copy->perf_root);
    free(copy->nvml_path);
    free(copy->ring);
    for (size_t i = 0; i < sizeof(copy->texts) / sizeof(copy->texts[0]); i++) {
        if (copy->texts[i]) {
            explicit_bzero(copy->texts[i], strlen(copy->texts[i])); /* passwords are among them */
            free(copy->texts[i]);
        }
    }
    jb_privileged_unref(copy->perf.privileged);
    jb_privileged_unref(copy->env.privileged);
    free(copy);
}
