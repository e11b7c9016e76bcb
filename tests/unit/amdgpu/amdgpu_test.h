/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_test.h - made-up AMD cards for the tests of this folder, on top of the trees of tests/unit/sensor.
 */
#ifndef JB_TESTS_AMDGPU_H
#define JB_TESTS_AMDGPU_H

#include "../sensor/tree.h"

#include "sensor/amdgpu/amdgpu.h"

#define MI250  0x740c
#define RX7900 0x744c

struct blob {
    uint8_t bytes[4096];
    size_t size;
};

/* A gpu_metrics of that layout in which nothing is told. */
static inline struct blob blob_make(size_t size, unsigned int format, unsigned int content)
{
    struct blob blob = {.size = size};
    memset(blob.bytes, 0xff, size);
    blob.bytes[0] = (uint8_t)(size & 0xff);
    blob.bytes[1] = (uint8_t)(size >> 8);
    blob.bytes[2] = (uint8_t)format;
    blob.bytes[3] = (uint8_t)content;
    return blob;
}

static inline void blob_set(struct blob *blob, size_t at, size_t bytes, uint64_t value)
{
    assert_true(at + bytes <= blob->size);
    for (size_t i = 0; i < bytes; i++) {
        blob->bytes[at + i] = (uint8_t)(value >> (8 * i));
    }
}

/* As aldebaran_ppt.c fills it. */
static inline struct blob blob_v1_3(uint64_t power_w, uint64_t energy)
{
    struct blob blob = blob_make(120, 1, 3);
    blob_set(&blob, 22, 2, power_w);
    blob_set(&blob, 24, 8, energy);
    return blob;
}

static inline void put_blob(const struct tree *tree, const char *path, const struct blob *blob, size_t size)
{
    char full[PATH_MAX];
    tree_write(tree, path, "");
    tree_path(tree, path, full);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0 && write(fd, blob->bytes, size) == (ssize_t)size);
    close(fd);
}

static inline const char *card_file(unsigned int number, const char *file)
{
    static char path[256];
    snprintf(path, sizeof(path), "/sys/class/drm/card%u/device/%s", number, file);
    return path;
}

/* A card with its hwmon; files for what it tells are the test's. */
static inline void put_card(const struct tree *tree, unsigned int number, unsigned int id, const char *pci)
{
    char uevent[256];
    snprintf(uevent, sizeof(uevent), "DRIVER=amdgpu\nPCI_CLASS=38000\nPCI_ID=1002:%04X\nPCI_SLOT_NAME=%s\n", id, pci);
    tree_write(tree, card_file(number, "uevent"), uevent);
    tree_write(tree, card_file(number, "hwmon/hwmon4/name"), "amdgpu\n");
}

static inline void put_metrics(const struct tree *tree, unsigned int number, struct blob blob)
{
    put_blob(tree, card_file(number, "gpu_metrics"), &blob, blob.size);
}

#endif
