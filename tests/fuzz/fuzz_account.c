/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any channel and any readings: entries are in order, time closes, sums hold. 64 bytes describe the channel, then each
 * reading takes 26.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/account.h"

#define CHANNEL_BYTES 64
#define READING_BYTES 26

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static uint64_t u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static void check(const struct jb_account *account, const struct jb_entry *last, uint64_t sum_uj, uint64_t covered_ns)
{
    require(account->energy_uj == sum_uj && account->covered_ns == covered_ns);
    if (account->started) {
        require(account->first_ns <= account->last_ns && account->entry_ns <= account->t_ns);
        require(account->covered_ns + account->gap_ns + (account->t_ns - account->entry_ns) ==
                account->last_ns - account->first_ns);
        require(last->t1_ns <= account->last_ns);
    }
    require(jb_account_sigma_uj(account) >= 0);
    require(account->changes < 3 || jb_account_period_ns(account) >= account->period_min_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jb_channel channel = {0};
    struct jb_account account;
    struct jb_entry last = {0};
    uint64_t sum_uj = 0, covered_ns = 0, t_ns = 0;

    if (size < CHANNEL_BYTES) {
        return 0;
    }
    channel.unit_num = u64(data);
    channel.unit_den = u64(data + 8);
    channel.wrap = u64(data + 16);
    channel.max_power_uw = u64(data + 24);
    channel.horizon_ns = u64(data + 32);
    channel.refresh_ns = u64(data + 40);
    channel.window_ns = u64(data + 48);
    channel.method = (enum jb_method)(data[56] % 3);
    channel.zero_at_reset = data[57] & 1;
    channel.rel_error = data[58] / 255.0;
    bool relative = data[59] & 1; /* times are steps: deeper into the rules than wild times */
    jb_account_init(&account, &channel);
    for (size_t at = CHANNEL_BYTES; at + READING_BYTES <= size; at += READING_BYTES) {
        struct jb_reading reading = {.raw = u64(data + at + 16), .status = (enum jb_status)(data[at + 24] & 7)};
        struct jb_entry entry = {0};
        t_ns = relative ? t_ns + u64(data + at) % 4000000000u : u64(data + at);
        reading.t_before_ns = t_ns;
        reading.t_after_ns = relative ? t_ns + u64(data + at + 8) % 1000000 : u64(data + at + 8);
        if (reading.status > JB_TIMEOUT) {
            reading.status = JB_OK;
        }
        if (data[at + 25] == 255) {
            jb_account_suspend(&account);
        }
        int result = jb_account_post(&account, &reading, &entry);
        require(result == 0 || result == 1);
        if (result == 1) {
            require(reading.status == JB_OK && entry.t0_ns < entry.t1_ns && entry.t0_ns >= last.t1_ns);
            require(last.t1_ns == 0 || entry.t0_ns == last.t1_ns || entry.flags & JB_ENTRY_GAP);
            require((account.flags & entry.flags) == entry.flags);
            sum_uj += entry.energy_uj;
            require(sum_uj >= entry.energy_uj);
            covered_ns += entry.t1_ns - entry.t0_ns;
            last = entry;
        }
        check(&account, &last, sum_uj, covered_ns);
    }
    return 0;
}
