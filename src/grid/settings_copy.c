/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_copy.c - settings with their texts behind them, in one piece. Documented in settings.h.
 */
#include "grid/settings.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS (2 + 5 * JB_MAX_PROVIDERS)

/* Where the settings point to text. */
static void find_texts(struct jb_grid_settings *settings, const char **ret[TEXTS])
{
    size_t count = 0;
    ret[count++] = &settings->providers;
    ret[count++] = &settings->ca_file;
    for (size_t i = 0; i < JB_MAX_PROVIDERS; i++) {
        struct jb_access *access = &settings->access[i];
        ret[count++] = &access->url;
        ret[count++] = &access->token;
        ret[count++] = &access->user;
        ret[count++] = &access->password;
        ret[count++] = &access->region;
    }
}

/* One piece: this, and the texts. */
struct piece {
    size_t size;
    struct jb_grid_settings settings;
};

struct jb_grid_settings *jb_grid_settings_copy(const struct jb_grid_settings *settings)
{
    struct jb_grid_settings own = *settings;
    const char **texts[TEXTS];
    size_t size = sizeof(struct piece);
    find_texts(&own, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        size += *texts[i] != NULL ? strlen(*texts[i]) + 1 : 0;
    }
    struct piece *piece = malloc(size);
    if (piece == NULL) {
        return NULL;
    }
    *piece = (struct piece){.size = size, .settings = own};
    find_texts(&piece->settings, texts);
    char *end = (char *)(piece + 1);
    for (size_t i = 0; i < TEXTS; i++) {
        if (*texts[i] != NULL) {
            size_t length = strlen(*texts[i]) + 1;
            *texts[i] = memcpy(end, *texts[i], length);
            end += length;
        }
    }
    return &piece->settings;
}

void jb_grid_settings_free(struct jb_grid_settings *copy)
{
    if (copy == NULL) {
        return;
    }
    struct piece *piece = (struct piece *)((char *)copy - offsetof(struct piece, settings));
    explicit_bzero(piece, piece->size);
    free(piece);
}
