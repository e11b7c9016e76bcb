/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - the made-up sensor that tests put in the place of hardware; `fake` runs quick, `fake-lane` on a lane.
 *
 * --sensors "fake:watts=100:device=cpu:fault=gone:at=2s". Options, apart by ':' :
 *   watts=W      what it draws (10); from the moment it was opened energy is exactly W times CLOCK_MONOTONIC, and
 *                readings carry the very time that they were computed for, so that totals can be checked to the
 *                microjoule
 *   own=W        and so much more for each CPU that this process keeps busy (0; not of kind=power)
 *   kind=counter|power|model   device=cpu|ram|gpu|board   unit=N (0; -1: the machine)   die=N
 *   domain=node  a meter of what the whole machine takes in
 *   channels=N   (1; unit counts up)
 *   scale=N/D    one raw unit in microjoules or microwatts (1/1)
 *   start=RAW    what the counter shows when opened (0)      wrap=N   number of raw values
 *   max=W        what is believable (10 x watts)     idle=W     error=X (0.01)
 *   update=DUR   the value moves only so often (always), as one of hardware does; each time off its grid by up to
 *   jitter=DUR   times 1.73 (0), at most a quarter of `update`: uniform, the same for the same update every time
 *   pid=N, busy=X   a process on the device, and how busy it keeps it (0..1; absent: not known)
 *   fault=F, at=DUR   from then on (0s):
 *     gone       every reading is JB_GONE              eacces     JB_DENIED; at 0s open() itself fails
 *     nan        every reading is JB_FAILED, which is what a driver makes of "not a number"; `for` limits it
 *     late       the same, but until then
 *     frozen     the value stands still                reset      the counter starts again from 0
 *     backwards  one reading is half the last one      wild       one reading is 2^60 too high
 *     stall, for=DUR (1s)   one read takes that long   hang       a read never returns (fake-lane only)
 *     hang-open  open() never returns, `for` limits it (fake-lane only)
 */
#ifndef JB_SENSOR_FAKE_H
#define JB_SENSOR_FAKE_H

#include "sensor/fake_spec.h"
#include "sensor/sensor.h"

struct jb_fake {
    struct jb_fake_spec spec;
    uint64_t start_ns, asked_ns; /* asked_ns: last call of processes() */
    bool spent;                  /* a fault that happens once has happened */
    uint64_t last_raw[JB_MAX_CHANNELS];
};

int jb_fake_open(struct jb_source *source, struct jb_diag *diag);
void jb_fake_read(struct jb_source *source, struct jb_sink *sink);
int jb_fake_processes(struct jb_source *source, struct jb_gpu_use *ret, size_t max);

#endif
