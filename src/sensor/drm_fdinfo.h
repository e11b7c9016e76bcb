/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm_fdinfo.h - how busy the clients of DRM drivers kept a graphics card, from /proc/PID/fdinfo. No driver: used by
 * amdgpu and intel_gpu.
 *
 * Documented in Documentation/gpu/drm-usage-stats.rst. Every open file of a DRM device tells the time that each kind
 * of engine worked for that client, as nanoseconds (drm-engine-*: i915, amdgpu) or as cycles out of all cycles
 * (drm-cycles-* of drm-total-cycles-*: xe). What holds:
 *  - a client (drm-client-id) that several descriptors or processes share is counted once, for the lowest pid;
 *  - a value that falls keeps its larger one until it is reached again, as the document asks;
 *  - how busy a process was is the largest share of any kind of engine, over all its clients; kinds work side by side,
 *    so where the shares of all processes sum up to more than 100 % they are scaled down to that;
 *  - the first look shows who is there; how busy they were is known from the second on;
 *  - a client whose driver tells no engines at all (i915 with GuC submission) is there, and no more is known;
 *  - one that did nothing since the last look is not listed, so that an idle desktop is no user of the card;
 *  - one that was born and died between two looks is not seen.
 *
 * A process that was there before the first look, or for a minute without opening a card, is looked into at each
 * eighth look only; new ones, and those that have a card open, at each. So a walk costs about as much as its readdir.
 *
 * Without privilege the files of other users' processes cannot be read. A look says whether it saw everybody.
 * Bounded: JB_DRM_MAX_PIDS processes, JB_DRM_MAX_FILES open files and JB_DRM_MAX_CLIENTS clients a look; beyond that it
 * did not see everybody, nor when a process has a card open whose kernel driver tells nothing (before Linux 5.19).
 * Nothing of a process is kept but its pid.
 */
#ifndef JB_SENSOR_DRM_FDINFO_H
#define JB_SENSOR_DRM_FDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jb_gpu_use;
struct jb_sensor_env;

#define JB_DRM_MAX_ENGINES 12
#define JB_DRM_MAX_CLIENTS 512
#define JB_DRM_MAX_USES    512
#define JB_DRM_MAX_PIDS    16384
#define JB_DRM_MAX_FILES   65536

struct jb_drm_engine {
    char name[20];
    bool cycles;          /* busy and total are cycles; else busy is nanoseconds, and there is no total */
    uint64_t busy, total; /* cumulative */
    uint64_t capacity;    /* how many engines of this kind there are, at least 1 */
};

/* What one fdinfo file says. */
struct jb_drm_fdinfo {
    char driver[16]; /* "amdgpu", "i915", "xe" */
    char pci[16];    /* "0000:03:00.0"; empty where it is not told */
    bool has_client;
    uint64_t client;
    size_t engine_count;
    struct jb_drm_engine engines[JB_DRM_MAX_ENGINES];
};

/* -ENOENT: not of a DRM device. Lines that are not understood are passed over; of two with one key the first counts.
 * Pure. */
int jb_drm_fdinfo_parse(const char *text, size_t length, struct jb_drm_fdinfo *ret);

/* --- Looking at all processes ------------------------------------------------------------------------------------ */

struct jb_drm_client {
    uint64_t id;
    int device;
    int32_t pid;
    bool seen, old;     /* in this look; in an earlier one too */
    bool known;         /* share_ppm is */
    uint32_t share_ppm; /* since the last look */
    size_t engine_count;
    struct jb_drm_engine engines[JB_DRM_MAX_ENGINES]; /* largest values so far */
};

/* A process as the last look left it. */
struct jb_drm_pid {
    int32_t pid;
    uint8_t age;                 /* in looks, up to that of an old process */
    bool scanned, denied, holds; /* looked into; refused; had a card open */
};

struct jb_drm_use {
    int device; /* index of the address asked for */
    int32_t pid;
    bool known;
    uint32_t busy_ppm; /* of the whole device, all processes together at most 1 000 000 */
};

/* State from look to look and the result of the last one. Zero-initialise; about 600 KiB, no pointers. */
struct jb_drm_look {
    struct jb_drm_use uses[JB_DRM_MAX_USES]; /* by device, then by pid, one entry each */
    size_t use_count;
    bool complete; /* every process of the machine was seen */
    uint64_t t0_ns, t1_ns;

    struct jb_drm_client clients[JB_DRM_MAX_CLIENTS];
    size_t client_count;
    struct jb_drm_pid known[2][JB_DRM_MAX_PIDS]; /* of the last look and of this one, in turn */
    size_t known_count;
    uint64_t looks;
    size_t pids, files; /* looked at, in this look */
    char text[8192];
};

/* Look at all processes for clients of the devices at pci[0..count), which are of the kernel driver `driver`. */
void jb_drm_look(struct jb_drm_look *look, const struct jb_sensor_env *env, const char (*pci)[16], size_t count);

/* Say that `pid` uses the device in ways that DRM does not count (KFD queues): how busy it is, is not known. False:
 * there is no more room. */
bool jb_drm_look_add_unknown(struct jb_drm_look *look, int device, int32_t pid);

/*
 * What a look says of one device, as sensor.h wants it, in front of `channel`; the number of entries written.
 *
 * total_ppm is how busy the device was, by whomever, or -1 where nothing tells. Where not everybody was seen, and the
 * device was more than 10 % (of 100) busier than those who were seen explain, or nothing tells, an entry with pid 0
 * stands for those whom we may not see: nobody can then be told to have had the device alone.
 */
size_t jb_drm_look_uses(const struct jb_drm_look *look, int device, int channel, int64_t total_ppm,
                        struct jb_gpu_use *ret, size_t max);

#endif
