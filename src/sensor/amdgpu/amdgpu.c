/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu.c - AMD GPUs through the kernel alone: gpu_metrics and hwmon, without any library of ROCm.
 *
 * Documented in Documentation/gpu/amdgpu/ of Linux and kgd_pp_interface.h; sensors.md 4.3. Odd: a read may wait for the
 * card's firmware, and each one puts off the card's falling asleep, so this driver has a lane, and a card that sleeps
 * is left alone; two dies of an MI250 are one module; a chip with CPUs is a package and no accelerator of its own; a
 * divided MI300X shows many nodes and is one card (drm_cards.h).
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <unistd.h>

/* As often as NVIDIA's: steps of 100 ms are what the report resolves, and firmware is asked no more than that. */
#define PERIOD_NS UINT64_C(100000000)

#define AMD 0x1002

#define NO_CARD "no AMD GPU that the kernel's amdgpu driver runs"

static const char *const kernel_drivers[] = {"amdgpu", NULL};

static int glance_amdgpu(const struct jb_sensor_env *env, struct jb_diag *diag)
{
    struct jb_drm_card found[JB_DRM_MAX_CARDS];
    size_t count = jb_drm_cards(env->root, kernel_drivers, found, JB_DRM_MAX_CARDS);
    for (size_t i = 0; i < count; i++) {
        if (found[i].vendor == AMD) {
            return 0;
        }
    }
    return jb_fail(diag, -ENODEV, NO_CARD);
}

static int open_amdgpu(struct jb_source *source, struct jb_diag *diag)
{
    struct jb_amdgpu *amdgpu = source->priv;
    struct jb_drm_card found[JB_DRM_MAX_CARDS];
    size_t count = jb_drm_cards(source->env->root, kernel_drivers, found, JB_DRM_MAX_CARDS);
    for (size_t i = 0; i < count; i++) {
        if (found[i].vendor == AMD) {
            struct jb_amdgpu_card *card = &amdgpu->cards[amdgpu->count];
            jb_amdgpu_identify(source->env, &found[i], JB_AMDGPU_UNIT_BASE + amdgpu->count, card);
            jb_copy(amdgpu->pci[amdgpu->count++], sizeof(amdgpu->pci[0]), found[i].pci);
            jb_amdgpu_probe(source, card);
        }
    }
    jb_amdgpu_pair_dies(amdgpu);
    for (int i = 0; i < amdgpu->count && jb_amdgpu_describe(source, &amdgpu->cards[i]); i++) {
    }
    jb_amdgpu_kfd_open(amdgpu, source->env);
    return jb_drm_verdict(source, NO_CARD, diag);
}

static void close_amdgpu(struct jb_source *source)
{
    struct jb_amdgpu *amdgpu = source->priv;
    for (int i = 0; i < amdgpu->count; i++) {
        struct jb_amdgpu_card *card = &amdgpu->cards[i];
        int *const open_fds[] = {&card->metrics_fd, &card->power_fd, &card->status_fd, &card->busy_fd};
        for (size_t k = 0; k < JB_COUNT(open_fds); k++) {
            if (*open_fds[k] >= 0) {
                close(*open_fds[k]);
            }
            *open_fds[k] = -1;
        }
    }
}

/* How busy the card was, in ppm; -1: not known. */
static int64_t total_ppm(const struct jb_amdgpu_card *card)
{
    uint64_t percent;
    if (jb_drm_asleep(card->status_fd)) {
        return 0;
    }
    return card->busy_fd >= 0 && jb_counter_read(card->busy_fd, &percent) == 0 && percent <= 100
               ? (int64_t)percent * 10000
               : -1;
}

/* The channel under which the users of a card are told: for a package its graphics, which are all that they use. */
static int channel_of(const struct jb_amdgpu_card *card)
{
    if (card->apu) {
        return card->gfx;
    }
    return card->energy >= 0 || card->power >= 0 ? card->first : -1;
}

static bool has_users(const struct jb_amdgpu *amdgpu)
{
    for (int i = 0; i < amdgpu->count; i++) {
        if (channel_of(&amdgpu->cards[i]) >= 0) {
            return true;
        }
    }
    return false;
}

/* "Nobody is listed" means "nobody used it" (sensor.h): where not everybody fits or can be known, nothing is said. */
static int processes_amdgpu(struct jb_source *source, struct jb_gpu_use *ret, size_t max)
{
    struct jb_amdgpu *amdgpu = source->priv;
    size_t count = 0;
    if (!has_users(amdgpu)) {
        return -ENOTSUP; /* a package is used like any CPU */
    }
    jb_drm_look(&amdgpu->look, source->env, (const char(*)[16])amdgpu->pci, (size_t)amdgpu->count);
    int err = jb_amdgpu_kfd_look(amdgpu, source->env);
    for (int i = 0; i < amdgpu->count && err == 0; i++) {
        const struct jb_amdgpu_card *card = &amdgpu->cards[i];
        const struct jb_amdgpu_card *primary = card->primary >= 0 ? &amdgpu->cards[card->primary] : NULL;
        int channel = primary ? channel_of(primary) : -1;
        if (channel < 0) {
            continue;
        }
        size_t added = jb_drm_look_uses(&amdgpu->look, i, channel, total_ppm(card), ret + count, max - count);
        for (size_t k = count; k < count + added; k++) {
            ret[k].busy_ppm /= (uint32_t)primary->dies; /* a die is half of its module */
        }
        count += added;
        err = count == max ? -EAGAIN : 0;
    }
    return err < 0 ? err : (int)count;
}

const struct jb_sensor_driver jb_sensor_amdgpu = {
    .name = "amdgpu",
    .title = "AMD GPUs through the kernel",
    .abi = JB_SENSOR_ABI,
    .unseen = true,
    .priv_size = sizeof(struct jb_amdgpu),
    .blocking = true,
    .period_ns = PERIOD_NS,
    .glance = glance_amdgpu,
    .open = open_amdgpu,
    .read = jb_amdgpu_read,
    .close = close_amdgpu,
    .processes = processes_amdgpu,
};
