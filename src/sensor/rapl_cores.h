/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rapl_cores.h - the cores of AMD's sockets: perf counts each core apart, and here their sum is one channel a socket.
 *
 * Counts of perf are of 64 bits and begin at 0, so that their sum is as exact as they are. Each look interrupts every
 * core, which on an idle machine costs more than it tells: with more than JB_RAPL_MOST_CORES cores nothing is opened.
 */
#ifndef JB_SENSOR_RAPL_CORES_H
#define JB_SENSOR_RAPL_CORES_H

#include "sensor/rapl_pmu.h"

struct jb_rapl_cores {
    int fds[JB_RAPL_MOST_CORES];
    int channels[JB_RAPL_MOST_CORES]; /* of each descriptor, its socket's */
    int count;
};

/* Channels for the sockets whose cores can all be read, inside their packages, which are described already. */
void jb_rapl_cores_open(struct jb_source *source, struct jb_rapl_cores *ret);
void jb_rapl_cores_read(struct jb_source *source, const struct jb_rapl_cores *cores, struct jb_sink *sink);
void jb_rapl_cores_close(struct jb_rapl_cores *cores);

#endif
