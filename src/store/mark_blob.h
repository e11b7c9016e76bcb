/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark_blob.h - the blob that holds what each channel has booked up to a mark.
 *
 * Pure: no file, no clock. A mark stands alone, so that one which could not be written harms no other:
 *
 *     byte 1         format, 1
 *     number         channels
 *     4 numbers each run, idle, others, unattributed, microjoules since the start of the run
 *     zeros          to the end of the byte
 *
 * An hour into a run of ten channels that is about 200 bytes, twelve times an hour: nothing beside the series.
 */
#ifndef JB_STORE_MARK_BLOB_H
#define JB_STORE_MARK_BLOB_H

#include <stddef.h>

#include "store/store.h"

struct jb_buf;

/* Append the blob. -EINVAL: too many channels, or one whose parts have no sum. -ENOMEM. */
int jb_mark_encode(const struct jb_store_mark *mark, struct jb_buf *out);

/* Into the channels of a mark without any; they are the caller's to free. -EBADMSG for what is no such blob, -ENOMEM:
 * then the mark is as it was. */
int jb_mark_decode(const void *data, size_t size, struct jb_store_mark *ret);

/* Can `mark` come after `before`: later, with no fewer channels, and no part that has fallen? */
bool jb_mark_follows(const struct jb_store_mark *before, const struct jb_store_mark *mark);

#endif
