/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the blobs of marks: the input is two of them, divided by its first byte.
 *
 * A blob that decodes encodes to what decodes to the same; one that follows another can be taken from it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/mark_blob.h"

static int decode(const uint8_t *data, size_t size, uint64_t t_ns, struct jb_store_mark *ret)
{
    *ret = (struct jb_store_mark){.t_ns = t_ns};
    int r = jb_mark_decode(data, size, ret);
    if (r < 0) {
        if (ret->channels != NULL || ret->channel_count != 0) {
            abort();
        }
        return r;
    }
    struct jb_buf blob = {0};
    struct jb_store_mark again = {0};
    if (jb_mark_encode(ret, &blob) < 0 || jb_mark_decode(blob.data, blob.length, &again) < 0 ||
        again.channel_count != ret->channel_count ||
        (again.channel_count > 0 &&
         memcmp(again.channels, ret->channels, again.channel_count * sizeof(*again.channels)) != 0)) {
        abort();
    }
    free(again.channels);
    jb_buf_finish(&blob);
    return 0;
}

static uint64_t sum(const struct jb_mark_channel *channel)
{
    return channel->run_uj + channel->idle_uj + channel->others_uj + channel->unattributed_uj;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_store_mark first, second;
    size_t length = size == 0 ? 0 : data[0] % size;
    if (size == 0) {
        return 0;
    }
    int r1 = decode(data + 1, length, 5, &first);
    int r2 = decode(data + 1 + length, size - 1 - length, 6, &second);
    if (r1 == 0 && r2 == 0 && jb_mark_follows(&first, &second)) {
        for (size_t i = 0; i < first.channel_count; i++) {
            if (sum(&second.channels[i]) < sum(&first.channels[i])) {
                abort();
            }
        }
    }
    free(first.channels);
    free(second.channels);
    return 0;
}
