/* SPDX-License-Identifier: Apache-2.0 */
/* What the program tells, on its way from the ring to the timelines: the host's, and one of each accelerator. */
#include "engine/session_impl.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define BATCH 512

static void note_level(struct session_work *work, const struct jb_traced *traced)
{
    work->levels[work->level_count % WORK_LEVELS].t_ns = traced->event.t_ns;
    work->levels[work->level_count % WORK_LEVELS].level = traced->event.value;
    work->level_count++;
}

void session_work_drain(struct session_work *work, uint64_t t_ns)
{
    struct jb_traced traced[BATCH];
    size_t count;

    do {
        count = jb_ring_drain(work->ring, t_ns, traced, BATCH);
        for (size_t i = 0; i < count; i++) {
            const struct jb_event *event = &traced[i].event;
            if (event->kind == JB_EVENT_LEVEL) {
                note_level(work, &traced[i]);
            }
            jb_work_event(work->work, event, jb_ring_name(work->ring, event->name), traced[i].thread,
                          traced[i].generation, traced[i].pid);
            if (event->kind == JB_EVENT_NONE && kill(traced[i].pid, 0) < 0 && errno == ESRCH) {
                jb_work_gone(work->work, traced[i].pid);
            }
        }
        work->seen = work->seen || count > 0;
    } while (count == BATCH);
    jb_work_advance(work->work, t_ns);
    work->drained_ns = t_ns;
}

/* The first channel of the accelerator that a process calls `device`: by its PCI address or UUID; where neither is
 * told, a machine's only one. */
static int device_channel(const struct jb_session *session, int32_t pid, uint32_t device)
{
    const char *told = jb_ring_device_id(session->work->ring, pid, device);
    int only = -1;

    for (int i = 0; i < session->channel_count; i++) {
        const struct jb_channel *channel = session->channels[i].channel;
        if (channel->device != JB_DEVICE_GPU || !session->nodes[i].leaf) {
            continue;
        }
        bool listed = channel->unit >= 0 && (unsigned)channel->unit < session->machine.gpu_count;
        if (told != NULL &&
            (strstr(channel->id, told) != NULL || (listed && jb_ieq(session->machine.gpus[channel->unit].pci, told)))) {
            return i;
        }
        only = only == -1 ? i : -2;
    }
    return told == NULL && only >= 0 ? only : -1;
}

static unsigned device_domain(struct jb_session *session, int32_t pid, uint32_t device)
{
    struct session_work *work = session->work;
    int channel = device_channel(session, pid, device);

    for (unsigned domain = 1; channel >= 0 && domain < work->domain_count; domain++) {
        if (work->domain_channel[domain] == channel) {
            return domain;
        }
    }
    if (channel < 0 || work->domain_count == JB_WORK_DOMAINS || jb_pieces_init(&work->pieces[work->domain_count]) < 0) {
        return JB_WORK_HOST;
    }
    work->domain_channel[work->domain_count] = channel;
    work->chunk_next[work->domain_count] = work->chunk_count > WORK_CHUNKS ? work->chunk_count - WORK_CHUNKS : 0;
    return work->domain_count++;
}

unsigned session_work_domain(const struct jb_session *session, int number)
{
    const struct session_work *work = session->work;
    const struct jb_channel *channel = session->channels[number].channel;

    for (unsigned domain = 1; channel->device == JB_DEVICE_GPU && domain < work->domain_count; domain++) {
        int first = work->domain_channel[domain];
        if (session->channels[first].channel->unit == channel->unit &&
            session->nodes[first].source == session->nodes[number].source) {
            return domain;
        }
    }
    return JB_WORK_HOST; /* an accelerator that tells nothing follows the host's phases */
}

void session_work_kernels(struct jb_session *session)
{
    struct session_work *work = session->work;
    struct jb_traced_kernel kernels[BATCH];
    size_t count;

    do {
        count = jb_ring_drain_kernels(work->ring, kernels, BATCH);
        for (size_t i = 0; i < count; i++) {
            const struct jb_traced_kernel *kernel = &kernels[i];
            unsigned domain = device_domain(session, kernel->pid, kernel->device);
            if (domain != JB_WORK_HOST) {
                jb_work_kernel(work->work, domain, kernel->t0_ns, kernel->t1_ns, jb_ring_name(work->ring, kernel->name),
                               kernel->name, kernel->origin, kernel->stream);
            }
        }
    } while (count == BATCH);
}

void session_work_advance(struct session_work *work, unsigned domain, uint64_t t_ns)
{
    uint64_t oldest = work->level_count > WORK_LEVELS ? work->level_count - WORK_LEVELS : 0;
    unsigned level = JB_LEVEL_OFF;

    for (uint64_t i = oldest; i < work->level_count; i++) {
        uint64_t at_ns = work->levels[i % WORK_LEVELS].t_ns;
        if (at_ns > work->device_ns[domain] && at_ns < t_ns) {
            jb_work_advance_device(work->work, domain, at_ns, level == JB_LEVEL_FULL);
            work->device_ns[domain] = at_ns;
        }
        level = at_ns < t_ns ? work->levels[i % WORK_LEVELS].level : level;
    }
    jb_work_advance_device(work->work, domain, t_ns, level == JB_LEVEL_FULL);
    work->device_ns[domain] = t_ns;
}
