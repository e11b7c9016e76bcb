/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_sample.h - the files of a recording that change: looked at for a while, and written as series. */
#ifndef JB_CLI_DOCTOR_SAMPLE_H
#define JB_CLI_DOCTOR_SAMPLE_H

#include "base/recording.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct doctor_samples {
    size_t files, moving; /* how many were looked at, and how many of them changed */
    uint64_t lasted_ns;
    int signal; /* that ended it early; 0: none */
};

/* Every PATH.series below the recording's folder is taken up, its original sampled about 50 times a second, and a
 * series put in its place; or nothing, where nothing changed. A signal of `stop` (blocked) ends it. Returns when the
 * time is over; 0 or -ENOMEM. */
int doctor_sample(const struct jb_recording *recording, uint64_t duration_ns, const sigset_t *stop,
                  struct doctor_samples *ret);

#endif
