/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a made-up machine in a folder of its own, and a source that looks at it. For the tests of this folder.
 */
#ifndef JB_TESTS_TREE_H
#define JB_TESTS_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../folder.h"
#include "base/diag.h"
#include "hardware/hardware.h"
#include "sensor/sensor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char root[64];
    struct jb_machine machine;
    struct jb_perf_ops perf;
    struct jb_sensor_env env;
    struct jb_channel channels[JB_MAX_CHANNELS];
    struct jb_source source;
    struct jb_reading readings[256];
    struct jb_sink sink;
    struct jb_diag diag;
};

static inline void tree_path(const struct tree *tree, const char *path, char *full)
{
    assert_true(snprintf(full, PATH_MAX, "%s%s", tree->root, path) < PATH_MAX);
}

static inline void tree_folder(const struct tree *tree, const char *path)
{
    char full[PATH_MAX];
    tree_path(tree, path, full);
    for (char *slash = full + strlen(tree->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(full, 0755) < 0) {
            assert_int_equal(errno, EEXIST);
        }
        *slash = '/';
    }
    if (mkdir(full, 0755) < 0) {
        assert_int_equal(errno, EEXIST);
    }
}

static inline void tree_write(const struct tree *tree, const char *path, const char *text)
{
    char full[PATH_MAX];
    tree_path(tree, path, full);
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    tree_folder(tree, folder);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void tree_remove(const struct tree *tree, const char *path)
{
    char full[PATH_MAX];
    tree_path(tree, path, full);
    assert_int_equal(unlink(full), 0);
}

static inline int tree_setup(void **state)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    assert_non_null(tree);
    strcpy(tree->root, "/tmp/jb-sensor-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    assert_int_equal(chmod(tree->root, 0755), 0);
    jb_perf_ops_init(&tree->perf, tree->root);
    tree->env = (struct jb_sensor_env){.root = tree->root, .machine = &tree->machine, .perf = &tree->perf};
    tree->machine.cpu.sockets = 1;
    *state = tree;
    return 0;
}

static inline void tree_close(struct tree *tree)
{
    if (tree->source.driver && tree->source.driver->close) {
        tree->source.driver->close(&tree->source);
    }
    free(tree->source.priv);
    memset(&tree->source, 0, sizeof(tree->source));
}

static inline int tree_teardown(void **state)
{
    struct tree *tree = *state;
    tree_close(tree);
    folder_remove(tree->root);
    free(tree);
    return 0;
}

/* Open `driver` on the tree; a source that was open before is closed. */
static inline int tree_open(struct tree *tree, const struct jb_sensor_driver *driver, const char *spec)
{
    tree_close(tree);
    memset(tree->channels, 0, sizeof(tree->channels));
    jb_diag_clear(&tree->diag);
    tree->source = (struct jb_source){.driver = driver,
                                      .env = &tree->env,
                                      .spec = spec,
                                      .channels = tree->channels,
                                      .priv = calloc(1, driver->priv_size)};
    assert_non_null(tree->source.priv);
    return driver->open(&tree->source, &tree->diag);
}

/* The same as somebody whom permission bits apply to: they do not to root. */
static inline int tree_open_as_nobody(struct tree *tree, const struct jb_sensor_driver *driver)
{
    bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(seteuid(65534), 0);
    }
    int result = tree_open(tree, driver, NULL);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    return result;
}

static inline void tree_read(struct tree *tree)
{
    tree->sink = (struct jb_sink){.readings = tree->readings, .capacity = 256};
    tree->source.driver->read(&tree->source, &tree->sink);
    assert_int_equal(tree->sink.dropped, 0);
}

/* The channel with that id; fails the test when there is none or more than one. */
static inline const struct jb_channel *tree_channel(const struct tree *tree, const char *id)
{
    const struct jb_channel *found = NULL;
    for (int i = 0; i < tree->source.channel_count; i++) {
        if (strcmp(tree->channels[i].id, id) == 0) {
            assert_null(found);
            found = &tree->channels[i];
        }
    }
    if (!found) {
        print_message("no channel %s\n", id);
    }
    assert_non_null(found);
    return found;
}

static inline int tree_index(const struct tree *tree, const char *id)
{
    return (int)(tree_channel(tree, id) - tree->channels);
}

static inline int tree_has(const struct tree *tree, const char *id)
{
    for (int i = 0; i < tree->source.channel_count; i++) {
        if (strcmp(tree->channels[i].id, id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The one reading of that channel in the last tree_read(). */
static inline const struct jb_reading *tree_reading(const struct tree *tree, const char *id)
{
    int channel = tree_index(tree, id);
    const struct jb_reading *found = NULL;
    for (size_t i = 0; i < tree->sink.count; i++) {
        if (tree->readings[i].channel == channel) {
            assert_null(found);
            found = &tree->readings[i];
        }
    }
    assert_non_null(found);
    return found;
}

#endif
