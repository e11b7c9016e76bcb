/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env.c - a copy of the environment for threads that may outlive who made it.
 *
 * A vendor call can hang for longer than the session lives. Its thread must then find everything it may still look at
 * where it left it, so a lane works on a copy of its own. Here and not in meter/, which knows nothing of machines.
 */
#include "sensor/sensor.h"

#include "hardware/hardware.h"

#include <stdlib.h>
#include <string.h>

/* One block for all, so that there is one thing to free. */
struct env_copy {
    struct jb_sensor_env env;
    struct jb_machine machine;
    struct jb_perf_ops perf;
    char *root, *perf_root, *nvml_path;
};

static bool copy_text(const char *from, char **ret)
{
    if (!from) {
        return true;
    }
    *ret = strdup(from);
    return *ret != NULL;
}

struct jb_sensor_env *jb_sensor_env_copy(const struct jb_sensor_env *env)
{
    struct env_copy *copy = calloc(1, sizeof(*copy));
    if (!copy) {
        return NULL;
    }
    if (!copy_text(env->root, &copy->root) || !copy_text(env->nvml_path, &copy->nvml_path) ||
        (env->perf && !copy_text(env->perf->root, &copy->perf_root))) {
        jb_sensor_env_free(&copy->env);
        return NULL;
    }
    copy->env.root = copy->root;
    copy->env.nvml_path = copy->nvml_path;
    if (env->machine) {
        copy->machine = *env->machine;
        copy->env.machine = &copy->machine;
    }
    if (env->perf) {
        copy->perf = *env->perf;
        copy->perf.root = copy->perf_root;
        copy->env.perf = &copy->perf;
    }
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
    free(copy);
}
