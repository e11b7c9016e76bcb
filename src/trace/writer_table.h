/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer_table.h - how the probe and libjoulebook share one writer in a process.
 *
 * Both hold a copy of the writer. In a process that has both, libjoulebook uses that of the probe: a thread then has
 * one slot and one order of begins and ends, so that an operator lies inside the phase that the program named. The
 * probe exports the table under the name below; libjoulebook looks for it once, by dlsym(RTLD_DEFAULT), and uses its
 * own copy where it finds none or one of another version.
 */
#ifndef JB_TRACE_WRITER_TABLE_H
#define JB_TRACE_WRITER_TABLE_H

#include "trace/writer.h"

#define JB_WRITER_TABLE_NAME    "jb_probe_writer"
#define JB_WRITER_TABLE_VERSION 2u /* grows with any change of this struct or of what its functions mean */

struct jb_writer_table {
    uint32_t version; /* JB_WRITER_TABLE_VERSION of whoever exports it; looked at before anything else */
    struct jb_wire *(*attach)(void);
    struct jb_wire *(*attach_place)(const char *place);
    void (*detach)(void);
    bool (*listening)(const struct jb_wire *ring);
    unsigned (*allowed)(const struct jb_wire *ring);
    void (*attached)(struct jb_wire *ring, unsigned path);
    uint32_t (*intern_at)(struct jb_wire *ring, const char *name);
    bool (*begin)(struct jb_wire *ring, unsigned kind, uint32_t name, uint16_t value);
    void (*end)(struct jb_wire *ring, unsigned kind);
    void (*planned)(struct jb_wire *ring, uint32_t epochs);
};

/* The table of the copy that is linked in: struct jb_writer_table x = JB_WRITER_TABLE_OWN; */
#define JB_WRITER_TABLE_OWN                                                                                            \
    {                                                                                                                  \
        .version = JB_WRITER_TABLE_VERSION, .attach = jb_wire_attach, .attach_place = jb_wire_attach_place,            \
        .detach = jb_wire_detach, .listening = jb_wire_listening, .allowed = jb_wire_allowed,                          \
        .attached = jb_wire_attached, .intern_at = jb_wire_intern_at, .begin = jb_wire_begin, .end = jb_wire_end,      \
        .planned = jb_wire_planned,                                                                                    \
    }

#endif
