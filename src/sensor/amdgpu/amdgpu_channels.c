/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_channels.c - which of a card's ways of telling energy and power work, and the channels that come of it.
 *
 * A card gets a counter and a gauge wherever it has both: counters that stand still are known (rocm_smi_lib#180, MI100
 * in amdsmi#38), and the ledger finds them by the twin. A package with CPUs in it is described as that package, never
 * as an accelerator: "average power used by the SoC. On APUs this includes the CPU" (amdgpu/thermal), so it is the twin
 * of RAPL's package, and its graphics are a part of it.
 *
 * Errors, one sigma: nobody has published a comparison of these sensors with a meter that gives a figure for them. 5 %
 * is what NVIDIA promises of the same kind of sensor (NVML, power draw, "+/- 5%"); for cards other than Instinct,
 * where the kernel's words are "used by the SoC" and what lies around it on the board may be left out, it is doubled.
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WATT UINT64_C(1000000)

#define MAX_POWER_UW (2100 * WATT) /* 1.5 x 1400 W, the largest board of today (MI355X) */
#define MAX_CPUS_UW  (1000 * WATT) /* a package of unknown limit; as RAPL's */
#define REFRESH_NS   1000000       /* the firmware's loop; the kernel asks it anew after 1 ms (smu_cmn.c) */

static void open_files(struct jb_source *source, struct jb_amdgpu_card *card)
{
    card->status_fd = jb_drm_open(source->env, card->drm.device, "power/runtime_status");
    card->metrics_fd = jb_drm_open(source->env, card->drm.device, "gpu_metrics");
    card->busy_fd = jb_drm_open(source->env, card->drm.device, "gpu_busy_percent");
    card->power_fd = jb_drm_open(source->env, card->drm.hwmon, "power1_average");
    if (card->power_fd < 0) {
        card->power_fd = jb_drm_open(source->env, card->drm.hwmon, "power1_input");
    }
}

static void ask(struct jb_source *source, struct jb_amdgpu_card *card)
{
    struct jb_amdgpu_answers *ret = &card->answers;
    static const char *const limits[] = {"power1_cap", "power1_cap_default", "power1_cap_max", NULL};
    uint64_t power_uw = 0, limit_uw = jb_drm_limit_uw(source->env, card->drm.hwmon, limits);
    card->limit_uw = limit_uw ? limit_uw : card->limit_uw;
    ret->metrics_err = jb_amdgpu_ask(source->priv, card, &ret->metrics);
    ret->hwmon_err = card->power_fd < 0 ? card->power_fd : jb_counter_read_first(card->power_fd, &power_uw);
    const struct jb_amdgpu_metrics *metrics = &ret->metrics;
    card->apu = card->apu || (ret->metrics_err == 0 && metrics->format >= 2);
    card->way = ret->metrics_err == 0 && metrics->has_power ? JB_AMDGPU_POWER_METRICS
                : ret->hwmon_err == 0                       ? JB_AMDGPU_POWER_HWMON
                                                            : JB_AMDGPU_POWER_NONE;
    if (card->way == JB_AMDGPU_POWER_METRICS) {
        card->power_step_uw = metrics->format == 1 ? WATT : WATT / 1000;
    }
    card->energy_unit = card->energy_unit || metrics->energy_unit_told;
    card->second = card->twin && ret->metrics_err == 0 && metrics->has_power && metrics->power_uw == 0 &&
                   (!metrics->has_energy || metrics->energy == 0);
}

static struct jb_channel *add(struct jb_source *source, struct jb_amdgpu_card *card, const char *kind)
{
    struct jb_channel *channel = jb_source_add_channel(source);
    if (!channel) {
        return NULL;
    }
    card->first = card->first < 0 ? source->channel_count - 1 : card->first;
    snprintf(channel->id, sizeof(channel->id), "gpu/%s/%s", card->drm.pci, kind);
    jb_copy(channel->name, sizeof(channel->name), card->name);
    channel->domain = JB_DOMAIN_GPU;
    channel->device = JB_DEVICE_GPU;
    channel->unit = card->unit;
    channel->max_power_uw = card->limit_uw ? card->limit_uw + card->limit_uw / 2 : MAX_POWER_UW;
    channel->idle_uw = card->idle_uw;
    channel->refresh_ns = REFRESH_NS;
    channel->rel_error = card->instinct ? 0.05 : 0.10;
    return channel;
}

static void refuse(struct jb_channel *channel, enum jb_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct jb_channel *channel, enum jb_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(channel->reason, sizeof(channel->reason), format, args);
    va_end(args);
    channel->status = status;
    if (status == JB_DENIED) {
        snprintf(channel->fix, sizeof(channel->fix), "ls -l %.120s   (the kernel makes it 0444; what took that away?)",
                 channel->path);
    }
}

static enum jb_status status_of(int err)
{
    return err == -EACCES ? JB_DENIED : err == -ENODEV || err == -ENXIO ? JB_GONE : JB_UNSUPPORTED;
}

static void refuse_second(struct jb_channel *channel)
{
    refuse(channel, JB_UNSUPPORTED,
           "the second die of an MI250: its power and energy are in what the first die of the module tells");
}

static void refuse_metrics(struct jb_channel *channel, int err)
{
    if (err == -ENOTSUP) {
        refuse(channel, JB_UNSUPPORTED, "gpu_metrics has a layout that is not known: newer than joulebook");
    } else {
        refuse(channel, status_of(err), "cannot read gpu_metrics: %s", strerror(-err));
    }
}

static bool add_energy(struct jb_source *source, struct jb_amdgpu_card *card)
{
    struct jb_channel *channel = add(source, card, "board");
    if (!channel) {
        return false;
    }
    snprintf(channel->path, sizeof(channel->path), "%s/gpu_metrics: energy_accumulator", card->drm.device);
    channel->method = JB_METHOD_COUNTER;
    channel->unit_num = JB_AMDGPU_ENERGY_NUM;
    channel->unit_den = JB_AMDGPU_ENERGY_DEN;
    channel->zero_at_reset = true;
    if (card->answers.asleep) {
        refuse(channel, JB_UNSUPPORTED, "the card was asleep when joulebook started, and was not woken to be asked");
    } else if (card->answers.metrics_err < 0) {
        refuse_metrics(channel, card->answers.metrics_err);
    } else if (card->second) {
        refuse_second(channel);
    } else if (!card->answers.metrics.has_energy) {
        refuse(channel, JB_UNSUPPORTED, "gpu_metrics %u.%u of this card counts no energy", card->answers.metrics.format,
               card->answers.metrics.content);
    } else if (!card->energy_unit) {
        refuse(channel, JB_UNSUPPORTED, "what a count of this card's energy_accumulator is, is nowhere documented");
    } else {
        card->energy = source->channel_count - 1;
    }
    if (card->twin && !card->second) {
        jb_copy(channel->note, sizeof(channel->note), "both dies of the module");
    }
    return true;
}

static void describe_power(const struct jb_amdgpu_card *card, struct jb_channel *channel)
{
    channel->method = JB_METHOD_INTEGRATED;
    channel->unit_num = card->power_step_uw;
    if (card->way == JB_AMDGPU_POWER_METRICS) {
        snprintf(channel->path, sizeof(channel->path), "%s/gpu_metrics: socket power", card->drm.device);
    } else {
        snprintf(channel->path, sizeof(channel->path), "%s/power1_average or power1_input",
                 card->drm.hwmon[0] ? card->drm.hwmon : card->drm.device);
    }
    if (card->answers.asleep) {
        jb_copy(channel->note, sizeof(channel->note),
                "asleep when joulebook started: read once it is awake, not woken");
    } else if (card->twin && !card->second) {
        jb_copy(channel->note, sizeof(channel->note), "both dies of the module");
    }
}

static bool add_power(struct jb_source *source, struct jb_amdgpu_card *card)
{
    struct jb_channel *channel = add(source, card, "power");
    if (!channel) {
        return false;
    }
    describe_power(card, channel);
    if (card->second) {
        refuse_second(channel);
    } else if (card->way != JB_AMDGPU_POWER_NONE) {
        card->power = source->channel_count - 1;
    } else if (card->answers.metrics_err == 0) {
        refuse(channel, status_of(card->answers.hwmon_err), "gpu_metrics %u.%u of this card tells no power; power1: %s",
               card->answers.metrics.format, card->answers.metrics.content, strerror(-card->answers.hwmon_err));
    } else {
        refuse(channel, status_of(card->answers.hwmon_err), "gpu_metrics: %s; power1: %s",
               strerror(-card->answers.metrics_err), strerror(-card->answers.hwmon_err));
    }
    return true;
}

/* With a card beside it, what a package calls its own may hold the card's: the limits of both are managed as one ("dGPU
 * + APU power on A + A platform", kgd_pp_interface.h). 3.0 tells them apart. */
static bool holds_a_card(const struct jb_source *source, const struct jb_amdgpu_card *package)
{
    const struct jb_amdgpu *amdgpu = source->priv;
    if (package->instinct || (package->way == JB_AMDGPU_POWER_METRICS && package->answers.metrics.format == 3)) {
        return false;
    }
    for (int i = 0; i < amdgpu->count; i++) {
        if (!amdgpu->cards[i].apu) {
            return true;
        }
    }
    return false;
}

static bool add_package(struct jb_source *source, struct jb_amdgpu_card *card)
{
    struct jb_channel *channel = add(source, card, "package");
    if (!channel) {
        return false;
    }
    describe_power(card, channel);
    channel->domain = JB_DOMAIN_PACKAGE;
    channel->unit = card->socket;
    channel->device = JB_DEVICE_CPU;
    channel->max_power_uw = card->limit_uw ? channel->max_power_uw : MAX_CPUS_UW;
    if (!channel->note[0]) {
        jb_copy(channel->note, sizeof(channel->note), "the whole package, its CPUs too");
    }
    if (card->way == JB_AMDGPU_POWER_NONE) {
        refuse(channel, status_of(card->answers.hwmon_err),
               "neither gpu_metrics nor power1 tells the package's power: %s", strerror(-card->answers.hwmon_err));
    } else if (holds_a_card(source, card)) {
        refuse(channel, JB_UNSUPPORTED, "with a card beside it, the package's power may hold that of the card");
    } else {
        card->power = source->channel_count - 1;
    }
    return true;
}

static bool add_graphics(struct jb_source *source, struct jb_amdgpu_card *card)
{
    int package = source->channel_count - 1;
    struct jb_channel *channel = add(source, card, "gfx");
    if (!channel) {
        return false;
    }
    snprintf(channel->path, sizeof(channel->path), "%s/gpu_metrics: average_gfx_power", card->drm.device);
    channel->method = JB_METHOD_INTEGRATED;
    channel->domain = JB_DOMAIN_RAIL;
    channel->unit = card->socket;
    channel->parent = package;
    channel->max_power_uw = source->channels[package].max_power_uw;
    jb_copy(channel->note, sizeof(channel->note), "the graphics within the package");
    if (source->channels[package].status != JB_OK) { /* it would be added to a package that another source measures */
        refuse(channel, JB_UNSUPPORTED, "what it lies in, the package, is not read here");
        return true;
    }
    card->gfx = source->channel_count - 1;
    return true;
}

void jb_amdgpu_probe(struct jb_source *source, struct jb_amdgpu_card *card)
{
    open_files(source, card);
    card->answers.asleep = jb_drm_asleep(card->status_fd);
    if (!card->answers.asleep) {
        ask(source, card);
        return;
    }
    card->answers.metrics_err = card->answers.hwmon_err = -EAGAIN;
    card->way = card->power_fd >= 0     ? JB_AMDGPU_POWER_HWMON
                : card->metrics_fd >= 0 ? JB_AMDGPU_POWER_METRICS
                                        : JB_AMDGPU_POWER_NONE;
}

bool jb_amdgpu_describe(struct jb_source *source, struct jb_amdgpu_card *card)
{
    if (!card->apu) {
        return add_energy(source, card) && add_power(source, card);
    }
    bool graphics = card->answers.metrics_err == 0 && card->answers.metrics.has_gfx_power;
    return add_package(source, card) && (!graphics || add_graphics(source, card));
}
