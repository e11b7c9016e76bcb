/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intel_gpu_card.c - who an Intel card is, and what it counts.
 *
 * Documented in Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon and -xe-hwmon. xe counts a card (energy1,
 * "card") and the chip's package (energy2, "pkg"), older ones only one of them; i915 counts "the entire device", which
 * on Arc A-series is the register of the package (i915_hwmon.c, hwm_get_preregistration_info). A card counts as the
 * accelerator and its package, which it contains, as a part of it; a package without its card stands for it.
 *
 * Odd: the number is the kernel's own sum of the differences of a 32-bit register, made when somebody reads it. A
 * second wrap between two reads is lost in silence, and a register that starts anew (a card that woke from its deepest
 * sleep) adds a whole range. Its unit is not told: 2^-16 J, the finest of RAPL's, wraps soonest, after 65 536 J. With a
 * horizon of as much time as that lasts at full power, whatever is more than one range cannot pass for power. The sum
 * does not begin at 0 but at what the register holds when the driver is loaded.
 *
 * Errors, one sigma: no comparison with a meter is published. Of a card: 5 %, as of other boards' sensors (NVML, "+/-
 * 5%"). Of a package: memory, converters and fans are not in it ("we cannot measure the TGP/TBP using software tools",
 * Intel's article 000098460); how much they are is not said. Owners of an Arc A770 see a limit of 190 W for the chip of
 * a board that is sold with 225 W: 16 % less.
 */
#include "sensor/intel_gpu/intel_gpu.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WATT          UINT64_C(1000000)
#define LEAST_RANGE_J UINT64_C(65536)
#define MAX_POWER_UW  (900 * WATT) /* 1.5 x 600 W, the largest board (Data Center GPU Max 1550) */

/* pci.ids. */
static const struct {
    unsigned int id;
    const char *name;
} names[] = {
    {0x56a0, "Intel Arc A770 Graphics"}, {0x56a1, "Intel Arc A750 Graphics"}, {0x56a2, "Intel Arc A580 Graphics"},
    {0x56a5, "Intel Arc A380 Graphics"}, {0x56a6, "Intel Arc A310 Graphics"}, {0xe20b, "Intel Arc B580 Graphics"},
    {0xe20c, "Intel Arc B570 Graphics"},
};

bool jb_intel_gpu_integrated(const struct jb_drm_card *drm)
{
    return jb_streq(drm->pci, "0000:00:02.0");
}

static void write_name(struct jb_intel_gpu *gpu)
{
    snprintf(gpu->name, sizeof(gpu->name), "Intel GPU 0x%04x", gpu->drm.id);
    for (size_t i = 0; i < JB_COUNT(names); i++) {
        if (names[i].id == gpu->drm.id) {
            jb_copy(gpu->name, sizeof(gpu->name), names[i].name);
        }
    }
}

/* 1.5 times the largest limit, for the card and its package alike. */
static uint64_t max_power_uw(const struct jb_source *source, const struct jb_intel_gpu *gpu, bool asleep)
{
    static const char *const limits[] = {"power1_max",       "power1_rated_max", "power1_cap", "power2_max",
                                         "power2_rated_max", "power2_cap",       NULL};
    uint64_t limit_uw = asleep ? 0 : jb_drm_limit_uw(source->env, gpu->drm.hwmon, limits);
    uint64_t table_uw = jb_drm_table_limit_uw(gpu->name);
    limit_uw = table_uw > limit_uw ? table_uw : limit_uw;
    return limit_uw >= WATT ? limit_uw + limit_uw / 2 : MAX_POWER_UW;
}

/* Labels are constants of the kernel driver: reading one does not wake the card. */
static bool is_package(const struct jb_source *source, const struct jb_intel_gpu *gpu, int number)
{
    char path[128], label[16];
    snprintf(path, sizeof(path), "%s/energy%d_label", gpu->drm.hwmon, number);
    if (jb_root_read(source->env->root, path, label, sizeof(label)) > 0) {
        return jb_streq(label, "pkg");
    }
    return number == 2;
}

static void open_counters(const struct jb_source *source, struct jb_intel_gpu *gpu)
{
    gpu->card = gpu->package = (struct jb_intel_counter){.fd = -ENOENT, .channel = -1};
    for (int number = 1; number <= 2; number++) {
        char file[24];
        snprintf(file, sizeof(file), "energy%d_input", number);
        int fd = jb_drm_open(source->env, gpu->drm.hwmon, file);
        struct jb_intel_counter *counter = fd == -ENOENT                     ? NULL
                                           : is_package(source, gpu, number) ? &gpu->package
                                                                             : &gpu->card;
        if (counter && counter->fd == -ENOENT) {
            counter->fd = fd;
        } else if (fd >= 0) {
            close(fd);
        }
    }
}

