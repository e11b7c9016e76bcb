/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opened.c - open and close one driver. A driver that failed keeps its channels: they say why, for the doctor.
 */
#include "meter/opened.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jb_opened_init(struct jb_opened *opened, const struct jb_sensor_driver *driver, const struct jb_sensor_env *env,
                   const char *spec)
{
    memset(opened, 0, sizeof(*opened));
    for (int i = 0; i < JB_MAX_CHANNELS; i++) {
        opened->mirror_of[i] = -1;
    }
    opened->result = -EINPROGRESS;
    opened->source.driver = driver;
    opened->source.env = env;
    opened->source.spec = spec;
    opened->source.channels = calloc(JB_MAX_CHANNELS, sizeof(*opened->source.channels));
    opened->source.priv = calloc(1, driver->priv_size ? driver->priv_size : 1);
    if (!opened->source.channels || !opened->source.priv) {
        jb_opened_finish(opened);
        return -ENOMEM;
    }
    return 0;
}

void jb_opened_open(struct jb_opened *opened)
{
    struct jb_source *source = &opened->source;
    if (source->driver->abi != JB_SENSOR_ABI) {
        opened->result = jb_fail(&opened->diag, -EPROTO, "%s was made for another version", source->driver->name);
        return;
    }
    int result = source->driver->open(source, &opened->diag);
    if (result < 0) {
        if (source->driver->close) {
            source->driver->close(source);
        }
        if (!opened->diag.text[0]) {
            jb_fail(&opened->diag, result, "%s: %s", source->driver->name, strerror(-result));
        }
        opened->result = result;
        return;
    }
    jb_diag_clear(&opened->diag);
    opened->result = 0;
    (void)jb_mirror_detect(source, opened->mirror_of);
}

void jb_opened_finish(struct jb_opened *opened)
{
    struct jb_source *source = &opened->source;
    if (opened->result == 0 && source->driver && source->driver->close) {
        source->driver->close(source);
    }
    free(source->channels);
    free(source->priv);
    memset(opened, 0, sizeof(*opened));
    opened->result = -EINPROGRESS;
}
