/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amdgpu_read.c - one pass over all cards.
 *
 * One read of gpu_metrics brings energy and power of the same instant. The firmware's own time stamps in it are not
 * used: they start at the firmware's boot and are refreshed at most each millisecond, which a bracket by our clock
 * tells as well. Odd: the kernel answers EPERM while it resets a card or lets it sleep, which passes; and a read of a
 * sleeping card woke it before Linux 6.15, so that its state is looked at first.
 */
#include "sensor/amdgpu/amdgpu.h"

#include "base/clock.h"
#include "sensor/counter_file.h"

#include <errno.h>

struct answer {
    int err;
    uint64_t before_ns, after_ns;
};

int jb_amdgpu_ask(struct jb_amdgpu *amdgpu, const struct jb_amdgpu_card *card, struct jb_amdgpu_metrics *ret)
{
    if (card->metrics_fd < 0) {
        return card->metrics_fd;
    }
    ssize_t length = jb_counter_read_blob(card->metrics_fd, amdgpu->blob, sizeof(amdgpu->blob));
    return length < 0 ? (int)length : jb_amdgpu_metrics_parse(amdgpu->blob, (size_t)length, ret);
}

static void emit(struct jb_sink *sink, int channel, const struct answer *answer, bool has, uint64_t raw)
{
    if (channel < 0) {
        return;
    }
    if (answer->err == 0 && has) {
        jb_emit(sink, channel, answer->before_ns, answer->after_ns, raw);
        return;
    }
    bool gone = answer->err == -ENODEV || answer->err == -ENXIO;
    jb_emit_failure(sink, channel, answer->after_ns, gone ? JB_GONE : JB_FAILED);
}

static void read_card(struct jb_amdgpu *amdgpu, const struct jb_amdgpu_card *card, struct jb_sink *sink)
{
    struct jb_amdgpu_metrics metrics = {.format = 0};
    struct answer answer = {.before_ns = jb_mono_ns()};
    bool asleep = jb_drm_asleep(card->status_fd);
    bool by_metrics = card->way == JB_AMDGPU_POWER_METRICS;
    if (card->energy >= 0 || card->gfx >= 0 || by_metrics) {
        answer.err = asleep ? -EAGAIN : jb_amdgpu_ask(amdgpu, card, &metrics);
        answer.after_ns = jb_mono_ns();
        emit(sink, card->energy, &answer, metrics.has_energy, metrics.energy);
        emit(sink, card->gfx, &answer, metrics.has_gfx_power, metrics.gfx_power_uw);
        emit(sink, by_metrics ? card->power : -1, &answer, metrics.has_power, metrics.power_uw / card->power_step_uw);
    }
    if (!by_metrics && card->power >= 0) {
        uint64_t power_uw = 0;
        answer.before_ns = jb_mono_ns();
        answer.err = asleep ? -EAGAIN : jb_counter_read(card->power_fd, &power_uw);
        answer.after_ns = jb_mono_ns();
        emit(sink, card->power, &answer, true, power_uw);
    }
}

void jb_amdgpu_read(struct jb_source *source, struct jb_sink *sink)
{
    struct jb_amdgpu *amdgpu = source->priv;
    for (int i = 0; i < amdgpu->count; i++) {
        read_card(amdgpu, &amdgpu->cards[i], sink);
    }
}
