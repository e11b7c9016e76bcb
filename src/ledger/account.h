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
 *  - Counter, forward: delta = cur - prev. Believed when delta <= max_power * (time + refresh + edges), where `time` is
 *    how long the counter had stood still (a counter that moves in steps gives a whole step, however short the time
 *    between two looks; for the first step after a start, which may have begun long before, 1 s is added) and `edges`
 *    the half distances of both readings; else dropped (JB_ENTRY_IMPLAUSIBLE) and the
 *    account starts anew from cur. No known max_power: every step forward is believed.
 *  - Counter, backward: a wrap when the channel wraps and the wrapped delta is plausible (JB_ENTRY_WRAPPED); else a
 *    reset (JB_ENTRY_RESET): `cur` is booked when the source restarts from 0 and cur is plausible, else nothing. No
 *    known max_power: judged against 10 kW. A counter that does not wrap (wrap 0; a range of 2^64 is one, and perf,
 *    whose kernel can subtract, sensors.md 1.2) is never wrapped.
 *  - Readings further apart than the channel's horizon, or than its range lasts at max_power, may hide a wrap: nothing
 *    is booked, the time is a gap.
 *  - An entry ends where the counter was seen to move: while it stands still nothing is booked, so that the joules of a
 *    step of 100 ms are not laid on the last 10 ms of it. When it stands for longer than two of its update periods
 *    (documented or learned, whichever is longer; 1 s when neither is known) it is booked as 0 uJ, JB_ENTRY_STALE.
 *  - Power (integrated): trapezoid between two good readings; farther apart than 10 windows or refresh periods
 *    (at least 2 s) is a gap. Power above max_power is thrown away like a failed reading (JB_ENTRY_IMPLAUSIBLE).
 *  - A failed reading books nothing; the next good one covers the time since the last good one. After JB_GONE nothing
 *    is known of what the device did meanwhile: the time until it is back is a gap.
 *  - A suspend (the caller says so) makes the time since the last reading a gap, whatever the counter says.
 *  - A reading that is not later than the last good one is ignored: times only grow. The account has no clock: the
 *    caller does not pass readings from the future, for all that follow would be ignored until then. One that ends
 *    before it began failed.
 *  - Microjoules are exact: the remainder of raw * num / den is carried to the next entry, so that the sum of the
 *    entries is the converted sum of the raw deltas. Power is rounded to a microwatt first.
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
    JB_ENTRY_FAILED = 1u << 5,      /* at least one reading within this entry, or in the gap before it, failed */
    JB_ENTRY_STALE = 1u << 6,       /* the counter stood still, and for longer than it should */
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
    uint64_t energy_uj;  /* sum of all entries */
    uint64_t covered_ns; /* time covered by entries */
    uint64_t gap_ns;     /* time between readings that never will be; the rest of last_ns - first_ns is still open */
    uint64_t first_ns, last_ns; /* of the first and last good reading; 0: none yet */
    uint64_t readings, failures, wraps, resets, gaps, implausible;
    unsigned flags;             /* of all entries, and of what happened since the last one */
    uint64_t max_edge_ns;       /* largest half distance between t_before and t_after */
    uint64_t max_power_seen_uw; /* highest mean over an entry (at least a refresh period long), or reading of power */
    /* Update period, learned: times between one change of raw and the next. At most as fine as the sampling; longer
     * than 10 documented periods (at least 2 s) is being stuck, not a period. */
    uint64_t changes, period_sum_ns, period_min_ns;
    /* Private. */
    bool started, cut, moved, pending_gap;
    unsigned pending_flags;
    uint64_t raw, t_ns, edge_ns; /* the last good reading */
    uint64_t entry_ns;           /* where the next entry begins */
    uint64_t change_ns;          /* since when raw is what it is */
    uint64_t first_edge_ns, remainder;
};

void jb_account_init(struct jb_account *account, const struct jb_channel *channel);

/* From now on the readings are of `channel`, another way to the same device: the books stay, and the time up to its
 * first reading is a gap. */
void jb_account_rebase(struct jb_account *account, const struct jb_channel *channel);

/* Feed one reading. 1: *ret_entry is a new entry; 0: nothing to book yet. Readings out of order are ignored. */
int jb_account_post(struct jb_account *account, const struct jb_reading *reading, struct jb_entry *ret_entry);

/* The machine slept since the last reading: what the counter says about that time is not trusted. */
void jb_account_suspend(struct jb_account *account);

/* Standard uncertainty (one sigma) of the total in microjoules, in quadrature: the sensor's relative error on the
 * whole, half an update period (or window) of mean power at each end of the covered time, the mean power over all gaps,
 * and the time uncertainty of the first and the last reading (those between cancel). 0 while nothing is booked. */
double jb_account_sigma_uj(const struct jb_account *account);

/* Mean learned update period in ns; 0: fewer than 3 changes seen. */
uint64_t jb_account_period_ns(const struct jb_account *account);

#endif
