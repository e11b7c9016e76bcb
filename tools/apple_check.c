/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apple_check.c - what the Apple driver sees on this Mac: every channel, what it drew over a second, and the list in
 * the form in which tests/machines keep a Mac. The whole program does not run on macOS yet; this shows whether the
 * driver does. Built by tools/cross_macos.sh.
 */
#include "base/diag.h"
#include "sensor/apple/apple.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const struct jb_sensor_driver jb_sensor_apple;

/* In the place of apple_files.c: there is no recorded machine here. */
int jb_apple_files_open(const struct jb_sensor_env *env, void *state, const struct jb_apple_place **ret,
                        struct jb_diag *diag)
{
    (void)env, (void)state, (void)ret;
    return jb_fail(diag, -ENODEV, "this looks at the real machine only");
}

static void take(struct jb_source *source, struct jb_reading *readings, size_t capacity)
{
    struct jb_sink sink = {.readings = readings, .capacity = capacity};

    source->driver->read(source, &sink);
}

static void show(const struct jb_source *source, const struct jb_reading *first, const struct jb_reading *last)
{
    for (int i = 0, at = 0; i < source->channel_count; i++) {
        const struct jb_channel *channel = &source->channels[i];

        if (channel->status != JB_OK) {
            printf("%-16s %s: %s\n", channel->id, channel->path, channel->reason);
            continue;
        }
        const struct jb_reading *a = &first[at], *b = &last[at++];
        double uj = ((double)b->raw - (double)a->raw) * (double)channel->unit_num / (double)channel->unit_den;
        double us = (double)(b->t_after_ns - a->t_after_ns) / 1e3;
        printf("%-16s %s: %s, %" PRIu64 ", %.3f W\n", channel->id, channel->path, jb_status_name(b->status), b->raw,
               uj / us);
    }
}

int main(void)
{
    struct jb_channel channels[JB_MAX_CHANNELS] = {0};
    struct jb_reading first[JB_MAX_CHANNELS] = {0}, last[JB_MAX_CHANNELS] = {0};
    struct jb_sensor_env env = {0};
    struct jb_diag diag = {0};
    struct jb_source source = {.driver = &jb_sensor_apple, .env = &env, .channels = channels};

    source.priv = calloc(1, jb_sensor_apple.priv_size);
    if (source.priv == NULL || jb_sensor_apple.open(&source, &diag) < 0) {
        fprintf(stderr, "apple_check: %s\n", source.priv == NULL ? "out of memory" : diag.text);
        free(source.priv);
        return 1;
    }
    take(&source, first, JB_MAX_CHANNELS);
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    take(&source, last, JB_MAX_CHANNELS);
    show(&source, first, last);
    jb_sensor_apple.close(&source);
    free(source.priv);
    return 0;
}
