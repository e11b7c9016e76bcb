/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of double.h: names are numbered from 1 in the order of their coming, events are words of one log.
 */
#include "double.h"

#include "probe/probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct double_state double_state;
static char names[JB_WIRE_NAMES][JB_WIRE_NAME_MAX + 1];
static unsigned name_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char ring_a[1 << 13];

struct jb_wire_device {
    uint32_t device;
    char device_id[44];
    unsigned stream;
    uint64_t last;
    bool open;
};
static struct jb_wire_device devices[512];

void double_reset(void)
{
    memset(&double_state, 0, sizeof(double_state));
    memset(devices, 0, sizeof(devices));
    double_state.ring = double_state.allowed = double_state.listening = true;
    double_state.level = JB_LEVEL_FULL;
    double_state.origin = JB_KERNEL_UNKNOWN;
}

const char *double_name(uint32_t number)
{
    return number == 0 || number > name_count ? "?" : names[number];
}

static void say(const char *open, const char *name)
{
    pthread_mutex_lock(&mutex);
    size_t used = strlen(double_state.log);
    snprintf(double_state.log + used, sizeof(double_state.log) - used, "%s%s%s", used ? " " : "", open, name);
    pthread_mutex_unlock(&mutex);
}

struct jb_wire *jb_wire_attach(void)
{
    return double_state.ring ? (struct jb_wire *)(void *)ring_a : NULL;
}

struct jb_wire *probe_ring(unsigned path)
{
    return double_state.ring && double_state.allowed && !(double_state.forbidden & path) ? jb_wire_attach() : NULL;
}

bool jb_wire_listening(const struct jb_wire *ring)
{
    return ring && double_state.listening;
}

unsigned jb_wire_level(const struct jb_wire *ring)
{
    return ring ? double_state.level : 0;
}

unsigned jb_wire_allowed(const struct jb_wire *ring)
{
    return ring && double_state.allowed ? ~0u : 0;
}

void jb_wire_attached(struct jb_wire *ring, unsigned path)
{
    (void)ring;
    double_state.attached |= path;
}

void jb_wire_note(struct jb_wire *ring, const char *text)
{
    (void)ring;
    if (!strstr(double_state.notes, text)) {
        size_t used = strlen(double_state.notes);
        snprintf(double_state.notes + used, sizeof(double_state.notes) - used, "%s\n", text);
    }
}

void jb_wire_gpu_lost(struct jb_wire *ring, uint64_t count)
{
    (void)ring;
    double_state.gpu_lost += count;
}

uint32_t jb_wire_intern(struct jb_wire *ring, const char *name)
{
    (void)ring;
    pthread_mutex_lock(&mutex);
    double_state.interned++;
    uint32_t i = 1;
    while (i <= name_count && strcmp(names[i], name ? name : "") != 0) {
        i++;
    }
    if (i > name_count && name_count < JB_WIRE_NAMES - 1) {
        snprintf(names[++name_count], sizeof(names[0]), "%s", name ? name : "");
    }
    pthread_mutex_unlock(&mutex);
    return i < JB_WIRE_NAMES ? i : 0;
}

uint32_t jb_wire_intern_at(struct jb_wire *ring, const char *name)
{
    return jb_wire_intern(ring, name);
}

bool jb_wire_begin(struct jb_wire *ring, unsigned kind, uint32_t name, uint16_t value)
{
    (void)ring;
    (void)value;
    if (double_state.full) {
        return false;
    }
    say(kind == JB_EVENT_OPERATOR ? "<" : "[", double_name(name));
    return true;
}

void jb_wire_end(struct jb_wire *ring, unsigned kind)
{
    (void)ring;
    say(kind == JB_EVENT_OPERATOR ? ">" : "]", "");
}

void jb_wire_level_changed(struct jb_wire *ring, unsigned level)
{
    (void)ring;
    char text[16];
    snprintf(text, sizeof(text), "%u)", level);
    double_state.levels++;
    say("(", text);
}

struct jb_wire_device *jb_wire_device_open(struct jb_wire *ring, uint32_t device, const char *device_id)
{
    (void)ring;
    if (double_state.devices_opened == sizeof(devices) / sizeof(devices[0])) {
        return NULL;
    }
    struct jb_wire_device *made = &devices[double_state.devices_opened];
    made->device = device;
    snprintf(made->device_id, sizeof(made->device_id), "%s", device_id ? device_id : "");
    made->stream = double_state.devices_opened++;
    made->open = true;
    double_state.devices_open++;
    return made;
}

int jb_wire_device_span(struct jb_wire_device *device, uint64_t t0_ns, uint64_t t1_ns, uint32_t name, unsigned origin)
{
    if (t1_ns <= t0_ns || t0_ns < device->last) {
        return -EINVAL;
    }
    device->last = t1_ns;
    if (double_state.span_count < DOUBLE_MOST) {
        struct double_span *span = &double_state.spans[double_state.span_count++];
        *span = (struct double_span){.device = (int32_t)device->device,
                                     .stream = device->stream,
                                     .t0_ns = t0_ns,
                                     .t1_ns = t1_ns,
                                     .origin = origin};
        snprintf(span->device_id, sizeof(span->device_id), "%s", device->device_id);
        snprintf(span->name, sizeof(span->name), "%s", double_name(name));
    }
    return 0;
}

void jb_wire_device_close(struct jb_wire_device *device)
{
    if (device && device->open) {
        device->open = false;
        double_state.devices_open--;
    }
}

bool probe_pytorch_attached(void)
{
    return double_state.pytorch;
}

unsigned probe_current_origin(void)
{
    return double_state.origin;
}

uint32_t probe_current_operator(void)
{
    return 0;
}