/* How long the parts of the card slept tells how busy it can have been at most. */
static void open_idle(const struct jb_source *source, struct jb_intel_gpu *gpu)
{
    static const char *const files[] = {"tile0/gt0/gtidle/idle_residency_ms", "tile0/gt1/gtidle/idle_residency_ms",
                                        "tile1/gt2/gtidle/idle_residency_ms", "tile1/gt3/gtidle/idle_residency_ms"};
    for (int i = 0; i < JB_INTEL_GPU_MAX_GTS; i++) {
        char path[80];
        snprintf(path, sizeof(path), "/sys/class/drm/card%u/gt/gt%d/rc6_residency_ms", gpu->drm.number, i);
        gpu->idle_fd[i] = jb_streq(gpu->drm.driver, "xe") ? jb_drm_open(source->env, gpu->drm.device, files[i])
                                                          : jb_counter_open(source->env, path);
    }
}

static void refuse(struct jb_channel *channel, int err)
{
    if (err == -ENOENT) {
        channel->status = JB_UNSUPPORTED;
        snprintf(
            channel->reason, sizeof(channel->reason),
            "the kernel tells no energy of this card: i915 does since Linux 6.2, xe since 6.8, neither of all cards");
        return;
    }
    channel->status = err == -EACCES || err == -EPERM ? JB_DENIED : JB_UNSUPPORTED;
    snprintf(channel->reason, sizeof(channel->reason), "cannot read %.100s: %s", channel->path, strerror(-err));
    if (channel->status == JB_DENIED) {
        snprintf(channel->fix, sizeof(channel->fix), "ls -l %.120s   (the kernel makes it 0444; what took that away?)",
                 channel->path);
    }
}

/* A sleeping card is not asked: whether the counter works shows when it is awake. */
static int try_counter(struct jb_intel_counter *counter, bool asleep)
{
    if (counter->fd < 0) {
        return counter->fd;
    }
    return asleep ? 0 : jb_counter_read_first(counter->fd, &counter->raw);
}

static struct jb_channel *add(struct jb_source *source, struct jb_intel_gpu *gpu, const char *kind, int number,
                              uint64_t max_uw)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    gpu->first = gpu->first < 0 ? source->channel_count - 1 : gpu->first;
    snprintf(channel->id, sizeof(channel->id), "gpu/%s/%s", gpu->drm.pci, kind);
    jb_copy(channel->name, sizeof(channel->name), gpu->name);
    snprintf(channel->path, sizeof(channel->path), "%s/energy%d_input",
             gpu->drm.hwmon[0] ? gpu->drm.hwmon : gpu->drm.device, number);
    channel->method = JB_METHOD_COUNTER;
    channel->domain = JB_DOMAIN_GPU;
    channel->device = JB_DEVICE_GPU;
    channel->unit = gpu->unit;
    channel->max_power_uw = max_uw;
    channel->horizon_ns = LEAST_RANGE_J * JB_NS_PER_S / (max_uw / 1000) * 1000;
    channel->rel_error = 0.05;
    return channel;
}

/* The card, or a package that stands for it. */
static bool add_board(struct jb_source *source, struct jb_intel_gpu *gpu, bool asleep, uint64_t max_uw)
{
    bool xe = jb_streq(gpu->drm.driver, "xe");
    struct jb_intel_counter *counter = gpu->card.fd == -ENOENT ? &gpu->package : &gpu->card;
    struct jb_channel *channel = add(source, gpu, "board", counter == &gpu->package && xe ? 2 : 1, max_uw);
    if (!channel) {
        return false;
    }
    /* i915 counts the package of its cards; so did xe before it had labels, and one counter. */
    bool package = counter == &gpu->package || !xe || gpu->package.fd == -ENOENT;
    if (package) {
        channel->rel_error = 0.16;
        jb_copy(channel->note, sizeof(channel->note), "the chip's package: memory, converters and fans are not in it");
    }
    int err = try_counter(counter, asleep);
    if (err < 0) {
        refuse(channel, err);
    } else {
        counter->channel = source->channel_count - 1;
    }
    return true;
}

static bool add_package(struct jb_source *source, struct jb_intel_gpu *gpu, bool asleep, uint64_t max_uw)
{
    int board = source->channel_count - 1;
    struct jb_channel *channel = add(source, gpu, "package", 2, max_uw);
    if (!channel) {
        return false;
    }
    channel->domain = JB_DOMAIN_RAIL;
    channel->parent = board;
    int err = try_counter(&gpu->package, asleep);
    if (err < 0) {
        refuse(channel, err);
    } else {
        gpu->package.channel = source->channel_count - 1;
    }
    return true;
}

bool jb_intel_gpu_describe(struct jb_source *source, const struct jb_drm_card *drm, int unit, struct jb_intel_gpu *ret)
{
    *ret = (struct jb_intel_gpu){.drm = *drm, .unit = unit, .first = -1};
    write_name(ret);
    ret->status_fd = jb_drm_open(source->env, drm->device, "power/runtime_status");
    open_counters(source, ret);
    open_idle(source, ret);
    bool asleep = jb_drm_asleep(ret->status_fd);
    uint64_t max_uw = max_power_uw(source, ret, asleep);
    bool both = ret->card.fd != -ENOENT && ret->package.fd != -ENOENT;
    return add_board(source, ret, asleep, max_uw) && (!both || add_package(source, ret, asleep, max_uw));
}
