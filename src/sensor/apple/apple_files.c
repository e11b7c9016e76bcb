/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded Mac: the channels and their values as files below ROOT/apple (apple.h). */
#include "sensor/apple/apple.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX 16384

struct files {
    const struct jb_sensor_env *env;
    int indexes[JB_APPLE_MAX], fds[JB_APPLE_MAX];
    int count;
};
_Static_assert(sizeof(struct files) <= JB_APPLE_STATE, "the state of a place");

static int files_list(void *state, void (*found)(void *context, int index, const char *name, const char *unit),
                      void *context)
{
    const struct files *files = state;
    char text[LIST_MAX];
    ssize_t length = jb_root_read(files->env->root, "/apple/channels", text, sizeof(text));
    int index = 0;

    if (length < 0) {
        return (int)length;
    }
    for (char *line = text; line < text + length; index++) {
        char *end = line + strcspn(line, "\n");
        char *tab = memchr(line, '\t', (size_t)(end - line));
        *end = '\0';
        if (tab != NULL) {
            *tab = '\0';
            found(context, index, line, tab + 1);
        }
        line = end + 1;
    }
    return 0;
}

static int descriptor(struct files *files, int index)
{
    char path[32];

    for (int i = 0; i < files->count; i++) {
        if (files->indexes[i] == index) {
            return files->fds[i];
        }
    }
    if (files->count == JB_APPLE_MAX) {
        return -EMFILE;
    }
    snprintf(path, sizeof(path), "/apple/%d", index);
    int fd = jb_counter_open(files->env, path);
    if (fd >= 0) {
        files->indexes[files->count] = index;
        files->fds[files->count++] = fd;
    }
    return fd;
}

static int files_read(void *state, const int *indexes, int count, uint64_t *values)
{
    for (int i = 0; i < count; i++) {
        int fd = descriptor(state, indexes[i]);
        int error = fd < 0 ? fd : jb_counter_read(fd, &values[i]);

        if (error < 0) {
            return error;
        }
    }
    return 0;
}

static void files_close(void *state)
{
    struct files *files = state;

    while (files->count > 0) {
        close(files->fds[--files->count]);
    }
}

static const struct jb_apple_place place = {
    .list = files_list, .read = files_read, .close = files_close, .path = "/apple"};

int jb_apple_files_open(const struct jb_sensor_env *env, void *state, const struct jb_apple_place **ret,
                        struct jb_diag *diag)
{
    if (!jb_root_exists(env->root, "/apple/channels")) {
        return jb_fail(diag, -ENODEV, "the machine at %s is no Mac (no /apple/channels)", jb_root_name(env->root));
    }
    ((struct files *)state)->env = env;
    *ret = &place;
    return 0;
}
