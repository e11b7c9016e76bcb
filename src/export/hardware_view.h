/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hardware_view.h - the "hardware" object of a record, read back. Private to export/.
 *
 * The object is kept as text in the database, so it is parsed as hostile input: a member of the wrong type is a member
 * that is not known.
 */
#ifndef JB_EXPORT_HARDWARE_VIEW_H
#define JB_EXPORT_HARDWARE_VIEW_H

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"
#include "store/record.h"

struct jb_hardware_view {
    json_t *root;            /* NULL: the record has no readable hardware object */
    const char *cpu, *board; /* NULL: not known; live as long as the view */
    const char *os;
    int64_t sockets, cores, threads, ram_bytes, virtual_machine; /* -1: not known */
    size_t gpu_count;
};
void jb_hardware_view_init(struct jb_hardware_view *view, const struct jb_record *record);
void jb_hardware_view_finish(struct jb_hardware_view *view);

/* "2 x NVIDIA H100 + 1 x NVIDIA T4"; writes nothing when there is no GPU. GPUs of the hardware object, else those that
 * were metered. Returns how many. */
size_t jb_hardware_view_gpus(const struct jb_hardware_view *view, const struct jb_record *record, struct jb_buf *out);

#endif
