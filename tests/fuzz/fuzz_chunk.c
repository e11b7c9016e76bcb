/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the blobs of the series: chunks and bins of sums. The first byte says which.
 *
 * A chunk that can be read must obey what its readers rely on: times ascend, intervals have a length, shares add up;
 * and what was read must come back the same when it is encoded and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/sum.h"

#define CHANNELS 8

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_intervals(struct jb_chunk_reader *reader)
{
    uint64_t energy = 0, run = 0, before = 0;
    struct jb_interval interval;
    while (jb_chunk_next_interval(reader, &interval)) {
        require(interval.t0_us < interval.t1_us && interval.t0_us >= before && interval.t1_us <= reader->t1_us);
        require(interval.tick < reader->tick_count);
        energy += interval.energy_uj;
        run += interval.run_uj;
        before = interval.t1_us;
    }
    require(energy == reader->energy_uj && (run == reader->run_uj || energy == 0));
    require(reader->run_uj + reader->idle_uj + reader->others_uj + reader->unattributed_uj == energy);
}

static void check_again(const uint8_t *data, size_t size, struct jb_chunk_reader *reader)
{
    static uint64_t values[CHANNELS][JB_CHUNK_MAX_TICKS];
    static uint64_t ticks[JB_CHUNK_MAX_TICKS];
    struct jb_chunk_channel channels[CHANNELS];
    struct jb_anchor anchors[CHANNELS];
    if (jb_chunk_read(reader, data, size) < 0 || reader->channel_count > CHANNELS) {
        return;
    }
    memcpy(ticks, reader->tick_us, sizeof(ticks));
    uint64_t t0_us = reader->t0_us;
    size_t count = 0;
    int r = 0;
    while ((r = jb_chunk_next_channel(reader)) == 1) {
        memcpy(values[count], reader->value_uj, sizeof(values[count]));
        anchors[count] = reader->anchor;
        channels[count] = (struct jb_chunk_channel){.energy_uj = values[count],
                                                    .run_uj = reader->run_uj,
                                                    .idle_uj = reader->idle_uj,
                                                    .others_uj = reader->others_uj,
                                                    .unattributed_uj = reader->unattributed_uj};
        count++;
    }
    if (r < 0) {
        return;
    }
    const struct jb_chunk chunk = {.tick_count = reader->tick_count, .channels = channels, .channel_count = count};
    struct jb_buf out = {0};
    require(jb_chunk_encode(&chunk, t0_us, ticks, anchors, &out) == 0);
    require(jb_chunk_read(reader, out.data, out.length) == 0 && reader->channel_count == count);
    require(memcmp(ticks, reader->tick_us, reader->tick_count * sizeof(ticks[0])) == 0);
    for (size_t c = 0; c < count; c++) {
        require(jb_chunk_next_channel(reader) == 1);
        require(memcmp(values[c], reader->value_uj, reader->tick_count * sizeof(values[c][0])) == 0);
        require(reader->run_uj == channels[c].run_uj && reader->idle_uj == channels[c].idle_uj);
    }
    jb_buf_finish(&out);
}

static void check_bin(const uint8_t *data, size_t size)
{
    struct jb_bin bin = {0}, again = {0};
    struct jb_buf out = {0};
    if (jb_bin_decode(&bin, data, size, jb_sum_width_us[0]) == 0) {
        require(jb_bin_encode(&bin, jb_sum_width_us[0], &out) == 0);
        require(jb_bin_decode(&again, out.data, out.length, jb_sum_width_us[0]) == 0);
        require(again.channel_count == bin.channel_count);
        for (size_t i = 0; i < bin.channel_count; i++) {
            require(memcmp(&bin.channels[i], &again.channels[i], sizeof(bin.channels[i])) == 0);
        }
    }
    jb_buf_finish(&out);
    jb_bin_finish(&bin);
    jb_bin_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jb_chunk_reader reader;
    if (size < 1) {
        return 0;
    }
    if (data[0] == 's') {
        check_bin(data + 1, size - 1);
        return 0;
    }
    if (jb_chunk_read(&reader, data + 1, size - 1) == 0) {
        while (jb_chunk_next_channel(&reader) == 1) {
            check_intervals(&reader);
        }
        check_again(data + 1, size - 1, &reader);
    }
    return 0;
}
