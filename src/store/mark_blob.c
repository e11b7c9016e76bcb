/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodes and decodes marks; the format is in mark_blob.h.
 *
 * Whoever reads marks takes one from the next: so parts that fall, or whose sum is more than 64 bits hold, are no
 * marks.
 */
#include "store/mark_blob.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "store/chunk.h"

#define FORMAT 1

static bool has_sum(const struct jb_mark_channel *channel)
{
    uint64_t sum = 0;
    return !__builtin_add_overflow(channel->run_uj, channel->idle_uj, &sum) &&
           !__builtin_add_overflow(sum, channel->others_uj, &sum) &&
           !__builtin_add_overflow(sum, channel->unattributed_uj, &sum);
}

int jb_mark_encode(const struct jb_store_mark *mark, struct jb_buf *out)
{
    if (mark->channel_count > JB_CHUNK_MAX_CHANNELS) {
        return -EINVAL;
    }
    struct jb_bit_writer bits = {.out = out};
    jb_bits_put(&bits, FORMAT, 8);
    jb_bits_put_number(&bits, mark->channel_count);
    for (size_t i = 0; i < mark->channel_count; i++) {
        const struct jb_mark_channel *channel = &mark->channels[i];
        if (!has_sum(channel)) {
            return -EINVAL;
        }
        jb_bits_put_number(&bits, channel->run_uj);
        jb_bits_put_number(&bits, channel->idle_uj);
        jb_bits_put_number(&bits, channel->others_uj);
        jb_bits_put_number(&bits, channel->unattributed_uj);
    }
    jb_bits_flush(&bits);
    return out->failed ? -ENOMEM : 0;
}

int jb_mark_decode(const void *data, size_t size, struct jb_store_mark *ret)
{
    struct jb_bit_reader bits = {.data = data, .size = size};
    uint64_t format = jb_bits_get(&bits, 8);
    uint64_t count = jb_bits_get_number(&bits);
    if (bits.failed || format != FORMAT || count > JB_CHUNK_MAX_CHANNELS) {
        return -EBADMSG;
    }
    struct jb_mark_channel *channels = count == 0 ? NULL : calloc((size_t)count, sizeof(*channels));
    if (count > 0 && channels == NULL) {
        return -ENOMEM;
    }
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        channels[i].run_uj = jb_bits_get_number(&bits);
        channels[i].idle_uj = jb_bits_get_number(&bits);
        channels[i].others_uj = jb_bits_get_number(&bits);
        channels[i].unattributed_uj = jb_bits_get_number(&bits);
        good = !bits.failed && has_sum(&channels[i]);
    }
    if (!good || size * 8 - bits.position >= 8) {
        free(channels);
        return -EBADMSG;
    }
    ret->channels = channels;
    ret->channel_count = (size_t)count;
    return 0;
}

bool jb_mark_follows(const struct jb_store_mark *before, const struct jb_store_mark *mark)
{
    bool follows = mark->t_ns > before->t_ns && mark->channel_count >= before->channel_count;
    for (size_t i = 0; follows && i < before->channel_count; i++) {
        const struct jb_mark_channel *a = &before->channels[i], *b = &mark->channels[i];
        follows = b->run_uj >= a->run_uj && b->idle_uj >= a->idle_uj && b->others_uj >= a->others_uj &&
                  b->unattributed_uj >= a->unattributed_uj;
    }
    return follows;
}
