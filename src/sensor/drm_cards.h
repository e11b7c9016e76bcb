/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm_cards.h - the graphics cards that the kernel's DRM drivers show, for the drivers amdgpu and intel_gpu.
 *
 * Every card that is a PCI device of one of the kernel drivers asked for, in the order of PCI addresses, which is the
 * same in every run (the N of cardN is not). Nodes that are no PCI device of their own are left out: connectors
 * ("card0-DP-1"), render nodes, and the partitions of a divided accelerator (amdgpu's xcp nodes are platform devices),
 * so that a card that is shown many times is found once.
 */
#ifndef JB_SENSOR_DRM_CARDS_H
#define JB_SENSOR_DRM_CARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_diag;
struct jb_sensor_env;
struct jb_source;

#define JB_DRM_MAX_CARDS 32

struct jb_drm_card {
    unsigned int number; /* N of cardN */
    char device[64];     /* "/sys/class/drm/card0/device" */
    char driver[16];     /* "amdgpu", "i915", "xe" */
    char pci[16];        /* "0000:03:00.0", lower case */
    unsigned int vendor, id;
    char hwmon[96]; /* "/sys/class/drm/card0/device/hwmon/hwmon3", whose name is the driver's; empty: has none */
};

/* Names of the kernel drivers, ends with NULL. The number of cards, at most `max`. */
size_t jb_drm_cards(const char *root, const char *const *drivers, struct jb_drm_card *ret, size_t max);

/* Is the card asleep? Then no register of it may be read: that would wake it, or be refused. A card whose state the
 * kernel does not tell (no runtime power management) is awake. `status_fd` is of device/power/runtime_status, or -1. */
bool jb_drm_asleep(int status_fd);

/* A changing file of the card, as jb_counter_open(); -ENOENT when the folder is "" (a card without hwmon). */
int jb_drm_open(const struct jb_sensor_env *env, const char *folder, const char *file);

/* The largest of some power limits in microwatts: files of `folder`, ends with NULL. 0 where none can be believed; 0 is
 * also what a limit that is switched off says. Asks the hardware. */
uint64_t jb_drm_limit_uw(const struct jb_sensor_env *env, const char *folder, const char *const *files);

/* What the board of that name may draw by the table, in microwatts; 0: it does not know. */
uint64_t jb_drm_table_limit_uw(const char *name);

/* open()'s result: 0 when a channel can be used, else the reason of the channel to blame, with the card's name;
 * `absent` when there are no channels. */
int jb_drm_verdict(const struct jb_source *source, const char *absent, struct jb_diag *diag);

#endif
