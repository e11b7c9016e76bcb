/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spans of a stream of an accelerator: a slot that is not a thread's, written pair by pair.
 */
#include "trace/writer.h"
#include "trace/writer_slot.h"

#include <errno.h>

/* A device is its writer, by another name outside. */
static struct jb_writer *writer_of(struct jb_wire_device *device)
{
    return (struct jb_writer *)(void *)device;
}

struct jb_wire_device *jb_wire_device_open(struct jb_wire *ring, uint32_t device, const char *device_id)
{
    return jb_writer_heard(ring) ? (struct jb_wire_device *)(void *)jb_writer_take_device(ring, device, device_id)
                                 : NULL;
}

int jb_wire_device_span(struct jb_wire_device *device, uint64_t t0_ns, uint64_t t1_ns, uint32_t name, unsigned origin)
{
    struct jb_writer *writer = device ? writer_of(device) : NULL;
    if (!writer || !writer->ring || writer->thread || !jb_writer_holds(writer, writer->ring)) {
        return -ENOTCONN;
    }
    if (t1_ns < t0_ns || t1_ns < writer->last_ns) {
        return -EINVAL;
    }
    struct jb_writer_at to = {writer->slot, writer->events};
    if (!jb_writer_room(writer, to.slot, 2)) {
        jb_writer_dropped(to.slot, 2);
        return -ENOBUFS;
    }
    struct jb_event event = {.t_ns = t0_ns, .name = name, .kind = JB_EVENT_KERNEL, .value = (uint16_t)origin};
    jb_writer_put(writer, to, &event);
    event.t_ns = t1_ns;
    event.name = 0;
    event.flags = JB_EVENT_END;
    jb_writer_put(writer, to, &event);
    writer->last_ns = t1_ns;
    return 0;
}

void jb_wire_device_close(struct jb_wire_device *device)
{
    if (device && !writer_of(device)->thread) {
        jb_writer_leave(writer_of(device));
    }
}
