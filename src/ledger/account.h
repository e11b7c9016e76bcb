/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.h - one channel's book: raw readings in, energy intervals out.
 *
 * Pure: no clock, no file, no allocation, no global. An account is fed the readings of one channel in order of
 * time and answers with entries: "from t0 to t1 this channel used so many microjoules, by this method, and the
 * following happened". Entries do not overlap, and each begins where the one before ended unless a gap lies
 * between, which is then said by JB_ENTRY_GAP on the entry that follows it.
 *
 * The rules (sources: sensors.md 1, 4.1, 7):
 *  - Counter, forward: delta = cur - prev. Believed when delta / dt <= max_power; else dropped (JB_ENTRY_IMPLAUSIBLE)
 *    and the account starts anew from cur.
 *  - Counter, backward: a wrap when the channel wraps and the wrapped delta is plausible (JB_ENTRY_WRAPPED); else a
 *    reset (JB_ENTRY_RESET): `cur` is booked when the source restarts from 0 and cur / dt is plausible, else nothing.
 *  - Readings further apart than the channel's horizon may hide a wrap: nothing is booked, the time is a gap.
 *  - Power (integrated): trapezoid between two good readings; farther apart than 10 windows or refresh periods
 *    (at least 2 s) is a gap. A zero-length step books nothing.
 *  - A failed reading books nothing; the next good one covers the time since the last good one.
 *  - A suspend (the caller says so) makes the time since the last reading a gap, whatever the counter says.
 *  - Microjoules are exact: the remainder of raw * num / den is carried to the next entry, so that the sum of the
 *    entries is the converted sum of the raw deltas.
 */
#ifndef JB_LEDGER_ACCOUNT_H
#define JB_LEDGER_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/sensor.h"

enum jb_entry_flags {
    JB_ENTRY_WRAPPED = 1u << 0,
    JB_ENTRY_RESET = 1u << 1,
    JB_ENTRY_GAP = 1u << 2,         /* time before this entry is not covered */
    JB_ENTRY_IMPLAUSIBLE = 1u << 3, /* a delta was thrown away */
    JB_ENTRY_SUSPEND = 1u << 4,     /* the gap was a sleep of the machine */
    JB_ENTRY_FAILED = 1u << 5,      /* at least one reading within this entry failed */
    JB_ENTRY_STALE = 1u << 6,       /* the counter stood still for this whole entry */
};
/* "wrapped", "reset", "gap", ...; NULL for a value that is not a single flag. */
const char *jb_entry_flag_name(unsigned flag);

struct jb_entry {
    uint64_t t0_ns, t1_ns; /* mid-points of the readings that bound it */
    uint64_t energy_uj;
    unsigned flags;
};

struct jb_account {
    /* Of the channel. */
    enum jb_method method;
    uint64_t unit_num, unit_den, wrap, max_power_uw, horizon_ns, refresh_ns, window_ns;
    bool zero_at_reset;
    double rel_error;
    /* Running totals, for the report. */
    uint64_t energy_uj;      /* sum of all entries */
    uint64_t covered_ns;     /* time covered by entries */
    uint64_t gap_ns;         /* time between readings that was not covered */
    uint64_t first_ns, last_ns; /* of the first and last good reading; 0: none yet */
    uint64_t readings, failures, wraps, resets, gaps, implausible;
    unsigned flags;          /* all flags of all entries */
    uint64_t max_edge_ns;    /* largest half distance between t_before and t_after */
    uint64_t max_power_seen_uw;
    /* Update period, learned: shortest and mean time between changes of raw. */
    uint64_t changes, period_sum_ns, period_min_ns;
    /* Private. */
    bool started, pending_gap;
    unsigned pending_flags;
    uint64_t raw, t_ns, remainder, change_ns;
};

void jb_account_init(struct jb_account *account, const struct jb_channel *channel);

/* Feed one reading. 1: *ret_entry is a new entry; 0: nothing to book yet. Readings out of order are ignored. */
int jb_account_post(struct jb_account *account, const struct jb_reading *reading, struct jb_entry *ret_entry);

/* The machine slept since the last reading: what the counter says about that time is not trusted. */
void jb_account_suspend(struct jb_account *account);

/* Standard uncertainty (one sigma) of the total in microjoules: the sensor's relative error on the whole, half an
 * update period (or window) of mean power at each end of the covered time, the mean power over all gaps, and for
 * readings the time uncertainty of the edges. */
double jb_account_sigma_uj(const struct jb_account *account);

/* Mean learned update period in ns; 0: fewer than 3 changes seen. */
uint64_t jb_account_period_ns(const struct jb_account *account);

#endif
