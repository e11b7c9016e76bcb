/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu.h - private to this folder: the state of the driver for AMD GPUs and what its files offer each other.
 *
 * amdgpu.c          the driver: find the cards, open, close, who used them
 * amdgpu_card.c     who a card is: name, limits, package or board, which dies share a module
 * amdgpu_channels.c which of its ways of telling energy and power work; describe the channels
 * amdgpu_metrics.c  the gpu_metrics blob, all its layouts
 * amdgpu_read.c     one pass over all cards
 * amdgpu_kfd.c      who computes on a card through /dev/kfd
 */
#ifndef JB_SENSOR_AMDGPU_H
#define JB_SENSOR_AMDGPU_H

#include "sensor/drm_cards.h"
#include "sensor/drm_fdinfo.h"
#include "sensor/sensor.h"

/* Units of accelerators that only this driver finds are numbered from here on: two sources' GPUs of one number would
 * be taken for one GPU (ledger/overlap.h). */
#define JB_AMDGPU_UNIT_BASE JB_UNIT_UNLISTED

/* --- amdgpu_metrics.c -------------------------------------------------------------------------------------------- */

/* The kernel never hands out more of a gpu_metrics than a page, and what we need is in front. */
#define JB_AMDGPU_BLOB_SIZE 4096

/* Microjoules of one count of energy_accumulator: 2^-16 J = 15.2587890625 uJ ("15.259uJ (2^-16)" in
 * kgd_pp_interface.h), as an exact fraction. */
#define JB_AMDGPU_ENERGY_NUM 15625
#define JB_AMDGPU_ENERGY_DEN 1024

struct jb_amdgpu_metrics {
    unsigned int format, content; /* 1.x: a card; 2.x, 3.x: a package with CPUs in it */
    bool energy_unit_told;        /* the layout itself says what a count of energy is */
    bool has_energy, has_power, has_gfx_power;
    uint64_t energy;       /* counts */
    uint64_t power_uw;     /* of the card's socket, or of the package */
    uint64_t gfx_power_uw; /* of the graphics in a package */
};

/* -EBADMSG: cut short, or a header that cannot be; -ENOTSUP: a layout that is not known. Pure. */
int jb_amdgpu_metrics_parse(const uint8_t *blob, size_t length, struct jb_amdgpu_metrics *ret);

/* --- amdgpu_card.c ----------------------------------------------------------------------------------------------- */

/* What a card answered when it was first asked. */
struct jb_amdgpu_answers {
    bool asleep; /* was not asked */
    int metrics_err, hwmon_err;
    struct jb_amdgpu_metrics metrics;
};

enum jb_amdgpu_power_way { JB_AMDGPU_POWER_NONE, JB_AMDGPU_POWER_METRICS, JB_AMDGPU_POWER_HWMON };

struct jb_amdgpu_card {
    struct jb_drm_card drm;
    char name[96];
    int unit, socket; /* as an accelerator; as a package */
    bool apu;         /* its power is that of a package with CPUs in it */
    bool twin;        /* a kind of card with two dies on a module, one of which tells for both */
    bool second;      /* is the die that tells nothing */
    bool energy_unit; /* of this card, what a count of energy is, is documented */
    bool instinct;
    uint64_t limit_uw; /* the largest power limit; 0: not known */
    uint64_t idle_uw;  /* of the table; 0 */
    int primary;       /* index of the card that tells for this one: itself, but for a second die; -1: not known */
    int dies;          /* cards that this one tells for, itself too */

    struct jb_amdgpu_answers answers;
    int metrics_fd, power_fd, status_fd, busy_fd; /* or a negative errno */
    enum jb_amdgpu_power_way way;
    uint64_t power_step_uw; /* a reading of power is a multiple of this, and told in it */
    int energy, power, gfx; /* channels to be read; -1: none */
    int first;              /* its first channel, usable or not; -1: none */
};

struct jb_amdgpu {
    struct jb_amdgpu_card cards[JB_DRM_MAX_CARDS];
    char pci[JB_DRM_MAX_CARDS][16];
    int count;
    struct {
        uint64_t gpu_id;
        int card;
    } nodes[4 * JB_DRM_MAX_CARDS]; /* of KFD's topology: a divided card has several */
    int node_count;
    uint8_t blob[JB_AMDGPU_BLOB_SIZE];
    struct jb_drm_look look;
};

/* What can be said without asking the hardware: name, limits, whether it is a package. Opens nothing for good. */
void jb_amdgpu_identify(const struct jb_sensor_env *env, const struct jb_drm_card *drm, int unit,
                        struct jb_amdgpu_card *ret);

/* Which die tells for which, once it is known which are second ones. */
void jb_amdgpu_pair_dies(struct jb_amdgpu *amdgpu);

/* --- amdgpu_channels.c ------------------------------------------------------------------------------------------- */

/* Open the card's files and see what answers, unless the card is asleep. */
void jb_amdgpu_probe(struct jb_source *source, struct jb_amdgpu_card *card);
/* Add the card's channels; false: there is no room for more. */
bool jb_amdgpu_describe(struct jb_source *source, struct jb_amdgpu_card *card);

/* --- amdgpu_read.c ----------------------------------------------------------------------------------------------- */

/* The blob as it is now: 0, or a negative errno (-EAGAIN: the card is asleep). */
int jb_amdgpu_ask(struct jb_amdgpu *amdgpu, const struct jb_amdgpu_card *card, struct jb_amdgpu_metrics *ret);
void jb_amdgpu_read(struct jb_source *source, struct jb_sink *sink);

/* --- amdgpu_kfd.c ------------------------------------------------------------------------------------------------ */

/* Which of KFD's nodes are which cards. */
void jb_amdgpu_kfd_open(struct jb_amdgpu *amdgpu, const struct jb_sensor_env *env);
/* Add those who have compute queues to the look; -EAGAIN: none of them is a process of ours to see (a container). */
int jb_amdgpu_kfd_look(struct jb_amdgpu *amdgpu, const struct jb_sensor_env *env);

#endif
