/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buckets.h - when the energy of a run was used, in buckets of at most 5 minutes.
 *
 * Of each channel in the total a bucket holds what the run used in its time, and for the footprint also its part of
 * what the channel drew idle then, in the proportion of the whole run (attribution.h); for the machine, all of it. What
 * was found out about channels later (which of twins counts, a wall that is the total) is that of the record, so
 * buckets sum to the record's basis to the microjoule.
 */
#ifndef JB_ENGINE_BUCKETS_H
#define JB_ENGINE_BUCKETS_H

#include "store/store.h"

#define JB_BUCKET_NS INT64_C(300000000000)

struct jb_bucket {
    int64_t start_ns, end_ns; /* wall; start <= end */
    uint64_t energy_uj;       /* of the record's basis */
};

/* In order and without holes, from the start of the run to its end; *ret is malloc'd. `marks` may be NULL. -ENOMEM. */
int jb_buckets_make(const struct jb_record *record, const struct jb_marks *marks, struct jb_bucket **ret,
                    size_t *ret_count);

/* When the run ended by the clock, also one that was lost, and one that slept before; never before its start. */
int64_t jb_buckets_end(const struct jb_record *record, const struct jb_marks *marks);

#endif
